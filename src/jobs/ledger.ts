/**
 * Failed background work, in the tenant's object: which row of which step, how often it failed, and when it is tried
 * again. A row that failed too often is quarantined: not tried until a retry is requested. Cached in memory, because it
 * is read before each step and is nearly always empty.
 */
import { DAY_MS, isoOf, SECOND_MS } from "../base/clock.ts";
import type { Sql } from "../storage/sql.ts";

/** After this many consecutive failures a row is quarantined. */
export const FAILURES_MAX = 5;
/** The wait after a row's first failure; each further wait is four times as long. */
const AGAIN_MS = 5 * SECOND_MS;
/**
 * A failed job that is not retried is deleted after this; if its row still fails then, it becomes a new job with a new
 * alert.
 */
export const KEPT_MS = 30 * DAY_MS;

export type FailedJob = {
  id: string;
  /** The step of the alarm. */
  step: string;
  /** The row that failed; empty when the step could not find its rows. */
  row: string;
  failures: number;
  /** The class of the error and where it was thrown; never its message. */
  error: string;
  firstAt: number;
  lastAt: number;
  /** When it is tried again; null: quarantined. */
  againAt: number | null;
};

type Row = {
  id: string;
  step: string;
  row: string;
  failures: number;
  error: string;
  first_at: number;
  last_at: number;
  again_at: number | null;
};

/** The failed jobs of one tenant. */
export class JobsLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;
  #jobs: Map<string, FailedJob> | null = null;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS failed_jobs(
      id TEXT PRIMARY KEY, step TEXT NOT NULL, row TEXT NOT NULL, failures INTEGER NOT NULL, error TEXT NOT NULL,
      first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, again_at INTEGER
    ) STRICT, WITHOUT ROWID`);
  }

  /** Counts a failure of a row; answers the job, which this failure quarantined when `againAt` is null. */
  failed(step: string, row: string, error: string, newId: () => string, now: number): FailedJob {
    const known = this.#find(step, row);
    const failures = (known?.failures ?? 0) + 1;
    const againAt = failures < FAILURES_MAX || row === "" ? now + AGAIN_MS * 4 ** Math.min(failures - 1, 4) : null;
    const job = { id: known?.id ?? newId(), step, row, failures, error, firstAt: known?.firstAt ?? now, lastAt: now, againAt }; // prettier-ignore
    this.#put(job);
    return job;
  }

  /** Deletes the job of a row that succeeded or is no longer due. */
  succeeded({ id }: Pick<FailedJob, "id">): void {
    this.#sql.exec(`DELETE FROM failed_jobs WHERE id = ?`, id);
    this.#all().delete(id);
  }

  /** Schedules a job to be tried now, with its count of failures reset. */
  retry(job: FailedJob, now: number): FailedJob {
    const again = { ...job, failures: 0, againAt: now };
    this.#put(again);
    return again;
  }

  get(id: string): FailedJob | null {
    return this.#all().get(id) ?? null;
  }

  /** The failed rows of a step. */
  ofStep(step: string): FailedJob[] {
    const all = this.#all();
    return all.size === 0 ? [] : [...all.values()].filter((job) => job.step === step);
  }

  /** Newest first. */
  list(before: string | undefined, limit: number): FailedJob[] {
    const all = [...this.#all().values()].sort((a, b) => (a.id < b.id ? 1 : -1));
    return all.filter(({ id }) => before === undefined || id < before).slice(0, limit);
  }

  /** When the next of them after a time is tried again. */
  nextAt(after: number): number | null {
    let next: number | null = null;
    for (const { againAt } of this.#all().values())
      if (againAt !== null && againAt > after && (next === null || againAt < next)) next = againAt;
    return next;
  }

  purge(now: number, limit: number): number {
    const old = [...this.#all().values()].filter(({ lastAt }) => lastAt < now - KEPT_MS).slice(0, limit);
    for (const job of old) this.succeeded(job);
    return old.length;
  }

  #find(step: string, row: string): FailedJob | null {
    return this.ofStep(step).find((job) => job.row === row) ?? null;
  }

  #put(job: FailedJob): void {
    if (job.againAt !== null) this.#soon(job.againAt);
    this.#sql.exec(
      `INSERT OR REPLACE INTO failed_jobs(id, step, row, failures, error, first_at, last_at, again_at) VALUES(?,?,?,?,?,?,?,?)`,
      job.id,
      job.step,
      job.row,
      job.failures,
      job.error,
      job.firstAt,
      job.lastAt,
      job.againAt,
    );
    this.#all().set(job.id, job);
  }

  #all(): Map<string, FailedJob> {
    this.#jobs ??= new Map(
      this.#sql
        .exec<Row>(`SELECT * FROM failed_jobs ORDER BY id`)
        .toArray()
        .map((row) => [row.id, jobOf(row)]),
    );
    return this.#jobs;
  }
}

function jobOf({ first_at: firstAt, last_at: lastAt, again_at: againAt, ...row }: Row): FailedJob {
  return { ...row, firstAt, lastAt, againAt };
}

/** A failed job as its tenant sees it. */
export function jobView({ id, step, row, failures, error, firstAt, lastAt, againAt }: FailedJob) {
  return {
    id,
    step,
    resource: row === "" ? null : row,
    state: againAt === null ? ("quarantined" as const) : ("retrying" as const),
    failures,
    error,
    first_failed_at: isoOf(firstAt),
    last_failed_at: isoOf(lastAt),
    retry_at: againAt === null ? null : isoOf(againAt),
  };
}
export type JobView = ReturnType<typeof jobView>;
