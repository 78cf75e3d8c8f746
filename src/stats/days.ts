/**
 * The figures of days in the jurisdiction's D1: one row for a tenant's day, replaced whenever the day changed. They stay when the
 * records that they were counted from are purged.
 */
import { DAY_MS } from "../base/clock.ts";
import type { RecordDb } from "../storage/record-db.ts";
import { ENTRIES, type Entry } from "./figures.ts";
import { dayOf, type Day } from "./ledger.ts";

/** Five years; a sandbox's clock may be moved by years in a second. */
export const DAYS_KEPT = { live: 1_826, sandbox: 60 } as const;

/** Days read at once, each at most a megabyte, so that the Worker never holds more. */
const READ_TOGETHER = 10;

/** Writes days; an older version never replaces a newer one. */
export async function writeDays(
  db: RecordDb,
  tenant: string,
  days: readonly (Day & { entries: readonly Entry[] })[],
): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO stats_days(tenant, day, version, figures) VALUES(?,?,?,?)
     ON CONFLICT(tenant, day) DO UPDATE SET version = excluded.version, figures = excluded.figures
     WHERE excluded.version > version`,
  );
  for (const { day, version, entries } of days) await insert.bind(tenant, day, version, JSON.stringify(entries)).run();
}

/** Hands over the figures of each day from one (inclusive) to another (exclusive), oldest first. */
export async function readDays(
  db: RecordDb,
  tenant: string,
  { from, to }: { from: number; to: number },
  take: (day: number, entries: Entry[]) => void,
): Promise<void> {
  const select = db.prepare(
    `SELECT day, figures FROM stats_days WHERE tenant = ? AND day >= ? AND day < ? ORDER BY day`,
  );
  for (let at = from; at < to; at += READ_TOGETHER) {
    const { results } = await select
      .bind(tenant, at, Math.min(to, at + READ_TOGETHER))
      .all<{ day: number; figures: string }>();
    for (const { day, figures } of results) take(day, ENTRIES.parse(JSON.parse(figures)));
  }
}

/** Deletes a tenant's days that have passed their time; answers how many. */
export async function purgeDays(
  db: RecordDb,
  tenant: string,
  now: number,
  { keptDays, limit }: { keptDays: number; limit: number },
): Promise<number> {
  const query = `DELETE FROM stats_days WHERE (tenant, day) IN
    (SELECT tenant, day FROM stats_days WHERE tenant = ? AND day < ? LIMIT ?) RETURNING day`;
  const before = dayOf(now - keptDays * DAY_MS);
  return (await db.prepare(query).bind(tenant, before, limit).all<{ day: number }>()).results.length;
}

/** How many days the tenant has. */
export async function countDays(db: RecordDb, tenant: string): Promise<number> {
  const query = `SELECT count(*) AS n FROM stats_days WHERE tenant = ?`;
  return (await db.prepare(query).bind(tenant).first<{ n: number }>())?.n ?? 0;
}
