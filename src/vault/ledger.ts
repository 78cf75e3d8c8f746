/**
 * The vault's tables in a tenant's object: subjects (a person, with their own key), tokens (a number sealed under that
 * key) and the index (HMAC of the number to its token). The only place that can open a number: it leaves through
 * `openNumber`, and docs/threat-model.md lists every caller of it.
 */
import { newToken, type IdMaker, type Owner } from "../base/ids.ts";
import { randomBytes } from "../base/random.ts";
import { hmac, KEY_BYTES, open, openText, seal } from "../base/seal.ts";
import { addColumn, bytesOf, first, type Sql } from "../storage/sql.ts";
import { DAY_MS } from "../base/clock.ts";
import { NUMBER_KINDS, type Num } from "../sms/phone.ts";
import type { TenantKeys } from "./tenant-keys.ts";

/** What is known of a number without opening it. */
export type Contact = {
  token: string;
  subject: string;
  country: string;
  kind: Num["kind"];
  /** Calling code, hidden digits and the last two digits, as the mask shows them. */
  mask: string;
  /** Keyed names of the number and of its block of a thousand, by which limits count. */
  index: Uint8Array;
  block: string;
  /** The last mobile network that a carrier named (`23415`), by which routes are steered. */
  network: string | null;
  /** Whether the tenant knows the person by more than unconfirmed codes. */
  met: boolean;
  createdAt: number;
};

type ContactRow = {
  token: string;
  subject: string;
  country: string;
  kind: string;
  mask: string;
  number_index: ArrayBuffer;
  block: string;
  created_at: number;
  seen_day: number;
  kept: number;
  network: string | null;
  met: number;
};

/** How many subject keys stay unwrapped in memory; a key is 32 bytes, an unwrap about ten microseconds. */
const KEYS_IN_MEMORY_MAX = 5_000;

/** Contacts kept in memory, about 500 bytes each; when full the cache is cleared. */
const CONTACTS_IN_MEMORY_MAX = 5_000;

/** The subject whose key seals a tenant's own secrets and free fields. */
export const TENANT_SUBJECT = "tenant";

/** The vault of one tenant. */
export class VaultLedger {
  readonly #sql: Sql;
  readonly #owner: Owner;
  readonly #ids: IdMaker;
  readonly #keys: TenantKeys;
  readonly #subjectKeys = new Map<string, Uint8Array>();
  /** Contacts by their index, without plaintext; discarded with this ledger when a transaction fails. */
  readonly #contacts = new Map<string, Contact>();
  #touched: { day: number; tokens: Set<string> } = { day: -1, tokens: new Set() };

  constructor(sql: Sql, owner: Owner, ids: IdMaker, keys: TenantKeys) {
    this.#sql = sql;
    this.#owner = owner;
    this.#ids = ids;
    this.#keys = keys;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS subjects(
      subject TEXT PRIMARY KEY, epoch INTEGER NOT NULL, wrapped BLOB NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS tokens(
      token TEXT PRIMARY KEY, subject TEXT NOT NULL, sealed BLOB NOT NULL, number_index BLOB NOT NULL, block TEXT NOT NULL,
      country TEXT NOT NULL, kind TEXT NOT NULL, mask TEXT NOT NULL, created_at INTEGER NOT NULL,
      seen_day INTEGER NOT NULL, kept INTEGER NOT NULL, network TEXT
    ) STRICT, WITHOUT ROWID`);
    addColumn(sql, "tokens", "network", "TEXT"); // absent in objects from before this column
    addColumn(sql, "tokens", "met", "INTEGER NOT NULL DEFAULT 1"); // absent in objects from before this column
    sql.exec(`CREATE TABLE IF NOT EXISTS number_index(
      number_index BLOB PRIMARY KEY, token TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The keyed name of a number: deterministic, and meaningless without the tenant's index key. */
  indexOf(e164: string): Uint8Array {
    return hmac(this.#keys.index, `number|${e164}`);
  }

  /** The keyed name of any text in which a caller may have put a number. */
  keyedName(kind: string, text: string | Uint8Array): Uint8Array {
    const named = typeof text === "string" ? `${kind}|${text}` : Buffer.concat([Buffer.from(`${kind}|`), text]);
    return hmac(this.#keys.index, named);
  }

  /** The contact of a number already known, or null. */
  find(index: Uint8Array): Contact | null {
    const name = Buffer.from(index).toString("latin1");
    const known = this.#contacts.get(name);
    if (known !== undefined) return known;
    const row = first<ContactRow>(
      this.#sql,
      `SELECT t.* FROM number_index n JOIN tokens t ON t.token = n.token WHERE n.number_index = ?`,
      index,
    );
    if (row === null) return null;
    const contact = contactOf(row);
    if (this.#contacts.size >= CONTACTS_IN_MEMORY_MAX) this.#contacts.clear();
    this.#contacts.set(name, contact);
    return contact;
  }

  /** The contact behind a token, or null. */
  findToken(token: string): Contact | null {
    const row = first<ContactRow>(this.#sql, `SELECT * FROM tokens WHERE token = ?`, token);
    return row === null ? null : contactOf(row);
  }

  /** Seals a new number under a new subject's key, in three rows. The caller has checked that the index is free. */
  add(
    number: Pick<Num, "e164" | "country" | "kind">,
    index: Uint8Array,
    mask: string,
    block: string,
    kept: boolean,
    now: number,
    met = true,
  ): Contact {
    const subject = this.#ids.make("sub", now);
    const token = newToken(this.#owner);
    const key = this.#newSubjectKey(subject, now);
    const sealed = seal(key, number.e164, this.#about(token, "number"));
    this.#sql.exec(
      `INSERT INTO tokens(token, subject, sealed, number_index, block, country, kind, mask, created_at, seen_day, kept, met)
       VALUES(?,?,?,?,?,?,?,?,?,?,?,?)`,
      token,
      subject,
      sealed,
      index,
      block,
      number.country,
      number.kind,
      mask,
      now,
      dayOf(now),
      kept ? 1 : 0,
      met ? 1 : 0,
    );
    this.#sql.exec(`INSERT INTO number_index(number_index, token) VALUES(?,?)`, index, token);
    return {
      token,
      subject,
      country: number.country,
      kind: number.kind,
      mask,
      index,
      block,
      network: null,
      met,
      createdAt: now,
    };
  }

  /** Marks the number as used today (at most one row a day) and, when asked, as kept until erased. */
  touch(token: string, kept: boolean, now: number): void {
    if (!kept && this.#touched.day === dayOf(now) && this.#touched.tokens.has(token)) return;
    this.#sql.exec(
      `UPDATE tokens SET seen_day = max(seen_day, ?1), kept = max(kept, ?2) WHERE token = ?3 AND (seen_day < ?1 OR kept < ?2)`,
      dayOf(now),
      kept ? 1 : 0,
      token,
    );
    if (this.#touched.day !== dayOf(now) || this.#touched.tokens.size >= CONTACTS_IN_MEMORY_MAX) {
      this.#touched = { day: dayOf(now), tokens: new Set() };
    }
    this.#touched.tokens.add(token);
  }

  /** Marks the person as known to the tenant; writes one row, once. */
  meet(token: string): void {
    const [row] = this.#sql
      .exec<{ number_index: ArrayBuffer }>(
        `UPDATE tokens SET met = 1 WHERE token = ? AND met = 0 RETURNING number_index`,
        token,
      )
      .toArray();
    if (row !== undefined) this.#contacts.delete(Buffer.from(row.number_index).toString("latin1"));
  }

  /** Stores the network that a carrier named; writes a row only if it changed. Does nothing for an erased number. */
  seenOn(token: string, network: string): void {
    const [row] = this.#sql
      .exec<{ number_index: ArrayBuffer }>(
        `UPDATE tokens SET network = ?1 WHERE token = ?2 AND network IS NOT ?1 RETURNING number_index`,
        network,
        token,
      )
      .toArray();
    if (row !== undefined) this.#contacts.delete(Buffer.from(row.number_index).toString("latin1"));
  }

  /** The number in plaintext, for the carrier's call or an audited reveal; null when it was erased or does not open. */
  openNumber(token: string): string | null {
    const row = first<{ subject: string; sealed: ArrayBuffer }>(
      this.#sql,
      `SELECT subject, sealed FROM tokens WHERE token = ?`,
      token,
    );
    if (row === null) return null;
    const key = this.#subjectKey(row.subject);
    return key === null ? null : openText(key, bytesOf(row.sealed), this.#about(token, "number"));
  }

  /** Seals a text of a record under the subject's key; null when the subject's key is gone. */
  sealText(subject: string, record: string, field: string, text: string): Uint8Array | null {
    const key = this.#subjectKey(subject);
    return key === null ? null : seal(key, text, this.#about(record, field));
  }

  /** Opens what `sealText` sealed; null when its key was erased, or the value was altered or moved. */
  openText(subject: string, record: string, field: string, sealed: Uint8Array): string | null {
    const key = this.#subjectKey(subject);
    return key === null ? null : openText(key, sealed, this.#about(record, field));
  }

  /**
   * Deletes numbers that are not marked as kept and were last used before `day`: token, index and the subject's wrapped
   * key. Nothing sealed under that key can be opened again, even from a backup once the epoch key was replaced.
   */
  forgetUnkept(day: number, limit: number): number {
    const rows = this.#sql
      .exec<{ token: string; subject: string; number_index: ArrayBuffer }>(
        `SELECT token, subject, number_index FROM tokens WHERE kept = 0 AND seen_day < ? LIMIT ?`,
        day,
        limit,
      )
      .toArray();
    for (const row of rows) {
      this.#sql.exec(`DELETE FROM number_index WHERE number_index = ?`, row.number_index);
      this.#sql.exec(`DELETE FROM tokens WHERE token = ?`, row.token);
      this.#sql.exec(`DELETE FROM subjects WHERE subject = ?`, row.subject);
      this.#subjectKeys.delete(row.subject);
    }
    if (rows.length > 0) {
      this.#contacts.clear();
      this.#touched = { day: -1, tokens: new Set() };
    }
    return rows.length;
  }

  /**
   * Wraps up to `limit` subject keys of older epochs under the present one; answers how many are left. When none is
   * left the older epoch keys can be destroyed, after which an older backup opens nothing.
   */
  rewrapSubjects(limit: number): { moved: number; left: number } {
    const rows = this.#sql
      .exec<{ subject: string; epoch: number; wrapped: ArrayBuffer }>(
        `SELECT subject, epoch, wrapped FROM subjects WHERE epoch < ? LIMIT ?`,
        this.#keys.epoch,
        limit,
      )
      .toArray();
    for (const row of rows) {
      const key = this.#subjectKey(row.subject);
      if (key === null) throw new Error("a subject key does not open under its epoch");
      this.#sql.exec(
        `UPDATE subjects SET epoch = ?, wrapped = ? WHERE subject = ?`,
        this.#keys.epoch,
        this.#wrap(row.subject, this.#keys.epoch, key),
        row.subject,
      );
    }
    const left = first<{ left: number }>(
      this.#sql,
      `SELECT count(*) AS left FROM (SELECT 1 FROM subjects WHERE epoch < ? LIMIT 100001)`,
      this.#keys.epoch,
    );
    return { moved: rows.length, left: left?.left ?? 0 };
  }

  #about(record: string, field: string): string {
    return `${this.#owner.code}|${record}|${field}|1`;
  }

  #wrap(subject: string, epoch: number, key: Uint8Array): Uint8Array {
    const epochKey = this.#keys.epochs.get(epoch);
    if (epochKey === undefined) throw new Error("the epoch key is gone");
    return seal(epochKey, key, this.#about(subject, `key|${epoch}`));
  }

  #newSubjectKey(subject: string, now: number): Uint8Array {
    const key = randomBytes(KEY_BYTES);
    const wrapped = this.#wrap(subject, this.#keys.epoch, key);
    this.#sql.exec(
      `INSERT INTO subjects(subject, epoch, wrapped, created_at) VALUES(?,?,?,?)`,
      subject,
      this.#keys.epoch,
      wrapped,
      now,
    );
    this.#remember(subject, key);
    return key;
  }

  #subjectKey(subject: string): Uint8Array | null {
    const known = this.#subjectKeys.get(subject);
    if (known !== undefined) return known;
    const row = first<{ epoch: number; wrapped: ArrayBuffer }>(
      this.#sql,
      `SELECT epoch, wrapped FROM subjects WHERE subject = ?`,
      subject,
    );
    if (row === null) return subject === TENANT_SUBJECT ? this.#newSubjectKey(subject, 0) : null;
    const epochKey = this.#keys.epochs.get(row.epoch);
    if (epochKey === undefined) return null;
    const key = open(epochKey, bytesOf(row.wrapped), this.#about(subject, `key|${row.epoch}`));
    if (key !== null) this.#remember(subject, key);
    return key;
  }

  #remember(subject: string, key: Uint8Array): void {
    if (this.#subjectKeys.size >= KEYS_IN_MEMORY_MAX) {
      const [oldest] = this.#subjectKeys.keys();
      if (oldest !== undefined) this.#subjectKeys.delete(oldest);
    }
    this.#subjectKeys.set(subject, key);
  }
}

/** The number of days since 1970. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

function contactOf(row: ContactRow): Contact {
  return {
    token: row.token,
    subject: row.subject,
    country: row.country,
    kind: kindOf(row.kind),
    mask: row.mask,
    index: bytesOf(row.number_index),
    block: row.block,
    network: row.network,
    met: row.met === 1,
    createdAt: row.created_at,
  };
}

const kindOf = (text: string): Num["kind"] => NUMBER_KINDS.find((kind) => kind === text) ?? "other";
