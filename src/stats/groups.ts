/**
 * A question about figures, and its answer: sums by hour or day and by the dimensions that were asked for. Bounded. Pure.
 */
import { DAY_MS, HOUR_MS, isoOf } from "../base/clock.ts";
import { refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { addTo, DIMENSIONS, noSums, percentile, type Dimension, type Entry, type Kind, type Sums } from "./figures.ts";
import { HOURS_KEPT_DAYS } from "./ledger.ts";

export const STEPS = ["hour", "day"] as const;
export type Step = (typeof STEPS)[number];
const STEP_MS: Readonly<Record<Step, number>> = { hour: HOUR_MS, day: DAY_MS };

/** How much one answer may span. */
export const STEPS_MAX: Readonly<Record<Step, number>> = { hour: 14 * 24, day: 400 };
const STEPS_USUAL: Readonly<Record<Step, number>> = { hour: 24, day: 30 };
/** Rows of one answer. */
export const GROUPS_MAX = 2_000;

/** What is asked; times are the tenant's. */
export type Ask = { kind: Kind; step: Step; by: readonly Dimension[]; from?: number; to?: number };
/** The same with its ends: whole steps, `to` exclusive. */
export type Span = Pick<Ask, "kind" | "step" | "by"> & { from: number; to: number };

/** A row of an answer, before it is told. */
export type Group = { at: number; by: (string | null)[]; sums: Sums };

/** The span that is asked for, or why it cannot be: rounded outwards to whole steps, the newest ones where no time is named. */
export function spanOf({ kind, step, by, ...asked }: Ask, now: number): Span | Refusal {
  const stepMs = STEP_MS[step];
  const to = Math.ceil((asked.to ?? now + 1) / stepMs) * stepMs;
  const from = asked.from === undefined ? to - STEPS_USUAL[step] * stepMs : Math.floor(asked.from / stepMs) * stepMs;
  if (from >= to) return wrong("from", "invalid_range", "`from` must be before `to`.");
  const steps = (to - from) / stepMs;
  if (steps > STEPS_MAX[step]) {
    const shorter = step === "hour" ? " Ask by day, or for a shorter time." : " Ask for a shorter time.";
    return wrong("from", "range_too_long", `This is ${steps} ${step}s; ${STEPS_MAX[step]} are answered.${shorter}`);
  }
  if (step === "hour" && from < now - HOURS_KEPT_DAYS * DAY_MS)
    return wrong("from", "too_long_ago", `Hours are kept for ${HOURS_KEPT_DAYS} days. Ask by day.`);
  return { kind, step, by, from, to };
}

/** Figures as they are gathered into the rows of an answer. */
export class Groups {
  readonly #span: Span;
  readonly #places: readonly number[];
  readonly #groups = new Map<string, Group>();

  constructor(span: Span, groups: readonly Group[] = []) {
    this.#span = span;
    this.#places = span.by.map((dimension) => DIMENSIONS.indexOf(dimension));
    for (const { at, by, sums } of groups) addTo(this.#at(at, by), sums);
  }

  /** Adds figures of one time; those of another kind, or outside of the span, are left out. */
  add(time: number, entries: readonly Entry[]): void {
    const { kind, from, to, step } = this.#span;
    if (time < from || time >= to) return;
    const at = Math.floor(time / STEP_MS[step]) * STEP_MS[step];
    for (const [of, labels, count, segments, cost, latency] of entries) {
      if (of !== kind) continue;
      const by = this.#places.map((place) => labels[place] ?? null);
      addTo(this.#at(at, by), { count, segments, cost, latency });
    }
  }

  /** The rows, oldest first, or the refusal of more than may be answered. */
  rows(): Outcome<Group[]> {
    if (this.#groups.size > GROUPS_MAX) {
      const detail = `These are more than ${GROUPS_MAX} rows. Ask for a shorter time, by day, or by fewer dimensions.`;
      return wrong("by", "too_many_rows", detail);
    }
    return { ok: [...this.#groups.values()].toSorted((a, b) => a.at - b.at || order(a.by, b.by)) };
  }

  /** The sums of a row. Counts on beyond the bound only so far that it is known to be passed. */
  #at(at: number, by: (string | null)[]): Sums {
    const name = JSON.stringify([at, ...by]);
    const known = this.#groups.get(name);
    if (known !== undefined) return known.sums;
    const group = { at, by, sums: noSums() };
    if (this.#groups.size <= GROUPS_MAX) this.#groups.set(name, group);
    return group.sums;
  }
}

const order = (a: readonly (string | null)[], b: readonly (string | null)[]): number =>
  JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;

/** How long it took, as three numbers. */
function latencyView({ latency }: Sums) {
  const p50 = percentile(latency, 0.5);
  const p95 = percentile(latency, 0.95);
  const p99 = percentile(latency, 0.99);
  return p50 === null || p95 === null || p99 === null ? null : { p50_ms: p50, p95_ms: p95, p99_ms: p99 };
}

const costView = ({ cost }: Sums) =>
  Object.entries(cost)
    .map(([currency, amount]) => ({ amount, currency }))
    .toSorted((a, b) => (a.currency < b.currency ? -1 : 1));

const placeOf = ({ by: dimensions }: Span, { at, by }: Group) => ({
  at: isoOf(at),
  by: Object.fromEntries(dimensions.map((dimension, nth) => [dimension, by[nth] ?? null])),
});

/** A row about messages. */
export const messagesRow = (span: Span, group: Group) => ({
  ...placeOf(span, group),
  messages: group.sums.count,
  segments: group.sums.segments,
  cost: costView(group.sums),
  latency: latencyView(group.sums),
});

/** A row about verifications: those that were approved have a latency, and no others. */
export function verificationsRow(span: Span, group: Group) {
  const { count, latency } = group.sums;
  const approved = Object.values(latency).reduce((sum, each) => sum + each, 0);
  return {
    ...placeOf(span, group),
    verifications: count,
    approved,
    conversion: count === 0 ? null : Math.round((approved / count) * 10_000) / 10_000,
    cost: costView(group.sums),
    latency: latencyView(group.sums),
  };
}

function wrong(field: string, code: string, detail: string): Refusal {
  return refuse("invalid_field", { errors: [{ field, code, detail }] });
}
