// A leaked key: it can be told by its form, and all keys of a tenant end with one call of an operator.
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, operator, type Json } from "../support/tenant/tenant.ts";
import keysDocument from "../../docs/keys.md?raw";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

/** The expression as the document has it for scanners. */
const documented = new RegExp(/^\\bmk_.*$/m.exec(keysDocument)?.[0] ?? "the document has none", "g");
const newKey = async (tenant: string) =>
  String((await operator(`POST /admin/v1/tenants/${tenant}/keys`, { name: "k", scopes: ["*"] })).body["secret"]);

test("every key that is issued has the documented form, and tells its id and tenant", async () => {
  for (const [environment, jurisdiction] of [
    ["sandbox", "eu"],
    ["live", "us"],
  ]) {
    const made = await operator("POST /admin/v1/tenants", { name: "Form", jurisdiction, environment });
    const id = String(made.body["id"]);
    const key = await newKey(id);
    expect(`export MASKLINE_KEY="${key}"`.match(documented)).toEqual([key]);
    expect(`ten_${key.slice(8, 17)}`).toBe(id);
    const { data } = (await operator(`GET /admin/v1/tenants/${id}/keys`)).body as { data: Json[] };
    expect(data.map((row) => row["id"])).toEqual([`key_${key.slice(8, 44)}`]);
    for (const other of [key.slice(0, -1), `${key}a`, key.toUpperCase(), key.replace("mk_", "sk_")])
      expect(other.match(documented)).toBeNull();
  }
});

test("one call ends every key of a tenant, whoever made it, and no other tenant's", async () => {
  const [tenant, other] = [await newTenant(), await newTenant()];
  const keys = [await newKey(tenant.id), await newKey(tenant.id)];
  const opens = async (key: string) =>
    (await tenant.call("GET /v1/messages", undefined, { authorization: `Bearer ${key}` })).status;
  expect(await Promise.all(keys.map(opens))).toEqual([200, 200]);

  const revoked = await operator(`POST /admin/v1/tenants/${tenant.id}/keys/revoke`);
  expect(revoked).toMatchObject({ status: 200, body: { revoked: 3 } });
  expect(await Promise.all(keys.map(opens))).toEqual([401, 401]);
  expect((await tenant.call("GET /v1/messages")).status).toBe(401);
  expect((await other.call("GET /v1/messages")).status).toBe(200);
  expect((await operator(`POST /admin/v1/tenants/${tenant.id}/keys/revoke`)).body).toEqual({ revoked: 0 });

  const fresh = await newKey(tenant.id);
  const audit = await tenant.call("GET /v1/audit?act=key.revoked", undefined, { authorization: `Bearer ${fresh}` });
  expect(audit.body["data"]).toHaveLength(3);
});

test("operators find tenants by a part of the name, and rename them", async () => {
  const made = await operator("POST /admin/v1/tenants", { name: "Quokka Couriers", environment: "sandbox" });
  const id = String(made.body["id"]);
  const found = async (name: string) => {
    const { data } = (await operator(`GET /admin/v1/tenants?name=${encodeURIComponent(name)}`)).body as {
      data: Json[];
    };
    return data.map((row) => [row["id"], row["name"]]);
  };
  expect(await found("quokka")).toEqual([[id, "Quokka Couriers"]]);
  expect(await found("okka %")).toEqual([]);
  const renamed = await operator(`PATCH /admin/v1/tenants/${id}`, { name: "Wombat Couriers" });
  expect(renamed).toMatchObject({ status: 200, body: { id, name: "Wombat Couriers" } });
  expect([await found("quokka"), await found("WOMBAT")]).toEqual([[], [[id, "Wombat Couriers"]]]);
  expect((await operator(`PATCH /admin/v1/tenants/${id}`, {})).status).toBe(400);
  expect((await operator(`PATCH /admin/v1/tenants/${id}`, { name: "call 07700900123" })).status).toBe(422);
});

test("a tenant reads its policy, without the operator's routes; a key without the scope does not", async () => {
  const tenant = await newTenant();
  await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { keep_text_days: 7, default_sender: "Acme" } });
  const answer = await tenant.call("GET /v1/policy");
  expect(answer).toMatchObject({
    status: 200,
    body: {
      tenant: tenant.id,
      jurisdiction: "eu",
      environment: "sandbox",
      senders: { own: "Acme" },
      retention: { text_days: 7 },
    },
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/car_|routes/);
  const narrow = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "n", scopes: ["messages:send"] });
  const headers = { authorization: `Bearer ${String(narrow.body["secret"])}` };
  expect((await tenant.call("GET /v1/policy", undefined, headers)).status).toBe(403);
});

test("a changed policy is in both audits with its old and new values, a sender's number masked", async () => {
  const tenant = await newTenant();
  const change = { keep_text_days: 7, countries: ["GB", "IE"], default_sender: "+447700900999" };
  await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: change });
  const own = (await tenant.call("GET /v1/audit?act=tenant.policy_changed")).body["data"] as Json[];
  const facts = (own[0]?.["facts"] ?? {}) as { fields: string; from: string; to: string };
  expect(facts.fields).toBe("countries default_sender keep_text_days");
  expect(JSON.parse(facts.from)).toEqual({ countries: ["GB"], default_sender: null, keep_text_days: 0 });
  expect(JSON.parse(facts.to)).toEqual({ countries: ["GB", "IE"], default_sender: "+44•••••••99", keep_text_days: 7 });
  const operators = JSON.stringify((await operator("GET /admin/v1/audit?limit=500")).body);
  expect(operators).toContain(JSON.stringify(facts.to).slice(1, -1));
  expect(operators + JSON.stringify(own)).not.toContain("900999");
});
