/**
 * Caps at the moment a text leaves: in which windows it is not counted yet, whether it fits into them, and where it waits when it
 * does not. Pure. An ordinary text leaves in the minute that admitted it and finds itself counted; one that leaves later counts in
 * each window that has turned since.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/clock.ts";
import { hasRoom, rollWindows, count, type Caps, type Windows } from "./caps.ts";

/** The windows of one counter in which a text is still to be counted. */
export type Fresh = { minute: boolean; hour: boolean; day: boolean };

/** Windows that have turned since the text was counted; all of them when it never was. Expects windows turned to now. */
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
  return (
    (!minute || windows.mc < caps.minute) && (!hour || windows.hc < caps.hour) && (!day || windows.dc < caps.day)
  );
}

/** Counts a text in those windows. */
export function countInto(windows: Windows, { minute, hour, day }: Fresh): void {
  if (minute) windows.mc += 1;
  if (hour) windows.hc += 1;
  if (day) windows.dc += 1;
}

/**
 * The next minute with room behind those who wait already: each is looked at again when its own place comes, so that many who wait
 * for one person cost a row each and not one each minute. A place at or after `until` is nobody's and takes none.
 */
export function waitingPlace(windows: Windows, caps: Caps, until: number): number {
  const zero = caps.minute <= 0 || caps.hour <= 0 || caps.day <= 0;
  if (zero) return until;
  const { plan, ...present } = windows;
  const next: Windows = plan !== undefined && plan.m > windows.m ? { ...plan } : present;
  while (!hasRoom(next, caps) || next.m <= windows.m) rollWindows(next, endOfFull(next, caps));
  const at = next.m * MINUTE_MS;
  if (at >= until) return until;
  count(next);
  windows.plan = next;
  return at;
}

/** When the longest window ends that is full. */
function endOfFull(windows: Windows, caps: Caps): number {
  if (windows.dc >= caps.day) return (windows.d + 1) * DAY_MS;
  return windows.hc >= caps.hour ? (windows.h + 1) * HOUR_MS : (windows.m + 1) * MINUTE_MS;
}
