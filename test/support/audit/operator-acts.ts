/** What operators do. */
import { expect, vi } from "vitest";
import { newTenant, operator, type Answer } from "../tenant/tenant.ts";
import { BUDGET, gateway, newCarrier, newKey, newTemplate, own, tenant, twilio, well } from "./world.ts";

const CEILINGS = () => `/admin/v1/tenants/${tenant.id}/budgets`;
const newCeiling = () => operator(`POST ${CEILINGS()}`, BUDGET);

/** What an operator does, door by door: the entries in the operators' log, those in the tenant's, and a call. */
export const OPERATOR_ACTS: Record<string, [ops: string[], tenants: string[], () => Promise<Answer>]> = {
  "POST /admin/v1/tenants": [
    ["tenant.created"],
    [],
    () => operator("POST /admin/v1/tenants", { name: "Other", jurisdiction: "eu", environment: "sandbox" }),
  ],
  "PATCH /admin/v1/tenants/:id": [
    ["tenant.policy_changed", "tenant.renamed"],
    ["tenant.policy_changed", "tenant.naming_allowed"],
    async () => {
      const naming_allowance = { numbers: 100, until: new Date(Date.now() + 3_600_000).toISOString() };
      well(await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { name: "Renamed" }));
      return operator(`PATCH /admin/v1/tenants/${tenant.id}`, {
        policy: { countries: ["GB", "IE"], naming_allowance },
      });
    },
  ],
  "POST /admin/v1/tenants/:id/suspend": [["tenant.suspended"], ["tenant.suspended"], suspendAndResume],
  "POST /admin/v1/tenants/:id/resume": [["tenant.resumed"], ["tenant.resumed"], suspendAndResume],
  "POST /admin/v1/tenants/:id/budgets": [["budget.created"], ["budget.created"], () => newCeiling()],
  "PATCH /admin/v1/tenants/:id/budgets/:budget": [
    ["budget.changed"],
    ["budget.changed"],
    async () => operator(`PATCH ${CEILINGS()}/${(await newCeiling()).body["id"]}`, { hard: false }),
  ],
  "DELETE /admin/v1/tenants/:id/budgets/:budget": [
    ["budget.removed"],
    ["budget.removed"],
    async () => operator(`DELETE ${CEILINGS()}/${(await newCeiling()).body["id"]}`),
  ],
  "POST /admin/v1/tenants/:id/keys": [
    ["key.created"],
    ["key.created"],
    () => operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "one", scopes: ["audit:read"] }),
  ],
  "DELETE /admin/v1/tenants/:id/keys/:key": [
    ["key.revoked"],
    ["key.revoked"],
    async () => operator(`DELETE /admin/v1/tenants/${tenant.id}/keys/${await newKey()}`),
  ],
  "POST /admin/v1/tenants/:id/templates/:template/decide": [
    ["template.approved"],
    ["template.approved"],
    async () =>
      operator(`POST /admin/v1/tenants/${tenant.id}/templates/${await newTemplate()}/decide`, { state: "approved" }),
  ],
  "POST /admin/v1/tenants/:id/sign-in/reset": [
    ["signin.reset"],
    ["signin.reset"],
    () => operator(`POST /admin/v1/tenants/${tenant.id}/sign-in/reset`),
  ],
  "POST /admin/v1/purge": [["purge.run"], ["retention.purged"], () => operator("POST /admin/v1/purge")],
  "POST /admin/v1/keys/rewrap": [["keys.rewrapped"], [], () => operator("POST /admin/v1/keys/rewrap")],
  "POST /admin/v1/carriers": [["carrier.created"], [], () => operator("POST /admin/v1/carriers", gateway())],
  "PATCH /admin/v1/carriers/:id": [
    ["carrier.changed"],
    [],
    async () => operator(`PATCH /admin/v1/carriers/${await newCarrier()}`, { per_second: 5 }),
  ],
  "POST /admin/v1/carriers/:id/test": [
    ["carrier.tested"],
    [],
    async () => operator(`POST /admin/v1/carriers/${await newCarrier(twilio())}/test`),
  ],
  "POST /admin/v1/numbers": [
    ["number.imported"],
    ["number.imported"],
    () => operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers: [{ number: "+447700900869", ...own }] }),
  ],
  "POST /admin/v1/numbers/buy": [
    ["number.ordered", "number.refused"],
    [],
    async () => {
      const account = await newCarrier(twilio());
      vi.mocked(globalThis.fetch).mockImplementation(async () =>
        Response.json({ code: 21422, status: 400 }, { status: 400 }),
      );
      const refused = await operator("POST /admin/v1/numbers/buy", {
        tenant: null,
        account,
        number: "+447700900868",
      });
      expect(refused.body["code"]).toBe("carrier_refused");
      return { ...refused, status: 200 };
    },
  ],
  "POST /admin/v1/numbers/:id/release": [
    ["number.releasing", "number.released"],
    ["number.taken_back"],
    async () => {
      const numbers = [{ number: "+447700900867", account: await newCarrier() }];
      const { data } = well(await operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers }));
      return operator(`POST /admin/v1/numbers/${data[0].id}/release`);
    },
  ],
  "POST /admin/v1/tenants/:id/keys/revoke": [
    ["key.all_revoked"],
    ["key.revoked"],
    async () => operator(`POST /admin/v1/tenants/${(await newTenant()).id}/keys/revoke`),
  ],
};

export const OPERATOR_NO_ACT: Record<string, string> = {
  "POST /admin/v1/numbers/search": "asks a carrier what it sells; nothing changes",
};

/** Both, since a suspended tenant's log is not read by its keys. */
export async function suspendAndResume(): Promise<Answer> {
  well(await operator(`POST /admin/v1/tenants/${tenant.id}/suspend`));
  return operator(`POST /admin/v1/tenants/${tenant.id}/resume`);
}
