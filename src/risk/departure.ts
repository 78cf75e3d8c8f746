/**
 * Caps at the moment a text leaves: in which windows it is not counted yet, whether it fits into them, and until when it waits if
 * not. An ordinary text leaves in the minute of its admission and is counted already; a later one is counted in each window that has
 * begun since. Pure.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/clock.ts";
import { rollWindows, type Caps, type Windows } from "./caps.ts";

/** The windows of one counter in which a text is not counted yet. */
export type Fresh = { minute: boolean; hour: boolean; day: boolean };

/** Windows that began after the text was counted; all if it never was. Expects windows rolled to now. */
export function freshWindows(windows: Windows, countedAt: number | null): Fresh {
  if (countedAt === null) return { minute: true, hour: true, day: true };
  return {
    minute: Math.floor(countedAt / MINUTE_MS) < windows.m,
    hour: Math.floor(countedAt / HOUR_MS) < windows.h,
    day: Math.floor(countedAt / DAY_MS) < windows.d,
  };
}

/** Whether the text fits into the windows in which it is not counted yet. */
export function fitsInto(windows: Windows, { minute, hour, day }: Fresh, caps: Caps): boolean {
  return (!minute || windows.mc < caps.minute) && (!hour || windows.hc < caps.hour) && (!day || windows.dc < caps.day);
}

/** Counts a text in those windows. */
export function countInto(windows: Windows, { minute, hour, day }: Fresh): void {
  if (minute) windows.mc += 1;
  if (hour) windows.hc += 1;
  if (day) windows.dc += 1;
}

/**
 * The next minute with room after the texts that wait already. Each waiting text is tried again once, in its own minute, so that many
 * of them for one person do not cost a row each every minute. Answers `until`, and reserves nothing, if there is no room before it.
 */
export function waitingPlace(windows: Windows, fresh: Fresh, caps: Caps, until: number): number {
  if (caps.minute <= 0 || caps.hour <= 0 || caps.day <= 0) return until;
  const { plan, ...present } = windows;
  const next: Windows = plan !== undefined && plan.m > windows.m ? { ...plan } : present;
  const freshIn = (): Fresh => ({
    minute: true,
    hour: fresh.hour || next.h > windows.h,
    day: fresh.day || next.d > windows.d,
  });
  while (next.m <= windows.m || !fitsInto(next, freshIn(), caps)) rollWindows(next, endOfFull(next, freshIn(), caps));
  const at = next.m * MINUTE_MS;
  if (at >= until) return until;
  countInto(next, freshIn());
  windows.plan = next;
  return at;
}

/** When the longest full window ends. */
function endOfFull(windows: Windows, fresh: Fresh, caps: Caps): number {
  if (fresh.day && windows.dc >= caps.day) return (windows.d + 1) * DAY_MS;
  return fresh.hour && windows.hc >= caps.hour ? (windows.h + 1) * HOUR_MS : (windows.m + 1) * MINUTE_MS;
}
