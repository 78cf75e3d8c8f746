/**
 * Carrier accounts side by side: circuit, hold, windows, weights and their moves; a test that costs nothing, and the pace.
 */
import { z } from "zod";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { AccountView, HealthView } from "../../operator/carriers.routes.ts";
import { Empty, Facts, Field, Head, Id, Notice, State, Table, Time, type Tone } from "../look/parts.tsx";
import { fieldOf, type Shown } from "../visit.ts";
import { Jurisdictions, Wrong } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

type Health = z.output<typeof HealthView>;
type Account = z.output<typeof AccountView>;
type Lane = NonNullable<Health["otp"]>;

const PATH = "/console/operator/carriers";
const MOVES_SHOWN = 10;

export const carriersPages: OperatorPageRow[] = [
  {
    path: PATH,
    title: "Carriers",
    nav: { group: "Supply", icon: "carriers" },
    get: (visit) => list(visit, null),
    post: act,
  },
];

type Said = { done: string; tone: Tone } | { wrong: Refusal } | null;

async function act(visit: OperatorVisit): Promise<Shown> {
  const said = visit.form.get("do") === "test" ? await test(visit) : await pace(visit);
  const elsewhere = "wrong" in said && ["missing_scope", "fresh_sign_in_needed"].includes(said.wrong.refused);
  return elsewhere ? said.wrong : list(visit, said);
}

const RESULTS: Readonly<Record<string, { done: string; tone: Tone }>> = {
  well: { done: "The account answers, and its credentials are taken.", tone: "good" },
  rejected: { done: "The carrier refuses the account’s credentials.", tone: "bad" },
  down: { done: "The carrier does not answer.", tone: "bad" },
  untested: { done: "This carrier has no call that costs nothing, so nothing was tried.", tone: "calm" },
};

async function test({ ask, form }: OperatorVisit): Promise<NonNullable<Said>> {
  const params = { id: fieldOf(form, "id") ?? "" };
  const tested = await ask("carriers.test", { params }, z.object({ result: z.string() }));
  if (isRefused(tested)) return { wrong: tested };
  return RESULTS[tested.ok.result] ?? { done: tested.ok.result, tone: "calm" };
}

async function pace({ ask, form }: OperatorVisit): Promise<NonNullable<Said>> {
  const given = fieldOf(form, "per_second");
  const body = { per_second: given === undefined ? null : Number(given) };
  const changed = await ask("carriers.change", { params: { id: fieldOf(form, "id") ?? "" }, body }, AccountView);
  return isRefused(changed) ? { wrong: changed } : { done: "The pace is changed.", tone: "good" };
}

async function list({ ask, query, form }: OperatorVisit, said: Said): Promise<Shown> {
  const jurisdiction = form.has("jurisdiction") ? jurisdictionOf(form) : jurisdictionOf(query);
  const [accounts, health] = await Promise.all([
    ask("carriers.list", { query: { jurisdiction } }, pageOf(AccountView)),
    ask("carriers.health", { query: { jurisdiction } }, pageOf(HealthView)),
  ]);
  if (isRefused(accounts)) return accounts;
  if (isRefused(health)) return health;
  const wrong = said !== null && "wrong" in said ? said.wrong : null;
  const rows = accounts.ok.data.map((account) => ({
    account,
    health: health.ok.data.find(({ id }) => id === account.id),
  }));
  return {
    title: "Carriers",
    ...(wrong === null ? {} : { status: REASONS[wrong.refused].status }),
    main: (
      <>
        <Head title="Carriers" says="How each account does now: two minutes of codes, fifteen of everything else.">
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        {said !== null && "done" in said ? <Notice tone={said.tone}>{said.done}</Notice> : null}
        <Wrong of={wrong} />
        {rows.length === 0 ? (
          <Empty icon="carriers" title="No carrier account here">
            <p>POST /admin/v1/carriers makes one.</p>
          </Empty>
        ) : (
          rows.map((row) => <One {...row} jurisdiction={jurisdiction} />)
        )}
      </>
    ),
  };
}

function One({
  account,
  health,
  jurisdiction,
}: {
  account: Account;
  health: Health | undefined;
  jurisdiction: string;
}) {
  const circuit = health?.circuit;
  const held = health?.held_until ?? null;
  return (
    <section class="card section" aria-labelledby={account.id}>
      <h2 id={account.id}>
        <bdi>{account.name}</bdi>
      </h2>
      <p class="buttons tight">
        {circuit === undefined ? (
          <State of="not asked yet" tone="calm" />
        ) : (
          <State of={`circuit ${circuit.state}`} tone={circuit.state === "closed" ? "good" : "bad"} />
        )}
        {(health?.alerts ?? []).map(({ lane, kind }) => (
          <State of={`${lane}: ${kind}`} tone="bad" />
        ))}
      </p>
      <Facts
        of={[
          ["Account", <Id of={account.id} />],
          ["Kind", `${account.kind}, ${account.mode}`],
          circuit === undefined ? null : ["Circuit since", <Time at={circuit.since} />],
          held === null ? null : ["Held until", <Time at={held} />],
          ["Pace", account.per_second === null ? "not bounded here" : `${account.per_second} a second`],
        ]}
      />
      {health?.otp === undefined || health.bulk === undefined ? null : (
        <Lanes
          of={[
            { name: "codes", ...health.otp },
            { name: "others", ...health.bulk },
          ]}
          title={account.name}
        />
      )}
      <Moves of={health?.moves ?? []} />
      <Acts account={account} jurisdiction={jurisdiction} />
    </section>
  );
}

function Lanes({ of, title }: { of: readonly (Lane & { name: string })[]; title: string }) {
  return (
    <Table
      caption={`Lanes of ${title}`}
      rows={of}
      columns={[
        { head: "Lane", cell: ({ name }) => name },
        { head: "Weight", num: true, cell: ({ weight }) => weight },
        { head: "Calls", num: true, cell: ({ calls }) => calls.toLocaleString("en-GB") },
        { head: "Declined", num: true, cell: ({ declined }) => declined },
        { head: "Unknown", num: true, cell: ({ unknown }) => unknown },
        { head: "p50 ms", num: true, opt: true, cell: ({ latency_ms_p50 }) => latency_ms_p50 ?? "–" },
        { head: "p99 ms", num: true, opt: true, cell: ({ latency_ms_p99 }) => latency_ms_p99 ?? "–" },
        { head: "Delivered", num: true, cell: ({ delivered, receipts }) => `${delivered} of ${receipts}` },
        { head: "Slow", num: true, cell: ({ slow }) => slow },
      ]}
    />
  );
}

function Moves({ of }: { of: NonNullable<Health["moves"]> }) {
  if (of.length === 0) return null;
  return (
    <details class="gap">
      <summary>The last moves</summary>
      <ul>
        {of
          .slice(-MOVES_SHOWN)
          .toReversed()
          .map(({ at, ...what }) => (
            <li>
              <Time at={at} />{" "}
              <span class="small">
                {Object.entries(what)
                  .map(([name, value]) => `${name.replaceAll("_", " ")}: ${String(value)}`)
                  .join(", ")}
              </span>
            </li>
          ))}
      </ul>
    </details>
  );
}

function Acts({ account: { id, name, per_second }, jurisdiction }: { account: Account; jurisdiction: string }) {
  const field = `pace-${id}`;
  return (
    <form class="fields gap" method="post" action={PATH}>
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="jurisdiction" value={jurisdiction} />
      <Field id={field} label="Pace, calls a second" hint="Empty: not bounded here. Needs a fresh sign-in.">
        <input
          id={field}
          name="per_second"
          type="number"
          min={0.1}
          step="any"
          value={per_second === null ? "" : String(per_second)}
          aria-describedby={`${field}-hint`}
        />
      </Field>
      <div class="buttons">
        <button name="do" value="pace" type="submit" aria-label={`Save the pace of ${name}`}>
          Save the pace
        </button>
        <button class="quiet" name="do" value="test" type="submit" aria-label={`Test ${name}`}>
          Test
        </button>
      </div>
    </form>
  );
}
