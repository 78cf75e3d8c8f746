/**
 * The on-call service of operators, and what waits to be told to it: tables of the operators' object.
 */
import { isoOf } from "../base/clock.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";

/** A call that waits: the event's id, its text, how often it was tried. */
export type Waiting = { id: string; body: string; attempts: number };

/** More than this are not kept: an on-call service that is away for long is told of what is open now by the list. */
const WAITING_MAX = 1_000;

/** The on-call service of one jurisdiction. */
export class OnCallLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE on_call(
      one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, secret BLOB NOT NULL, changed_at INTEGER NOT NULL
    ) STRICT`);
    sql.exec(`CREATE TABLE on_call_waiting(
      id TEXT PRIMARY KEY, body TEXT NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  get(): { url: string; secret: Uint8Array; changedAt: number } | null {
    const row = first<{ url: string; secret: ArrayBuffer; changed_at: number }>(this.#sql, `SELECT * FROM on_call`);
    return row === null ? null : { url: row.url, secret: bytesOf(row.secret), changedAt: row.changed_at };
  }

  /** As operators see it; `waiting` says how many calls it has not taken yet. */
  view(): { url: string | null; changed_at: string | null; waiting: number } {
    const set = this.get();
    const waiting = first<{ many: number }>(this.#sql, `SELECT COUNT(*) AS many FROM on_call_waiting`)?.many ?? 0;
    return { url: set?.url ?? null, changed_at: set === null ? null : isoOf(set.changedAt), waiting };
  }

  set(url: string, secret: Uint8Array, now: number): void {
    this.#sql.exec(`INSERT OR REPLACE INTO on_call(one, url, secret, changed_at) VALUES(1,?,?,?)`, url, secret, now);
  }

  remove(): boolean {
    this.#sql.exec(`DELETE FROM on_call_waiting`);
    return this.#sql.exec(`DELETE FROM on_call RETURNING 1 AS gone`).toArray().length > 0;
  }

  put(id: string, body: string, now: number): void {
    this.#sql.exec(`INSERT INTO on_call_waiting(id, body, attempts, due_at) VALUES(?,?,0,?)`, id, body, now);
    this.#sql.exec(
      `DELETE FROM on_call_waiting WHERE id NOT IN (SELECT id FROM on_call_waiting ORDER BY id DESC LIMIT ${WAITING_MAX})`,
    );
  }

  /** What is due, the oldest first. */
  due(now: number, limit: number): Waiting[] {
    const query = `SELECT id, body, attempts FROM on_call_waiting WHERE due_at <= ? ORDER BY id LIMIT ?`;
    return this.#sql.exec<Waiting>(query, now, limit).toArray();
  }

  putOff(id: string, attempts: number, dueAt: number): void {
    this.#sql.exec(`UPDATE on_call_waiting SET attempts = ?, due_at = ? WHERE id = ?`, attempts, dueAt, id);
  }

  drop(id: string): void {
    this.#sql.exec(`DELETE FROM on_call_waiting WHERE id = ?`, id);
  }

  nextAt(): number | null {
    return first<{ at: number | null }>(this.#sql, `SELECT MIN(due_at) AS at FROM on_call_waiting`)?.at ?? null;
  }
}
