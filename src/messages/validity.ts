/**
 * When a message leaves and when it expires: the times that a request may name, and their defaults. Pure.
 */
import { DAY_MS, MINUTE_MS, isoOf } from "../base/clock.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Purpose } from "../sms/purpose.ts";

/** The times as a request names them. */
export type TimesInput = {
  purpose: Purpose;
  scheduleAt: number | null;
  expiresAt: number | null;
  ttlSeconds: number | null;
};
export type Times = { scheduleAt: number | null; expiresAt: number };

/** The default validity. Codes: ten minutes, which no setting raises (NIST SP 800-63B-4). */
const VALID_MS: Record<Purpose, number> = { otp: 10 * MINUTE_MS, service: DAY_MS, marketing: DAY_MS };
const SCHEDULE_MS_MAX = 35 * DAY_MS;
const SCHEDULE_MS_MIN = 1_000;
/** The longest validity after the time at which a message leaves. */
const VALID_MS_MAX = 3 * DAY_MS;

/** When a message leaves and when it expires, or the refusal of these times. */
export function timesOf(input: TimesInput, now: number): Times | Refusal {
  const { scheduleAt } = input;
  if (scheduleAt !== null && (scheduleAt < now + SCHEDULE_MS_MIN || scheduleAt > now + SCHEDULE_MS_MAX)) {
    return refuse("schedule_out_of_range");
  }
  const from = scheduleAt ?? now;
  const ttl = input.ttlSeconds === null ? VALID_MS[input.purpose] : input.ttlSeconds * 1_000;
  const expiresAt = input.expiresAt ?? from + ttl;
  if (expiresAt <= from)
    return refuse("schedule_out_of_range", { detail: `The message would expire before it leaves (${isoOf(from)}).` });
  const longest = input.purpose === "otp" ? VALID_MS.otp : VALID_MS_MAX;
  if (expiresAt > from + longest) {
    return refuse("schedule_out_of_range", {
      detail: `A ${input.purpose} message may live at most ${longest / MINUTE_MS} minutes.`,
    });
  }
  return { scheduleAt, expiresAt };
}
