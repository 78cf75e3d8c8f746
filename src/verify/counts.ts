/**
 * How many verifications were started, sent, delivered, approved, failed and expired: by day, hour, country, block of numbers,
 * carrier and template. Gathered in memory and written once per alarm run; a crash loses seconds of them. A block of numbers is
 * stored as a keyed name; its prefix is sealed, and shown only if enough starts share it.
 */
import { DAY_MS, HOUR_MS, isoOf, SECOND_MS } from "../base/clock.ts";
import { prefixOf } from "../sms/phone.ts";
import { bytesOf, first, type Sql } from "../storage/sql.ts";
import { dayOf, TENANT_SUBJECT, type VaultLedger } from "../vault/ledger.ts";
import type { Verification } from "./code/verification.ts";

export const COUNTED = ["started", "sent", "delivered", "approved", "failed", "expired"] as const;
export type Counted = (typeof COUNTED)[number];
export const DIMENSIONS = ["country", "prefix", "carrier", "template", "hour"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export const COUNTS_KEPT_DAYS = 35;
/** Combinations in one day; beyond it, starts are counted without their block, which bounds the rows of a flood of prefixes. */
const CELLS_PER_DAY_MAX = 2_000;
/** A prefix with fewer starts is not shown: with the two digits of a mask it could identify a person. */
export const PREFIX_STARTS_MIN = 10;
const FLUSH_MS = 10 * SECOND_MS;
const NO_BLOCK = "";

type Counts = number[];
export type SummaryRow = { key: string | null; conversion: number | null } & Record<Counted, number>;

/** The statistics of one tenant. */
export class CountsLedger {
  readonly #sql: Sql;
  readonly #vault: VaultLedger;
  readonly #soon: (at: number) => void;
  readonly #dirty = new Map<string, Counts>();
  readonly #cells = new Map<number, number>();
  readonly #blocks = new Map<string, number>();

  constructor(sql: Sql, vault: VaultLedger, soon: (at: number) => void) {
    this.#sql = sql;
    this.#vault = vault;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS verify_counts(
      day INTEGER NOT NULL, cell TEXT NOT NULL, counts TEXT NOT NULL, PRIMARY KEY(day, cell)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS verify_prefixes(
      block TEXT PRIMARY KEY, sealed BLOB NOT NULL, day INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Counts under the hour in which the verification began, so that a conversion compares the same verifications. */
  add(what: Counted, { facts }: Verification, carrier: string | null, now: number): void {
    const hour = Math.floor((facts.createdAt % DAY_MS) / HOUR_MS);
    const [country = "", block = "", template = ""] = facts.cell.split("|");
    const day = dayOf(facts.createdAt);
    const name = JSON.stringify([day, JSON.stringify([hour, country, block, carrier ?? "", template])]);
    if (this.#dirty.size === 0) this.#soon(now + FLUSH_MS);
    const counts = this.#dirty.get(name) ?? COUNTED.map(() => 0);
    const at = COUNTED.indexOf(what);
    counts[at] = (counts[at] ?? 0) + 1;
    this.#dirty.set(name, counts);
  }

  /** Stores a block's prefix, sealed; at most a row a day for each block. `number` is opened only when needed. */
  nameBlock(block: string, number: () => string | null, now: number): void {
    const day = dayOf(now);
    if (this.#blocks.get(block) === day) return;
    if (this.#blocks.size >= CELLS_PER_DAY_MAX) this.#blocks.clear();
    this.#blocks.set(block, day);
    const known = first<{ day: number }>(this.#sql, `SELECT day FROM verify_prefixes WHERE block = ?`, block);
    if (known !== null && known.day >= day) return;
    const e164 = known === null ? number() : null;
    if (known !== null) this.#sql.exec(`UPDATE verify_prefixes SET day = ? WHERE block = ?`, day, block);
    if (e164 === null) return;
    const sealed = this.#vault.sealText(TENANT_SUBJECT, block, "prefix", prefixOf(e164));
    if (sealed !== null)
      this.#sql.exec(`INSERT INTO verify_prefixes(block, sealed, day) VALUES(?,?,?)`, block, sealed, day);
  }

  /** Whether there are counts that are not written yet. */
  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** Writes the gathered counts: one row for each combination. */
  flush(): void {
    for (const [name, counts] of this.#dirty) {
      const [day, cell] = JSON.parse(name) as [number, string];
      this.#write(day, cell, counts);
    }
    this.#dirty.clear();
  }

  #write(day: number, cell: string, counts: Counts): void {
    const stored = this.#read(day, cell);
    if (stored === null) {
      const cells = this.#cells.get(day) ?? this.#countCells(day);
      const [hour, country, block, ...rest] = JSON.parse(cell) as string[];
      if (cells >= CELLS_PER_DAY_MAX && block !== NO_BLOCK)
        return this.#write(day, JSON.stringify([hour, country, NO_BLOCK, ...rest]), counts);
      this.#cells.set(day, cells + 1);
    }
    const sum = counts.map((count, at) => count + (stored?.[at] ?? 0));
    this.#sql.exec(
      `INSERT OR REPLACE INTO verify_counts(day, cell, counts) VALUES(?,?,?)`,
      day,
      cell,
      JSON.stringify(sum),
    );
  }

  #read(day: number, cell: string): Counts | null {
    const query = `SELECT counts FROM verify_counts WHERE day = ? AND cell = ?`;
    const row = first<{ counts: string }>(this.#sql, query, day, cell);
    return row === null ? null : (JSON.parse(row.counts) as Counts);
  }

  #countCells(day: number): number {
    return first<{ n: number }>(this.#sql, `SELECT count(*) AS n FROM verify_counts WHERE day = ?`, day)?.n ?? 0;
  }

  /** The counts from `from` (inclusive) to `to` (exclusive), whole hours, by one dimension; the largest first. */
  summary(by: Dimension, from: number, to: number, limit: number): SummaryRow[] {
    this.flush();
    const groups = new Map<string, Counts>();
    const rows = this.#sql
      .exec<{ day: number; cell: string; counts: string }>(
        `SELECT day, cell, counts FROM verify_counts WHERE day >= ? AND day <= ?`,
        dayOf(from),
        dayOf(to),
      )
      .toArray();
    for (const { day, cell, counts } of rows) {
      const [hour, country = "", block = "", carrier = "", template = ""] = JSON.parse(cell) as [number, ...string[]];
      const at = day * DAY_MS + hour * HOUR_MS;
      if (at < Math.floor(from / HOUR_MS) * HOUR_MS || at >= to) continue;
      const key = { country, prefix: block, carrier, template, hour: isoOf(at) }[by];
      const sum = groups.get(key) ?? COUNTED.map(() => 0);
      (JSON.parse(counts) as Counts).forEach((count, nth) => (sum[nth] = (sum[nth] ?? 0) + count));
      groups.set(key, sum);
    }
    const named = by === "prefix" ? this.#prefixes(groups) : [...groups].map(([key, sum]) => rowOf(key || null, sum));
    const order = (a: SummaryRow, b: SummaryRow) =>
      by === "hour" ? (String(a.key) < String(b.key) ? -1 : 1) : b.started - a.started;
    return named.sort(order).slice(0, limit);
  }

  /** Blocks by their prefix; those with too few starts are one row without a name. */
  #prefixes(groups: ReadonlyMap<string, Counts>): SummaryRow[] {
    const shown: SummaryRow[] = [];
    const rest: Counts = COUNTED.map(() => 0);
    for (const [block, sum] of groups) {
      const prefix = (sum[0] ?? 0) >= PREFIX_STARTS_MIN ? this.#prefixOf(block) : null;
      if (prefix === null) sum.forEach((count, at) => (rest[at] = (rest[at] ?? 0) + count));
      else shown.push(rowOf(prefix, sum));
    }
    return rest.some((count) => count > 0) ? [...shown, rowOf(null, rest)] : shown;
  }

  #prefixOf(block: string): string | null {
    const query = `SELECT sealed FROM verify_prefixes WHERE block = ?`;
    const row = first<{ sealed: ArrayBuffer }>(this.#sql, query, block);
    return row === null ? null : this.#vault.openText(TENANT_SUBJECT, block, "prefix", bytesOf(row.sealed));
  }

  /** Drops days and blocks beyond the period that is kept; answers how many. */
  purge(now: number, limit: number): number {
    const before = dayOf(now) - COUNTS_KEPT_DAYS;
    const gone = (query: string) => this.#sql.exec(query, before, limit).toArray().length;
    return (
      gone(
        `DELETE FROM verify_counts WHERE (day, cell) IN (SELECT day, cell FROM verify_counts WHERE day < ? LIMIT ?) RETURNING 1 AS gone`,
      ) +
      gone(
        `DELETE FROM verify_prefixes WHERE block IN (SELECT block FROM verify_prefixes WHERE day < ? LIMIT ?) RETURNING 1 AS gone`,
      )
    );
  }
}

function rowOf(key: string | null, counts: Counts): SummaryRow {
  const [started = 0, sent = 0, delivered = 0, approved = 0, failed = 0, expired = 0] = counts;
  const conversion = started === 0 ? null : Math.round((approved / started) * 10_000) / 10_000;
  return { key, started, sent, delivered, approved, failed, expired, conversion };
}
