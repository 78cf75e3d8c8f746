/**
 * The operators' own audit, newest first: who did what, in which role and from which page.
 */
import { AuditEntryView } from "../../audit/schemas.ts";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { Empty, Head, Pager } from "../look/parts.tsx";
import { Entries } from "../pages/audit.tsx";
import type { Shown } from "../visit.ts";
import { Jurisdictions } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

const PATH = "/console/operator/audit";

export const auditPages: OperatorPageRow[] = [
  { path: PATH, title: "Audit", nav: { group: "Govern", icon: "audit" }, get: list },
];

async function list({ ask, query }: OperatorVisit): Promise<Shown> {
  const jurisdiction = jurisdictionOf(query);
  const { cursor } = query;
  const asked = { jurisdiction, cursor, order: "newest", limit: "50" };
  const page = await ask("audit.list", { query: asked }, pageOf(AuditEntryView));
  if (isRefused(page)) return page;
  return {
    title: "Audit",
    main: (
      <>
        <Head title="Audit" says="Every act of an operator, a courier and a rule in this jurisdiction.">
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        {page.ok.data.length === 0 ? <Empty icon="audit" title="No entry yet" /> : <Entries of={page.ok.data} />}
        <Pager page={page.ok} path={PATH} query={{ jurisdiction, cursor }} what={["entry", "entries"]} />
      </>
    ),
  };
}
