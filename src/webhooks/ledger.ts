/**
 * A tenant's events, the endpoints they are sent to, and what is still owed. An event is one row. Its delivery is
 * recorded by a cursor for each endpoint, moved once for a whole batch, so an ordinary event costs no second row; only
 * a failed delivery has its own row. After a crash an endpoint may receive an event again, with the same `webhook-id`.
 */
import { isoOf } from "../base/clock.ts";
import type { IdMaker } from "../base/ids.ts";
import { first, type Sql, type SqlBinding } from "../storage/sql.ts";
import { matches, type EventType } from "./event.ts";
import { EndpointsTable, type Endpoint, type EndpointChange } from "./endpoints.ts";
import { tookSince } from "./delivered.ts";

export type { Endpoint } from "./endpoints.ts";

export type EventRow = { id: string; sequence: number; type: string; resource: string; at: number; data: string };

/** A delivery owed: the event, and how often it was tried. */
export type Owed = { event: EventRow; attempt: number };
export type Failure = { event: string; attempt: number; dueAt: number };

/** The due time of an event that was given up: only a replay sends it. Its row says that it was not delivered. */
const NEVER = 8_640_000_000_000_000;

/** The state of an event for an endpoint. `waiting`: not tried yet, or being tried. */
export type DeliveryState = "waiting" | "retrying" | "delivered" | "given_up";

/** A batch whose consumer does not report back is owed again after this. */
export const DELIVERY_LEASE_MS = 60_000;
/** If the queue lost a wake, the alarm repeats it after this. */
export const SAFETY_MS = 12_000;
export const ENDPOINTS_MAX = 20;
/** Events are kept for replay this long. */
export const EVENTS_KEPT_DAYS = 30;

/** Which events a list shows: of one type, after the last one that was shown, oldest or newest first. */
export type EventFilter = { after?: string; type?: string; newest?: boolean };

/** A delivery leased to a consumer. `owed`: it was taken from its own row, which its settlement removes. */
type Flight = { attempt: number; until: number; owed: boolean };
type Progress = { position: string; inFlight: Map<string, Flight> };

/** The events and endpoints of one tenant. */
export class EventsLedger {
  readonly #sql: Sql;
  readonly #ids: IdMaker;
  readonly #table: EndpointsTable;
  readonly #soon: (at: number) => void;
  readonly #progress = new Map<string, Progress>();
  readonly #deliveredAt = new Map<string, number>();
  #sequence = -1;

  constructor(sql: Sql, ids: IdMaker, soon: (at: number) => void) {
    this.#sql = sql;
    this.#ids = ids;
    this.#table = new EndpointsTable(sql);
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    EndpointsTable.migrate(sql);
    sql.exec(`CREATE TABLE IF NOT EXISTS events(
      id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL, at INTEGER NOT NULL,
      data TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS owed(
      endpoint TEXT NOT NULL, event TEXT NOT NULL, attempt INTEGER NOT NULL, due INTEGER NOT NULL,
      PRIMARY KEY(endpoint, event)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS owed_due ON owed(due)`);
  }

  /** Whether any active endpoint's filter includes this type. */
  wanted(type: EventType): boolean {
    return this.endpoints().some((endpoint) => endpoint.state === "active" && matches(endpoint.events, type));
  }

  /** Writes an event and answers the endpoints to wake. `data` holds ids and tokens only. */
  emit(type: EventType, resource: string, data: unknown, now: number): string[] {
    this.write(type, resource, data, now);
    const listening = this.endpoints()
      .filter((endpoint) => endpoint.state === "active" && matches(endpoint.events, type))
      .map((endpoint) => endpoint.id);
    if (listening.length > 0) this.#soon(now + SAFETY_MS); // in case the queue loses the wake
    return listening;
  }

  /** Writes an event without waking an endpoint. */
  write(type: EventType, resource: string, data: unknown, now: number): EventRow {
    const event = {
      id: this.#ids.make("evt", now),
      sequence: this.#nextSequence(),
      type,
      resource,
      at: now,
      data: JSON.stringify(data),
    };
    this.#sql.exec(
      `INSERT INTO events(id, sequence, type, resource, at, data) VALUES(?,?,?,?,?,?)`,
      event.id,
      event.sequence,
      type,
      resource,
      now,
      event.data,
    );
    return event;
  }

  /**
   * Up to `limit` deliveries owed to an endpoint now: those that a consumer took and never settled, failed ones that
   * are due, then new events in order. They are leased: no other caller gets them until they are settled or the lease
   * expires.
   */
  take(endpoint: Endpoint, limit: number, now: number): Owed[] {
    const progress = this.#progressOf(endpoint);
    const taken: Owed[] = this.#lapsed(progress, limit, now);
    const until = now + DELIVERY_LEASE_MS;
    const lease = (event: EventRow, attempt: number, owed: boolean) => {
      taken.push({ event, attempt });
      progress.inFlight.set(event.id, { attempt, until, owed });
    };
    for (const row of this.#dueRows(endpoint.id, limit + progress.inFlight.size, now)) {
      if (taken.length < limit && !progress.inFlight.has(row.id)) lease(row, row.attempt, true);
    }
    while (taken.length < limit) {
      const page = this.#eventsAfter(progress.position, limit);
      for (const event of page) {
        progress.position = event.id;
        if (this.#isOwed(endpoint.id, event.id)) continue; // tried before a crash: its own row has the next time
        if (matches(endpoint.events, event.type as EventType)) lease(event, 0, false);
        if (taken.length === limit) break;
      }
      if (page.length < limit) break;
    }
    if (taken.length === 0) this.#moveCursor(endpoint, progress);
    return taken;
  }

  /** Deliveries that a consumer took and never settled, leased again. */
  #lapsed(progress: Progress, limit: number, now: number): Owed[] {
    const taken: Owed[] = [];
    for (const [id, flight] of progress.inFlight) {
      if (flight.until > now || taken.length === limit) continue;
      const event = this.get(id);
      if (event === null) {
        progress.inFlight.delete(id); // purged meanwhile
        continue;
      }
      flight.until = now + DELIVERY_LEASE_MS;
      taken.push({ event, attempt: flight.attempt });
    }
    return taken;
  }

  #dueRows(endpoint: string, limit: number, now: number): (EventRow & { attempt: number })[] {
    return this.#sql
      .exec<EventRow & { attempt: number }>(
        `SELECT e.*, o.attempt FROM owed o JOIN events e ON e.id = o.event
         WHERE o.endpoint = ? AND o.due <= ? ORDER BY o.due LIMIT ?`,
        endpoint,
        now,
        limit,
      )
      .toArray();
  }

  /** Records how a batch went. Delivered events leave no row; failed ones get one with their next due time. */
  settle(
    endpoint: Endpoint,
    delivered: readonly string[],
    failed: readonly Failure[],
    givenUp: readonly Omit<Failure, "dueAt">[],
    now: number,
  ): void {
    if (delivered.length > 0) this.#deliveredAt.set(endpoint.id, now);
    const progress = this.#progress.get(endpoint.id);
    for (const event of delivered) {
      if (progress?.inFlight.get(event)?.owed !== false) {
        this.#sql.exec(`DELETE FROM owed WHERE endpoint = ? AND event = ?`, endpoint.id, event);
      }
      progress?.inFlight.delete(event);
    }
    for (const { event, attempt, dueAt } of failed) {
      this.#soon(dueAt);
      this.#owe(endpoint.id, event, attempt, dueAt);
      progress?.inFlight.delete(event);
    }
    for (const { event, attempt } of givenUp) {
      this.#owe(endpoint.id, event, attempt, NEVER);
      progress?.inFlight.delete(event);
    }
    if (progress !== undefined) this.#moveCursor(endpoint, progress);
  }

  /** Whether the endpoint has taken an event since then: from memory, or from the rows of before this object woke. */
  deliveredSince(endpoint: Endpoint, since: number): boolean {
    if ((this.#deliveredAt.get(endpoint.id) ?? 0) >= since) return true;
    return tookSince(this.#sql, this.#ids.prefixOf("evt"), endpoint, since);
  }

  /** Owes an event to an endpoint again from the beginning of the schedule. */
  replay(endpointId: string, eventId: string, now: number): void {
    this.#owe(endpointId, eventId, 0, now);
    const flight = this.#progress.get(endpointId)?.inFlight.get(eventId);
    if (flight !== undefined) flight.owed = false; // the row now belongs to the replay, not to the running delivery
    this.#soon(now + SAFETY_MS);
  }

  /** A sandbox's clock was moved: running calls keep their remaining time. */
  clockMoved(milliseconds: number): void {
    for (const { inFlight } of this.#progress.values())
      for (const flight of inFlight.values()) flight.until += milliseconds;
  }

  /** Endpoints that are owed something now, and when the next is. */
  owing(now: number): { endpoints: Endpoint[]; nextAt: number | null } {
    const newest = first<{ id: string | null }>(this.#sql, `SELECT max(id) AS id FROM events`)?.id ?? "";
    const next = first<{ due: number | null }>(
      this.#sql,
      `SELECT min(due) AS due FROM owed WHERE due > ? AND due < ?`,
      now,
      NEVER,
    );
    const due = new Set(
      this.#sql
        .exec<{ endpoint: string }>(`SELECT DISTINCT endpoint FROM owed WHERE due <= ?`, now)
        .toArray()
        .map((row) => row.endpoint),
    );
    const nextAts = typeof next?.due === "number" ? [next.due] : [];
    const endpoints = this.endpoints().filter((endpoint) => {
      if (endpoint.state !== "active") return false;
      const progress = this.#progress.get(endpoint.id);
      const untils = [...(progress?.inFlight.values() ?? [])].map((flight) => flight.until);
      if (untils.some((until) => until <= now)) return true;
      if (untils.length > 0) {
        nextAts.push(Math.min(...untils));
        return false;
      }
      return due.has(endpoint.id) || (progress?.position ?? endpoint.cursor) < newest;
    });
    return { endpoints, nextAt: nextAts.length === 0 ? null : Math.min(...nextAts) };
  }

  endpoints(): Endpoint[] {
    return this.#table.list();
  }

  endpoint(id: string): Endpoint | null {
    return this.endpoints().find((endpoint) => endpoint.id === id) ?? null;
  }

  /** Adds an endpoint; it receives events from now on. */
  addEndpoint(endpoint: Omit<Endpoint, "cursor">): void {
    const newest = first<{ id: string | null }>(this.#sql, `SELECT max(id) AS id FROM events`)?.id ?? "";
    this.#table.add({ ...endpoint, cursor: newest });
  }

  changeEndpoint(id: string, change: EndpointChange): void {
    this.#table.change(id, change);
  }

  removeEndpoint(id: string): void {
    this.#table.remove(id);
    this.#sql.exec(`DELETE FROM owed WHERE endpoint = ?`, id);
    this.#progress.delete(id);
  }

  list({ after, type, newest = false }: EventFilter, limit: number): EventRow[] {
    const where = [
      ...(after === undefined ? [] : [newest ? "id < ?" : "id > ?"]),
      ...(type === undefined ? [] : ["type = ?"]),
    ];
    const values: SqlBinding[] = [
      ...(after === undefined ? [] : [after]),
      ...(type === undefined ? [] : [type]),
      limit,
    ];
    const query = `SELECT * FROM events ${where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`} ORDER BY id ${newest ? "DESC" : ""} LIMIT ?`;
    return this.#sql.exec<EventRow>(query, ...values).toArray();
  }

  get(id: string): EventRow | null {
    return first<EventRow>(this.#sql, `SELECT * FROM events WHERE id = ?`, id);
  }

  /**
   * Deletes up to `limit` events made before `id`, and their owed deliveries. The newest event stays, because sequence
   * numbers continue from it.
   */
  purge(before: string, limit: number): number {
    const gone = this.#sql
      .exec<{ id: string }>(
        `DELETE FROM events WHERE id IN (
           SELECT id FROM events WHERE id < ? AND id < (SELECT max(id) FROM events) ORDER BY id LIMIT ?
         ) RETURNING id`,
        before,
        limit,
      )
      .toArray();
    if (gone.length > 0) this.#sql.exec(`DELETE FROM owed WHERE event < ?`, before);
    return gone.length;
  }

  /** Events that go to an endpoint, the newest first, from before an id. */
  *newestFirst(endpoint: Endpoint, before: string | null, limit: number): Generator<EventRow> {
    const rows = this.#sql.exec<EventRow>(
      `SELECT * FROM events WHERE id < ? AND at >= ? ORDER BY id DESC LIMIT ?`,
      before ?? "evt_~",
      endpoint.createdAt,
      limit,
    );
    for (const event of rows.toArray())
      if (isTestOf(endpoint, event) || matches(endpoint.events, event.type as EventType)) yield event;
  }

  /** What became of an event for an endpoint, and when it is tried next. */
  deliveryOf(endpoint: Endpoint, event: EventRow): { state: DeliveryState; dueAt: number | null } {
    const query = `SELECT attempt, due FROM owed WHERE endpoint = ? AND event = ?`;
    const owed = first<{ attempt: number; due: number }>(this.#sql, query, endpoint.id, event.id);
    if (owed !== null && owed.due === NEVER) return { state: "given_up", dueAt: null };
    if (owed !== null) return { state: owed.attempt > 0 ? "retrying" : "waiting", dueAt: owed.due };
    const progress = this.#progress.get(endpoint.id);
    const isNew = event.id > (progress?.position ?? endpoint.cursor) || progress?.inFlight.has(event.id) === true;
    return { state: isNew ? "waiting" : "delivered", dueAt: null };
  }

  /** How many deliveries of an endpoint are owed after a failure and how many were given up, and when the next is tried. */
  backlogOf(endpoint: string): { retrying: number; givenUp: number; nextAt: number | null } {
    const query = `SELECT count(*) FILTER (WHERE due < ?1 AND attempt > 0) AS retrying, count(*) FILTER (WHERE due = ?1) AS given_up,
      min(due) FILTER (WHERE due < ?1) AS next_at FROM owed WHERE endpoint = ?2`;
    const row = first<{ retrying: number; given_up: number; next_at: number | null }>(
      this.#sql,
      query,
      NEVER,
      endpoint,
    );
    return { retrying: row?.retrying ?? 0, givenUp: row?.given_up ?? 0, nextAt: row?.next_at ?? null };
  }

  #owe(endpoint: string, event: string, attempt: number, due: number): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO owed(endpoint, event, attempt, due) VALUES(?,?,?,?)`,
      endpoint,
      event,
      attempt,
      due,
    );
  }

  #isOwed(endpoint: string, event: string): boolean {
    return first(this.#sql, `SELECT 1 AS yes FROM owed WHERE endpoint = ? AND event = ?`, endpoint, event) !== null;
  }

  #eventsAfter(position: string, limit: number): EventRow[] {
    return this.#sql.exec<EventRow>(`SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?`, position, limit).toArray();
  }

  #progressOf(endpoint: Endpoint): Progress {
    let progress = this.#progress.get(endpoint.id);
    if (progress === undefined) {
      progress = { position: endpoint.cursor, inFlight: new Map() };
      this.#progress.set(endpoint.id, progress);
    }
    return progress;
  }

  /** Moves the cursor to the position once nothing before it is in flight; one row for any number of events. */
  #moveCursor(endpoint: Endpoint, progress: Progress): void {
    if (progress.inFlight.size > 0 || progress.position === endpoint.cursor) return;
    this.#table.moveCursor(endpoint, progress.position);
  }

  #nextSequence(): number {
    if (this.#sequence < 0) {
      const last = first<{ sequence: number }>(this.#sql, `SELECT sequence FROM events ORDER BY id DESC LIMIT 1`);
      this.#sequence = last?.sequence ?? 0;
    }
    this.#sequence += 1;
    return this.#sequence;
  }
}

const isTestOf = (endpoint: Endpoint, { type, resource }: EventRow): boolean =>
  type === "endpoint.test" && resource === endpoint.id;

export type EventView = ReturnType<typeof eventView>;

/** An event as tenants see it, in webhooks and in lists. */
export function eventView(event: EventRow) {
  return {
    id: event.id,
    type: event.type,
    sequence: event.sequence,
    resource: event.resource,
    occurred_at: isoOf(event.at),
    data: JSON.parse(event.data) as Record<string, unknown>,
  };
}
