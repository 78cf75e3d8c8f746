/**
 * One run of a tenant's alarm, and the time of the next. Never throws, because the platform drops an alarm after six
 * retries: a failure is logged and tried again in the next run. Steps are independent, and so are the rows of a step:
 * one that throws delays no other.
 */
import { MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import type { DueRow, RecordBatch } from "../contract/room.ts";
import type { Effects } from "../rpc/effects.ts";
import { isStorageFault } from "../storage/sql.ts";
import { EffectsGathered } from "./effects.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";
import { writeRows } from "./records.ts";
import type { TenantRooms } from "./rooms.ts";

/** Deadlines closer together than this share a run, because each run costs an alarm. */
const RUN_GAP_MS = SECOND_MS;
/** Wait before a row whose record could not be written is tried again. */
const RECORD_AGAIN_MS = MINUTE_MS;
/** Rows of one step that may fail in one run; the next run skips them and continues with the rows after them. */
const FAILURES_MAX = 20;
/** Runs at most after a sandbox's clock was moved; a stop for loops that should not occur. */
const RUNS_MAX = 100;

type Ran = { full: boolean; failed: boolean };

/** One tenant's alarm. */
export class TenantAlarm {
  readonly #host: TenantHost;
  readonly #parts: TenantParts;
  /** Starts calls to the outside; only the session of a hanging hook waits for it. */
  readonly #runOutside: () => void;

  constructor(host: TenantHost, parts: TenantParts, runOutside: () => void) {
    this.#host = host;
    this.#parts = parts;
    this.#runOutside = runOutside;
  }

  /** Runs everything that is due, then sets the next alarm. Never throws. */
  async run(): Promise<void> {
    const host = this.#host;
    host.alarmCame();
    try {
      const rooms = await host.open();
      if (rooms === null) return;
      if (rooms === "locked") return host.comeAgain();
      const { full, failed } = await this.#runOnce();
      if (failed) return host.comeAgain();
      const at = host.rooms().nextAt();
      if (at !== null) host.armBy(full ? at : Math.max(at, host.rooms().now() + RUN_GAP_MS));
    } catch (error) {
      this.#failed(error, "alarm_failed");
      host.comeAgain();
    }
  }

  /** Runs until nothing is due, after a sandbox's clock was moved. Does not wait for what it puts on the queues. */
  async runDue(): Promise<void> {
    for (let runs = 0; runs < RUNS_MAX; runs += 1) {
      await this.run();
      const rooms = this.#host.rooms();
      if ((rooms.nextAt() ?? Infinity) > rooms.now()) return;
    }
  }

  /** Runs every step once, then the work that they leave outside the transactions. */
  async #runOnce(): Promise<Ran> {
    const host = this.#host;
    const effects = new EffectsGathered();
    const batches: { step: string; batch: RecordBatch }[] = [];
    let full = false;
    let failed = !this.#enterRefusals();
    for (const { name } of host.rooms().steps) {
      const ran = this.#runStep(name);
      full ||= ran.full;
      failed ||= ran.failed;
      // At once, because a step that fails discards the effects gathered in the rooms.
      effects.add(host.takeEffects());
      const batch = stepOf(host.rooms(), name).recording?.take() ?? null;
      if (batch !== null) batches.push({ step: name, batch });
    }
    this.#runOutside();
    // In parallel: while D1 fails, messages are still sent, codes expire and webhooks are delivered.
    const done = await Promise.all([
      this.#carryOut(effects.take()),
      ...batches.map(({ step, batch }) => this.#record(step, batch)),
    ]);
    return { full, failed: failed || done.includes(false) };
  }

  /** Runs one step: its rows in one transaction, repeated without a row that threw. */
  #runStep(name: string): Ran {
    for (let failures = 0; failures < FAILURES_MAX; failures += 1) {
      const at: { row: DueRow | null } = { row: null };
      try {
        const rooms = this.#host.rooms();
        const step = stepOf(rooms, name);
        const rows = rooms.room.jobs.due(step, rooms.now());
        if (rows.length > 0 || rooms.room.jobs.isFailing(step))
          this.#host.transaction(() => {
            for (at.row of rows) at.row.run();
            at.row = null;
            rooms.room.jobs.ran(step, rows);
          });
        return { full: rows.length >= step.rowsMax, failed: false };
      } catch (error) {
        this.#failed(error, "step_failed", name, at.row);
        if (!this.#count(name, at.row, error)) return { full: false, failed: true };
        if (at.row === null) return { full: false, failed: false }; // counted; tried again at its time
      }
    }
    return { full: true, failed: false };
  }

  /** Counts the failure of a row, or of a step that could not find its rows; false where storage failed. */
  #count(name: string, row: DueRow | null, error: unknown): boolean {
    if (isStorageFault(error)) return false;
    try {
      this.#host.transaction((rooms) => {
        const again = rooms.room.jobs.failed(name, row?.id ?? "", nameOfError(error));
        if (row !== null) stepOf(rooms, name).putOff?.(row.id, again ?? rooms.now());
      });
      return true;
    } catch (second) {
      this.#failed(second, "failure_not_counted", name);
      return false;
    }
  }

  /** Puts on the queues what the steps left for them; a later run finds what could not be put there. */
  async #carryOut(effects: Effects): Promise<boolean> {
    try {
      await this.#parts.outside(effects);
      return true;
    } catch (error) {
      this.#failed(error, "effects_failed");
      return false;
    }
  }

  /** Writes ended rows to D1 and removes them here; answers false when D1 itself failed. */
  async #record(step: string, { rows, cursor, write }: RecordBatch): Promise<boolean> {
    const { db } = this.#parts;
    const name = stepOf(this.#host.rooms(), step).recording?.name ?? step;
    const outcome = await writeRows(rows, (part) =>
      write(
        db,
        part.map(({ id }) => id),
      ),
    );
    for (const { row, error } of outcome.bad) this.#failed(error, "record_failed", name, row);
    if (outcome.fault !== null) this.#failed(outcome.fault, "records_failed", name);
    try {
      this.#host.transaction((rooms) => {
        const left = [...outcome.left, ...outcome.bad.map(({ row }) => row)];
        const settled = { written: outcome.written, left, again: rooms.now() + RECORD_AGAIN_MS, cursor };
        stepOf(rooms, step).recording?.settle(settled);
        rooms.room.jobs.recorded(name, outcome.written);
        rooms.room.risk.usage.recorded(outcome.written.length);
        for (const { row, error } of outcome.bad) rooms.room.jobs.failed(name, row.id, nameOfError(error));
      });
    } catch (error) {
      this.#failed(error, "records_not_settled", name);
      return false;
    }
    return outcome.fault === null;
  }

  /** Enters refused credentials in the audit, one entry for a minute; false when it could not be written. */
  #enterRefusals(): boolean {
    const reasons = this.#host.takeRefusals();
    if (Object.keys(reasons).length === 0) return true;
    try {
      const entry = { act: "credential.refused", subject: null, facts: { reasons } };
      this.#host.transaction(({ room }) => room.audit.record({ type: "system", id: "door" }, entry));
      return true;
    } catch (error) {
      this.#host.refusalsAgain(reasons);
      this.#failed(error, "refusals_not_entered");
      return false;
    }
  }

  #failed(error: unknown, code: string, step?: string, row?: { id: string } | null): void {
    const where = { ...(step === undefined ? {} : { verb: step }), ...(row ? { id: row.id } : {}) };
    this.#parts.log({ level: "error", what: nameOfError(error), tenant: this.#parts.tenantId, code, ...where });
  }
}

/** The step by its name, because the rooms may have been rebuilt since. */
function stepOf(rooms: TenantRooms, name: string) {
  const step = rooms.steps.find((each) => each.name === name);
  if (step === undefined) throw new Error("the step no longer exists");
  return step;
}
