/**
 * Relay addresses in the tenant's object: a person's lasting virtual number, and the senders blocked for it.
 */
import { bytesOf, first, type Sql } from "../../storage/sql.ts";
import type { NumberKind } from "../../sms/phone.ts";

/** One person's lasting number. */
export type Address = {
  id: string;
  /** The virtual number that strangers text. */
  number: string;
  e164: string;
  /** The pool of the numbers that stand for strangers. */
  pool: string;
  key: string;
  party: Uint8Array;
  token: string;
  mask: string;
  country: string;
  kind: NumberKind;
  muted: boolean;
  /** A stranger's session expires after this long without texts; their next text reopens it. */
  idleMs: number;
  createdAt: number;
};

type Row = { id: string; number: string; party: ArrayBuffer; facts: string; muted: number; created_at: number };
type Facts = Pick<Address, "e164" | "pool" | "key" | "token" | "mask" | "country" | "kind" | "idleMs">;

/** The relay addresses of one tenant. */
export class AddressesLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS relays(
      id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, party BLOB NOT NULL, facts TEXT NOT NULL, muted INTEGER NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS relay_blocks(
      relay TEXT NOT NULL, party BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(relay, party)
    ) STRICT, WITHOUT ROWID`);
  }

  add({ id, number, party, muted, createdAt, ...facts }: Address): void {
    const kept: Facts = facts;
    const query = `INSERT INTO relays VALUES(?,?,?,?,?,?)`;
    this.#sql.exec(query, id, number, party, JSON.stringify(kept), muted ? 1 : 0, createdAt);
  }

  get(id: string): Address | null {
    const row = first<Row>(this.#sql, `SELECT * FROM relays WHERE id = ?`, id);
    return row === null ? null : addressOf(row);
  }

  byNumber(number: string): Address | null {
    const row = first<Row>(this.#sql, `SELECT * FROM relays WHERE number = ?`, number);
    return row === null ? null : addressOf(row);
  }

  /** Newest first. */
  list(before: string | null, limit: number): Address[] {
    const query = `SELECT * FROM relays WHERE (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2`;
    return this.#sql.exec<Row>(query, before, limit).toArray().map(addressOf);
  }

  /** Tokens of the people who have an address: in use also when it is idle. */
  tokensInUse(): string[] {
    const query = `SELECT json_extract(facts, '$.token') AS token FROM relays`;
    return this.#sql.exec<{ token: string }>(query).toArray().map(({ token }) => token); // prettier-ignore
  }

  setMuted(id: string, muted: boolean): void {
    this.#sql.exec(`UPDATE relays SET muted = ? WHERE id = ?`, muted ? 1 : 0, id);
  }

  remove(id: string): void {
    this.#sql.exec(`DELETE FROM relays WHERE id = ?`, id);
    this.#sql.exec(`DELETE FROM relay_blocks WHERE relay = ?`, id);
  }

  setBlocked(id: string, party: Uint8Array, blocked: boolean, now: number): void {
    if (blocked) this.#sql.exec(`INSERT OR REPLACE INTO relay_blocks VALUES(?,?,?)`, id, party, now);
    else this.#sql.exec(`DELETE FROM relay_blocks WHERE relay = ? AND party = ?`, id, party);
  }

  isBlocked(id: string, party: Uint8Array): boolean {
    return first(this.#sql, `SELECT 1 AS yes FROM relay_blocks WHERE relay = ? AND party = ?`, id, party) !== null;
  }
}

function addressOf(row: Row): Address {
  const { id, number, created_at: createdAt } = row;
  const facts = JSON.parse(row.facts) as Facts;
  return { id, number, createdAt, party: bytesOf(row.party), muted: row.muted === 1, ...facts };
}
