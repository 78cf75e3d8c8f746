/**
 * Texts that came in and are held: sealed under their sender's key until somebody decides, or until their time has passed. One that
 * was blocked stays so long as decided texts are listed.
 */
import { bytesOf, first, type Sql } from "../storage/sql.ts";
import { Label, type Direction } from "../screening/policy.ts";

/** A held text without its words. `who` is null where the sender has no number; `name` is theirs then. */
export type HeldText = {
  id: string;
  number: string;
  who: Uint8Array | null;
  name: string | null;
  subject: string;
  sealed: Uint8Array;
  direction: Direction;
  label: Label;
  at: number;
  /** When it goes on with its label; null where it was blocked. */
  until: number | null;
};

type Row = Omit<HeldText, "who" | "sealed" | "label"> & { who: ArrayBuffer | null; sealed: ArrayBuffer; label: string };

/** The held texts of one tenant. */
export class HeldLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE held_texts(
      id TEXT PRIMARY KEY, number TEXT NOT NULL, who BLOB, name TEXT, subject TEXT NOT NULL, sealed BLOB NOT NULL,
      direction TEXT NOT NULL, label TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX held_texts_until ON held_texts(until) WHERE until IS NOT NULL`);
  }

  add(one: HeldText): void {
    if (one.until !== null) this.#soon(one.until);
    this.#sql.exec(
      `INSERT INTO held_texts(id, number, who, name, subject, sealed, direction, label, at, until) VALUES(?,?,?,?,?,?,?,?,?,?)`,
      one.id,
      one.number,
      one.who,
      one.name,
      one.subject,
      one.sealed,
      one.direction,
      JSON.stringify(one.label),
      one.at,
      one.until,
    );
  }

  get(id: string): HeldText | null {
    const row = first<Row>(this.#sql, `SELECT * FROM held_texts WHERE id = ?`, id);
    if (row === null) return null;
    const { who, sealed, label, ...rest } = row;
    const name = who === null ? null : bytesOf(who);
    return { ...rest, who: name, sealed: bytesOf(sealed), label: Label.parse(JSON.parse(label)) };
  }

  /** Those whose time has passed. */
  due(now: number, limit: number): string[] {
    const query = `SELECT id FROM held_texts WHERE until IS NOT NULL AND until <= ? ORDER BY until LIMIT ?`;
    return this.#sql
      .exec<{ id: string }>(query, now, limit)
      .toArray()
      .map(({ id }) => id);
  }

  nextAt(after: number): number | null {
    const query = `SELECT min(until) AS at FROM held_texts WHERE until IS NOT NULL AND until > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  block(id: string): void {
    this.#sql.exec(`UPDATE held_texts SET until = NULL WHERE id = ?`, id);
  }

  drop(id: string): void {
    this.#sql.exec(`DELETE FROM held_texts WHERE id = ?`, id);
  }

  purge(before: number, limit: number): number {
    const query = `DELETE FROM held_texts WHERE id IN (
      SELECT id FROM held_texts WHERE until IS NULL AND at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }
}
