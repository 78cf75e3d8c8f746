/**
 * Verifications: the funnel of the last days, a list, and one with its sends. No code is anywhere on a page.
 */
import type { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { isoOf } from "../../base/clock.ts";
import { pageOf } from "../../contract/list.ts";
import { STATES } from "../../verify/code/verification.ts";
import { SummaryView, VerificationView } from "../../verify/schemas.ts";
import { Empty, Facts, Field, Head, hrefOf, Icon, Id, Money, Pager, State, Table, Time } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Verification = z.output<typeof VerificationView>;
type Summary = z.output<typeof SummaryView>;

const PATH = "/console/verifications";
const WEEK_MS = 7 * 86_400_000;

export const verificationPages: PageRow[] = [
  {
    path: PATH,
    title: "Verifications",
    scope: "verify:read",
    nav: { group: "Traffic", icon: "verifications" },
    get: list,
    post: ({ form }) => Promise.resolve({ goTo: hrefOf(PATH, { state: fieldOf(form, "state") }) }),
  },
  { path: `${PATH}/{id}`, title: "Verification", scope: "verify:read", get: one },
];

async function list({ ask, query, now }: Visit): Promise<Shown> {
  const { state, cursor } = query;
  const week = { from: isoOf(now - WEEK_MS), to: isoOf(now) };
  const [page, summary] = await Promise.all([
    ask("verify.list", { query: { limit: "25", cursor, state } }, pageOf(VerificationView)),
    ask("verify.summary", { query: { by: "country", ...week } }, SummaryView),
  ]);
  if (isRefused(page)) return page;
  const filtered = state !== undefined;
  return {
    title: "Verifications",
    main: (
      <>
        <Head title="Verifications" says="One-time codes, newest first. A code itself is never shown, not even here." />
        {isRefused(summary) || page.ok.data.length === 0 ? null : <Funnel of={summary.ok} />}
        <form class="filter" method="post" action={PATH}>
          <Field id="state" label="State">
            <select id="state" name="state">
              <option value="">Any</option>
              {STATES.map((each) => (
                <option value={each} selected={each === state}>
                  {each}
                </option>
              ))}
            </select>
          </Field>
          <button type="submit">
            <Icon name="search" />
            Show
          </button>
        </form>
        {page.ok.data.length > 0 ? (
          <>
            <List rows={page.ok.data} />
            <Pager page={page.ok} path={PATH} query={{ state, cursor }} what={["verification", "verifications"]} />
          </>
        ) : (
          <Empty icon="verifications" title={filtered ? "None in this state" : "No verification yet"}>
            <p>
              {filtered
                ? "Show another state, or all of them."
                : "Start one with POST /v1/verifications; it stands here at once."}
            </p>
            <div class="buttons">
              <a class="button quiet" href={filtered ? PATH : "/docs"}>
                {filtered ? "Show all" : "Read how"}
              </a>
            </div>
          </Empty>
        )}
      </>
    ),
  };
}

/** Of what was started, how much was sent, delivered and approved in the last seven days. */
function Funnel({ of }: { of: Summary }) {
  const sum = (pick: (row: Summary["data"][number]) => number) => of.data.reduce((all, row) => all + pick(row), 0);
  const started = sum((row) => row.started);
  const steps = [
    ["Started", started],
    ["Sent", sum((row) => row.sent)],
    ["Delivered", sum((row) => row.delivered)],
    ["Approved", sum((row) => row.approved)],
  ] as const;
  return (
    <section class="card" aria-labelledby="funnel">
      <h2 id="funnel">The last seven days</h2>
      <ol class="plain funnel">
        {steps.map(([name, count]) => (
          <li>
            <span class="soft small">{name}</span>
            <strong class="figure">{count.toLocaleString("en-GB")}</strong>
            <span class="soft small">
              {started === 0 ? "–" : `${Math.round((count / started) * 100)} % of started`}
            </span>
            <progress max={Math.max(1, started)} value={count} aria-hidden="true" />
          </li>
        ))}
      </ol>
    </section>
  );
}

function List({ rows }: { rows: readonly Verification[] }) {
  return (
    <Table
      caption="Verifications"
      rows={rows}
      columns={[
        { head: "Verification", cell: ({ id }) => <Id of={id} href={`${PATH}/${id}`} /> },
        { head: "To", cell: ({ to }) => <span class="nowrap">{to.mask}</span> },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Intent", cell: ({ intent }) => intent },
        { head: "Sends", num: true, opt: true, cell: ({ sends }) => sends.length },
        { head: "Tries left", num: true, cell: ({ attempts_left }) => attempts_left },
        { head: "Started", cell: ({ created_at }) => <Time at={created_at} /> },
      ]}
    />
  );
}

async function one({ ask, params }: Visit): Promise<Shown> {
  const read = await ask("verify.get", { params }, VerificationView);
  if (isRefused(read)) return read;
  const it = read.ok;
  return {
    title: "Verification",
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Verifications</a>
        </p>
        <Head title={`Code to ${it.to.mask}`} says={<code class="id">{it.id}</code>}>
          <State of={it.state} />
        </Head>
        <div class="two">
          <section class="card" aria-labelledby="sends">
            <h2 id="sends">Sends</h2>
            {it.sends.length === 0 ? (
              <p class="soft">No code was sent: {it.reason?.replaceAll("_", " ") ?? "it was withheld"}.</p>
            ) : (
              <Table
                caption="Sends"
                rows={it.sends}
                columns={[
                  {
                    head: "Message",
                    cell: ({ message_id }) => <Id of={message_id} href={`/console/messages/${message_id}`} />,
                  },
                  { head: "State", cell: ({ state }) => <State of={state} /> },
                  { head: "At", cell: ({ at }) => <Time at={at} /> },
                ]}
              />
            )}
          </section>
          <section class="card" aria-labelledby="facts">
            <h2 id="facts">Facts</h2>
            <Facts
              of={[
                ["Token", <code class="id">{it.to.token}</code>],
                ["Intent", it.intent],
                ["Template", `${it.template}, ${it.locale}`],
                ["Strength", it.factor_strength],
                ["Reason", it.reason?.replaceAll("_", " ") ?? <span class="soft">none</span>],
                ["Tries left", it.attempts_left],
                ["Sends left", it.sends_left],
                ["Cost", <Money of={it.cost} />],
                ["Started", <Time at={it.created_at} />],
                ["Expires", <Time at={it.expires_at} />],
                ["Ended", <Time at={it.ended_at} />],
                ...Object.entries(it.metadata ?? {}).map(([name, value]) => [name, <bdi>{value}</bdi>] as const),
              ]}
            />
          </section>
        </div>
      </>
    ),
  };
}
