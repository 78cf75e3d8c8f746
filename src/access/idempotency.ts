/**
 * Idempotency keys: the first answer is kept for 24 hours and returned again, byte for byte. Stored are an HMAC of
 * route and key, an HMAC of the body, and the sealed answer, because a caller may have put a number in any of them. The
 * primary key begins with the day, so deleting old keys needs no index.
 */
import { HOUR_MS } from "../base/clock.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";

/** How long a key is kept, as the contract says. */
export const KEPT_MS = 24 * HOUR_MS;

/** What the door found in the header and the body. */
export type Repeatable = { route: string; key: string; bodyDigest: Uint8Array };

export type Kept = { body: Uint8Array; answer: Uint8Array; at: number };

type Row = { body: ArrayBuffer; answer: ArrayBuffer; at: number };

/** A value is at most 2 MB on the platform, and the answer to a batch may be more. */
const PART_BYTES = 1_000_000;
/** The name of an answer has sixteen bytes, the names of its further parts more. */
const partName = (name: Uint8Array, part: number) => (part === 0 ? name : Buffer.concat([name, Uint8Array.of(part)]));

const bucketOf = (now: number) => Math.floor(now / KEPT_MS);

/** The kept answers of one tenant. */
export class IdempotencyLedger {
  readonly #sql: Sql;
  /** Days known to have no keys, so that they are not queried: mostly tomorrow, and yesterday for a new tenant. */
  readonly #empty = new Set<number>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS idempotency(
      bucket INTEGER NOT NULL, name BLOB NOT NULL, body BLOB NOT NULL, answer BLOB NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY(bucket, name)
    ) STRICT, WITHOUT ROWID`);
  }

  /**
   * The newest answer to this key within the last 24 hours, or in a future day if the clock has stepped back since. One
   * query for each day, because `bucket IN (…)` would build a temporary table.
   */
  find(name: Uint8Array, now: number): Kept | null {
    const today = bucketOf(now);
    let newest: Row | undefined;
    for (const bucket of [today, today - 1, today + 1]) {
      if (bucket !== today && this.#isEmpty(bucket)) continue;
      const row = first<Row>(this.#sql, `SELECT body, answer, at FROM idempotency WHERE bucket = ? AND name = ?`, bucket, name); // prettier-ignore
      if (row !== null && row.at > (newest?.at ?? -1)) newest = row;
    }
    if (newest === undefined || newest.at <= now - KEPT_MS) return null;
    return { body: bytesOf(newest.body), answer: this.#whole(name, newest), at: newest.at };
  }

  /** The whole answer, joined from its further parts, which have rows of their own. */
  #whole(name: Uint8Array, { answer, at }: Row): Uint8Array {
    const parts = [bytesOf(answer)];
    for (let n = 1; parts.at(-1)?.length === PART_BYTES; n += 1) {
      const query = `SELECT answer FROM idempotency WHERE bucket = ? AND name = ? AND at = ?`;
      const part = first<{ answer: ArrayBuffer }>(this.#sql, query, bucketOf(at), partName(name, n), at);
      parts.push(part === null ? new Uint8Array(0) : bytesOf(part.answer));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }

  /** Cached, because only this object writes, `keep` removes its day, and a failed transaction discards this ledger. */
  #isEmpty(bucket: number): boolean {
    if (this.#empty.has(bucket)) return true;
    if (first(this.#sql, `SELECT 1 AS yes FROM idempotency WHERE bucket = ? LIMIT 1`, bucket) !== null) return false;
    this.#empty.add(bucket);
    return true;
  }

  keep(name: Uint8Array, body: Uint8Array, answer: Uint8Array, now: number): void {
    this.#empty.delete(bucketOf(now));
    for (let n = 0; n === 0 || n * PART_BYTES < answer.length; n += 1) {
      this.#sql.exec(
        `INSERT OR REPLACE INTO idempotency(bucket, name, body, answer, at) VALUES(?,?,?,?,?)`,
        bucketOf(now),
        partName(name, n),
        n === 0 ? body : new Uint8Array(0),
        answer.subarray(n * PART_BYTES, (n + 1) * PART_BYTES),
        now,
      );
    }
  }

  /** Deletes up to `limit` expired keys. */
  purge(now: number, limit: number): number {
    return this.#sql
      .exec(
        `DELETE FROM idempotency WHERE (bucket, name) IN
           (SELECT bucket, name FROM idempotency WHERE bucket < ? LIMIT ?) RETURNING 1 AS gone`,
        bucketOf(now) - 1,
        limit,
      )
      .toArray().length;
  }
}
