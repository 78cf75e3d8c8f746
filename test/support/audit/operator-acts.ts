/** What operators do. */
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { operatorSignedIn, setOperatorSignIn } from "../tenant/operators.ts";
import { newTenant, operator, type Answer } from "../tenant/tenant.ts";
import { failedJob, gateway, newCarrier, newKey, newTemplate, own, tenant, twilio, well } from "./world.ts";

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
  "PUT /admin/v1/sign-in": [
    ["signin.changed"],
    [],
    async () => ({ status: 200, body: await setOperatorSignIn() }) as Answer,
  ],
  "PATCH /admin/v1/operators/:id": [
    ["person.role_changed"],
    [],
    async () => operator(`PATCH /admin/v1/operators/${(await signedInOperator()).id}`, { role: "observer" }),
  ],
  "DELETE /admin/v1/operator-sessions/:id": [
    ["person.session_ended"],
    [],
    async () => operator(`DELETE /admin/v1/operator-sessions/${(await signedInOperator()).session}`),
  ],
  "POST /admin/v1/alerts/:id/acknowledge": [
    ["alert.acknowledged"],
    [],
    async () => operator(`POST /admin/v1/alerts/${await openAlert("one")}/acknowledge`),
  ],
  "POST /admin/v1/alerts/:id/silence": [
    ["alert.silenced"],
    [],
    async () => operator(`POST /admin/v1/alerts/${await openAlert("two")}/silence`, { until: null }),
  ],
  "PUT /admin/v1/on-call": [
    ["oncall.changed"],
    [],
    () => operator("PUT /admin/v1/on-call", { url: "https://192.0.9.1/on-call" }),
  ],
  "DELETE /admin/v1/on-call": [["oncall.removed"], [], () => operator("DELETE /admin/v1/on-call")],
  "POST /admin/v1/tenants/:id/failed-jobs/:job/retry": [
    ["job.retried"],
    ["job.retried"],
    async () => operator(`POST /admin/v1/tenants/${tenant.id}/failed-jobs/${await failedJob()}/retry`),
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

let operators = 0;
async function signedInOperator() {
  await setOperatorSignIn();
  return operatorSignedIn("operator", { subject: `operator ${(operators += 1)}` });
}

/** An open alert of operators; answers its id. */
async function openAlert(kind: string): Promise<string> {
  const stub = env.OPERATORS.get(env.OPERATORS.idFromName("eu:operator"));
  const account = `car_e00000000001m80000000000000000000000`;
  await stub.note({ account, act: "carrier.alert", facts: { lane: "otp", kind, state: "raised" } });
  const { data } = well(await operator("GET /admin/v1/alerts"));
  return String(data[0].id);
}

/** Both, since a suspended tenant's log is not read by its keys. */
export async function suspendAndResume(): Promise<Answer> {
  well(await operator(`POST /admin/v1/tenants/${tenant.id}/suspend`));
  return operator(`POST /admin/v1/tenants/${tenant.id}/resume`);
}
