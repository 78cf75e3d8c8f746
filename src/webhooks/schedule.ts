/**
 * When a webhook is tried again, and what a receiver's answer means (Standard Webhooks 1.0.0, "deliverability"). Called
 * after each attempt. Never reads the clock, draws no random number, and never disables an endpoint itself.
 */

/**
 * Seconds from one attempt's failure to the next attempt; the first is sent at once. The specification's own example:
 * seconds cover a restart, minutes a deployment, hours an outage, and the sum of 75.6 hours a weekend and its Monday.
 */
export const SCHEDULE_SECONDS = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const;

/**
 * Every delay varies evenly by up to a tenth of its step, so that deliveries that failed together are not retried
 * together.
 */
const JITTER = 0.1;

/** The longest Retry-After that is respected: a day, like the longest step of the schedule. */
const RETRY_AFTER_SECONDS_MAX = 86_400;

const SECOND_MS = 1_000;

/** `gone` disables the endpoint; `throttled` also slows it down for others; `failed` is any other failure. */
export type Verdict = "delivered" | "gone" | "throttled" | "failed";

/** `retryAfterSeconds` is what the receiver asked for, clamped, where its status may ask (RFC 9110 10.2.3), else null. */
export type Classified = { verdict: Verdict; retryAfterSeconds: number | null };

const THROTTLED = new Set([429, 502, 504]);
const MAY_ASK_FOR_TIME = new Set([...THROTTLED, 503]);

/** What an answer means. Only 2xx delivers; a redirect is a failure, because its target was not judged. */
export function classifyAnswer(status: number, retryAfterHeader: string | null, now: number): Classified {
  const retryAfterSeconds = MAY_ASK_FOR_TIME.has(status) ? readRetryAfter(retryAfterHeader, now) : null;
  return { verdict: verdictOf(status), retryAfterSeconds };
}

function verdictOf(status: number): Verdict {
  if (status >= 200 && status <= 299) return "delivered";
  if (status === 410) return "gone";
  return THROTTLED.has(status) ? "throttled" : "failed";
}

/**
 * Seconds, or a date in the one form senders may write (IMF-fixdate, RFC 9110 5.6.7); a past date is zero. Anything
 * else is ignored, the obsolete date forms included; the schedule then applies.
 */
function readRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return clampSeconds(Number(text));
  const date = new Date(text);
  // `Date` accepts texts that are no dates; only a text that it writes back unchanged is one.
  if (Number.isNaN(date.getTime()) || date.toUTCString() !== text) return null;
  return clampSeconds(Math.ceil((date.getTime() - now) / SECOND_MS));
}

function clampSeconds(seconds: number): number {
  return Math.min(Math.max(seconds, 0), RETRY_AFTER_SECONDS_MAX);
}

/** `attempt` counts the attempts already made; `random` is a number from 0 up to 1; `now` and `dueAt` are milliseconds. */
export type Next = {
  attempt: number;
  outcome: "new" | Exclude<Verdict, "delivered">;
  now: number;
  random: number;
  retryAfterSeconds: number | null;
};

/**
 * The time of the next attempt, or why there is none. A receiver's Retry-After can only move an attempt later than the
 * schedule, never earlier, and gets up to a tenth of jitter. After ten attempts the schedule is exhausted.
 */
export function nextAttempt(next: Next): { dueAt: number } | { giveUp: "gone" | "exhausted" } {
  if (next.outcome === "gone") return { giveUp: "gone" };
  const step = SCHEDULE_SECONDS[next.attempt];
  if (step === undefined) return { giveUp: "exhausted" };
  const scheduled = step * (1 - JITTER + 2 * JITTER * next.random);
  const asked = clampSeconds(next.retryAfterSeconds ?? 0) * (1 + JITTER * next.random);
  return { dueAt: next.now + Math.round(Math.max(scheduled, asked) * SECOND_MS) };
}
