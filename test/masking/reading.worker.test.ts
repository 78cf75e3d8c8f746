/** Who may have a hook read what people write to each other, and who is told: a scope of its own, the audit, and the people. */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, operator, tenantOf, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { ALICE, arrives, BOB, newPool, opened, proxiesOf, shown, texts } from "../support/tenant/masked-lines.ts";

const HOOK = "http://127.0.0.1:65002/hook";
const NOTICE = "We may read this to keep people safe.";
let asked: Json[] = [];
/** What the audit says when the hook is asked. */
let whenAsked: () => Promise<void> = async () => undefined;

beforeEach(() => {
  asked = [];
  whenAsked = async () => undefined;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (url !== HOOK) return new Response("ok");
    asked.push(JSON.parse(init?.body as string) as Json);
    await whenAsked();
    return new Response(null, { status: 204 });
  });
});

const keyWith = async (tenant: Tenant, ...scopes: string[]): Promise<Tenant> => {
  const { body } = await tenant.call("POST /v1/keys", { name: "one", scopes });
  return tenantOf(tenant.id, String(body["secret"]));
};
const entries = async (tenant: Tenant, act: string): Promise<Json[]> =>
  (await tenant.call(`GET /v1/audit?limit=500&act=${act}`)).body["data"];
const set = (tenant: Tenant, over: Json = {}) =>
  tenant.call("PUT /v1/masking/intercept", { url: HOOK, on_failure: "closed", ...over });
const policy = (tenant: Tenant, intercept: string) =>
  operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { intercept } });

async function conversation(over: Json = {}, many = 2) {
  const tenant = await newTenant();
  await newPool(tenant, many);
  if (Object.keys(over).length > 0) expect((await set(tenant, over)).status).toBe(200);
  const session = await opened(tenant);
  const [alices, bobs] = proxiesOf(session) as [string, string];
  return { tenant, session: String(session["id"]), alices, bobs };
}

test("a key with webhooks:manage can neither read nor change a conversation", async () => {
  const { tenant, alices } = await conversation({ notice: null });
  const hooks = await keyWith(tenant, "webhooks:manage", "events:read", "sessions:write", "sessions:read");
  expect((await set(hooks)).body["code"]).toBe("missing_scope");
  expect((await hooks.call("DELETE /v1/masking/intercept")).body["code"]).toBe("missing_scope");
  expect((await hooks.call("POST /v1/webhooks", { url: "http://127.0.0.1:65002/events", events: ["*"] })).status).toBe(
    201,
  );
  await texts(tenant, ALICE, alices, "Between us two");
  await arrives(tenant, BOB, "Between us two");
  const { body } = await hooks.call("GET /v1/events?limit=100");
  expect(JSON.stringify(body)).not.toContain("Between us two");
  const own = await keyWith(tenant, "masking:intercept");
  expect((await set(own)).status).toBe(200);
  expect((await own.call("DELETE /v1/masking/intercept")).status).toBe(204);
});

test("each setting and each session that is read is in the audit, the session before it is read, once for each setting", async () => {
  const { tenant, session, alices, bobs } = await conversation({ notice: null });
  let before: Json[] = [];
  whenAsked = async () =>
    void (before = await tenant.rows(`SELECT entry FROM audit WHERE entry LIKE '%session.intercepted%'`));
  await texts(tenant, ALICE, alices, "First");
  await arrives(tenant, BOB, "First");
  expect(before).toHaveLength(1);
  await evictDurableObject(tenant.stub());
  await texts(tenant, BOB, bobs, "Second");
  await arrives(tenant, ALICE, "Second");
  const facts = { host: "127.0.0.1:65002", on_failure: "closed", notice: false };
  expect(await entries(tenant, "session.intercepted")).toMatchObject([
    { actor: { type: "system", id: "intercept" }, subject: { id: session }, facts },
  ]);
  expect((await set(tenant, { on_failure: "open" })).status).toBe(200);
  await texts(tenant, ALICE, alices, "Third");
  await arrives(tenant, BOB, "Third");
  const settings = (await entries(tenant, "session.intercepted")).map((entry) => entry["facts"].on_failure);
  expect(new Set(settings)).toEqual(new Set(["closed", "open"]));
  expect(await entries(tenant, "masking.intercept_set")).toHaveLength(2);
  expect(JSON.stringify(await entries(tenant, "masking.intercept_set"))).toContain("127.0.0.1:65002");
  expect(asked).toHaveLength(3);
});

test("people are told before their first text is read, once, each from the number that they text", async () => {
  const { tenant, alices, bobs } = await conversation({ notice: NOTICE });
  for (const said of ["One", "Two"]) {
    await texts(tenant, ALICE, alices, said);
    await arrives(tenant, BOB, said);
  }
  const [alice, bob] = [await arrives(tenant, ALICE, NOTICE), await arrives(tenant, BOB, NOTICE)];
  expect([alice.from, bob.from]).toEqual([alices, bobs]);
  for (const one of [ALICE, BOB])
    expect((await shown(tenant, one)).filter(({ text }) => text === NOTICE)).toHaveLength(1);
});

test("the operator's policy can have people told whatever the hook's setting, or allow no hook", async () => {
  const { tenant, session, alices } = await conversation({ notice: null });
  expect((await policy(tenant, "with_notice")).body["policy"].intercept).toBe("with_notice");
  expect((await tenant.call("GET /v1/policy")).body["intercept"]).toBe("with_notice");
  await texts(tenant, ALICE, alices, "One");
  await arrives(tenant, BOB, "One");
  await until(async () => (await shown(tenant, ALICE)).find(({ text }) => text.includes("may read or change")) ?? null);

  await policy(tenant, "refused");
  expect((await set(tenant)).body["code"]).toBe("state_conflict");
  asked = [];
  await texts(tenant, ALICE, alices, "Two");
  await arrives(tenant, BOB, "Two");
  expect(asked).toEqual([]);
  expect(await entries(tenant, "session.intercepted")).toHaveLength(1);
  const { body } = await tenant.call(`GET /v1/sessions/${session}/interactions`);
  expect((body["data"] as Json[]).map(({ state }) => state)).toEqual(["relayed", "relayed"]);
  const policies = (await entries(tenant, "tenant.policy_changed")).map((entry) => entry["facts"].to);
  expect(new Set(policies)).toEqual(new Set(['{"intercept":"refused"}', '{"intercept":"with_notice"}']));
});

test("the record of a reading is purged with its session", async () => {
  const { tenant, session, alices } = await conversation({ notice: null });
  await texts(tenant, ALICE, alices, "One");
  await arrives(tenant, BOB, "One");
  expect(await tenant.rows(`SELECT session FROM intercepted`)).toEqual([{ session }]);
  await tenant.call(`POST /v1/sessions/${session}/close`);
  await tenant.call("POST /v1/sandbox/clock", { advance_seconds: 397 * 86_400 });
  await tenant.stub().purge(null);
  expect(await tenant.rows(`SELECT session FROM intercepted`)).toEqual([]);
});
