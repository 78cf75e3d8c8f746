/**
 * What figures can be asked: hours from the object, days that D1 does not have yet, and what still lives. Reads; changes nothing.
 */
import { DAY_MS, HOUR_MS } from "../base/clock.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { verb } from "../contract/verb.ts";
import { labelsOf, sumsOf, type Counted, type Entry, type Kind } from "./figures.ts";
import { Groups, spanOf, type Ask, type Group, type Span } from "./groups.ts";
import { dayOf, type FiguresLedger } from "./ledger.ts";

/** Rows of messages or verifications that still live read for one answer, the newest; reading one costs some microseconds. */
export const LIVE_MAX = 20_000;

/** Those that live and were accepted in a time, newest first, at most so many. */
export type Live = (kind: Kind, from: number, to: number, limit: number) => readonly Counted[];

export type StatsDeps = { figures: FiguresLedger; live: Live; now: () => number };

/** What the object knows of an answer. By day, the rest of it is in D1: every day of the span but these. */
export type Part = {
  span: Span;
  groups: Group[];
  here: number[];
  /** False where more live than were read. */
  complete: boolean;
};

/** The verbs of figures. */
export function statsVerbs(deps: StatsDeps) {
  return {
    "stats.messages": verb("stats:read", (_who, input: Omit<Ask, "kind">) =>
      partOf(deps, { ...input, kind: "messages" }),
    ),
    "stats.verifications": verb("stats:read", (_who, input: Omit<Ask, "kind">) =>
      partOf(deps, { ...input, kind: "verifications" }),
    ),
  };
}

export type StatsVerbs = ReturnType<typeof statsVerbs>;

function partOf({ figures, live, now }: StatsDeps, ask: Ask): Outcome<Part> {
  const span = spanOf(ask, now());
  if ("refused" in span) return span;
  const { kind, step, from, to } = span;
  const groups = new Groups(span);
  const here = step === "day" ? figures.notWritten(dayOf(from), dayOf(to)) : [];
  if (step === "day") for (const day of here) groups.add(day * DAY_MS, figures.day(day));
  else for (const { hour, entries } of figures.hours(from / HOUR_MS, to / HOUR_MS)) groups.add(hour * HOUR_MS, entries);
  const living = live(kind, from, to, LIVE_MAX + 1);
  for (const one of living.slice(0, LIVE_MAX)) groups.add(one.at, [entryOf(one)]);
  const rows = groups.rows();
  return isRefused(rows) ? rows : { ok: { span, groups: rows.ok, here, complete: living.length <= LIVE_MAX } };
}

function entryOf(one: Counted): Entry {
  const { count, segments, cost, latency } = sumsOf(one);
  return [one.kind, labelsOf(one.labels), count, segments, cost, latency];
}
