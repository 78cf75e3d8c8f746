/**
 * Alerts in one object, a tenant's or the operators': at most one open alert of a name, which the table's index holds to. An alert
 * costs a row when it is raised and none while nothing is wrong.
 */
import { z } from "zod";
import { DAY_MS } from "../base/clock.ts";
import { filtered, first, type Sql } from "../storage/sql.ts";
import { closesAt, isTold, nameOf, typeOf, type Alert, type Raised } from "./alert.ts";

/** A closed alert stays in the list for this long. */
const KEPT_MS = 30 * DAY_MS;

/** What was wrong, as `raise` wrote it. */
const Facts = z.record(z.string(), z.unknown());

type Row = {
  id: string;
  name: string;
  type: string;
  about: string;
  facts: string;
  count: number;
  first_at: number;
  last_at: number;
  closes_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  silenced_until: number | null;
  closed_at: number | null;
  closed_by: string | null;
};

/** Why an alert closed. */
export type ClosedBy = "cause_ended" | "quiet";

/** The alerts of one object. */
export class AlertsLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE alerts(
      id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, about TEXT NOT NULL, facts TEXT NOT NULL,
      count INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, closes_at INTEGER,
      acknowledged_at INTEGER, acknowledged_by TEXT, silenced_until INTEGER, closed_at INTEGER, closed_by TEXT
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE UNIQUE INDEX alerts_open ON alerts(name) WHERE closed_at IS NULL`);
    sql.exec(`CREATE INDEX alerts_quiet ON alerts(closes_at) WHERE closed_at IS NULL AND closes_at IS NOT NULL`);
  }

  /** Raises an alert, or counts it where it is open; answers it, and whether it is to be told. */
  raise(raised: Raised, newId: () => string, now: number): { alert: Alert; told: boolean } {
    const { type, about, facts } = raised;
    const name = nameOf(raised);
    const known = this.#open(name);
    const closes = closesAt(type, now);
    if (known !== null) {
      this.#sql.exec(
        `UPDATE alerts SET count = count + 1, last_at = ?, closes_at = ?, facts = ? WHERE id = ?`,
        now,
        closes,
        JSON.stringify(facts),
        known.id,
      );
      return { alert: this.#sure(known.id), told: isTold(known, now) };
    }
    const id = newId();
    const silenced = this.#silenceOf(name, now);
    this.#sql.exec(
      `INSERT INTO alerts(id, name, type, about, facts, count, first_at, last_at, closes_at, silenced_until)
       VALUES(?,?,?,?,?,1,?,?,?,?)`,
      id,
      name,
      type,
      about,
      JSON.stringify(facts),
      now,
      now,
      closes,
      silenced,
    );
    const alert = this.#sure(id);
    return { alert, told: isTold(alert, now) };
  }

  /** Closes what is open of a name; null where nothing is. */
  close(name: string, by: ClosedBy, now: number): Alert | null {
    const open = this.#open(name);
    return open === null ? null : this.#close(open.id, by, now);
  }

  /** The open alerts that were quiet for long enough, the oldest first. */
  quiet(now: number, limit: number): string[] {
    const query = `SELECT id FROM alerts WHERE closed_at IS NULL AND closes_at <= ? ORDER BY closes_at LIMIT ?`;
    return this.#sql
      .exec<{ id: string }>(query, now, limit)
      .toArray()
      .map(({ id }) => id);
  }

  /** Closes an alert whose time is over, unless it was raised again meanwhile. */
  closeQuiet(id: string, by: ClosedBy, now: number): Alert | null {
    const alert = this.get(id);
    const over = alert?.closedAt === null && alert.closesAt !== null && alert.closesAt <= now;
    return over ? this.#close(id, by, now) : null;
  }

  /** What it is about still holds: it stays open for as long again. */
  keep(id: string, now: number): void {
    const type = typeOf(this.get(id)?.type ?? "");
    const closes = type === null ? null : closesAt(type, now);
    this.#sql.exec(`UPDATE alerts SET closes_at = ? WHERE id = ? AND closed_at IS NULL`, closes, id);
  }

  /** When the next alert after a time closes by itself. */
  nextAt(after: number): number | null {
    const query = `SELECT MIN(closes_at) AS at FROM alerts WHERE closed_at IS NULL AND closes_at > ?`;
    return first<{ at: number | null }>(this.#sql, query, after)?.at ?? null;
  }

  get(id: string): Alert | null {
    const row = first<Row>(this.#sql, `SELECT * FROM alerts WHERE id = ?`, id);
    return row === null ? null : alertOf(row);
  }

  /** Newest first. */
  list(state: "open" | "closed" | "all", before: string | undefined, limit: number): Alert[] {
    const { where, values } = filtered<string>([["id < ?", before]]);
    const of = { open: "closed_at IS NULL", closed: "closed_at IS NOT NULL", all: "1" }[state];
    const query = `SELECT * FROM alerts WHERE ${where} AND ${of} ORDER BY id DESC LIMIT ?`;
    return this.#sql
      .exec<Row>(query, ...values, limit)
      .toArray()
      .map(alertOf);
  }

  openCount(): number {
    return first<{ open: number }>(this.#sql, `SELECT COUNT(*) AS open FROM alerts WHERE closed_at IS NULL`)?.open ?? 0;
  }

  /** Somebody has taken it: it is told no more while it is open. */
  acknowledge(id: string, by: string, now: number): Alert {
    const query = `UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ? AND acknowledged_at IS NULL`;
    this.#sql.exec(query, now, by, id);
    return this.#sure(id);
  }

  /** It is told no more until a time, also where it closes and opens again meanwhile. */
  silence(id: string, until: number | null): Alert {
    this.#sql.exec(`UPDATE alerts SET silenced_until = ? WHERE id = ?`, until, id);
    return this.#sure(id);
  }

  purge(now: number, limit: number): number {
    const query = `DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE closed_at <= ? LIMIT ?) RETURNING 1 AS gone`;
    return this.#sql.exec(query, now - KEPT_MS, limit).toArray().length;
  }

  #close(id: string, by: ClosedBy, now: number): Alert {
    this.#sql.exec(`UPDATE alerts SET closed_at = ?, closed_by = ? WHERE id = ?`, now, by, id);
    return this.#sure(id);
  }

  #open(name: string): Alert | null {
    const row = first<Row>(this.#sql, `SELECT * FROM alerts WHERE name = ? AND closed_at IS NULL`, name);
    return row === null ? null : alertOf(row);
  }

  /** Until when what was silenced of this name before it closed stays silent. */
  #silenceOf(name: string, now: number): number | null {
    const query = `SELECT silenced_until FROM alerts WHERE name = ? AND silenced_until > ? ORDER BY id DESC LIMIT 1`;
    return first<{ silenced_until: number }>(this.#sql, query, name, now)?.silenced_until ?? null;
  }

  #sure(id: string): Alert {
    const alert = this.get(id);
    if (alert === null) throw new Error("an alert that was just written is not there");
    return alert;
  }
}

function alertOf(row: Row): Alert {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    about: row.about,
    facts: Facts.parse(JSON.parse(row.facts)),
    count: row.count,
    firstAt: row.first_at,
    lastAt: row.last_at,
    closesAt: row.closes_at,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    silencedUntil: row.silenced_until,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
  };
}
