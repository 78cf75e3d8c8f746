/**
 * Keys of repetition: the first answer is kept for 24 hours and given again, byte for byte. The key is kept as a keyed HMAC
 * of route and key, the body as a keyed HMAC of its bytes, the answer sealed, because a caller may have put a number in any
 * of them. A day's keys lie together in the primary key, so forgetting them needs no index.
 */
import { HOUR_MS } from "../base/clock.ts";
import { bytesOf, first, type Sql } from "../base/sql.ts";

/** How long a key is kept, as the contract says. */
export const KEPT_MS = 24 * HOUR_MS;

/** What the door found in the header and the body. */
export type Repeatable = { route: string; key: string; bodyDigest: Uint8Array };

export type Kept = { body: Uint8Array; answer: Uint8Array; at: number };

type Row = { body: ArrayBuffer; answer: ArrayBuffer; at: number };

const bucketOf = (now: number) => Math.floor(now / KEPT_MS);

/** The kept answers of one tenant. */
export class IdempotencyLedger {
  readonly #sql: Sql;
  /** Days known to hold no key, so that nothing is looked for in them: mostly tomorrow, and yesterday of a young tenant. */
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
   * What was answered to this key within the last 24 hours, or in a day to come if the clock has stepped back since; of
   * several the newest. One look-up of one key in each day that may hold it: `bucket IN (…)` builds a table of its own first.
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
    return { body: bytesOf(newest.body), answer: bytesOf(newest.answer), at: newest.at };
  }

  /** Only this object writes, and `keep` takes its day out again; a mind whose transaction failed is thrown away with this. */
  #isEmpty(bucket: number): boolean {
    if (this.#empty.has(bucket)) return true;
    if (first(this.#sql, `SELECT 1 AS yes FROM idempotency WHERE bucket = ? LIMIT 1`, bucket) !== null) return false;
    this.#empty.add(bucket);
    return true;
  }

  keep(name: Uint8Array, body: Uint8Array, answer: Uint8Array, now: number): void {
    this.#empty.delete(bucketOf(now));
    this.#sql.exec(
      `INSERT OR REPLACE INTO idempotency(bucket, name, body, answer, at) VALUES(?,?,?,?,?)`,
      bucketOf(now),
      name,
      body,
      answer,
      now,
    );
  }

  /** Forgets up to `limit` keys whose day is over. */
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
