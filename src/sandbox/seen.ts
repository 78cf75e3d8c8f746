/**
 * Which text of each line a browser has shown last: a cookie of opaque ids, so that an unread mark needs neither a script nor a write
 * in the tenant's object. It says nothing of anybody, and is worth nothing elsewhere.
 */
import { DAY_MS } from "../base/clock.ts";
import type { HandsetLine } from "./ledger.ts";

const COOKIE = "__Host-maskline_seen";
/** Texts are kept for a week. */
const KEPT_SECONDS = (7 * DAY_MS) / 1_000;
/** Lines remembered; the ones shown longest ago are forgotten first, and count as unread again. */
const LINES_MAX = 60;
/** Enough of an id to tell it from its like. */
const ENDING_CHARS = 8;

/** The ending of the newest seen text's id, by the ending of its line's; the line shown last comes first. */
export type Seen = ReadonlyMap<string, string>;

const ending = (id: string): string => id.slice(-ENDING_CHARS);

/** What the browser says it has shown; nothing where that cannot be read. */
export function seenIn(header: string | null): Seen {
  const value = /(?:^|;\s*)__Host-maskline_seen=([\w.-]{1,2000})(?:;|$)/.exec(header ?? "")?.[1] ?? "";
  const pairs = value.split(".").map((pair) => pair.split("-"));
  return new Map(pairs.flatMap(([line, text]) => (line && text ? [[line, text] as const] : [])).slice(0, LINES_MAX));
}

/** Whether a line's newest text came in since the line was shown. */
export function isUnread({ line, newest }: HandsetLine, seen: Seen): boolean {
  return newest !== null && newest.direction === "received" && seen.get(ending(line)) !== ending(newest.id);
}

/** What is seen once these lines are shown. */
export function seeing(seen: Seen, shown: readonly HandsetLine[]): Seen {
  const now = shown.flatMap(({ line, newest }) =>
    newest === null ? [] : [[ending(line), ending(newest.id)] as const],
  );
  const rest = [...seen].filter(([line]) => !now.some(([shownLine]) => shownLine === line));
  return new Map([...now, ...rest].slice(0, LINES_MAX));
}

/** The `set-cookie` that keeps it. */
export function seenCookie(seen: Seen): string {
  const value = [...seen].map((pair) => pair.join("-")).join(".");
  return `${COOKIE}=${value}; Path=/; Max-Age=${KEPT_SECONDS}; HttpOnly; SameSite=Strict; Secure`;
}

/** Whether nothing new was seen. */
export const isSame = (one: Seen, other: Seen): boolean => JSON.stringify([...one]) === JSON.stringify([...other]);
