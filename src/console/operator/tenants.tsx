/**
 * Tenants side by side, with what each uses of what it may use; and one of them, with the acts of an operator.
 */
import { z } from "zod";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { FailedJobView } from "../../jobs/schemas.ts";
import { UsageView } from "../../operator/oversight.routes.ts";
import { TenantView } from "../../operator/tenants.routes.ts";
import { KeyView } from "../../access/schemas.ts";
import { Empty, Facts, Field, Head, hrefOf, Icon, Id, Notice, Pager, State, Table, Time } from "../look/parts.tsx";
import { fieldOf, type Shown } from "../visit.ts";
import { JobsTable } from "./jobs.tsx";
import { Jurisdictions, Share, Wrong } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

type Usage = z.output<typeof UsageView>;
type Tenant = z.output<typeof TenantView>;

const PATH = "/console/operator/tenants";

export const tenantsPages: OperatorPageRow[] = [
  {
    path: PATH,
    title: "Tenants",
    nav: { group: "Now", icon: "tenants" },
    get: list,
    post: ({ form }) =>
      Promise.resolve({
        goTo: hrefOf(PATH, { name: fieldOf(form, "name"), jurisdiction: fieldOf(form, "jurisdiction") }),
      }),
  },
  { path: `${PATH}/{id}`, title: "Tenant", get: (visit) => one(visit, null), post: act },
];

async function list({ ask, query }: OperatorVisit): Promise<Shown> {
  const jurisdiction = jurisdictionOf(query);
  const { name, cursor } = query;
  const page = await ask("usage.list", { query: { name, cursor, jurisdiction } }, pageOf(UsageView));
  if (isRefused(page)) return page;
  return {
    title: "Tenants",
    main: (
      <>
        <Head title="Tenants" says="Side by side, with what each uses of its limits and its quota.">
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        <form class="filter" method="post" action={PATH}>
          <input type="hidden" name="jurisdiction" value={jurisdiction} />
          <Field id="name" label="A part of the name">
            <input id="name" name="name" value={name ?? ""} maxlength={100} autocomplete="off" />
          </Field>
          <button type="submit">
            <Icon name="search" />
            Search
          </button>
        </form>
        {page.ok.data.length === 0 ? (
          <Empty icon="tenants" title={name === undefined ? "No tenant here yet" : "No tenant of this name here"}>
            <p>
              {name === undefined
                ? "POST /admin/v1/tenants makes one."
                : "Names are searched in one jurisdiction at a time: look in the other too."}
            </p>
          </Empty>
        ) : (
          <Tenants of={page.ok.data} />
        )}
        <Pager page={page.ok} path={PATH} query={{ name, jurisdiction, cursor }} what={["tenant", "tenants"]} />
      </>
    ),
  };
}

function Tenants({ of }: { of: readonly Usage[] }) {
  return (
    <Table
      caption="Tenants"
      rows={of}
      columns={[
        {
          head: "Tenant",
          cell: ({ id, name }) => (
            <>
              <a href={`${PATH}/${id}`}>
                <bdi>{name}</bdi>
              </a>
              <br />
              <Id of={id} />
            </>
          ),
        },
        { head: "State", cell: ({ state }) => <State of={state} tone={state === "active" ? "good" : "bad"} /> },
        { head: "For", opt: true, cell: ({ environment }) => environment },
        {
          head: "Texts today",
          num: true,
          cell: ({ usage }) => <Share of={usage?.texts_today} max={usage?.texts_per_day} />,
        },
        { head: "Records", num: true, cell: ({ usage }) => <Share of={usage?.records} max={usage?.records_max} /> },
        {
          head: "Object",
          num: true,
          cell: ({ usage }) => <Share of={usage?.bytes} max={usage?.bytes_max} bytes />,
        },
        {
          head: "Alerts",
          num: true,
          cell: ({ usage }) =>
            usage === null ? (
              <span class="soft">no answer</span>
            ) : usage.open_alerts === 0 ? (
              0
            ) : (
              <State of={`${usage.open_alerts} open`} tone="bad" />
            ),
        },
        {
          head: "Failed jobs",
          num: true,
          cell: ({ usage }) => usage?.quarantined_jobs ?? <span class="soft">no answer</span>,
        },
      ]}
    />
  );
}

type Said = { done: string } | { wrong: Refusal } | null;

const ACTS: Record<string, (visit: OperatorVisit, id: string) => Promise<{ done: string } | Refusal>> = {
  rename: async ({ ask, form }, id) => {
    const renamed = await ask("tenants.change", { params: { id }, body: { name: fieldOf(form, "name") } }, TenantView);
    return isRefused(renamed) ? renamed : { done: "The tenant is renamed." };
  },
  suspend: async ({ ask }, id) => {
    const set = await ask("tenants.suspend", { params: { id } }, TenantView);
    return isRefused(set) ? set : { done: "The tenant is suspended: its keys and its people are refused from now on." };
  },
  resume: async ({ ask }, id) => {
    const set = await ask("tenants.resume", { params: { id } }, TenantView);
    return isRefused(set) ? set : { done: "The tenant may act again." };
  },
  retry: async ({ ask, form }, id) => {
    const job = fieldOf(form, "job") ?? "";
    const retried = await ask("tenant_jobs.retry", { params: { id, job } }, FailedJobView);
    return isRefused(retried) ? retried : { done: "The job is tried again now." };
  },
  revoke: async ({ ask, form }, id) => {
    const key = fieldOf(form, "key") ?? "";
    const revoked = await ask("tenant_keys.revoke", { params: { id, key } }, KeyView);
    return isRefused(revoked) ? revoked : { done: "The key is revoked." };
  },
  reset: async ({ ask }, id) => {
    const reset = await ask("tenant_sign_in.reset", { params: { id } }, z.object({ ended: z.int() }));
    return isRefused(reset) ? reset : { done: `The sign-in is dropped; sessions that ended: ${reset.ok.ended}.` };
  },
};

/** What stands in a page of its own: the way to a fresh sign-in, and that an observer may not. */
const ELSEWHERE = new Set(["fresh_sign_in_needed", "missing_scope", "unauthenticated", "not_found"]);

async function act(visit: OperatorVisit): Promise<Shown> {
  const said = await ACTS[visit.form.get("do") ?? ""]?.(visit, visit.params["id"] ?? "");
  if (said === undefined) return { goTo: PATH };
  if ("refused" in said) return ELSEWHERE.has(said.refused) ? said : one(visit, { wrong: said });
  return one(visit, said);
}

async function one(visit: OperatorVisit, said: Said): Promise<Shown> {
  const { ask, params } = visit;
  const id = params["id"] ?? "";
  const [tenant, keys, jobs] = await Promise.all([
    ask("tenants.get", { params: { id } }, TenantView),
    ask("tenant_keys.list", { params: { id } }, pageOf(KeyView)),
    ask("tenant_jobs.list", { params: { id } }, pageOf(FailedJobView)),
  ]);
  if (isRefused(tenant)) return tenant;
  const wrong = said !== null && "wrong" in said ? said.wrong : null;
  return {
    title: tenant.ok.name,
    ...(wrong === null ? {} : { status: REASONS[wrong.refused].status }),
    main: (
      <>
        <Head title={tenant.ok.name} says={<Id of={id} />}>
          <State of={tenant.ok.state} tone={tenant.ok.state === "active" ? "good" : "bad"} />
        </Head>
        {said !== null && "done" in said ? <Notice tone="good">{said.done}</Notice> : null}
        <Wrong of={wrong} />
        <About of={tenant.ok} />
        <section class="section" aria-labelledby="jobs">
          <h2 id="jobs">Failed background work</h2>
          {isRefused(jobs) ? (
            <Wrong of={jobs} />
          ) : (
            <JobsTable path={`${PATH}/${id}`} jobs={jobs.ok.data.map((job) => ({ job }))} />
          )}
        </section>
        <section class="section" aria-labelledby="keys">
          <h2 id="keys">Keys</h2>
          {isRefused(keys) ? <Wrong of={keys} /> : <Keys id={id} of={keys.ok.data} />}
        </section>
        <Acts of={tenant.ok} />
      </>
    ),
  };
}

function About({ of: { jurisdiction, environment, created_at, clock_offset_seconds, policy } }: { of: Tenant }) {
  return (
    <section class="section" aria-labelledby="about">
      <h2 id="about">What it is and may</h2>
      <Facts
        of={[
          ["Jurisdiction", jurisdiction],
          ["For", environment],
          ["Made", <Time at={created_at} />],
          clock_offset_seconds === undefined || clock_offset_seconds === 0
            ? null
            : ["Sandbox clock ahead by", `${clock_offset_seconds} s`],
        ]}
      />
      {policy === undefined ? null : (
        <details class="gap">
          <summary>Policy and limits</summary>
          <Facts
            of={Object.entries(policy).map(
              ([name, value]) => [name.replaceAll("_", " "), <code>{JSON.stringify(value)}</code>] as const,
            )}
          />
        </details>
      )}
    </section>
  );
}

function Keys({ id, of }: { id: string; of: readonly z.output<typeof KeyView>[] }) {
  if (of.length === 0) return <p class="soft">It has none.</p>;
  return (
    <Table
      caption="Keys"
      rows={of}
      columns={[
        { head: "Key", cell: (key) => <Id of={key.id} /> },
        { head: "Name", cell: ({ name }) => <bdi>{name}</bdi> },
        { head: "Scopes", cell: ({ scopes }) => <span class="small">{scopes.join(" ")}</span> },
        { head: "Made", opt: true, cell: ({ created_at }) => <Time at={created_at} /> },
        {
          head: "",
          cell: (key) =>
            key.revoked_at !== null ? (
              <State of="revoked" />
            ) : (
              <form method="post" action={`${PATH}/${id}`}>
                <input type="hidden" name="key" value={key.id} />
                <button
                  class="danger slim"
                  name="do"
                  value="revoke"
                  type="submit"
                  aria-label={`Revoke the key ${key.name}`}
                >
                  Revoke
                </button>
              </form>
            ),
        },
      ]}
    />
  );
}

function Acts({ of: { id, name, state } }: { of: Tenant }) {
  const path = `${PATH}/${id}`;
  return (
    <section class="card section" aria-labelledby="acts">
      <h2 id="acts">Acts</h2>
      <p>
        Each is in the operators’ audit and, where it concerns the tenant, in the tenant’s. Suspending, resuming and
        resetting the sign-in need a sign-in of the last ten minutes.
      </p>
      <form class="fields" method="post" action={path}>
        <input type="hidden" name="do" value="rename" />
        <Field id="rename" label="Name">
          <input id="rename" name="name" value={name} maxlength={100} required autocomplete="off" />
        </Field>
        <button class="quiet" type="submit">
          Rename
        </button>
      </form>
      <form class="buttons gap" method="post" action={path}>
        {state === "active" ? (
          <button class="danger" name="do" value="suspend" type="submit">
            Suspend the tenant
          </button>
        ) : (
          <button name="do" value="resume" type="submit">
            Resume the tenant
          </button>
        )}
        <button class="danger" name="do" value="reset" type="submit">
          Reset its sign-in
        </button>
      </form>
    </section>
  );
}
