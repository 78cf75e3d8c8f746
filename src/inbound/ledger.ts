/**
 * Inbound texts in the tenant's object: names of those already received, parts of texts that are not complete yet, and the inbox.
 * Texts are sealed under their sender's key.
 */
import { bytesOf, filtered, first, type Sql } from "../storage/sql.ts";
import { ShortLabel } from "../screening/policy.ts";
import { SeenTexts } from "./seen.ts";
import type { Word } from "./words.ts";

/** A text of the inbox, without the text itself. */
export type Received = {
  id: string;
  token: string | null;
  mask: string | null;
  country: string | null;
  /** An alphanumeric sender or a short code; null when the sender has a number. */
  name: string | null;
  number: string;
  word: Word | null;
  at: number;
  /** False: parts did not arrive; `[...]` marks each gap. */
  complete: boolean;
  /** How many pictures and other files were sent with it; they are not fetched. */
  media: number;
  /** What the screening said of it, by the names of its rules; null where it said nothing. */
  screening: ShortLabel | null;
};

/** One part of a concatenated text. Originator, number, reference and total identify the text (TS 23.040, 9.2.3.24.1). */
export type Part = { who: Uint8Array; number: string; ref: string; nth: number; total: number };
/** The sender: a person, by token, or one without a number (`token` empty). */
export type Author = { token: string; subject: string; name: string | null };
/** A text with its parts: all, or those that arrived in time. */
export type Gathered = Author & {
  id: number;
  who: Uint8Array;
  number: string;
  total: number;
  /** Another text with the same identity was incomplete at the same time, so a part may belong to that one. */
  mixed: boolean;
  parts: { nth: number; record: string; sealed: Uint8Array }[];
};

type TextRow = {
  id: number;
  who: ArrayBuffer;
  number: string;
  ref: string;
  total: number;
  token: string;
  subject: string;
  name: string | null;
  mixed: number;
  until: number;
};

/** Incomplete texts of one identity among which a part is placed. References repeat, but not so often within a minute. */
const OPEN_MAX = 16;

/** The inbound texts of one tenant. */
export class InboundLedger {
  readonly #sql: Sql;
  readonly #soon: (at: number) => void;
  readonly seen: SeenTexts;

  constructor(sql: Sql, soon: (at: number) => void) {
    this.#sql = sql;
    this.#soon = soon;
    this.seen = new SeenTexts(sql);
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

  /** Names of received texts are kept by account; a concatenated text gets a row of its own beside those of its parts. */
  static migrate2(sql: Sql): void {
    SeenTexts.migrate(sql);
    sql.exec(`CREATE TABLE texts_in_parts(
      id INTEGER PRIMARY KEY, who BLOB NOT NULL, number TEXT NOT NULL, ref TEXT NOT NULL, total INTEGER NOT NULL,
      here INTEGER NOT NULL, token TEXT NOT NULL, subject TEXT NOT NULL, name TEXT, mixed INTEGER NOT NULL, until INTEGER NOT NULL
    ) STRICT`);
    sql.exec(`CREATE INDEX texts_in_parts_name ON texts_in_parts(who, number, ref, total)`);
    sql.exec(`CREATE INDEX texts_in_parts_until ON texts_in_parts(until)`);
    sql.exec(`INSERT INTO texts_in_parts(who, number, ref, total, here, token, subject, name, mixed, until)
      SELECT who, number, ref, parts, count(*), min(token), min(subject), NULL, 0, min(until) FROM parts
      GROUP BY who, number, ref, parts`);
    sql.exec(`CREATE TABLE parts_of_texts(
      text INTEGER NOT NULL, nth INTEGER NOT NULL, record TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(text, nth)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`INSERT INTO parts_of_texts SELECT t.id, p.nth, p.record, p.sealed FROM parts p JOIN texts_in_parts t
      ON t.who = p.who AND t.number = p.number AND t.ref = p.ref AND t.total = p.parts`);
    sql.exec(`DROP TABLE parts`);
    sql.exec(`ALTER TABLE parts_of_texts RENAME TO parts`);
    sql.exec(`ALTER TABLE inbox ADD COLUMN complete INTEGER NOT NULL DEFAULT 1`);
    sql.exec(`ALTER TABLE inbox ADD COLUMN media INTEGER NOT NULL DEFAULT 0`);
  }

  /** The label of the screening. */
  static migrate3(sql: Sql): void {
    sql.exec(`ALTER TABLE inbox ADD COLUMN screening TEXT`);
  }

  /**
   * Stores a part; answers the whole text when this was the last missing part. References repeat, so a part whose place is taken
   * begins another text. Where several texts lack the part, it goes to one that it completes, else to the newest, because the older
   * text's own part may be lost.
   */
  addPart(part: Part & Author & { record: string; sealed: Uint8Array }, until: number): Gathered | null {
    const open = this.#open(part);
    const lacking = open.filter(({ taken }) => taken === 0);
    const into = lacking.find(({ here }) => here + 1 === part.total) ?? lacking[0] ?? null;
    if (open.length > 1 || (into === null && open.length > 0)) this.#mix(open);
    const text = into?.id ?? this.#addText(part, open.length > 0, until);
    this.#soon(into?.until ?? until);
    this.#sql.exec(`INSERT INTO parts VALUES(?,?,?,?)`, text, part.nth, part.record, part.sealed);
    const counted = `UPDATE texts_in_parts SET here = here + 1 WHERE id = ? RETURNING here`;
    const here = first<{ here: number }>(this.#sql, counted, text)?.here ?? 0;
    return here >= part.total ? this.gathered(text) : null; // reads the other parts only once
  }

  /** Incomplete texts of the part's identity, newest first; `taken`: whether they have a part in its place. */
  #open({ who, number, ref, total, nth }: Part): { id: number; until: number; here: number; taken: number }[] {
    const query = `SELECT id, until, here, EXISTS(SELECT 1 FROM parts p WHERE p.text = t.id AND p.nth = ?5) AS taken
      FROM texts_in_parts t WHERE who = ?1 AND number = ?2 AND ref = ?3 AND total = ?4 ORDER BY id DESC LIMIT ${OPEN_MAX}`;
    return this.#sql
      .exec<{ id: number; until: number; here: number; taken: number }>(query, who, number, ref, total, nth)
      .toArray();
  }

  #addText({ who, number, ref, total, token, subject, name }: Part & Author, mixed: boolean, until: number): number {
    const query = `INSERT INTO texts_in_parts(who, number, ref, total, here, token, subject, name, mixed, until)
      VALUES(?,?,?,?,0,?,?,?,?,?) RETURNING id`;
    const values = [who, number, ref, total, token, subject, name, mixed ? 1 : 0, until];
    return this.#sql.exec<{ id: number }>(query, ...values).one().id;
  }

  #mix(open: readonly { id: number }[]): void {
    for (const { id } of open) this.#sql.exec(`UPDATE texts_in_parts SET mixed = 1 WHERE id = ? AND mixed = 0`, id);
  }

  /** Texts whose wait for missing parts is over. The id is made of keyed names; `gather` reads the parts. */
  late(now: number, limit: number): { id: string; gather: () => Gathered | null }[] {
    const query = `SELECT * FROM texts_in_parts WHERE until <= ? ORDER BY until, id LIMIT ?`;
    return this.#sql
      .exec<TextRow>(query, now, limit)
      .toArray()
      .map(({ id: text, who, number, ref }) => {
        const id = `${number}/${Buffer.from(bytesOf(who).subarray(0, 8)).toString("hex")}/${ref}/${text}`;
        return { id, gather: () => this.gathered(text) };
      });
  }

  dropParts({ id }: Pick<Gathered, "id">): void {
    this.#sql.exec(`DELETE FROM parts WHERE text = ?`, id);
    this.#sql.exec(`DELETE FROM texts_in_parts WHERE id = ?`, id);
  }

  /** When the next wait for missing parts ends after a time. */
  nextLate(after: number): number | null {
    const query = `SELECT min(until) AS at FROM texts_in_parts WHERE until > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  gathered(id: number): Gathered | null {
    const row = first<TextRow>(this.#sql, `SELECT * FROM texts_in_parts WHERE id = ?`, id);
    if (row === null) return null;
    const parts = this.#sql
      .exec<{ nth: number; record: string; sealed: ArrayBuffer }>(
        `SELECT nth, record, sealed FROM parts WHERE text = ? ORDER BY nth`,
        id,
      )
      .toArray();
    const { number, total, token, subject, name } = row;
    return {
      id,
      number,
      total,
      token,
      subject,
      name,
      who: bytesOf(row.who),
      mixed: row.mixed === 1,
      parts: parts.map(({ nth, record, sealed }) => ({ nth, record, sealed: bytesOf(sealed) })),
    };
  }

  add(one: Received, subject: string, sealed: Uint8Array | null): void {
    this.#sql.exec(
      `INSERT INTO inbox VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)`,
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
      one.complete ? 1 : 0,
      one.media,
      one.screening === null ? null : JSON.stringify(one.screening),
    );
  }

  get(id: string): { received: Received; subject: string; sealed: Uint8Array | null } | null {
    const row = first<ReceivedRow & { subject: string; sealed: ArrayBuffer | null }>(
      this.#sql,
      `SELECT * FROM inbox WHERE id = ?`,
      id,
    );
    if (row === null) return null;
    const { subject, sealed, ...received } = row;
    return { received: receivedOf(received), subject, sealed: sealed === null ? null : bytesOf(sealed) };
  }

  /** Newest first. */
  list(filter: { token?: string; before?: string }, limit: number): Received[] {
    const { where, values } = filtered<string>([
      ["token = ?", filter.token],
      ["id < ?", filter.before],
    ]);
    const columns = "id, token, mask, country, name, number, word, at, complete, media, screening";
    const query = `SELECT ${columns} FROM inbox WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql
      .exec<ReceivedRow>(query, ...values, limit)
      .toArray()
      .map(receivedOf);
  }

  /** Drops texts of the inbox from before a time; answers how many. */
  purgeInbox(before: number, limit: number): number {
    const query = `DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE at < ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }
}

type ReceivedRow = Omit<Received, "complete" | "screening"> & { complete: number; screening: string | null };

const receivedOf = ({ complete, screening, ...row }: ReceivedRow): Received => ({
  ...row,
  complete: complete === 1,
  screening: screening === null ? null : ShortLabel.parse(JSON.parse(screening)),
});
