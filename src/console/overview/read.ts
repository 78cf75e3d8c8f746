/**
 * What the overview asks: the routes of figures and events, as the person who is signed in. All times are the tenant's.
 */
import { z } from "zod";
import { DAY_MS, HOUR_MS, isoOf, millisecondsOf } from "../../base/clock.ts";
import { ulidTime } from "../../base/ids.ts";
import { isRefused, type Outcome } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { figuresOf, StatsRow, VerificationStatsRow } from "../../stats/schemas.ts";
import type { Ask, Visit } from "../visit.ts";
import type { Volume } from "./judge.ts";

export const PERIODS = ["hour", "day", "week", "month"] as const;
export type Period = (typeof PERIODS)[number];

const Messages = figuresOf(StatsRow);
const Codes = figuresOf(VerificationStatsRow);
type Row = z.output<typeof StatsRow>;
const EventRow = z.object({ id: z.string(), type: z.string(), resource: z.string(), occurred_at: z.string() });
export type Alert = z.output<typeof EventRow>;

/** Alerts that a person can do something about, by the page that shows it. */
const ALERTS = [
  "alert.limit",
  "alert.quota",
  "alert.verification_failures",
  "alert.job_quarantined",
  "alert.sign_in_reset",
];
const ALERTS_MAX = "20";

/** States in which a message is on its way, and those that a carrier was to deliver and that are over. */
export const ON_THE_WAY: ReadonlySet<string> = new Set(["scheduled", "held", "queued", "sending"]);
const FINISHED: ReadonlySet<string> = new Set(["delivered", "sent", "undelivered", "failed", "expired", "unknown"]);

/** Everything that the page shows. */
export type Overview = {
  period: Period;
  from: string;
  to: string;
  complete: boolean;
  now: Volume;
  before: Volume;
  /** The parts of the time, by state. */
  series: { step: "hour" | "day"; rows: Row[]; from: number; to: number };
  states: Row[];
  carriers: Row[];
  networks: Row[];
  countries: Row[];
  alerts: Alert[];
};

type Time = { from: number; to: number };
const LENGTH_MS: Readonly<Record<Period, number>> = {
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};

/** Reads it: first where the tenant's clock stands, then everything at once. */
export async function readOverview({ ask, present }: Visit, period: Period): Promise<Outcome<Overview>> {
  const clock = await ask("stats.messages", { query: { step: "total" } }, Messages);
  if (isRefused(clock)) return clock;
  const step = period === "hour" || period === "day" ? ("hour" as const) : ("day" as const);
  const hourEnd = millisecondsOf(clock.ok.to) ?? 0;
  const to = step === "hour" ? hourEnd : Math.ceil(hourEnd / DAY_MS) * DAY_MS;
  const now = { from: to - LENGTH_MS[period], to };
  const before = { from: now.from - LENGTH_MS[period], to: now.from };
  const total = (time: Time, by = "") =>
    ask("stats.messages", { query: { step: "total", by, ...spanned(time) } }, Messages);
  const codes = (time: Time) => ask("stats.verifications", { query: { step: "total", ...spanned(time) } }, Codes);
  const read = await Promise.all([
    ask("stats.messages", { query: { step, by: "state", ...spanned(now) } }, Messages),
    total(now),
    total(before),
    total(before, "state"),
    total(now, "state,reason,purpose"),
    total(now, "carrier"),
    total(now, "network"),
    total(now, "country"),
  ]);
  const [codesNow, codesBefore, alerts] = await Promise.all([
    codes(now),
    codes(before),
    alertsOf(ask, present.person, to),
  ]);
  const [failed] = [...read, codesNow, codesBefore].flatMap((each) => ("refused" in each ? [each] : []));
  if (failed !== undefined) return failed;
  const rows = read.map((each) => (isRefused(each) ? [] : each.ok.data));
  const [
    series = [],
    all = [],
    allBefore = [],
    statesBefore = [],
    states = [],
    carriers = [],
    networks = [],
    countries = [],
  ] = rows;
  const codesOf = (answer: typeof codesNow) => (isRefused(answer) ? undefined : answer.ok.data[0]);
  return {
    ok: {
      period,
      from: isoOf(now.from),
      to: isoOf(now.to),
      complete: clock.ok.complete && read.every((each) => isRefused(each) || each.ok.complete),
      now: volumeOf(all[0], states, codesOf(codesNow)),
      before: volumeOf(allBefore[0], statesBefore, codesOf(codesBefore)),
      series: { step, rows: series, ...now },
      states,
      carriers,
      networks,
      countries,
      alerts,
    },
  };
}

const spanned = ({ from, to }: Time) => ({ from: isoOf(from), to: isoOf(to) });

/** How many messages of rows are in these states. */
export const countIn = (rows: readonly Row[], states: ReadonlySet<string>): number =>
  rows.reduce((sum, { by, messages }) => (states.has(by["state"] ?? "") ? sum + messages : sum), 0);

function volumeOf(
  all: Row | undefined,
  states: readonly Row[],
  codes: z.output<typeof VerificationStatsRow> | undefined,
): Volume {
  return {
    messages: all?.messages ?? 0,
    delivered: all?.delivered ?? 0,
    finished: countIn(states, FINISHED),
    onTheWay: countIn(states, ON_THE_WAY),
    p50: all?.latency?.p50_ms ?? null,
    p95: all?.latency?.p95_ms ?? null,
    p99: all?.latency?.p99_ms ?? null,
    cost: all?.cost ?? [],
    codes: codes?.verifications ?? 0,
    approved: codes?.approved ?? 0,
  };
}

/** Alerts of the last day, newest first. Events are listed from an id on; an id of theirs begins as every id of the tenant's, with its time. */
async function alertsOf(ask: Ask, person: string, to: number): Promise<Alert[]> {
  const cursor = `evt${person.slice(3, 14)}${ulidTime(Math.max(0, to - DAY_MS))}${"0".repeat(16)}`;
  const lists = await Promise.all(
    ALERTS.map((type) => ask("events.list", { query: { type, cursor, limit: ALERTS_MAX } }, pageOf(EventRow))),
  );
  return lists.flatMap((list) => (isRefused(list) ? [] : list.ok.data)).toSorted((a, b) => (a.id < b.id ? 1 : -1));
}
