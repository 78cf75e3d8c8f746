// A text has what its start asked for: another code or other variables are another verification.
import { beforeEach, expect, it, vi } from "vitest";
import { newTenant, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { check, codeOf, NUMBER, start, started, textOf } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const END_USER = { end_user: { device_id: "the same telephone" } };

it("a second code of the caller's own is sent, and the first is not sent again and no longer right", async () => {
  const tenant = await newTenant();
  const first = await started(tenant, { ...END_USER, custom_code: "314159" });
  const second = await started(tenant, { ...END_USER, custom_code: "271828" });
  expect(second["id"]).not.toBe(first["id"]);
  expect(await codeOf(tenant, second)).toBe("271828");
  expect((await check(tenant, first["id"], "314159")).body).toMatchObject({ valid: false, reason: "superseded" });
  expect((await check(tenant, second["id"], "271828")).body["valid"]).toBe(true);
});

it("the same code of the caller's own is sent again when it is asked for again, within the caps of sends", async () => {
  const tenant = await newTenant();
  const ids = new Set<string>();
  for (let nth = 0; nth < 5; nth += 1) ids.add((await started(tenant, { ...END_USER, custom_code: "314159" }))["id"]);
  expect(ids.size).toBe(5);
  const sixth = await start(tenant, { ...END_USER, custom_code: "314159" });
  expect([sixth.status, sixth.body["code"]]).toEqual([429, "sends_exceeded"]);
});

it("a blocked number's second start with a code of the caller's own is answered like any other, and sends nothing", async () => {
  const tenant = await newTenant();
  await tenant.call("POST /v1/verify/locks/block", { to: NUMBER, reason: "a test" });
  const [first, second] = [
    await started(tenant, { custom_code: "314159" }),
    await started(tenant, { custom_code: "271828" }),
  ];
  expect(second["id"]).not.toBe(first["id"]);
  expect([second["state"], second["sends"].length, second["sends_left"]]).toEqual(["pending", 1, 3]);
  const { body } = await tenant.call("GET /v1/sandbox/handset/messages?limit=10");
  expect(body["data"]).toEqual([]);
});

async function approvedTemplate(tenant: Tenant): Promise<string> {
  const texts = { "en-GB": "{{code}} approves: {{task}}." };
  const { body } = await tenant.call("POST /v1/verify/templates", { name: "Approval", texts });
  await tenant.call(`POST /v1/verify/templates/${body["id"]}/approve`);
  return String(body["id"]);
}

it("another task is another code, and a code for one task approves no other", async () => {
  const tenant = await newTenant();
  const ask = { ...END_USER, intent: "approval", template: await approvedTemplate(tenant) };
  const about = (task: string): Promise<Json> => started(tenant, { ...ask, variables: { task } });
  const first = await about("delete the archive");
  const code = await codeOf(tenant, first);
  const same = await about("delete the archive");
  expect([same["id"], same["sends"].length]).toEqual([first["id"], 1]);
  const second = await about("pay the \ud800 invoices");
  expect(second["id"]).not.toBe(first["id"]);
  expect(await textOf(tenant, second["sends"][0]["message_id"])).toContain("approves: pay the");
  expect((await check(tenant, second["id"], code)).body["valid"]).toBe(code === (await codeOf(tenant, second)));
  expect((await check(tenant, first["id"], code)).body).toMatchObject({ valid: false, reason: "superseded" });
});
