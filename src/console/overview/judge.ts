/**
 * Whether all is well: what the figures of a time say, against those of the time before. Pure.
 */
import type { Tone } from "../look/parts.tsx";

/** Figures of one time. `finished`: those that a carrier was to deliver and that are not on their way any more. */
export type Volume = {
  messages: number;
  delivered: number;
  finished: number;
  onTheWay: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  cost: readonly { amount: number; currency: string }[];
  codes: number;
  approved: number;
};

/** One thing to look at, and where. */
export type Finding = { tone: Tone; says: string; href: string };

/** Fewer than these say nothing about a share. */
const ENOUGH = 20;
const RATE_BAD = 0.9;
const RATE_LOW = 0.95;
const RATE_DROP = 0.03;
const CONVERSION_DROP = 0.1;
const SLOW_MS = 60_000;

/** A count as people read it. */
export const count = (of: number): string => of.toLocaleString("en-GB");

/** Of a share's parts; null where there are none. */
export const shareOf = (part: number, all: number): number | null => (all === 0 ? null : part / all);

/** The share as people read it. */
export const percentOf = (share: number | null): string =>
  share === null ? "–" : `${(share * 100).toLocaleString("en-GB", { maximumFractionDigits: 1 })} %`;

/** A duration as people read it. */
export function durationOf(ms: number | null): string {
  if (ms === null) return "–";
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toLocaleString("en-GB", { maximumFractionDigits: 1 })} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** How a number moved against the time before, in words; null where there is nothing to compare. */
export function moved(now: number, before: number): string | null {
  if (before === 0) return now === 0 ? null : "none before";
  const change = Math.round((now / before - 1) * 100);
  return change === 0 ? "as before" : `${Math.abs(change).toLocaleString("en-GB")} % ${change > 0 ? "more" : "less"}`;
}

/** How a share moved, in percentage points. */
export function movedPoints(now: number | null, before: number | null): string | null {
  if (now === null || before === null) return null;
  const points = Math.round((now - before) * 1_000) / 10;
  return points === 0 ? "as before" : `${Math.abs(points)} points ${points > 0 ? "better" : "worse"}`;
}

/** What is to be looked at, the worst first; nothing where all is well. */
export function findingsOf(now: Volume, before: Volume): Finding[] {
  const rate = shareOf(now.delivered, now.finished);
  const rateBefore = before.finished < ENOUGH ? null : shareOf(before.delivered, before.finished);
  const found: Finding[] = [];
  const href = "#failures";
  if (rate !== null && now.finished >= ENOUGH && rate < RATE_LOW)
    found.push({
      tone: rate < RATE_BAD ? "bad" : "wait",
      says: `Only ${percentOf(rate)} of messages were delivered.`,
      href,
    });
  else if (rate !== null && rateBefore !== null && now.finished >= ENOUGH && rateBefore - rate > RATE_DROP)
    found.push({ tone: "wait", says: `Delivery fell from ${percentOf(rateBefore)} to ${percentOf(rate)}.`, href });
  if (now.p95 !== null && now.delivered >= ENOUGH && now.p95 > SLOW_MS)
    found.push({ tone: "wait", says: `One in twenty took ${durationOf(now.p95)} or longer.`, href: "#carriers" });
  const [conversion, conversionBefore] = [shareOf(now.approved, now.codes), shareOf(before.approved, before.codes)];
  const enough = now.codes >= ENOUGH && before.codes >= ENOUGH;
  if (enough && conversion !== null && conversionBefore !== null && conversionBefore - conversion > CONVERSION_DROP)
    found.push({
      tone: "wait",
      says: `Codes that were approved fell from ${percentOf(conversionBefore)} to ${percentOf(conversion)}.`,
      href: "/console/verifications",
    });
  return found.toSorted((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
}
