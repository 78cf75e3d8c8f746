/**
 * Texts that came in, in the tenant's object: which were heard already, parts that wait for the others, and the inbox. Texts are
 * sealed under their sender's key.
 */
import { bytesOf, filtered, first, type Sql } from "../storage/sql.ts";
import type { Word } from "./words.ts";

/** A text of the inbox, without its words. */
export type Received = {
  id: string;
  token: string | null;
  mask: string | null;
  country: string | null;
  /** A sender that is a name. */
  name: string | null;
  number: string;
  word: Word | null;
  at: number;
};

/** One part of a text that came in several. */
export type Part = { who: Uint8Array; number: string; ref: string; nth: number; of: number };
/** A text whose parts are gathered, all or those that came in time. */
export type Gathered = {
  who: Uint8Array;
  number: string;
  ref: string;
  subject: string;
  token: string;
  parts: Sealed[];
};
type Sealed = { nth: number; record: string; sealed: Uint8Array };

/** The inbound texts of one tenant. */
export class InboundLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS heard(name BLOB PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS parts(
      who BLOB NOT NULL, number TEXT NOT NULL, ref TEXT NOT NULL, nth INTEGER NOT NULL, parts INTEGER NOT NULL,
      record TEXT NOT NULL, token TEXT NOT NULL, subject TEXT NOT NULL, sealed BLOB NOT NULL, until INTEGER NOT NULL,
      PRIMARY KEY(who, number, ref, nth)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS parts_until ON parts(until)`);
    sql.exec(`CREATE TABLE IF NOT EXISTS inbox(
      id TEXT PRIMARY KEY, token TEXT, mask TEXT, country TEXT, name TEXT, number TEXT NOT NULL, word TEXT,
      at INTEGER NOT NULL, subject TEXT NOT NULL, sealed BLOB
    ) STRICT, WITHOUT ROWID`);
  }

  /** Whether this text is heard for the first time; from then on it is not. */
  isFirst(name: Uint8Array, now: number): boolean {
    const added = this.#sql.exec(`INSERT INTO heard VALUES(?,?) ON CONFLICT DO NOTHING RETURNING at`, name, now);
    return added.toArray().length === 1;
  }

  /** Keeps a part; answers all of the text's parts when this was the last one missing. */
  addPart(
    part: Part & { record: string; token: string; subject: string; sealed: Uint8Array },
    until: number,
  ): Gathered | null {
    const { who, number, ref, nth, of, record, token, subject, sealed } = part;
    const known = first<{ until: number }>(
      this.#sql,
      `SELECT until FROM parts WHERE who = ? AND number = ? AND ref = ? LIMIT 1`,
      who,
      number,
      ref,
    );
    const end = known?.until ?? until;
    this.#soon(end);
    this.#sql.exec(
      `INSERT INTO parts VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
      who,
      number,
      ref,
      nth,
      of,
      record,
      token,
      subject,
      sealed,
      end,
    );
    const query = `SELECT count(*) AS n FROM parts WHERE who = ? AND number = ? AND ref = ?`;
    const here = first<{ n: number }>(this.#sql, query, who, number, ref)?.n ?? 0;
    return here >= of ? this.#gathered(who, number, ref) : null; // the others are not read for every one that comes
  }

  /** Texts whose time to be whole is over. The id is made of keyed names; `gather` reads the parts. */
  late(now: number, limit: number): { id: string; gather: () => Gathered | null }[] {
    return this.#sql
      .exec<{ who: ArrayBuffer; number: string; ref: string }>(
        `SELECT DISTINCT who, number, ref FROM parts WHERE until <= ? LIMIT ?`,
        now,
        limit,
      )
      .toArray()
      .map(({ who, number, ref }) => {
        const name = bytesOf(who);
        const id = `${number}/${Buffer.from(name.subarray(0, 8)).toString("hex")}/${ref}`;
        return { id, gather: () => this.#gathered(name, number, ref) };
      });
  }

  dropParts({ who, number, ref }: Pick<Part, "who" | "number" | "ref">): void {
    this.#sql.exec(`DELETE FROM parts WHERE who = ? AND number = ? AND ref = ?`, who, number, ref);
  }

  /** When the next text behind a time is read as it is. */
  nextLate(after: number): number | null {
    const query = `SELECT min(until) AS at FROM parts WHERE until > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  #gathered(who: Uint8Array, number: string, ref: string): Gathered | null {
    const rows = this.#sql
      .exec<{ nth: number; record: string; token: string; subject: string; sealed: ArrayBuffer }>(
        `SELECT nth, record, token, subject, sealed FROM parts WHERE who = ? AND number = ? AND ref = ? ORDER BY nth`,
        who,
        number,
        ref,
      )
      .toArray();
    const [one] = rows;
    if (one === undefined) return null;
    const parts = rows.map(({ nth, record, sealed }) => ({ nth, record, sealed: bytesOf(sealed) }));
    return { who, number, ref, subject: one.subject, token: one.token, parts };
  }

  add(one: Received, subject: string, sealed: Uint8Array | null): void {
    this.#sql.exec(
      `INSERT INTO inbox VALUES(?,?,?,?,?,?,?,?,?,?)`,
      one.id,
      one.token,
      one.mask,
      one.country,
      one.name,
      one.number,
      one.word,
      one.at,
      subject,
      sealed,
    );
  }

  get(id: string): { received: Received; subject: string; sealed: Uint8Array | null } | null {
    const row = first<Received & { subject: string; sealed: ArrayBuffer | null }>(
      this.#sql,
      `SELECT * FROM inbox WHERE id = ?`,
      id,
    );
    if (row === null) return null;
    const { subject, sealed, ...received } = row;
    return { received, subject, sealed: sealed === null ? null : bytesOf(sealed) };
  }

  /** Newest first. */
  list(filter: { token?: string; before?: string }, limit: number): Received[] {
    const { where, values } = filtered<string>([
      ["token = ?", filter.token],
      ["id < ?", filter.before],
    ]);
    const query = `SELECT id, token, mask, country, name, number, word, at FROM inbox WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql.exec<Received>(query, ...values, limit).toArray();
  }

  /** Forgets which texts were heard before a time; answers how many. */
  purgeSeen(before: number, limit: number): number {
    const query = `DELETE FROM heard WHERE name IN (SELECT name FROM heard WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }

  /** Drops texts of the inbox from before a time; answers how many. */
  purgeInbox(before: number, limit: number): number {
    const query = `DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }
}
