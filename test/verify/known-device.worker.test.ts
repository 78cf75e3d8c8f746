/**
 * Nobody outside stops the login of a person at their own device: whoever types the number, however often and from wherever, uses up
 * neither the sends, nor the caps, nor the pending code of a device that has verified it before.
 */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, operator, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, check, codeOf, NUMBER, start, started, textOf } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const own = { end_user: { device_id: "the person's own" } };
const stranger = (nth: number) => ({ end_user: { device_id: `stranger ${nth}` } });
const limit = (tenant: Tenant, limits: Json) =>
  operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits } });

/** A tenant whose person has verified the number on a device. */
async function verified(): Promise<Tenant> {
  const tenant = await newTenant();
  const first = await started(tenant, own);
  expect((await check(tenant, first["id"], await codeOf(tenant, first), own)).body["valid"]).toBe(true);
  await advance(tenant, 86_400); // and the counts of that day are over
  return tenant;
}

test("strangers use up their own sends of the day together, and the person's device has all of its own", async () => {
  const tenant = await verified();
  const statuses: number[] = [];
  for (let nth = 0; nth < 14; nth += 1) {
    statuses.push((await start(tenant, stranger(nth))).status);
    if (nth === 6) await advance(tenant, 601);
  }
  expect(statuses.filter((status) => status === 201)).toHaveLength(10);
  expect(statuses.slice(-2)).toEqual([429, 429]);
  await evictDurableObject(tenant.stub());
  await advance(tenant, 60);
  for (let nth = 0; nth < 5; nth += 1) {
    const login = await started(tenant, own);
    expect(await textOf(tenant, login["sends"].at(-1).message_id)).toMatch(/\d{6}/);
    expect((await check(tenant, login["id"], await codeOf(tenant, login), own)).body["valid"]).toBe(true);
  }
  expect((await start(tenant, own)).body["code"]).toBe("sends_exceeded"); // its own budget holds as well
  await advance(tenant, 601);
  expect((await start(tenant, own)).status).toBe(201);
});

test("strangers' starts do not end the code that the person's device waits for", async () => {
  const tenant = await verified();
  const login = await started(tenant, own);
  for (let nth = 0; nth < 5; nth += 1) expect((await start(tenant, stranger(nth))).status).toBe(201);
  expect((await check(tenant, login["id"], await codeOf(tenant, login), own)).body).toMatchObject({ valid: true });
});

test("caps on codes to known people that strangers used up do not affect a known device", async () => {
  const tenant = await verified();
  const few = { minute: 2, hour: 2, day: 2 };
  await limit(tenant, { key: few, tenant: few, block: few });
  const statuses = [];
  for (let nth = 0; nth < 4; nth += 1) statuses.push((await start(tenant, stranger(nth))).status);
  expect(statuses).toEqual([201, 201, 429, 429]);
  const login = await started(tenant, own);
  expect(await textOf(tenant, login["sends"][0].message_id)).toMatch(/\d{6}/);
  expect((await tenant.call(`GET /v1/verifications/${login["id"]}`)).body).toMatchObject({
    state: "pending",
    reason: null,
  });
});

test("five codes of strangers in a minute do not use up the minute of the person's device", async () => {
  const tenant = await verified();
  for (let nth = 0; nth < 5; nth += 1) expect((await start(tenant, stranger(nth))).status).toBe(201);
  const login = await started(tenant, own);
  expect((await tenant.call(`GET /v1/verifications/${login["id"]}`)).body).toMatchObject({
    state: "pending",
    reason: null,
  });
  expect(await textOf(tenant, login["sends"][0].message_id)).toMatch(/\d{6}/);
});

test("a device that has verified another number is a stranger to this one", async () => {
  const tenant = await verified();
  const other = "+447700900124";
  for (let nth = 0; nth < 10; nth += 1) {
    await start(tenant, { to: other, ...stranger(nth) });
    if (nth === 4) await advance(tenant, 601);
  }
  expect((await start(tenant, { to: other, ...own })).body["code"]).toBe("sends_exceeded");
  expect((await start(tenant, { to: NUMBER, ...own })).status).toBe(201);
});
