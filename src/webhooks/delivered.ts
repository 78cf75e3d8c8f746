/**
 * Whether an endpoint has taken any event lately, read from storage, because the object may have restarted since.
 */
import { ulidTime } from "../base/ids.ts";
import type { Sql } from "../storage/sql.ts";
import { matches, type EventType } from "./event.ts";

type Listener = { id: string; events: readonly string[]; cursor: string; createdAt: number };

/** The newest events that are checked. */
const DELIVERIES_SCANNED_MAX = 5_000;

/**
 * Whether the endpoint has taken an event made since then: one before its cursor that is no longer owed. An event that was
 * given up stays owed for ever. `prefix` is the beginning of event ids.
 */
export function tookSince(sql: Sql, prefix: string, endpoint: Listener, since: number): boolean {
  const from = Math.max(since, endpoint.createdAt + 1);
  return sql
    .exec<{ type: string }>(
      `SELECT DISTINCT type FROM (SELECT id, type, at FROM events WHERE id >= ? AND id <= ? ORDER BY id DESC LIMIT ?) AS e
       WHERE e.at >= ? AND NOT EXISTS (SELECT 1 FROM owed o WHERE o.endpoint = ? AND o.event = e.id)`,
      prefix + ulidTime(from),
      endpoint.cursor,
      DELIVERIES_SCANNED_MAX,
      from,
      endpoint.id,
    )
    .toArray()
    .some(({ type }) => matches(endpoint.events, type as EventType));
}
