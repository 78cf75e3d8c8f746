/**
 * Guesses and sends, counted by destination across verifications and resends: the caps, the locks, and whom they bar. Every cap is in
 * the table of docs/verify.md. Pure: functions take a destination and answer a new one.
 *
 * Guesses are counted in budgets. A device or network that has verified this destination before is *known* and has a budget of its
 * own; all strangers share one, and each has a smaller one besides. So strangers never bar a known device, one stranger alone bars no
 * other, and all strangers together have ten guesses a day.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/clock.ts";

/** Times of failed guesses within a rolling day, ascending, and the lock that they led to. */
export type Budget = { failures: number[]; lockedUntil: number };
/** A budget with the keyed fingerprint it belongs to. */
export type FingerprintBudget = Budget & { fingerprint: string };
/** `sends`: times of the sends that it asked for, within a rolling day; absent before the first. */
export type Known = FingerprintBudget & { seenAt: number; sends?: number[] };

export type Destination = {
  /** Times of sends within a rolling day that no known device has asked for. */
  sends: number[];
  /** The newest verifications, newest last; at most `RECENT_MAX`. */
  recent: string[];
  strangers: Budget;
  /** Strangers that have failed, each by its own fingerprint; those without one together, under an empty name. */
  fingerprints: FingerprintBudget[];
  known: Known[];
  /** Barred by the tenant until lifted. */
  blocked: { at: number } | null;
};

export const SENDS_MAX = { tenMinutes: 5, day: 10 } as const;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

type Ladder = readonly (readonly [failures: number, lockMs: number])[];

/**
 * Failures within a day, and the lock that follows each number of them; the last is the day's cap. For a known device, and for all
 * guesses without a fingerprint together.
 */
export const LADDER: Ladder = [
  [5, 15 * MINUTE_MS],
  [8, HOUR_MS],
  [10, DAY_MS],
];
/** One stranger with a fingerprint: fewer failures than lock all strangers, so that one alone cannot bar a person's new device. */
export const STRANGER_LADDER: Ladder = [
  [5, 15 * MINUTE_MS],
  [7, DAY_MS],
];
/** All strangers together. */
export const SHARED_LADDER: Ladder = [
  [8, HOUR_MS],
  [10, DAY_MS],
];
/** The name under which guesses without a fingerprint are counted. */
const UNNAMED = "";

export const KNOWN_MAX = 5;
export const KNOWN_DAYS = 90;
/** As many as the caps of ten minutes allow to all known devices and strangers together, so that no live verification is displaced. */
export const RECENT_MAX = SENDS_MAX.tenMinutes * (1 + KNOWN_MAX);

/** A destination of which nothing is known. */
export function newDestination(): Destination {
  return {
    sends: [],
    recent: [],
    strangers: { failures: [], lockedUntil: 0 },
    fingerprints: [],
    known: [],
    blocked: null,
  };
}

/** The destination without times too old to count. A time ahead of `now`, after the clock stepped back, still counts. */
export function rolled(destination: Destination, now: number): Destination {
  const budget = <B extends Budget>(one: B): B => ({
    ...one,
    failures: one.failures.filter((at) => at > now - DAY_MS),
  });
  return {
    ...destination,
    sends: destination.sends.filter((at) => at > now - DAY_MS),
    strangers: budget(destination.strangers),
    fingerprints: destination.fingerprints
      .map(budget)
      .filter((one) => one.failures.length > 0 || one.lockedUntil > now),
    known: destination.known
      .map(budget)
      .map((one) => (one.sends === undefined ? one : { ...one, sends: one.sends.filter((at) => at > now - DAY_MS) }))
      .filter((one) => one.seenAt > now - KNOWN_DAYS * DAY_MS),
  };
}

/** From when on the row can be dropped; never while it is blocked. */
export function spentAt({ sends, strangers, fingerprints, known, blocked }: Destination): number {
  if (blocked !== null) return Number.MAX_SAFE_INTEGER;
  const ends = [strangers, ...fingerprints, ...known].flatMap((one) => [
    one.lockedUntil,
    ...one.failures.map((at) => at + DAY_MS),
  ]);
  return Math.max(
    0,
    ...ends,
    ...sends.map((at) => at + DAY_MS),
    ...known.map((one) => one.seenAt + KNOWN_DAYS * DAY_MS),
  );
}

/** Until when a party with this fingerprint (null: none) must not guess; null if it may. Expects the destination rolled to `now`. */
export function barredUntil(destination: Destination, fingerprint: string | null, now: number): number | null {
  const known = destination.known.find((one) => one.fingerprint === fingerprint);
  if (known !== undefined) return budgetBars(known, LADDER, now);
  const own = destination.fingerprints.find((one) => one.fingerprint === (fingerprint ?? UNNAMED));
  const until = Math.max(
    budgetBars(destination.strangers, SHARED_LADDER, now) ?? 0,
    own === undefined ? 0 : (budgetBars(own, ladderOf(fingerprint), now) ?? 0),
  );
  return until > 0 ? until : null;
}

const ladderOf = (fingerprint: string | null): Ladder => (fingerprint === null ? LADDER : STRANGER_LADDER);

function budgetBars(budget: Budget, ladder: Ladder, now: number): number | null {
  const most = ladder.at(-1)?.[0] ?? 0;
  const spent = budget.failures.length >= most ? (budget.failures[budget.failures.length - most] ?? 0) + DAY_MS : 0;
  const until = Math.max(budget.lockedUntil, spent);
  return until > now ? until : null;
}

/** Counts a failed guess. Expects the party not to be barred; answers the lock that it led to for this party, if any. */
export function countFailure(
  destination: Destination,
  fingerprint: string | null,
  now: number,
): { destination: Destination; lockedUntil: number | null } {
  const known = destination.known.find((one) => one.fingerprint === fingerprint);
  if (known !== undefined) {
    const next = failed(known, LADDER, now);
    const all = destination.known.map((one) => (one === known ? next : one));
    return { destination: { ...destination, known: all }, lockedUntil: lockOf(next, now) };
  }
  const strangers = failed(destination.strangers, SHARED_LADDER, now);
  const name = fingerprint ?? UNNAMED;
  const before = destination.fingerprints.find((one) => one.fingerprint === name) ?? {
    fingerprint: name,
    failures: [],
    lockedUntil: 0,
  };
  const own = failed(before, ladderOf(fingerprint), now);
  const fingerprints = [...destination.fingerprints.filter((one) => one.fingerprint !== name), own];
  const until = Math.max(lockOf(strangers, now) ?? 0, lockOf(own, now) ?? 0);
  return { destination: { ...destination, strangers, fingerprints }, lockedUntil: until > 0 ? until : null };
}

function failed<B extends Budget>(budget: B, ladder: Ladder, now: number): B {
  const failures = [...budget.failures, now];
  const lockMs = ladder.find(([count]) => count === failures.length)?.[1] ?? 0;
  return { ...budget, failures, lockedUntil: Math.max(budget.lockedUntil, lockMs === 0 ? 0 : now + lockMs) };
}

const lockOf = (budget: Budget, now: number): number | null => (budget.lockedUntil > now ? budget.lockedUntil : null);

/**
 * Stores a fingerprint that has verified this destination; beyond the limit the one seen longest ago is dropped. Failures stay
 * counted, since otherwise every sign-in of the person would reset the strangers' guesses.
 */
export function learn(destination: Destination, fingerprint: string, now: number): Destination {
  const before = destination.known.find((one) => one.fingerprint === fingerprint);
  const next: Known = { ...(before ?? { fingerprint, failures: [], lockedUntil: 0 }), seenAt: now };
  const others = destination.known.filter((one) => one.fingerprint !== fingerprint).sort((a, b) => b.seenAt - a.seenAt);
  return { ...destination, known: [next, ...others].slice(0, KNOWN_MAX) };
}

/** Whether this party has verified the destination before, and so has its own budgets of guesses and sends. */
export function isKnown({ known }: Destination, fingerprint: string | null): boolean {
  return fingerprint !== null && known.some((one) => one.fingerprint === fingerprint);
}

/**
 * How many sends are left to this party, and when the next is possible: a known device has its own budget, all others share one, so
 * that strangers who type the number do not use up its owner's. Expects the destination rolled to `now`.
 */
export function sendRoom(
  destination: Destination,
  now: number,
  fingerprint: string | null,
): { left: number; nextAt: number } {
  const own = destination.known.find((one) => one.fingerprint === fingerprint);
  const sends = own === undefined ? destination.sends : (own.sends ?? []);
  const lately = sends.filter((at) => at > now - TEN_MINUTES_MS);
  const left = Math.max(0, Math.min(SENDS_MAX.tenMinutes - lately.length, SENDS_MAX.day - sends.length));
  const oldest = (times: number[], max: number, windowMs: number) =>
    times.length < max ? now : (times[times.length - max] ?? now) + windowMs;
  const nextAt = Math.max(oldest(lately, SENDS_MAX.tenMinutes, TEN_MINUTES_MS), oldest(sends, SENDS_MAX.day, DAY_MS));
  return { left, nextAt };
}

/** Counts a send that this party asked for; a new verification becomes the newest. */
export function countSend(
  destination: Destination,
  verification: string,
  now: number,
  fingerprint: string | null,
): Destination {
  const recent = [...destination.recent.filter((id) => id !== verification), verification].slice(-RECENT_MAX);
  if (!isKnown(destination, fingerprint)) return { ...destination, sends: [...destination.sends, now], recent };
  const known = destination.known.map((one) =>
    one.fingerprint === fingerprint ? { ...one, sends: [...(one.sends ?? []), now] } : one,
  );
  return { ...destination, known, recent };
}

/** The destination without locks and block, after the tenant has lifted them. Known devices stay known. */
export function lifted(destination: Destination): Destination {
  const free = <B extends Budget>(one: B): B => ({ ...one, failures: [], lockedUntil: 0 });
  return {
    ...destination,
    strangers: free(destination.strangers),
    fingerprints: [],
    known: destination.known.map(free),
    blocked: null,
  };
}
