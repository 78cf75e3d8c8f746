/**
 * The results of calls to an endpoint, for debugging it. Failed calls are rows, the newest 200 of each endpoint for
 * seven days; successful calls are kept only in memory, so an ordinary event costs no row.
 */
import { DAY_MS } from "../base/clock.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";

/** Failed calls kept for an endpoint, so that an outage of days does not fill the object. */
export const ATTEMPTS_MAX = 200;
export const ATTEMPTS_KEPT_MS = 7 * DAY_MS;

/** `delivered`: a 2xx. `gone` (410), `throttled` and `failed` have a status; the others had no answer. */
export type AttemptResult =
  "delivered" | "gone" | "throttled" | "failed" | "timeout" | "connection" | "redirect" | "refused_url";

export type Attempt = {
  event: string;
  /** 1 for the first call. */
  attempt: number;
  at: number;
  result: AttemptResult;
  status: number | null;
  latencyMs: number | null;
  /** The head of the answer, masked and sealed. */
  answer: Uint8Array | null;
};

type Row = {
  event: string;
  attempt: number;
  at: number;
  result: string;
  status: number | null;
  latency_ms: number | null;
  answer: ArrayBuffer | null;
};

/** The calls of one tenant's endpoints. */
export class AttemptsLedger {
  readonly #sql: Sql;
  readonly #delivered = new Map<string, Map<string, Attempt>>();
  readonly #counts = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE attempts(
      endpoint TEXT NOT NULL, slot INTEGER NOT NULL, number INTEGER NOT NULL, event TEXT NOT NULL, attempt INTEGER NOT NULL,
      at INTEGER NOT NULL, result TEXT NOT NULL, status INTEGER, latency_ms INTEGER, answer BLOB, PRIMARY KEY(endpoint, slot)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Records a call. A failed one replaces the endpoint's oldest when there are too many. */
  add(endpoint: string, made: Attempt): void {
    if (made.result === "delivered") return this.#remember(endpoint, made);
    this.#delivered.get(endpoint)?.delete(made.event);
    const number = this.#countOf(endpoint) + 1;
    this.#counts.set(endpoint, number);
    this.#sql.exec(
      `INSERT OR REPLACE INTO attempts(endpoint, slot, number, event, attempt, at, result, status, latency_ms, answer)
       VALUES(?,?,?,?,?,?,?,?,?,?)`,
      endpoint,
      number % ATTEMPTS_MAX,
      number,
      made.event,
      made.attempt,
      made.at,
      made.result,
      made.status,
      made.latencyMs,
      made.answer,
    );
  }

  /** The calls for one event, oldest first. */
  of(endpoint: string, event: string): Attempt[] {
    const failed = this.#sql
      .exec<Row>(`SELECT * FROM attempts WHERE endpoint = ? AND event = ? ORDER BY number`, endpoint, event)
      .toArray()
      .map(attemptOf);
    const delivered = this.#delivered.get(endpoint)?.get(event);
    return delivered === undefined ? failed : [...failed, delivered];
  }

  /** The newest call that failed. */
  lastFailure(endpoint: string): Attempt | null {
    const row = first<Row>(
      this.#sql,
      `SELECT * FROM attempts WHERE endpoint = ? ORDER BY number DESC LIMIT 1`,
      endpoint,
    );
    return row === null ? null : attemptOf(row);
  }

  remove(endpoint: string): void {
    this.#sql.exec(`DELETE FROM attempts WHERE endpoint = ?`, endpoint);
    this.#delivered.delete(endpoint);
    this.#counts.delete(endpoint);
  }

  /** Deletes calls from before a time; answers how many. */
  purge(before: number, limit: number): number {
    this.#counts.clear();
    return this.#sql
      .exec(
        `DELETE FROM attempts WHERE (endpoint, slot) IN (SELECT endpoint, slot FROM attempts WHERE at < ? LIMIT ?)
         RETURNING 1 AS gone`,
        before,
        limit,
      )
      .toArray().length;
  }

  #remember(endpoint: string, made: Attempt): void {
    const known = this.#delivered.get(endpoint) ?? new Map<string, Attempt>();
    known.set(made.event, made);
    const [oldest] = known.keys();
    if (known.size > ATTEMPTS_MAX && oldest !== undefined) known.delete(oldest);
    this.#delivered.set(endpoint, known);
  }

  #countOf(endpoint: string): number {
    const known = this.#counts.get(endpoint);
    if (known !== undefined) return known;
    const row = first<{ number: number | null }>(
      this.#sql,
      `SELECT max(number) AS number FROM attempts WHERE endpoint = ?`,
      endpoint,
    );
    return row?.number ?? 0;
  }
}

const attemptOf = (row: Row): Attempt => ({
  event: row.event,
  attempt: row.attempt,
  at: row.at,
  result: row.result as AttemptResult,
  status: row.status,
  latencyMs: row.latency_ms,
  answer: row.answer === null ? null : bytesOf(row.answer),
});
