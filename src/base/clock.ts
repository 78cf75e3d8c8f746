/**
 * The only file that reads the time. Everything else is handed `now` in milliseconds since 1970, so that a rule can be
 * tried at any moment and a sandbox tenant can own its clock (DESIGN section 6).
 */

/** Real time in milliseconds. In production it moves only after I/O, so two reads in one turn may be equal. */
export function readClock(): number {
  return Date.now();
}

/** RFC 3339 in UTC with milliseconds, the only form of time in an answer. */
export function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Milliseconds of an RFC 3339 time with an explicit offset, or null: a time without an offset is nobody's time. */
export function millisecondsOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
