/**
 * Consents in the tenant's object: every word as it was said, and beside it what stands now for a person, sender and purpose.
 * A number is here as its keyed name only, so a stop outlives the number's own erasure.
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
  /** Whether anybody ever said stop; most tenants' admissions need no query while nobody has. */
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

  /** Standings are kept by what people see of a sender: of two spellings, the later word stands. */
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

  /** Records a word. What stands changes only when no later word stands already. */
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

  /** Whether the person said stop to this purpose, to this sender or to all, and nothing later took it back. */
  hasStopped(who: Uint8Array, purpose: Purpose, sender: string | null): boolean {
    this.#anyStop ??= first(this.#sql, `SELECT 1 AS yes FROM standings WHERE standing = 'withdrawn' LIMIT 1`) !== null;
    return this.#anyStop && this.standingOf(who, purpose, sender) === "withdrawn";
  }

  /** What the person said last of this purpose to this sender or to all; null where nothing was said. */
  standingOf(who: Uint8Array, purpose: Purpose, sender: string | null): Standing | null {
    const toAll = this.#stands(who, purpose, EVERY_SENDER);
    const toOne = sender === null ? null : this.#stands(who, purpose, seenAs(sender));
    return later(toAll, toOne)?.standing ?? null;
  }

  /** Whether the person's stop to all senders stands, and was told of in this way. */
  isStoppedBy(who: Uint8Array, purpose: Purpose, source: Source): boolean {
    const query = `SELECT 1 AS yes FROM standings s JOIN consents c ON c.id = s.consent
      WHERE s.who = ? AND s.purpose = ? AND s.sender = ? AND s.standing = 'withdrawn' AND c.source = ?`;
    return first(this.#sql, query, who, purpose, EVERY_SENDER, source) !== null;
  }

  /** Whether the person's stop to any sender stands for this purpose: asked where nobody knows who will be the sender. */
  hasStoppedSomebody(who: Uint8Array, purpose: Purpose): boolean {
    if (this.hasStopped(who, purpose, null)) return true;
    const to = this.#sql
      .exec<{ sender: string }>(
        `SELECT sender FROM standings WHERE who = ? AND purpose = ? AND standing = 'withdrawn'`, who, purpose,
      )
      .toArray(); // prettier-ignore
    return to.some(({ sender }) => this.hasStopped(who, purpose, sender));
  }

  /** The person's words, or everybody's, newest first. */
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
   * Drops words that people texted before a time, and that a later one has replaced; answers how many. What stands is kept for ever,
   * and so is every word that the tenant told.
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
