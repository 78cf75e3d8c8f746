/**
 * The stock of virtual numbers: which there are, who has them, and in which state.
 */
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { StockView } from "../../operator/numbers.routes.ts";
import { Empty, Head, Id, Money, Pager, State, Table } from "../look/parts.tsx";
import type { Shown } from "../visit.ts";
import { Jurisdictions } from "./parts.tsx";
import { jurisdictionOf, type OperatorPageRow, type OperatorVisit } from "./visit.ts";

const PATH = "/console/operator/numbers";

export const numbersPages: OperatorPageRow[] = [
  { path: PATH, title: "Numbers", nav: { group: "Supply", icon: "numbers" }, get: list },
];

async function list({ ask, query }: OperatorVisit): Promise<Shown> {
  const jurisdiction = jurisdictionOf(query);
  const { cursor } = query;
  const page = await ask("numbers.list", { query: { jurisdiction, cursor } }, pageOf(StockView));
  if (isRefused(page)) return page;
  return {
    title: "Numbers",
    main: (
      <>
        <Head
          title="Numbers"
          says="Virtual numbers that carriers gave us. They belong to nobody’s phone, so they stand here whole."
        >
          <Jurisdictions path={PATH} at={jurisdiction} />
        </Head>
        {page.ok.data.length === 0 ? (
          <Empty icon="numbers" title="No number in stock">
            <p>POST /admin/v1/numbers brings some in; POST /admin/v1/numbers/search asks a carrier what it sells.</p>
          </Empty>
        ) : (
          <Table
            caption="Numbers"
            rows={page.ok.data}
            columns={[
              { head: "Number", cell: ({ number }) => <span class="nowrap">{number}</span> },
              { head: "State", cell: ({ state }) => <State of={state} tone={state === "unknown" ? "bad" : "calm"} /> },
              {
                head: "Tenant",
                cell: ({ tenant, shared }) =>
                  tenant === null ? (
                    <span class="soft">{shared ? "shared, not lent" : "–"}</span>
                  ) : (
                    <Id of={tenant} href={`/console/operator/tenants/${tenant}`} />
                  ),
              },
              { head: "Account", opt: true, cell: ({ account }) => <Id of={account} /> },
              { head: "Can", opt: true, cell: ({ capabilities }) => capabilities.join(", ") },
              { head: "Price", num: true, cell: ({ price }) => <Money of={price} /> },
            ]}
          />
        )}
        <Pager page={page.ok} path={PATH} query={{ jurisdiction, cursor }} what={["number", "numbers"]} />
      </>
    ),
  };
}
