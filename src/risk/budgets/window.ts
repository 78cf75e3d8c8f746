/**
 * The windows of a budget. A calendar window begins and ends with the minute, hour, day or month of a time zone, so a day may have 23 or
 * 25 hours. A rolling window is a ring of thirty buckets: what falls into a bucket counts until the whole bucket is older than the
 * window, so never less than the window is counted, and at most one bucket, a thirtieth, more. Pure.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/clock.ts";

export const WINDOWS = ["minute", "hour", "day", "month"] as const;
type WindowName = (typeof WINDOWS)[number];

/** `zone`: the IANA time zone of a calendar window. */
export type BudgetWindow = { name: WindowName; rolling: boolean; zone: string };

/** From when, and until when it is over. */
export type Span = { from: number; to: number };

/** A rolling month has thirty days; a calendar month is as long as it is. */
const LENGTH_MS: Readonly<Record<WindowName, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  month: 30 * DAY_MS,
};
const BUCKETS = 30;

/** How long a window is, or about how long where the calendar says so. */
export const lengthMs = ({ name }: BudgetWindow): number => LENGTH_MS[name];

/** Where something of this moment is counted: in the calendar window itself, or in a bucket of a rolling one. */
export function bucketAt(window: BudgetWindow, now: number): Span {
  if (!window.rolling) return calendarAt(window, now);
  const size = LENGTH_MS[window.name] / BUCKETS;
  const from = Math.floor(now / size) * size;
  return { from, to: from + size };
}

/** Whether what began to count at `from` counts while `present` is the bucket of the moment. */
export function stillCounts(window: BudgetWindow, from: number, present: Span): boolean {
  return window.rolling ? from >= present.from - LENGTH_MS[window.name] : from >= present.from;
}

/** When a bucket that began at `from` counts no longer. `present` is the bucket of the moment. */
export function countsUntil(window: BudgetWindow, from: number, present: Span): number {
  return window.rolling ? from + LENGTH_MS[window.name] + (present.to - present.from) : present.to;
}

/** Whether the platform knows a time zone of this name. An offset such as `+01:00` is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}

function calendarAt({ name, zone }: BudgetWindow, now: number): Span {
  const seconds = now % MINUTE_MS;
  if (name === "minute") return { from: now - seconds, to: now - seconds + MINUTE_MS };
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    minute: "2-digit",
  });
  const partsAt = (at: number): Record<string, string> =>
    Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  // Offsets are whole minutes, so the minute hand says where the hour began; an hour that comes twice is two windows.
  if (name === "hour") {
    const from = now - seconds - Number(partsAt(now)["minute"]) * MINUTE_MS;
    return { from, to: from + HOUR_MS };
  }
  const labelAt = (at: number): string => {
    const { year = "", month = "", day = "" } = partsAt(at);
    return name === "day" ? `${year}-${month}-${day}` : `${year}-${month}`;
  };
  const here = labelAt(now);
  const farMs = name === "day" ? 26 * HOUR_MS : 32 * DAY_MS;
  const minute = now - seconds;
  return {
    from: firstMinute(minute - farMs, minute, (at) => labelAt(at) === here),
    to: firstMinute(minute, minute + farMs, (at) => labelAt(at) !== here),
  };
}

/** The first minute after `before`, and `upTo` at the latest, of which it is true; it stays true from then on. */
function firstMinute(before: number, upTo: number, isTrue: (at: number) => boolean): number {
  let [low, high] = [before, upTo];
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
    if (isTrue(middle)) high = middle;
    else low = middle;
  }
  return high;
}
