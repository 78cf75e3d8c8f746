/**
 * The audit: who did what to what, newest first. Actors are opaque ids; whoever may see people sees names on the page People.
 */
import type { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { AuditEntryView } from "../../audit/schemas.ts";
import { pageOf } from "../../contract/list.ts";
import { Empty, Field, Head, hrefOf, Icon, Id, Pager, Table, Time } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Entry = z.output<typeof AuditEntryView>;

const PATH = "/console/audit";

export const auditPages: PageRow[] = [
  {
    path: PATH,
    title: "Audit",
    scope: "audit:read",
    nav: { group: "Govern", icon: "audit" },
    get: list,
    post: ({ form }) => Promise.resolve({ goTo: hrefOf(PATH, { act: fieldOf(form, "act") }) }),
  },
];

async function list({ ask, query }: Visit): Promise<Shown> {
  const { cursor, act } = query;
  const page = await ask(
    "audit.list",
    { query: { order: "newest", limit: "50", cursor, act } },
    pageOf(AuditEntryView),
  );
  if (isRefused(page)) return page;
  return {
    title: "Audit",
    main: (
      <>
        <Head
          title="Audit"
          says="Every act of a key, a person, an operator, a rule and a carrier, in a chain that anybody can check offline."
        />
        <form class="filter" method="post" action={PATH}>
          <Field id="act" label="Act" hint="Whole, such as token.revealed">
            <input
              id="act"
              name="act"
              value={act ?? ""}
              autocomplete="off"
              spellcheck={false}
              aria-describedby="act-hint"
            />
          </Field>
          <button type="submit">
            <Icon name="search" />
            Show
          </button>
        </form>
        {page.ok.data.length === 0 ? (
          <Empty icon="audit" title={act === undefined ? "No entry yet" : "No entry of this act here"}>
            <p>
              {page.ok.next_cursor === null
                ? "Acts are named thing.done; docs/audit.md lists them all."
                : "None among the newest 5,000 entries. Older ones may follow."}
            </p>
          </Empty>
        ) : (
          <Entries of={page.ok.data} />
        )}
        <Pager page={page.ok} path={PATH} query={{ act, cursor }} what={["entry", "entries"]} />
      </>
    ),
  };
}

/** Audit entries, a tenant's or the operators'. */
export function Entries({ of }: { of: readonly Entry[] }) {
  return (
    <Table
      caption="Audit entries"
      rows={of}
      columns={[
        { head: "No.", num: true, cell: ({ seq }) => seq },
        { head: "At", cell: ({ at }) => <Time at={at} /> },
        { head: "Who", cell: (entry) => <Who {...entry} /> },
        { head: "Act", cell: ({ act }) => <code>{act}</code> },
        {
          head: "To what",
          cell: ({ subject }) => (subject === null ? <span class="soft">–</span> : <Id of={subject.id} />),
        },
        { head: "Facts", cell: (entry) => <FactsOf {...entry} /> },
      ]}
    />
  );
}

function Who({ actor }: Entry) {
  return (
    <>
      {actor.type}
      {actor.role === undefined ? "" : `, ${actor.role}`}
      <br />
      <Id of={actor.id} />
    </>
  );
}

function FactsOf({ facts, reason, actor }: Entry) {
  const all = { ...(reason === undefined ? {} : { reason }), ...facts, ...(actor.page ? { page: actor.page } : {}) };
  const told = Object.entries(all).map(([name, value]) => `${name.replaceAll("_", " ")}: ${textOf(value)}`);
  return told.length === 0 ? "" : <bdi class="small">{told.join(", ")}</bdi>;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
