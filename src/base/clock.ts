/**
 * The only file that reads the time. All other code is passed `now` in milliseconds since 1970, so that tests can run a
 * rule at any time and a sandbox tenant can have its own clock (DESIGN section 6).
 */

/** Real time in milliseconds. In production it moves only after I/O, so two reads without I/O in between are equal. */
export function readClock(): number {
  return Date.now();
}

/** RFC 3339 in UTC with milliseconds, the only form of time in an answer. */
export function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/**
 * Milliseconds of an RFC 3339 time with an explicit offset, or null. A time without an offset is ambiguous; a date that
 * `Date` would move to another day (30 February, 24:00) is invalid. `t` and `z` may be lower case (RFC 3339, 5.6).
 */
export function millisecondsOf(written: string): number | null {
  const text = written.toUpperCase();
  const match = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const parsed = match === null ? Number.NaN : Date.parse(text);
  if (match === null || Number.isNaN(parsed)) return null;
  const lastDay = new Date(Date.UTC(Number(match[1]), Number(match[2]), 0)).getUTCDate();
  return Number(match[3]) <= lastDay ? parsed : null;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The end of the minute in which a time lies: what may wait until then is done together. */
export const minuteAfter = (at: number): number => Math.ceil(at / MINUTE_MS) * MINUTE_MS;
