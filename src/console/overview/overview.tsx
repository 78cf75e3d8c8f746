/**
 * The overview: whether all is well in ten seconds, and what is not in two clicks.
 */
import type { Child } from "hono/jsx";
import { DAY_MS, HOUR_MS, isoOf } from "../../base/clock.ts";
import { isRefused } from "../../base/refusal.ts";
import { Share, StackedBars, type Bar, type Series } from "../look/charts.tsx";
import { Empty, Head, hrefOf, Id, Money, Notice, State, Table } from "../look/parts.tsx";
import type { PageRow, Shown, Visit } from "../visit.ts";
import { count, durationOf, moved, movedPoints, percentOf, shareOf, type Volume } from "./judge.ts";
import { countIn, ON_THE_WAY, PERIODS, readOverview, type Overview, type Period } from "./read.ts";
import { Verdict } from "./verdict.tsx";

const PATH = "/console";
const NAMES: Readonly<Record<Period, string>> = {
  hour: "This hour",
  day: "24 hours",
  week: "7 days",
  month: "30 days",
};
const BEFORE: Readonly<Record<Period, string>> = {
  hour: "the whole hour before",
  day: "the 24 hours before",
  week: "the 7 days before",
  month: "the 30 days before",
};
const MESSAGES = "/console/messages";
/** Rows of a list on this page; the API tells all of them. */
const ROWS_MAX = 12;

type Row = Overview["states"][number];

export const overviewPages: PageRow[] = [
  {
    path: PATH,
    title: "Overview",
    scope: "stats:read",
    nav: { group: "Traffic", icon: "overview" },
    get: show,
  },
];

async function show(visit: Visit): Promise<Shown> {
  const period = PERIODS.find((each) => each === visit.query["period"]) ?? "day";
  const read = await readOverview(visit, period);
  if (isRefused(read)) return read;
  const it = read.ok;
  const isQuiet = it.now.messages + it.before.messages + it.now.codes === 0;
  return {
    title: "Overview",
    main: (
      <>
        <Head
          title="Overview"
          says={`What was accepted in this time and became of it, against ${BEFORE[period]}. Times are UTC.`}
        >
          <Periods now={period} />
        </Head>
        <Verdict of={it} />
        {isQuiet ? <Nothing /> : <Figures of={it} />}
      </>
    ),
  };
}

function Periods({ now }: { now: Period }) {
  return (
    <nav class="tabs" aria-label="Time">
      {PERIODS.map((each) => (
        <a
          href={hrefOf(PATH, { period: each === "day" ? undefined : each })}
          aria-current={each === now ? "page" : undefined}
        >
          {NAMES[each]}
        </a>
      ))}
    </nav>
  );
}

function Nothing() {
  return (
    <Empty icon="messages" title="No message yet">
      <p>Figures begin with the first text or code.</p>
      <div class="buttons">
        <a class="button" href="/console/send">
          Send the first one
        </a>
      </div>
    </Empty>
  );
}

function Figures({ of }: { of: Overview }) {
  return (
    <>
      {of.complete ? null : (
        <Notice>
          More messages are on their way than are counted at once: the oldest of them are missing here for now.
        </Notice>
      )}
      <Tiles of={of} />
      {of.period === "hour" ? null : (
        <section class="card" aria-labelledby="volumes">
          <h2 id="volumes">Messages over time</h2>
          <StackedBars id="over-time" title="Messages over time" series={OUTCOMES} bars={barsOf(of.series)} />
        </section>
      )}
      <div class="halves">
        <ByPurpose rows={of.states} />
        <Failures of={of} />
      </div>
      <div class="halves three">
        <Compared id="carriers" title="Carriers" rows={of.carriers} name={carrierName} />
        <Compared
          id="networks"
          title="Networks"
          rows={of.networks}
          name={(row) => row.by["network"] ?? "not named by a carrier"}
        />
        <Compared id="countries" title="Countries" rows={of.countries} name={(row) => row.by["country"] ?? "–"} />
      </div>
    </>
  );
}

/** The figures that one looks at first. What stands here besides is one more row. */
function Tiles({ of: { now, before } }: { of: Overview }) {
  const [rate, rateBefore] = [shareOf(now.delivered, now.finished), shareOf(before.delivered, before.finished)];
  const [conversion, conversionBefore] = [shareOf(now.approved, now.codes), shareOf(before.approved, before.codes)];
  return (
    <ul class="plain tiles figures">
      <Tile name="Messages" value={count(now.messages)} href={MESSAGES}>
        {moved(now.messages, before.messages)}
        {now.onTheWay === 0 ? null : `; ${count(now.onTheWay)} on their way`}
      </Tile>
      <Tile name="Delivered" value={percentOf(rate)} href={`${MESSAGES}?state=delivered`}>
        {movedPoints(rate, rateBefore) ?? "nothing to compare"}
      </Tile>
      <Tile name="Time to delivery" value={durationOf(now.p50)} href="#carriers">
        95 % within {durationOf(now.p95)}, 99 % within {durationOf(now.p99)}
      </Tile>
      <Tile name="Codes approved" value={percentOf(conversion)} href="/console/verifications">
        {now.codes === 0
          ? "no code"
          : `of ${count(now.codes)}; ${movedPoints(conversion, conversionBefore) ?? "nothing to compare"}`}
      </Tile>
      <Tile name="Cost" value={<Cost of={now} />} href="#carriers">
        before: <Cost of={before} />
      </Tile>
    </ul>
  );
}

function Cost({ of: { cost } }: { of: Pick<Volume, "cost"> }) {
  if (cost.length === 0) return <>–</>;
  return (
    <>
      {cost.map((each, nth) => (
        <>
          {nth === 0 ? "" : " + "}
          <Money of={each} />
        </>
      ))}
    </>
  );
}

function Tile({ name, value, href, children }: { name: string; value: Child; href: string; children?: Child }) {
  return (
    <li>
      <a class="tile" href={href}>
        <span class="soft small">{name}</span>
        <span class="figure">{value}</span>
        <span class="soft small">{children}</span>
      </a>
    </li>
  );
}

/** What became of messages, in the colours that these words have everywhere. */
const OUTCOMES: readonly (Series & { states: ReadonlySet<string> })[] = [
  { name: "Delivered", tone: "good", states: new Set(["delivered"]) },
  { name: "No receipt", tone: "calm", states: new Set(["sent", "unknown"]) },
  { name: "On their way", tone: "wait", states: ON_THE_WAY },
  { name: "Not delivered", tone: "bad", states: new Set(["undelivered", "failed", "expired", "blocked"]) },
];

function barsOf({ step, rows, from, to }: Overview["series"]): Bar[] {
  const stepMs = step === "hour" ? HOUR_MS : DAY_MS;
  const bars: Bar[] = [];
  for (let at = from; at < to; at += stepMs) {
    const iso = isoOf(at);
    const own = rows.filter((row) => row.at === iso);
    const label = step === "hour" ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(0, 10);
    bars.push({ label, counts: OUTCOMES.map(({ states }) => countIn(own, states)) });
  }
  return bars;
}

/** Sums rows by a label. */
function summed(rows: readonly Row[], label: (row: Row) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(label(row), (sums.get(label(row)) ?? 0) + row.messages);
  return [...sums].toSorted(([, a], [, b]) => b - a);
}

function ByPurpose({ rows }: { rows: readonly Row[] }) {
  const all = rows.reduce((sum, { messages }) => sum + messages, 0);
  const states = summed(rows, ({ by }) => by["state"] ?? "");
  const purposes = summed(rows, ({ by }) => by["purpose"] ?? "");
  const of = (state: string, purpose: string) =>
    rows.reduce(
      (sum, { by, messages }) => (by["state"] === state && by["purpose"] === purpose ? sum + messages : sum),
      0,
    );
  return (
    <section class="card dense" aria-labelledby="states">
      <h2 id="states">By state and purpose</h2>
      <Table
        caption="Messages by state and purpose"
        rows={states}
        columns={[
          {
            head: "State",
            cell: ([state]) => (
              <a href={hrefOf(MESSAGES, { state })}>
                <State of={state} />
              </a>
            ),
          },
          ...purposes.map(([purpose]) => ({
            head: purpose === "otp" ? "codes" : purpose,
            num: true,
            opt: true,
            cell: ([state]: [string, number]) => count(of(state, purpose)),
          })),
          { head: "All", num: true, cell: ([, sum]) => <strong>{count(sum)}</strong> },
          { head: "Share", num: true, opt: true, cell: ([, sum]) => percentOf(shareOf(sum, all)) },
        ]}
      />
    </section>
  );
}

const FAILED: ReadonlySet<string> = new Set(["undelivered", "failed", "expired", "unknown", "blocked"]);

function Failures({ of: { states, from, to } }: { of: Overview }) {
  const rows = states.filter(({ by }) => FAILED.has(by["state"] ?? ""));
  const all = rows.reduce((sum, { messages }) => sum + messages, 0);
  const reasons = summed(rows, ({ by }) => `${by["state"]} ${by["reason"] ?? ""}`).slice(0, ROWS_MAX);
  const days = { from: from.slice(0, 10), to: isoOf(Date.parse(to) - 1).slice(0, 10) };
  return (
    <section class="card dense" aria-labelledby="failures">
      <h2 id="failures">Not delivered, by reason</h2>
      {reasons.length === 0 ? (
        <p class="soft">Nothing failed in this time.</p>
      ) : (
        <Table
          caption="Messages that were not delivered, by reason"
          rows={reasons}
          columns={[
            {
              head: "Reason",
              cell: ([name]) => {
                const [state, reason] = name.split(" ");
                return <a href={hrefOf(MESSAGES, { state, ...days })}>{(reason || "not said").replaceAll("_", " ")}</a>;
              },
            },
            { head: "State", cell: ([name]) => <State of={name.split(" ")[0] ?? ""} /> },
            { head: "Messages", num: true, cell: ([, sum]) => count(sum) },
            { head: "Share", opt: true, cell: ([, sum]) => <Share of={sum / all} tone="bad" /> },
          ]}
        />
      )}
    </section>
  );
}

const carrierName = (row: Row): Child => {
  const carrier = row.by["carrier"] ?? null;
  return carrier === null ? <span class="soft">none yet</span> : <Id of={carrier} />;
};

/** Things of one kind beside each other: how much, how well, how fast. */
function Compared({
  id,
  title,
  rows,
  name,
}: {
  id: string;
  title: string;
  rows: readonly Row[];
  name: (row: Row) => Child;
}) {
  const most = rows.toSorted((a, b) => b.messages - a.messages);
  return (
    <section class="card dense" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <Table
        caption={title}
        rows={most.slice(0, ROWS_MAX)}
        columns={[
          { head: title, cell: name },
          { head: "Messages", num: true, cell: ({ messages }) => count(messages) },
          {
            head: "Delivered",
            num: true,
            cell: ({ delivered, messages }) => (
              <>
                {percentOf(shareOf(delivered, messages))}
                <Share of={delivered / Math.max(1, messages)} tone="good" />
              </>
            ),
          },
          { head: "Half within", num: true, cell: ({ latency }) => durationOf(latency?.p50_ms ?? null) },
          { head: "95 % within", num: true, opt: true, cell: ({ latency }) => durationOf(latency?.p95_ms ?? null) },
          { head: "Cost", num: true, opt: true, cell: (row) => <Cost of={row} /> },
        ]}
      />
      {most.length > ROWS_MAX ? (
        <p class="soft small">
          The {ROWS_MAX} largest of {most.length}; GET /v1/stats tells all.
        </p>
      ) : null}
    </section>
  );
}
