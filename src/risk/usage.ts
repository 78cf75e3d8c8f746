/**
 * How much a tenant keeps: its records, counted in D1 each night and in memory since, and its object's bytes, as the platform says. An
 * ordinary message writes no row for it: the count in memory is lost when the object is evicted, and the next night's count includes
 * it. The level last told is stored, so that each is told once.
 */
import { first, type Sql } from "../storage/sql.ts";
import { quotaLevel, quotaRefusal, type Quota, type QuotaLevel, type Usage } from "./quota.ts";
import type { Refusal } from "../base/refusal.ts";

/** The alert when a level is reached. */
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

  /** Whether the level differs from the one stored as told. */
  moved(usage: Usage, quota: Quota): boolean {
    this.#told ??= levelOf(this.#get("told"));
    return quotaLevel(usage, quota) !== this.#told;
  }

  /** The alert if the level has risen; null otherwise. Stores the level as told. */
  news(usage: Usage, quota: Quota): QuotaTold | null {
    const level = quotaLevel(usage, quota);
    this.#told ??= levelOf(this.#get("told"));
    if (level === this.#told) return null;
    const risen = level > this.#told;
    this.#told = level;
    this.#put("told", level);
    return risen && level !== 0 ? { percent: level, ...usage, quota } : null;
  }

  /** The refusal of verbs that add, while the quota is full; null otherwise. */
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
