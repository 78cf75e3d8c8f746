/** Accounts that a tenant meets by a virtual number, and a stop that is said to the number an account sends as. */
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, operator, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { ALICE, BOB, opened, proxiesOf } from "../support/tenant/masked-lines.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ accepted: true })));

async function account(body: Json): Promise<string> {
  const made = await operator("POST /admin/v1/carriers", { name: "Carrier", mode: "test", ...body });
  expect(made.status).toBe(201);
  return String(made.body["id"]);
}
const brings = (tenant: Tenant, account: string, numbers: string[]) =>
  operator("POST /admin/v1/numbers", { tenant: tenant.id, numbers: numbers.map((number) => ({ number, account })) });
const hears = (tenant: Tenant, account: string, from: string, to: string, text: string) =>
  tenant.stub().inbound(account, [{ id: crypto.randomUUID(), from, to, text }]);

test("a stop to an account's own sender stops messages that name no sender, and nothing else", async () => {
  const NUMBER = "+447700900791";
  const tenant = await newTenant();
  const twilio = await account({
    kind: "twilio",
    account_sid: `AC${"a".repeat(32)}`,
    auth_token: crypto.randomUUID().replaceAll("-", ""),
    sender: NUMBER.slice(1),
  });
  expect((await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { routes: [twilio] } })).status).toBe(200);
  expect((await brings(tenant, twilio, [NUMBER])).status).toBe(201);
  const send = async (over: Json = {}) => {
    const message = { to: ALICE, text: "Sale", purpose: "marketing", ...over };
    const preview = await tenant.call("POST /v1/messages/preview", message);
    const { status, body } = await tenant.call("POST /v1/messages", message);
    expect(preview.body["reasons"]).toEqual(status === 202 ? [] : [body["code"]]);
    return status === 202 ? "sent" : body["code"];
  };
  expect(await send()).toBe("sent");
  await hears(tenant, twilio, ALICE, NUMBER, "STOP");
  expect(await send()).toBe("recipient_opted_out");
  expect(await send({ purpose: "service" })).toBe("recipient_opted_out");
  expect([await send({ purpose: "otp" }), await send({ from: "Payroll" }), await send({ to: BOB })]).toEqual(["sent", "sent", "sent"]); // prettier-ignore
  await hears(tenant, twilio, ALICE, NUMBER, "START");
  expect(await send()).toBe("sent");
});

test("if the carrier chooses the sender, a stop to any sender stops messages that name none, and no codes", async () => {
  const NUMBER = "+447700900794";
  const tenant = await newTenant();
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const gateway = await account({ kind: "http", url: "http://127.0.0.1:65003/chooses", secret });
  expect((await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { routes: [gateway] } })).status).toBe(200);
  expect((await brings(tenant, gateway, [NUMBER])).status).toBe(201);
  const send = async (over: Json = {}) => {
    const message = { to: ALICE, text: "Sale", purpose: "marketing", ...over };
    const { body } = await tenant.call("POST /v1/messages/preview", message);
    return body["would"] === "accepted" ? "sent" : body["reasons"].join();
  };
  const says = async (state: string, over: Json) =>
    expect((await tenant.call("POST /v1/consents", { to: ALICE, state, source: "web", ...over })).status).toBe(201);
  await hears(tenant, gateway, ALICE, NUMBER, "STOP");
  for (const purpose of ["marketing", "service"]) expect(await send({ purpose })).toBe("recipient_opted_out");
  expect([await send({ purpose: "otp" }), await send({ from: "Payroll" }), await send({ to: BOB })]).toEqual(["sent", "sent", "sent"]); // prettier-ignore
  const refused = await tenant.call("POST /v1/messages", { to: ALICE, text: "Sale", purpose: "marketing" });
  expect(refused.body["code"]).toBe("recipient_opted_out");
  await hears(tenant, gateway, ALICE, NUMBER, "START");
  expect(await send()).toBe("sent");
  await says("withdrawn", { purposes: ["marketing", "otp"], sender: "Shifts" });
  expect([await send(), await send({ purpose: "service" }), await send({ purpose: "otp" })]).toEqual(["recipient_opted_out", "sent", "sent"]); // prettier-ignore
  await says("given", { purposes: ["marketing"] }); // a later yes to all of them
  expect(await send()).toBe("sent");
});

test("a stop that the carrier reports, in an answer or a receipt, is recorded with source carrier, never for codes", async () => {
  const tenant = await newTenant();
  const twilio = await account({
    kind: "twilio",
    account_sid: `AC${"a".repeat(32)}`,
    auth_token: crypto.randomUUID().replaceAll("-", ""),
  });
  expect((await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { routes: [twilio] } })).status).toBe(200);
  const refusal = JSON.stringify({ code: 21610, message: "Unsubscribed", status: 400 });
  const sent = vi
    .spyOn(globalThis, "fetch")
    .mockImplementation(
      async () => new Response(refusal, { status: 400, headers: { "content-type": "application/json" } }),
    );
  const would = async (over: Json = {}): Promise<string> => {
    const message = { to: ALICE, from: "Payroll", text: "Sale", purpose: "marketing", ...over };
    const { body } = await tenant.call("POST /v1/messages/preview", message);
    return body["would"] === "accepted" ? "sent" : body["reasons"].join();
  };
  const consents = async () =>
    ((await tenant.call("GET /v1/consents")).body["data"] as Json[]).map(({ purpose, sender, state, source }) => [purpose, sender, state, source].join(" ")).sort(); // prettier-ignore
  const { id } = await tenant.send({ to: ALICE, from: "Payroll", purpose: "otp" });
  expect(await tenant.until(id, "failed")).toMatchObject({ reason: "21610" });
  expect(await consents()).toEqual(["marketing Payroll withdrawn carrier", "service Payroll withdrawn carrier"]);
  expect([await would(), await would({ purpose: "service" })]).toEqual(["recipient_opted_out", "recipient_opted_out"]);
  expect([await would({ purpose: "otp" }), await would({ from: "Shifts" }), await would({ to: BOB })]).toEqual(["sent", "sent", "sent"]); // prettier-ignore

  sent.mockImplementation(async () => Response.json({ sid: `SM${"b".repeat(32)}`, status: "queued" }, { status: 201 }));
  const [bobs, again] = [await tenant.send({ to: BOB, from: "Payroll" }), await tenant.send({ to: ALICE, from: "Payroll", purpose: "otp" })]; // prettier-ignore
  for (const one of [bobs, again]) {
    await tenant.until(one["id"], "sent");
    const report = { message: one["id"], state: "undelivered", code: "21610", at: null, saidStop: true } as const;
    await tenant.stub().reports(twilio, [report, report]);
  }
  expect(await would({ to: BOB })).toBe("recipient_opted_out");
  expect(await consents()).toHaveLength(4); // what stands already is not written again
});

test("the price and redaction of an account are known after a text left by it, though only a virtual number uses it", async () => {
  const tenant = await newTenant();
  const price = { amount: 41_000, currency: "GBP" };
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const gateway = await account({ kind: "http", url: "http://127.0.0.1:65003/late", secret, price });
  expect((await brings(tenant, gateway, ["+447700900792", "+447700900793"])).status).toBe(201);
  const numbers = ((await tenant.call("GET /v1/numbers")).body["data"] as Json[]).map(({ id }) => id);
  await tenant.call("POST /v1/pools", { name: "Late", numbers });
  const [alices] = proxiesOf(await opened(tenant)) as [string];
  const newest = async () => ((await tenant.call("GET /v1/messages")).body["data"] as Json[])[0];
  for (const expected of [null, price]) {
    await hears(tenant, gateway, ALICE, alices, "Hello");
    const { id, price: told } = (await newest()) as Json;
    expect(told).toEqual(expected);
    await tenant.stub().claim(gateway, [String(id)], {
      canAsk: false,
      circuit: "closed",
      weights: { otp: 100, bulk: 100 },
      facts: { mode: "test", price },
    });
  }
});
