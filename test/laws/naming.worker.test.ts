// The law of named numbers: whatever takes a recipient counts each number it is named before it answers, so that one marked number
// among many cannot be told without a count for each. Walks the route table: a route that takes a number and has no row here fails.
import { beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { tenantRoutes } from "../../src/http/routes.ts";
import { newPool } from "../support/tenant/masked-lines.ts";
import { newTenant, operator, tenantOf, type Json, type Tenant } from "../support/tenant/tenant.ts";

/** Small in the suite: what holds for these holds for a thousand, since each is counted by itself. */
const MANY = 12;
const MARKED = 5;
const numberAt = (nth: number) => `+447700900${String(400 + nth).padStart(3, "0")}`;

type Form = { body: (to: string, nth: number) => Json; budget?: "codes"; path?: (ids: Ids) => string };
type Ids = { relay: string; session: string; participant: string; virtual: string };

let ids: Ids;
const text = "x".repeat(1_500); // too long for the policy: nothing of it leaves
const reason = "test";

/** Each route that takes a number, with a request that is refused where it can be: refusals are answers too. */
const FORMS: Record<string, Form> = {
  "post /v1/messages": { body: (to) => ({ to, text, purpose: "service" }) },
  "post /v1/messages/batch": { body: (to) => ({ messages: [{ to, text, purpose: "service" }] }) },
  "post /v1/messages/preview": { body: (to) => ({ to, text, purpose: "service" }) },
  "post /v1/verifications": { body: (to) => ({ to, service: "svc_unknown" }), budget: "codes" },
  "post /v1/verifications/check": { body: (to) => ({ to, code: "123456" }), budget: "codes" },
  "post /v1/verify/locks/look": { body: (to) => ({ to }) },
  "post /v1/verify/locks/lift": { body: (to) => ({ to, reason }) },
  "post /v1/verify/locks/block": { body: (to) => ({ to, reason }) },
  "post /v1/tokens": { body: (number) => ({ number }) },
  "post /v1/consents": {
    body: (to) => ({ to, purposes: ["service"], state: "given", said_at: "2999-01-01T00:00:00Z" }),
  },
  "post /v1/consents/look": { body: (to) => ({ to }) },
  "post /v1/sessions": { body: (to) => ({ participants: [{ to }, { to }], pool_id: "pol_unknown" }) },
  "post /v1/sessions/{id}/participants": {
    body: (to) => ({ to }),
    path: ({ session }) => `/v1/sessions/${session}/participants`,
  },
  "put /v1/sessions/{id}/participants/{participant}": {
    body: (to) => ({ to }),
    path: ({ session, participant }) => `/v1/sessions/${session}/participants/${participant}`,
  },
  "post /v1/relays": { body: (to) => ({ to, pool_id: "pol_unknown" }) },
  "post /v1/relays/{id}/block": { body: (to) => ({ to }), path: ({ relay }) => `/v1/relays/${relay}/block` },
  "post /v1/relays/{id}/unblock": { body: (to) => ({ to }), path: ({ relay }) => `/v1/relays/${relay}/unblock` },
  "post /v1/sandbox/handset/messages": { body: (number) => ({ number, to: ids.virtual, text: "Hello" }) },
};

/** Fields named like a number that take none. */
const NO_PERSON: Record<string, string> = {
  "post /v1/sessions/{id}/messages": "`to` lists participants' ids",
  "post /v1/verify/templates/preview": "no field of it names anybody",
};

/** Fields that name somebody; a batch's messages are read one by one. */
const FIELDS = ["to", "number", "messages", "recipient", "phone", "msisdn"];

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
let tenant: Tenant;
let token: string;

beforeAll(async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
  tenant = await newTenant();
  await operator(`PATCH /admin/v1/tenants/${tenant.id}`, {
    policy: { limits: { block: { minute: 9_000, hour: 9_000, day: 9_000 } } },
  });
  await newPool(tenant, 6);
  const session = await tenant.call("POST /v1/sessions", {
    participants: [{ to: "+447700900301" }, { to: "+447700900302" }],
  });
  const relay = await tenant.call("POST /v1/relays", { to: "+447700900303" });
  const [participant] = session.body["participants"] as Json[];
  ids = {
    session: session.body["id"],
    participant: participant?.["id"],
    relay: relay.body["id"],
    virtual: participant?.["proxy"].number,
  };
  const marked = numberAt(MARKED);
  token = (await tenant.call("POST /v1/tokens", { number: marked })).body["token"];
  await tenant.call("POST /v1/consents", { to: { token }, purposes: ["service", "marketing"], state: "withdrawn" });
  await tenant.call("POST /v1/verify/locks/block", { to: { token }, reason });
});

/** A key of one scope, and what has been counted for it. */
async function keyWith(scope: string) {
  const { body } = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "one", scopes: [scope] });
  const counts = async (budget: Form["budget"]) => {
    const [row] = await tenant.rows(`SELECT windows FROM counters WHERE name = 'account'`);
    const { naming = {} } = JSON.parse(row?.["windows"] ?? "{}") as { naming?: Record<string, { dc: number }> };
    return naming[`${budget === "codes" ? "c|" : ""}${body["id"]}`]?.dc ?? 0;
  };
  return { asker: tenantOf(tenant.id, body["secret"]), counts, id: String(body["id"]) };
}

/** Names of the fields of a schema, however deep. */
function fieldsOf(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== "object" || schema === null) return found;
  for (const [name, value] of Object.entries(schema)) {
    if (name === "properties") for (const field of Object.keys(value as object)) found.add(field);
    fieldsOf(value, found);
  }
  return found;
}

test("every route that could take a number is tried here, or says why it takes none", () => {
  const taking = tenantRoutes.filter(({ body, method }) => {
    if (body === null || method === "get") return false;
    const fields = fieldsOf(z.toJSONSchema(body, { io: "input", unrepresentable: "any" }));
    return FIELDS.some((name) => fields.has(name));
  });
  const known = new Set([...Object.keys(FORMS), ...Object.keys(NO_PERSON)]);
  expect(taking.map(nameOf).filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(FORMS).filter((name) => !tenantRoutes.some((row) => nameOf(row) === name))).toEqual([]);
  for (const route of tenantRoutes) {
    const form = FORMS[nameOf(route)];
    if (form === undefined || form.budget === "codes" || route.verb === "messages.batch") continue; // codes never refuse so
    expect(route.refuses, nameOf(route)).toContain("new_numbers_exceeded");
  }
});

test.each(Object.entries(FORMS))("%s counts every number it is named, refused or not", async (name, form) => {
  const route = tenantRoutes.find((row) => nameOf(row) === name)!;
  const { asker, counts, id } = await keyWith(route.scope);
  const path = `${route.method.toUpperCase()} ${form.path?.(ids) ?? route.path}`;
  for (let nth = 0; nth < MANY; nth += 1) {
    await asker.call(path, form.body(numberAt(nth), nth));
    expect(await counts(form.budget), `${name} ${nth}`).toBe(nth + 1);
  }
  await asker.call(path, form.body(numberAt(MARKED), MARKED));
  expect(await counts(form.budget)).toBe(MANY); // once a day each
  const entries = await tenant.rows(`SELECT entry FROM audit WHERE json_extract(entry, '$.actor.id') = '${id}'`);
  expect(entries.length, "each naming is in the audit").toBeGreaterThanOrEqual(MANY);
});

test.each(Object.entries(FORMS).filter(([, { budget }]) => budget === undefined))(
  "%s answers alike for a marked number and others once the key may name no more",
  async (name, form) => {
    const route = tenantRoutes.find((row) => nameOf(row) === name)!;
    const { asker } = await keyWith(route.scope);
    const path = `${route.method.toUpperCase()} ${form.path?.(ids) ?? route.path}`;
    await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits: { numbers_per_key_per_day: 2 } } });
    const answers = [];
    for (let nth = 0; nth < MANY; nth += 1) {
      const { status, body } = await asker.call(path, form.body(numberAt(nth), nth));
      const problem = (body["data"] as Json[] | undefined)?.[0]?.["problem"] ?? body;
      answers.push(nth < 2 ? "asked" : `${name.includes("batch") ? 429 : status} ${problem["code"]}`);
    }
    await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits: { numbers_per_key_per_day: 10_000 } } });
    expect(new Set(answers.slice(2))).toEqual(new Set(["429 new_numbers_exceeded"]));
  },
);

test("a token is no named number: it is counted for nobody", async () => {
  const { asker, counts } = await keyWith("messages:send");
  await asker.call("POST /v1/messages/preview", { to: { token }, text, purpose: "service" });
  expect(await counts(undefined)).toBe(0);
});
