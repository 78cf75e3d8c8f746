/**
 * Until when something is kept, from when it was made and the rooms' own bounds. Pure.
 */
import { DAY_MS, isoOf, millisecondsOf } from "../base/clock.ts";

/** The time so many days later; null where there is no beginning yet. */
export function until(from: string | null, days: number): string | null {
  const at = from === null ? null : millisecondsOf(from);
  return at === null ? null : isoOf(at + days * DAY_MS);
}
