/**
 * A tenant's screening policy, and its quarantine: which texts wait for a decision, by which rules. No text is here: each lies sealed
 * where it came in, in the outbox or among texts that came in.
 */
import { filtered, first, type Sql } from "../storage/sql.ts";
import { Label, ScreeningPolicy, type Direction } from "../screening/policy.ts";
import type { Purpose } from "../sms/purpose.ts";

/** `passed`: nobody decided in time, and a person's text went on with its label. `ended`: a message that ended without a decision. */
export const HELD_STATES = ["held", "released", "blocked", "passed", "ended"] as const;
export type HeldState = (typeof HELD_STATES)[number];

/** A text that is or was held, without its words. */
export type Held = {
  id: string;
  direction: Direction;
  purpose: Purpose;
  token: string | null;
  mask: string | null;
  label: Label;
  state: HeldState;
  heldAt: number;
  until: number;
  decidedAt: number | null;
};

type Row = {
  id: string;
  direction: Direction;
  purpose: Purpose;
  token: string | null;
  mask: string | null;
  label: string;
  state: HeldState;
  held_at: number;
  until: number;
  decided_at: number | null;
};

const COLUMNS = "id, direction, purpose, token, mask, label, state, held_at, until, decided_at";

/** Policy and quarantine of one tenant. */
export class QuarantineLedger {
  readonly #sql: Sql;
  #policy: ScreeningPolicy | null | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE screening_policy(id INTEGER PRIMARY KEY CHECK (id = 1), policy TEXT NOT NULL) STRICT`);
    sql.exec(`CREATE TABLE quarantine(
      id TEXT PRIMARY KEY, direction TEXT NOT NULL, purpose TEXT NOT NULL, token TEXT, mask TEXT, label TEXT NOT NULL,
      state TEXT NOT NULL, held_at INTEGER NOT NULL, until INTEGER NOT NULL, decided_at INTEGER
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX quarantine_state ON quarantine(state, id)`);
  }

  /** The tenant's own policy; null where it set none. */
  policy(): ScreeningPolicy | null {
    if (this.#policy !== undefined) return this.#policy;
    const row = first<{ policy: string }>(this.#sql, `SELECT policy FROM screening_policy WHERE id = 1`);
    return (this.#policy = row === null ? null : ScreeningPolicy.parse(JSON.parse(row.policy)));
  }

  setPolicy(policy: ScreeningPolicy): void {
    this.#sql.exec(`INSERT OR REPLACE INTO screening_policy(id, policy) VALUES(1, ?)`, JSON.stringify(policy));
    this.#policy = policy;
  }

  add(held: Held): void {
    this.#sql.exec(
      `INSERT INTO quarantine(${COLUMNS}) VALUES(?,?,?,?,?,?,?,?,?,?)`,
      held.id,
      held.direction,
      held.purpose,
      held.token,
      held.mask,
      JSON.stringify(held.label),
      held.state,
      held.heldAt,
      held.until,
      held.decidedAt,
    );
  }

  get(id: string): Held | null {
    const row = first<Row>(this.#sql, `SELECT ${COLUMNS} FROM quarantine WHERE id = ?`, id);
    return row === null ? null : heldOf(row);
  }

  /** Ends the wait of a text that is held; false where it is not. */
  settle(id: string, state: HeldState, now: number): boolean {
    const query = `UPDATE quarantine SET state = ?, decided_at = ? WHERE id = ? AND state = 'held' RETURNING 1 AS moved`;
    return this.#sql.exec(query, state, now, id).toArray().length > 0;
  }

  /** Newest first within a kind of id. */
  list(filter: { state: HeldState; before?: string }, limit: number): Held[] {
    const { where, values } = filtered<string>([
      ["state = ?", filter.state],
      ["id < ?", filter.before],
    ]);
    const query = `SELECT ${COLUMNS} FROM quarantine WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql
      .exec<Row>(query, ...values, limit)
      .toArray()
      .map(heldOf);
  }

  purge(before: number, limit: number): number {
    const query = `DELETE FROM quarantine WHERE id IN (
      SELECT id FROM quarantine WHERE state <> 'held' AND decided_at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }
}

function heldOf({ label, held_at: heldAt, decided_at: decidedAt, ...row }: Row): Held {
  return { ...row, label: Label.parse(JSON.parse(label)), heldAt, decidedAt };
}
