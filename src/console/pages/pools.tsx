/**
 * Pools of virtual numbers: how many are free, and how long they last at the present rate. A virtual number is public, so it is shown
 * in full here, as by the API. The forecast is a few numbers and is shown as such: a line drawn through them would say no more.
 */
import { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { PoolPlanView, PoolView, VirtualNumberView } from "../../numbers/numbers.routes.ts";
import { Empty, Facts, Field, Head, hrefOf, Notice, Pager, State, Table, Time, type Tone } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Pool = z.output<typeof PoolView>;
type Plan = z.output<typeof PoolPlanView>;

const PATH = "/console/pools";
/** Within so many days a pool that runs out is worth a warning. */
const SOON_DAYS = 14;
const Days = z.coerce.number().min(0).max(365);

export const poolPages: PageRow[] = [
  { path: PATH, title: "Pools", scope: "numbers:read", nav: { group: "Build", icon: "pools" }, get: list },
  {
    path: `${PATH}/{id}`,
    title: "Pool",
    scope: "numbers:read",
    get: one,
    post: ({ form, params }) =>
      Promise.resolve({ goTo: hrefOf(`${PATH}/${params["id"] ?? ""}`, { days: fieldOf(form, "days") }) }),
  },
];

const count = (value: number): string => value.toLocaleString("en-GB");
const inAll = ({ numbers }: Pool): number =>
  Object.entries(numbers).reduce((all, [state, many]) => (state === "retired" ? all : all + many), 0);

async function list({ ask }: Visit): Promise<Shown> {
  const page = await ask("pools.list", {}, pageOf(PoolView));
  if (isRefused(page)) return page;
  return {
    title: "Pools",
    main: (
      <>
        <Head title="Pools" says="The virtual numbers that conversations are given, and how long they last." />
        {page.ok.data.length === 0 ? (
          <Empty icon="pools" title="No pool yet">
            <p>Make one with POST /v1/pools, of numbers that your operator gave you.</p>
          </Empty>
        ) : (
          <Table
            caption="Pools"
            rows={page.ok.data}
            columns={[
              {
                head: "Pool",
                cell: ({ id, name }) => (
                  <a href={`${PATH}/${id}`}>
                    <bdi>{name}</bdi>
                  </a>
                ),
              },
              { head: "Shared", cell: ({ sharing }) => sharing },
              { head: "Free", num: true, cell: ({ numbers }) => count(numbers["available"] ?? 0) },
              { head: "Cooling off", num: true, opt: true, cell: ({ numbers }) => count(numbers["cooling"] ?? 0) },
              { head: "In all", num: true, cell: (pool) => count(inAll(pool)) },
              { head: "Warns below", num: true, opt: true, cell: ({ low_water }) => count(low_water) },
              { head: "Made", opt: true, cell: ({ created_at }) => <Time at={created_at} /> },
            ]}
          />
        )}
      </>
    ),
  };
}

async function one({ ask, params, query }: Visit): Promise<Shown> {
  const days = Days.safeParse(query["days"] ?? "1").data ?? 1;
  const id = params["id"] ?? "";
  const { cursor } = query;
  const [read, plan, page] = await Promise.all([
    ask("pools.get", { params }, PoolView),
    ask("pools.plan", { params, query: { session_days: String(days) } }, PoolPlanView),
    ask("numbers.list", { query: { pool: id, limit: "25", cursor } }, pageOf(VirtualNumberView)),
  ]);
  if (isRefused(read)) return read;
  if (isRefused(plan)) return plan;
  if (isRefused(page)) return page;
  const pool = read.ok;
  return {
    title: "Pool",
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Pools</a>
        </p>
        <Head title={pool.name} says={<code class="id">{pool.id}</code>} />
        <Forecast plan={plan.ok} id={id} days={days} />
        <div class="two">
          <section class="card" aria-labelledby="numbers">
            <h2 id="numbers">Its numbers</h2>
            {page.ok.data.length === 0 ? (
              <p class="soft">None.</p>
            ) : (
              <>
                <Table
                  caption="Numbers"
                  rows={page.ok.data}
                  columns={[
                    { head: "Number", cell: ({ number }) => <span class="nowrap">{number}</span> },
                    { head: "State", cell: ({ state }) => <State of={state} tone={TONES[state] ?? "calm"} /> },
                    { head: "Uses", num: true, cell: ({ uses }) => count(uses) },
                    { head: "Cools until", opt: true, cell: ({ cooling_until }) => <Time at={cooling_until} /> },
                  ]}
                />
                <Pager
                  page={page.ok}
                  path={`${PATH}/${id}`}
                  query={{ days: query["days"], cursor }}
                  what={["number", "numbers"]}
                />
              </>
            )}
          </section>
          <section class="card" aria-labelledby="facts">
            <h2 id="facts">Facts</h2>
            <Facts of={factsOf(pool)} />
          </section>
        </div>
      </>
    ),
  };
}

const TONES: Readonly<Record<string, Tone>> = { available: "good", cooling: "wait", retired: "bad" };

function Forecast({ plan, id, days }: { plan: Plan; id: string; days: number }) {
  const { exhausted_in_days: out } = plan;
  const figures = [
    ["Free now", `${count(plan.free)} of ${count(plan.numbers)}`],
    ["Taken a day", count(plan.per_day)],
    ["Lasts", out === null ? "without end" : `${count(out)} ${out === 1 ? "day" : "days"}`],
    ["Should hold", count(plan.recommended_size)],
  ] as const;
  return (
    <section class="card" aria-labelledby="forecast">
      <h2 id="forecast">Forecast</h2>
      <p>From the conversations opened in the last four weeks, and how long one takes.</p>
      {out !== null && out <= SOON_DAYS ? (
        <Notice tone="wait">
          At this rate no number is free in {out} {out === 1 ? "day" : "days"}. Add some, or shorten the cool-off.
        </Notice>
      ) : null}
      <ul class="plain funnel">
        {figures.map(([name, value]) => (
          <li>
            <span class="soft small">{name}</span>
            <strong class="figure">{value}</strong>
          </li>
        ))}
      </ul>
      <form class="filter gap" method="post" action={`${PATH}/${id}`}>
        <Field id="days" label="A conversation takes, in days">
          <input id="days" name="days" type="number" min="0" max="365" step="any" value={String(days)} />
        </Field>
        <button type="submit" class="quiet">
          Work it out again
        </button>
      </form>
    </section>
  );
}

function factsOf(pool: Pool): Parameters<typeof Facts>[0]["of"] {
  const { lease } = pool;
  return [
    ["Sharing", pool.sharing],
    ["Chosen", pool.selection.replaceAll("_", " ")],
    ["Cool-off", `${pool.cool_off_days} days; for others ${pool.cool_off_others_days}`],
    ["Warns below", `${count(pool.low_water)} free`],
    ["Borrows", lease === null ? "nothing" : `${lease.block} more below ${lease.below} free`],
    ...Object.entries(pool.numbers).map(([state, many]) => [state, count(many)] as const),
    ["Made", <Time at={pool.created_at} />],
  ];
}
