/**
 * Caps, counted before the act: per key, recipient, tenant, country and block of a thousand numbers, by minute, hour and
 * day. Fixed windows aligned to the clock: a burst across a boundary can reach twice a minute's cap, never twice a day's.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/clock.ts";

export type Caps = { minute: number; hour: number; day: number };

export type Limits = {
  recipient: Caps;
  block: Caps;
  key: Caps;
  tenant: Caps;
  country: { home: Caps; abroad: Caps };
  /** Distinct numbers a key may name in a day, known or new alike, so that tokens cannot be used to list numbers. */
  numbersPerKeyPerDay: number;
  /** The other caps on naming numbers; absent in a policy that was stored before there were any. */
  naming?: NamingCaps;
};

export type HourAndDay = { hour: number; day: number };

/**
 * Caps on distinct numbers that are named. A null cap equals the default cap on messages, or the tenant's if that is higher: a tenant
 * that may send more may name more, and one that may send nothing is told so by the message caps.
 */
export type NamingCaps = {
  /** Per hour for a key with all its rotations; the cap per day is `numbersPerKeyPerDay`. */
  keyHour: number | null;
  /** For all keys of the tenant; each number counts once for each key. */
  tenant: HourAndDay | null;
  /** Codes have a budget of their own, for starts and for checks by number. */
  codes: { key: HourAndDay | null; tenant: HourAndDay | null };
};

export const DEFAULT_NAMING: NamingCaps = { keyHour: null, tenant: null, codes: { key: null, tenant: null } };

/** More numbers for a campaign or an import, until a time; for one key's rotations, or (null) for every key of the tenant. */
export type NamingAllowance = { numbers: number; until: number; key: string | null };

/**
 * A tenant's limits until an operator changes them. Recipient: above the usual 5 codes in 10 minutes, far below SMS pumping.
 * Abroad: 100 a day, the default of GOV.UK Notify.
 */
export const DEFAULT_LIMITS: Limits = {
  recipient: { minute: 5, hour: 20, day: 50 },
  block: { minute: 60, hour: 300, day: 1_000 },
  key: { minute: 1_200, hour: 30_000, day: 250_000 },
  tenant: { minute: 2_400, hour: 60_000, day: 250_000 },
  country: { home: { minute: 2_400, hour: 60_000, day: 250_000 }, abroad: { minute: 10, hour: 50, day: 100 } },
  numbersPerKeyPerDay: 10_000,
};

/** A sandbox's numbers are all in one block (07700 900000 to 900999), so its cap per block is higher. */
export const SANDBOX_LIMITS: Limits = { ...DEFAULT_LIMITS, block: { minute: 1_200, hour: 10_000, day: 50_000 } };

/**
 * Number and count of the current minute, hour and day. `plan`: the same for the last future minute in which a waiting text has a
 * place; absent when none waits.
 */
export type Windows = { m: number; mc: number; h: number; hc: number; d: number; dc: number; plan?: Windows };

/** Windows in which nothing was counted. */
export const emptyWindows = (): Windows => ({ m: 0, mc: 0, h: 0, hc: 0, d: 0, dc: 0 });

/** Begins new windows where `now` is past the old ones; a clock that steps back keeps counting in the newer window. */
export function rollWindows(windows: Windows, now: number): void {
  const minute = Math.floor(now / MINUTE_MS);
  const hour = Math.floor(now / HOUR_MS);
  const day = Math.floor(now / DAY_MS);
  if (minute > windows.m) {
    windows.m = minute;
    windows.mc = 0;
  }
  if (hour > windows.h) {
    windows.h = hour;
    windows.hc = 0;
  }
  if (day > windows.d) {
    windows.d = day;
    windows.dc = 0;
  }
}

export type Room = { left: number; resetSeconds: number; window: keyof Caps };

/** How many acts are left in the tightest window, and when that window ends. Expects windows rolled to `now`. */
export function roomIn(windows: Windows, caps: Caps, now: number): Room {
  let tightest: Room = {
    window: "minute",
    left: caps.minute - windows.mc,
    resetSeconds: secondsLeft(windows.m, now, MINUTE_MS),
  };
  const consider = (window: keyof Caps, left: number, at: number, windowMs: number) => {
    if (left > 0 && left >= tightest.left) return;
    const resetSeconds = secondsLeft(at, now, windowMs);
    if (left < tightest.left || resetSeconds > tightest.resetSeconds) tightest = { window, left, resetSeconds };
  };
  consider("hour", caps.hour - windows.hc, windows.h, HOUR_MS);
  consider("day", caps.day - windows.dc, windows.d, DAY_MS);
  return { ...tightest, left: Math.max(0, tightest.left) };
}

/** Whether one more act fits in every window. Expects windows rolled to `now`. */
export function hasRoom(windows: Windows, caps: Caps): boolean {
  return windows.mc < caps.minute && windows.hc < caps.hour && windows.dc < caps.day;
}

/** Counts one act in all three windows. */
export function count(windows: Windows): void {
  windows.mc += 1;
  windows.hc += 1;
  windows.dc += 1;
}

/** Seconds to the end of the window, or of the clock's window if that is later; the clock may have stepped back. */
function secondsLeft(window: number, now: number, windowMs: number): number {
  const end = (Math.max(window, Math.floor(now / windowMs)) + 1) * windowMs;
  return Math.max(1, Math.ceil((end - now) / 1_000));
}
