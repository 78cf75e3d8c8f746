/**
 * Whether an endpoint takes anything, read from what is stored: the object that saw it may have been put away since.
 */
import { ulidTime } from "../base/ids.ts";
import type { Sql } from "../storage/sql.ts";
import { matches, type EventType } from "./event.ts";

type Listener = { id: string; events: readonly string[]; cursor: string; createdAt: number };

/** So many of the newest events are asked. */
const DELIVERIES_SCANNED_MAX = 5_000;

/**
 * Whether an event made since then lies behind the endpoint's cursor and is owed no more, so that the endpoint has taken it.
 * One that was given up is owed for ever. `prefix` is what ids of events begin with.
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
