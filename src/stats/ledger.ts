/**
 * The figures of one tenant by hour. A message is counted in the transaction that removes its row, once D1 has its record: so it is
 * counted exactly once, whatever is killed when, and whatever still lives is read from its row instead.
 *
 * What was counted since the last write of an hour's row is open. It is saved as one text, by the caller, in the same transaction; that text
 * shares a row with the cursor of sweeps, which is written with each batch of records anyway, so an ordinary message costs no row here.
 * An hour has one row, whatever the number of its labels; it is written when the hour is over or many labels are open.
 */
import { z } from "zod";
import { DAY_MS, HOUR_MS } from "../base/clock.ts";
import { first, type Sql } from "../storage/sql.ts";
import { Cells, ENTRIES, labelsOf, sumsOf, type Counted, type Entry } from "./figures.ts";

/** Hours stay here this long, and no shorter than anything of them lives: 35 days scheduled, 3 valid, 7 in doubt. Then days are in D1. */
export const HOURS_KEPT_DAYS = 50;
/** Combinations of labels that may be open. */
const OPEN_CELLS_MAX = 200;
/** A day is written to D1 this long after midnight, and again after a midnight behind which it changed. */
const WRITTEN_AFTER_MS = HOUR_MS;

const OPEN = z.object({ since: z.int(), hours: z.array(z.tuple([z.int(), ENTRIES])) });
type Open = { since: number; hours: Map<number, Cells> };

/** A day to be written to D1, with the version that was read. */
export type Day = { day: number; version: number };

const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
const dayOfHour = (hour: number): number => Math.floor((hour * HOUR_MS) / DAY_MS);
/** The day of a time, counted from 1970, UTC. */
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);
const firstHourOf = (day: number): number => (day * DAY_MS) / HOUR_MS;

/** The figures of one tenant. */
export class FiguresLedger {
  readonly #sql: Sql;
  readonly #saved: () => string;
  readonly #soon: (at: number) => void;
  #open: Open | null = null;

  /** `saved` answers the text that was saved last. */
  constructor(sql: Sql, saved: () => string, soon: (at: number) => void) {
    this.#sql = sql;
    this.#saved = saved;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS stats_hours(hour INTEGER PRIMARY KEY, figures TEXT NOT NULL) STRICT`);
    sql.exec(
      `CREATE TABLE IF NOT EXISTS stats_days(day INTEGER PRIMARY KEY, version INTEGER NOT NULL, due INTEGER) STRICT`,
    );
  }

  /**
   * Counts what has just left. Answers what is open now, which must be saved in the same transaction: without that a restart
   * would lose counts, or count them twice.
   */
  count(counted: readonly Counted[], now: number): string {
    const open = this.#read();
    if (open.hours.size === 0) open.since = hourOf(now);
    for (const one of counted) {
      const hour = hourOf(one.at);
      const cells = open.hours.get(hour) ?? new Cells();
      cells.add(one.kind, labelsOf(one.labels), sumsOf(one));
      open.hours.set(hour, cells);
    }
    const size = [...open.hours.values()].reduce((sum, cells) => sum + cells.size, 0);
    if (size > OPEN_CELLS_MAX || (size > 0 && open.since < hourOf(now))) this.#flush(open, now);
    return open.hours.size === 0 ? "" : JSON.stringify({ since: open.since, hours: openEntries(open) });
  }

  /** The figures of each hour from one (inclusive) to another (exclusive), open ones too. An hour may come twice. */
  *hours(from: number, to: number): Generator<{ hour: number; entries: Entry[] }> {
    const query = `SELECT hour, figures FROM stats_hours WHERE hour >= ? AND hour < ? ORDER BY hour`;
    for (const { hour, figures } of this.#sql.exec<{ hour: number; figures: string }>(query, from, to))
      yield { hour, entries: ENTRIES.parse(JSON.parse(figures)) };
    for (const [hour, cells] of this.#read().hours)
      if (hour >= from && hour < to) yield { hour, entries: cells.entries() };
  }

  /** The figures of a whole day, as its row in D1 has them. */
  day(day: number): Entry[] {
    const cells = new Cells();
    for (const { entries } of this.hours(firstHourOf(day), firstHourOf(day + 1))) cells.addAll(entries);
    return cells.entries();
  }

  /** Of the days from one (inclusive) to another (exclusive), those that D1 does not have as they are. */
  notWritten(from: number, to: number): number[] {
    const query = `SELECT day FROM stats_days WHERE day >= ? AND day < ? AND due IS NOT NULL`;
    const days = this.#sql.exec<{ day: number }>(query, from, to).toArray();
    const open = [...this.#read().hours.keys()].map(dayOfHour).filter((day) => day >= from && day < to);
    return [...new Set([...days.map(({ day }) => day), ...open])].toSorted((a, b) => a - b);
  }

  /** Days that D1 is to be given. */
  due(now: number, limit: number): Day[] {
    const query = `SELECT day, version FROM stats_days WHERE due <= ? ORDER BY day LIMIT ?`;
    return this.#sql.exec<Day>(query, now, limit).toArray();
  }

  nextAt(after: number): number | null {
    return (
      first<{ at: number | null }>(this.#sql, `SELECT min(due) AS at FROM stats_days WHERE due > ?`, after)?.at ?? null
    );
  }

  putOff(day: number, until: number): void {
    this.#soon(until);
    this.#sql.exec(`UPDATE stats_days SET due = ? WHERE day = ? AND due IS NOT NULL`, until, day);
  }

  /** D1 has these days, unless they changed since they were read. */
  written(days: readonly Day[]): void {
    for (const { day, version } of days)
      this.#sql.exec(`UPDATE stats_days SET due = NULL WHERE day = ? AND version = ?`, day, version);
  }

  /** Deletes the hours of days that D1 has and of which nothing lives any more; answers how many hours went. */
  purge(now: number, oldestLive: number, limit: number): number {
    const before = dayOf(Math.min(now - HOURS_KEPT_DAYS * DAY_MS, oldestLive));
    const query = `SELECT day FROM stats_days WHERE day < ? AND due IS NULL ORDER BY day LIMIT ?`;
    const days = this.#sql.exec<{ day: number }>(query, before, limit).toArray();
    const open = new Set([...this.#read().hours.keys()].map(dayOfHour));
    let gone = 0;
    for (const { day } of days) {
      if (open.has(day) || gone >= limit) continue;
      const hours = `DELETE FROM stats_hours WHERE hour >= ? AND hour < ? RETURNING 1 AS gone`;
      gone += this.#sql.exec(hours, firstHourOf(day), firstHourOf(day + 1)).toArray().length;
      this.#sql.exec(`DELETE FROM stats_days WHERE day = ?`, day);
    }
    return gone;
  }

  /** Adds what is open to the rows of its hours. */
  #flush(open: Open, now: number): void {
    for (const [hour, cells] of open.hours) {
      const query = `SELECT figures FROM stats_hours WHERE hour = ?`;
      const stored = Cells.read(first<{ figures: string }>(this.#sql, query, hour)?.figures ?? "");
      stored.addAll(cells.entries());
      const figures = JSON.stringify(stored.entries());
      this.#sql.exec(`INSERT OR REPLACE INTO stats_hours(hour, figures) VALUES(?,?)`, hour, figures);
    }
    for (const day of new Set([...open.hours.keys()].map(dayOfHour))) this.#changed(day, now);
    open.hours.clear();
  }

  #changed(day: number, now: number): void {
    const due = Math.max(day, dayOf(now)) * DAY_MS + DAY_MS + WRITTEN_AFTER_MS;
    this.#soon(due);
    this.#sql.exec(
      `INSERT INTO stats_days(day, version, due) VALUES(?, 1, ?)
       ON CONFLICT(day) DO UPDATE SET version = version + 1, due = coalesce(due, excluded.due)`,
      day,
      due,
    );
  }

  #read(): Open {
    if (this.#open !== null) return this.#open;
    const text = this.#saved();
    const { since, hours } = text === "" ? { since: 0, hours: [] } : OPEN.parse(JSON.parse(text));
    this.#open = { since, hours: new Map(hours.map(([hour, entries]) => [hour, cellsOf(entries)])) };
    return this.#open;
  }
}

function cellsOf(entries: readonly Entry[]): Cells {
  const cells = new Cells();
  cells.addAll(entries);
  return cells;
}

const openEntries = ({ hours }: Open): [number, Entry[]][] =>
  [...hours].map(([hour, cells]) => [hour, cells.entries()]);
