/**
 * Consents in the tenant's object: every record, and the one in force for each person, sender and purpose. A number is stored only
 * as its keyed name, so a stop still holds after the number was erased.
 */
import type { Purpose } from "../sms/purpose.ts";
import { bytesOf, filtered, first, type Sql, type SqlBinding } from "../storage/sql.ts";
import { later, seenAs, type Consent, type Source, type Standing } from "./consent.ts";

type Row = {
  id: string;
  who: ArrayBuffer;
  mask: string;
  country: string;
  purpose: string;
  sender: string;
  standing: string;
  source: string;
  wording: string | null;
  said_at: number;
  created_at: number;
};

export type ConsentFilter = { who?: Uint8Array; purpose?: Purpose; standing?: Standing; before?: string };

/** All of a tenant's senders, as the key of a row. */
const EVERY_SENDER = "";

/** The consents of one tenant. */
export class ConsentLedger {
  readonly #sql: Sql;
  /** Whether any withdrawal is in force; null: not read yet. Without one, admission needs no query. */
  #anyStop: boolean | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS consents(
      id TEXT PRIMARY KEY, who BLOB NOT NULL, mask TEXT NOT NULL, country TEXT NOT NULL, purpose TEXT NOT NULL,
      sender TEXT NOT NULL, standing TEXT NOT NULL, source TEXT NOT NULL, wording TEXT, said_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS consents_who ON consents(who, id)`);
    sql.exec(`CREATE TABLE IF NOT EXISTS standings(
      who BLOB NOT NULL, purpose TEXT NOT NULL, sender TEXT NOT NULL, standing TEXT NOT NULL, said_at INTEGER NOT NULL,
      consent TEXT NOT NULL, PRIMARY KEY(who, purpose, sender)
    ) STRICT, WITHOUT ROWID`);
  }

  /** Keys standings by `seenAs(sender)`; of two spellings the later record is in force. */
  static migrate2(sql: Sql): void {
    const rows = sql
      .exec<{ who: ArrayBuffer; purpose: string; sender: string; standing: string; said_at: number; consent: string }>(
        `SELECT * FROM standings WHERE sender <> ''`,
      )
      .toArray();
    const kept = new Map<string, (typeof rows)[number]>();
    for (const row of rows) {
      const name = `${Buffer.from(bytesOf(row.who)).toString("hex")}|${row.purpose}|${seenAs(row.sender)}`;
      const other = kept.get(name);
      const [mine, theirs] = [wordOf(row), other === undefined ? null : wordOf(other)];
      if (later(mine, theirs) === mine) kept.set(name, row);
    }
    sql.exec(`DELETE FROM standings WHERE sender <> ''`);
    for (const { who, purpose, sender, standing, said_at: at, consent } of kept.values())
      sql.exec(`INSERT INTO standings VALUES(?,?,?,?,?,?)`, who, purpose, seenAs(sender), standing, at, consent);
  }

  /** Stores a record. It comes into force unless a later one is. */
  add(consent: Consent): void {
    const { id, who, mask, country, purpose, standing, source, wording, saidAt, createdAt } = consent;
    const sender = consent.sender === null ? EVERY_SENDER : seenAs(consent.sender);
    this.#sql.exec(
      `INSERT INTO consents VALUES(?,?,?,?,?,?,?,?,?,?,?)`,
      id,
      who,
      mask,
      country,
      purpose,
      consent.sender ?? EVERY_SENDER,
      standing,
      source,
      wording,
      saidAt,
      createdAt,
    );
    const stands = this.#stands(who, purpose, sender);
    if (later({ saidAt, standing }, stands) === stands) return;
    this.#sql.exec(`INSERT OR REPLACE INTO standings VALUES(?,?,?,?,?,?)`, who, purpose, sender, standing, saidAt, id);
    if (standing === "withdrawn") this.#anyStop = true;
  }

  /** Whether a withdrawal for this purpose is in force, to this sender or to all. */
  hasStopped(who: Uint8Array, purpose: Purpose, sender: string | null): boolean {
    this.#anyStop ??= first(this.#sql, `SELECT 1 AS yes FROM standings WHERE standing = 'withdrawn' LIMIT 1`) !== null;
    return this.#anyStop && this.standingOf(who, purpose, sender) === "withdrawn";
  }

  /** The state in force for this purpose, to this sender or to all; null without a record. */
  standingOf(who: Uint8Array, purpose: Purpose, sender: string | null): Standing | null {
    const toAll = this.#stands(who, purpose, EVERY_SENDER);
    const toOne = sender === null ? null : this.#stands(who, purpose, seenAs(sender));
    return later(toAll, toOne)?.standing ?? null;
  }

  /** Whether a withdrawal to all senders is in force that came from this source. */
  isStoppedBy(who: Uint8Array, purpose: Purpose, source: Source): boolean {
    const query = `SELECT 1 AS yes FROM standings s JOIN consents c ON c.id = s.consent
      WHERE s.who = ? AND s.purpose = ? AND s.sender = ? AND s.standing = 'withdrawn' AND c.source = ?`;
    return first(this.#sql, query, who, purpose, EVERY_SENDER, source) !== null;
  }

  /** Whether a withdrawal to any sender is in force for this purpose: for messages whose sender the carrier chooses. */
  hasStoppedSomebody(who: Uint8Array, purpose: Purpose): boolean {
    if (this.hasStopped(who, purpose, null)) return true;
    const to = this.#sql
      .exec<{ sender: string }>(
        `SELECT sender FROM standings WHERE who = ? AND purpose = ? AND standing = 'withdrawn'`, who, purpose,
      )
      .toArray(); // prettier-ignore
    return to.some(({ sender }) => this.hasStopped(who, purpose, sender));
  }

  /** Records, newest first; of one person if `who` is given. */
  list(filter: ConsentFilter, limit: number): Consent[] {
    const { where, values } = filtered<SqlBinding>([
      ["who = ?", filter.who],
      ["purpose = ?", filter.purpose],
      ["standing = ?", filter.standing],
      ["id < ?", filter.before],
    ]);
    const query = `SELECT * FROM consents WHERE ${where} ORDER BY id DESC LIMIT ?`;
    return this.#sql.exec<Row>(query, ...values, limit).toArray().map(consentOf); // prettier-ignore
  }

  /**
   * Drops records that were texted or reported by a carrier before a time and have been replaced; answers how many. Records in force
   * and those that the tenant made are kept for ever.
   */
  purge(before: string, limit: number): number {
    const query = `DELETE FROM consents WHERE id IN (
        SELECT id FROM consents WHERE id < ? AND source IN ('stop_word', 'carrier')
          AND id NOT IN (SELECT consent FROM standings) LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, before, limit).toArray().length;
  }

  #stands(who: Uint8Array, purpose: Purpose, sender: string): { standing: Standing; saidAt: number } | null {
    const row = first<{ standing: string; said_at: number }>(
      this.#sql,
      `SELECT standing, said_at FROM standings WHERE who = ? AND purpose = ? AND sender = ?`,
      who,
      purpose,
      sender,
    );
    return row === null ? null : { standing: row.standing as Standing, saidAt: row.said_at };
  }
}

const wordOf = ({ standing, said_at: saidAt }: { standing: string; said_at: number }) => ({
  standing: standing === "withdrawn" ? ("withdrawn" as const) : ("given" as const),
  saidAt,
});

function consentOf(row: Row): Consent {
  return {
    id: row.id,
    who: bytesOf(row.who),
    mask: row.mask,
    country: row.country,
    purpose: row.purpose as Purpose,
    sender: row.sender === EVERY_SENDER ? null : row.sender,
    standing: row.standing as Standing,
    source: row.source as Source,
    wording: row.wording,
    saidAt: row.said_at,
    createdAt: row.created_at,
  };
}
