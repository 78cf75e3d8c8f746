import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { newTenant, operator, type Json, type Tenant } from "../support/tenant/tenant.ts";

const QUOTA_REACHED = [403, "storage_quota_reached"];
const quota = (tenant: Tenant, storage_quota: Json | null) =>
  operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { storage_quota } });
const FULL = { records: 1_000, bytes: 1 };
const codeOf = ({ status, body }: { status: number; body: Json }) => [status, body["code"]];
const consent = (state: string) => ({ to: "+447700900123", purposes: ["marketing"], state, source: "phone" });
const audit = async (tenant: Tenant) =>
  (await tenant.call("GET /v1/audit?act=tenant.quota_reached")).body["data"] as Json[];
const alerts = async (tenant: Tenant) => (await tenant.call("GET /v1/events?type=alert.quota")).body["data"] as Json[];

describe("a full quota", () => {
  test("refuses requests that add, and leaves no row of them", async () => {
    const tenant = await newTenant();
    const { body: pool } = await tenant.call("POST /v1/pools", { name: "Pool" });
    expect((await quota(tenant, FULL)).status).toBe(200);
    const rows = async () => [
      (await tenant.rows(`SELECT 1 FROM messages`)).length,
      (await tenant.rows(`SELECT 1 FROM tokens`)).length,
      (await tenant.rows(`SELECT 1 FROM verifications`)).length,
    ];
    for (const [route, body] of [
      ["POST /v1/messages", { to: "+447700900123", purpose: "service", text: "Hello" }],
      ["POST /v1/messages/batch", { messages: [{ to: "+447700900123", purpose: "service", text: "Hello" }] }],
      ["POST /v1/tokens", { number: "+447700900123" }],
      ["POST /v1/consents", consent("given")],
      ["POST /v1/verifications", { to: "+447700900123", intent: "login" }],
      [
        "POST /v1/sessions",
        { pool_id: pool["id"], participants: [{ to: "+447700900123" }, { to: "+447700900124" }], ttl_seconds: 3_600 },
      ],
    ] as const)
      expect([route, ...codeOf(await tenant.call(route, body))]).toEqual([route, ...QUOTA_REACHED]);
    expect(await rows()).toEqual([0, 0, 0]);
  });

  test("refuses no end, check, withdrawal, revocation, reveal, read or audit", async () => {
    const tenant = await newTenant();
    const later = new Date(Date.now() + 86_400_000).toISOString();
    const waiting = (
      await tenant.call("POST /v1/messages", {
        to: "+447700900123",
        purpose: "service",
        text: "Later",
        schedule_at: later,
      })
    ).body;
    const code = (await tenant.call("POST /v1/verifications", { to: "+447700900124", intent: "login" })).body;
    const other = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, { name: "other", scopes: ["*"] });
    const sent = await tenant.send({ to: "+447700900125" });
    await quota(tenant, FULL);
    expect(codeOf(await tenant.call("POST /v1/tokens", { number: "+447700900126" }))).toEqual(QUOTA_REACHED);

    await tenant.until(String(sent["id"]), "delivered"); // receipts are heard
    const statuses = async (route: string, body?: Json) => (await tenant.call(route, body)).status;
    expect(await statuses(`POST /v1/verifications/${code["id"]}/check`, { code: "000000" })).toBe(200);
    expect(await statuses(`POST /v1/verifications/${code["id"]}/cancel`)).toBe(200);
    expect(await statuses(`POST /v1/messages/${waiting["id"]}/cancel`)).toBe(200);
    expect(await statuses("POST /v1/consents", consent("withdrawn"))).toBe(201);
    expect(await statuses(`POST /v1/tokens/${sent["to"].token}/reveal`, { reason: "support" })).toBe(200);
    expect(await statuses("GET /v1/messages")).toBe(200);
    expect(await statuses(`DELETE /v1/keys/${other.body["id"]}`)).toBe(200);
    expect((await audit(tenant)).length).toBeGreaterThan(0);
  });

  test("causes one alert at 80 and one at 100 percent; after the operator raises it, requests succeed", async () => {
    const tenant = await newTenant();
    const bytes = await runInDurableObject(tenant.stub(), (_object, state) => state.storage.sql.databaseSize);
    await quota(tenant, { records: 1_000, bytes: Math.floor(bytes * 1.15) });
    for (let n = 0; n < 3; n += 1) await tenant.call("GET /v1/messages");
    expect((await audit(tenant)).map(({ facts }) => facts.percent)).toEqual([80]);
    await quota(tenant, FULL);
    for (let n = 0; n < 3; n += 1) await tenant.call("GET /v1/messages");
    expect((await audit(tenant)).map(({ facts }) => facts.percent).toSorted((a, b) => a - b)).toEqual([80, 100]);
    expect((await alerts(tenant)).map(({ data }) => data.percent).toSorted((a, b) => a - b)).toEqual([80, 100]);
    await quota(tenant, null);
    expect((await tenant.call("POST /v1/tokens", { number: "+447700900126" })).status).toBe(201);
  });
});

test("records count too, each night as D1 has them", async () => {
  const tenant = await newTenant();
  for (const to of ["+447700900123", "+447700900124"])
    await tenant.until(String((await tenant.send({ to }))["id"]), "delivered");
  await tenant.call("POST /v1/sandbox/clock", { advance_seconds: 60 });
  await operator("POST /admin/v1/purge");
  expect(await tenant.rows(`SELECT value FROM usage WHERE name = 'records'`)).toEqual([{ value: 2 }]);
  await quota(tenant, { records: 2, bytes: 1_000_000_000 });
  expect(codeOf(await tenant.call("POST /v1/tokens", { number: "+447700900126" }))).toEqual(QUOTA_REACHED);
  await tenant.call("POST /v1/sandbox/clock", { advance_seconds: 8 * 86_400 });
  await operator("POST /admin/v1/purge"); // a sandbox's records go after a week
  expect((await tenant.call("POST /v1/tokens", { number: "+447700900126" })).status).toBe(201);
});
