/**
 * How much a tenant keeps: its records, counted in D1 by night and in memory since, and its object's bytes, which the platform knows.
 * An ordinary message writes no row for it: the count since the last night is lost when the object is evicted, and counts again with the
 * next. What was told is stored, so that it is told once.
 */
import { first, type Sql } from "../storage/sql.ts";
import { quotaLevel, quotaRefusal, type Quota, type QuotaLevel, type Usage } from "./quota.ts";
import type { Refusal } from "../base/refusal.ts";

/** What is told when a level is reached. */
export type QuotaTold = { percent: 80 | 100 } & Usage & { quota: Quota };

/** The usage of one tenant. */
export class UsageLedger {
  readonly #sql: Sql;
  #counted: number | null = null;
  #since = 0;
  #told: QuotaLevel | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE usage(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID`);
  }

  /** Records that were written, or purged, since they were counted. */
  recorded(count: number): void {
    this.#since += count;
  }

  /** Records as D1 counts them now. */
  counted(records: number): void {
    const before = (this.#counted ??= this.#get("records"));
    this.#since = 0;
    if (records === before) return;
    this.#counted = records;
    this.#put("records", records);
  }

  records(): number {
    this.#counted ??= this.#get("records");
    return Math.max(0, this.#counted + this.#since);
  }

  /** Whether the level is another than the one that was told last. */
  moved(usage: Usage, quota: Quota): boolean {
    this.#told ??= levelOf(this.#get("told"));
    return quotaLevel(usage, quota) !== this.#told;
  }

  /** The level that is reached for the first time since it was left; null when there is nothing to tell. Remembers it as told. */
  news(usage: Usage, quota: Quota): QuotaTold | null {
    const level = quotaLevel(usage, quota);
    this.#told ??= levelOf(this.#get("told"));
    if (level === this.#told) return null;
    const risen = level > this.#told;
    this.#told = level;
    this.#put("told", level);
    return risen && level !== 0 ? { percent: level, ...usage, quota } : null;
  }

  /** Why nothing may be added; null while something may. */
  refusal(usage: Usage, quota: Quota): Refusal | null {
    return quotaLevel(usage, quota) === 100 ? quotaRefusal(usage, quota) : null;
  }

  #get(name: string): number {
    return first<{ value: number }>(this.#sql, `SELECT value FROM usage WHERE name = ?`, name)?.value ?? 0;
  }

  #put(name: string, value: number): void {
    this.#sql.exec(`INSERT OR REPLACE INTO usage(name, value) VALUES(?,?)`, name, value);
  }
}

const levelOf = (stored: number): QuotaLevel => (stored === 100 ? 100 : stored === 80 ? 80 : 0);
