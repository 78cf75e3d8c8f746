/** Consents through the API: a stop is obeyed at once, by purpose and sender, and a number leaves no trace but its keyed name. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { everything, leavesOnlyNaming, newTenant, type Json, type Tenant } from "../support/tenant/tenant.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const NUMBER = "+447700900123";
const stop = (tenant: Tenant, over: Json = {}) =>
  tenant.call("POST /v1/consents", { to: NUMBER, purposes: ["marketing"], state: "withdrawn", ...over });
const sends = async (tenant: Tenant, over: Json = {}) => {
  const answer = await tenant.call("POST /v1/messages", { to: NUMBER, text: "Hello", purpose: "marketing", ...over });
  return answer.status === 202 ? "sent" : String(answer.body["code"]);
};

test("a marketing stop refuses marketing at once, and neither service texts nor codes", async () => {
  const tenant = await newTenant();
  expect(await sends(tenant)).toBe("sent");
  expect((await stop(tenant)).status).toBe(201);
  expect(await sends(tenant)).toBe("recipient_opted_out");
  expect(await sends(tenant, { purpose: "service" })).toBe("sent");
  expect(await sends(tenant, { purpose: "otp" })).toBe("sent");
  const preview = await tenant.call("POST /v1/messages/preview", { to: NUMBER, text: "Hello", purpose: "marketing" });
  expect(preview.body).toMatchObject({ would: "refused", reasons: ["recipient_opted_out"] });
  expect((await stop(tenant, { state: "given" })).status).toBe(201);
  expect(await sends(tenant)).toBe("sent");
});

test("a refused message counts against no limit, and one by token is refused alike", async () => {
  const tenant = await newTenant();
  const { token } = (await tenant.call("POST /v1/tokens", { number: NUMBER })).body as { token: string };
  await stop(tenant, { to: { token } });
  const before = await tenant.rows(`SELECT name, windows FROM counters ORDER BY name`);
  expect(await sends(tenant)).toBe("recipient_opted_out");
  expect(await sends(tenant, { to: { token } })).toBe("recipient_opted_out");
  expect(await tenant.rows(`SELECT name, windows FROM counters ORDER BY name`)).toEqual(before);
});

test("a stop to one sender leaves the others alone", async () => {
  const tenant = await newTenant();
  await stop(tenant, { sender: "Shifts" });
  expect(await sends(tenant, { from: "Shifts" })).toBe("recipient_opted_out");
  expect(await sends(tenant, { from: "Payroll" })).toBe("sent");
});

test("a yes told by a clock that runs ahead does not stand against a stop that follows it", async () => {
  const tenant = await newTenant();
  const ahead = new Date(Date.now() + 50_000).toISOString();
  expect((await stop(tenant, { state: "given", said_at: ahead })).status).toBe(201);
  expect((await stop(tenant)).status).toBe(201);
  expect(await sends(tenant)).toBe("recipient_opted_out");
});

test("recording stores no number, makes no token, tells it as an event and enters it in the audit", async () => {
  const tenant = await newTenant();
  const made = await stop(tenant, { purposes: ["marketing", "service"], source: "phone", wording: "Terms 3" });
  const consents = made.body["data"] as Json[];
  expect(consents).toMatchObject([
    { purpose: "marketing", state: "withdrawn", sender: null, source: "phone", wording: "Terms 3", to: { mask: "+44•••••••23" } },
    { purpose: "service", state: "withdrawn" },
  ]); // prettier-ignore
  expect(JSON.stringify(made.body)).not.toMatch(/tok_|900123/);
  expect(await everything(tenant)).not.toMatch(/900123/);
  expect(await tenant.rows(`SELECT count(*) AS n FROM tokens`)).toEqual([{ n: 0 }]);
  const listed = (await tenant.call("GET /v1/consents?state=withdrawn")).body["data"] as Json[];
  expect(listed.map(({ id }) => String(id)).sort()).toEqual(consents.map(({ id }) => String(id)).sort());
  const looked = await tenant.call("POST /v1/consents/look", { to: NUMBER });
  expect(looked.body["data"]).toHaveLength(2);
  const audit = (await tenant.call("GET /v1/audit")).body["data"] as Json[];
  expect(audit.map(({ act }) => act).filter((act) => String(act).startsWith("consent"))).toEqual([
    "consent.withdrawn",
    "consent.withdrawn",
  ]);
});

test("looking a number up answers alike, whether it is known here or not", async () => {
  const tenant = await newTenant();
  await tenant.call("POST /v1/tokens", { number: NUMBER });
  const [known, unknown] = [
    await tenant.call("POST /v1/consents/look", { to: NUMBER }),
    await tenant.call("POST /v1/consents/look", { to: "+447700900777" }),
  ];
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);
});

test("what cannot be is refused and leaves nothing but the count of the number named: a time to come, a number in the wording, a foreign token, no purpose", async () => {
  const tenant = await newTenant();
  const refused = async (over: Json) => (await stop(tenant, over)).body["code"];
  await leavesOnlyNaming(tenant, async () => {
    expect(await refused({ said_at: new Date(Date.now() + 3_600_000).toISOString() })).toBe("invalid_field");
    expect(await refused({ said_at: "yesterday" })).toBe("invalid_field");
    expect(await refused({ wording: "call 07700 900123" })).toBe("invalid_field");
    expect(await refused({ to: { token: `tok_e12345678${"0".repeat(27)}` } })).toBe("token_unknown");
    expect(await refused({ purposes: [] })).toBe("invalid_field");
    for (const sender of ["+447700900123", "07700900123", "Shifts\u202e", "<b>", ""])
      expect(await refused({ sender }), sender).toBe("invalid_field");
    expect(await refused({ source: "stop_word" })).toBe("invalid_field");
  });
});

test("an endpoint that listens hears of it, and hears no number", async () => {
  const tenant = await newTenant();
  await tenant.call("POST /v1/webhooks", { url: "https://hooks.example.com/in", events: ["consent.*"] });
  await stop(tenant);
  const events = (await tenant.call("GET /v1/events")).body["data"] as Json[];
  expect(events).toMatchObject([{ type: "consent.withdrawn", data: { consent: { purpose: "marketing" } } }]);
  expect(JSON.stringify(events)).not.toMatch(/900123|tok_/);
});

test("a tenant that was made before the room has its tables when its object next wakes", async () => {
  const tenant = await newTenant();
  await runInDurableObject(
    tenant.stub(),
    (_object, state) =>
      void state.storage.sql.exec(
        `DROP TABLE consents; DROP TABLE standings; DELETE FROM migrations WHERE name = 'consent'`,
      ),
  );
  await evictDurableObject(tenant.stub());
  expect(await sends(tenant)).toBe("sent");
  expect((await stop(tenant)).status).toBe(201);
  expect(await sends(tenant)).toBe("recipient_opted_out");
});
