/**
 * Health: how full the stores are, against the bounds of the platform.
 */
import { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { Head, Id, State, Table } from "../look/parts.tsx";
import type { Shown } from "../visit.ts";
import { SizeView } from "../../operator/tenants.routes.ts";
import { bytesText, Share } from "./parts.tsx";
import type { OperatorPageRow, OperatorVisit } from "./visit.ts";

const PATH = "/console/operator/health";

export const healthPages: OperatorPageRow[] = [
  { path: PATH, title: "Health", nav: { group: "Now", icon: "health" }, get: show },
];

const KeyUse = z.object({ version: z.int(), uses: z.int() });
const STORES: Readonly<Record<string, string>> = {
  d1: "Records (D1)",
  operator_object: "Operators’ object",
  tenant_object: "Tenant’s object",
  kv: "Key store (KV)",
};

async function show({ ask }: OperatorVisit): Promise<Shown> {
  const [sizes, keys] = await Promise.all([
    ask("storage.sizes", {}, pageOf(SizeView)),
    ask("keys.uses", {}, pageOf(KeyUse)),
  ]);
  if (isRefused(sizes)) return sizes;
  if (isRefused(keys)) return keys;
  return {
    title: "Health",
    main: (
      <>
        <Head
          title="Health"
          says="How full the stores are. From 70 percent on there is an alert, so that there is time to act."
        />
        <Table
          caption="Stores"
          rows={sizes.ok.data}
          columns={[
            { head: "Store", cell: ({ store }) => STORES[store] ?? store },
            { head: "Jurisdiction", cell: ({ jurisdiction }) => jurisdiction.toUpperCase() },
            {
              head: "Tenant",
              cell: ({ id }) =>
                id === null ? <span class="soft">–</span> : <Id of={id} href={`/console/operator/tenants/${id}`} />,
            },
            {
              head: "Bytes",
              num: true,
              cell: ({ bytes, bytes_max }) =>
                bytes_max === null ? bytesText(bytes) : <Share of={bytes} max={bytes_max} bytes />,
            },
            {
              head: "State",
              cell: ({ alert }) => <State of={alert ? "fills up" : "well"} tone={alert ? "bad" : "good"} />,
            },
          ]}
        />
        <section class="section" aria-labelledby="roots">
          <h2 id="roots">Root keys</h2>
          <Table
            caption="Root keys"
            rows={keys.ok.data}
            columns={[
              { head: "Version", num: true, cell: ({ version }) => version },
              { head: "Records that need it", num: true, cell: ({ uses }) => uses.toLocaleString("en-GB") },
            ]}
          />
        </section>
      </>
    ),
  };
}
