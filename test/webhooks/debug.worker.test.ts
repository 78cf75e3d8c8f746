/** Finding out why an endpoint fails, by the API alone: deliveries, their calls, a test event, a signature. */
import { Webhook } from "standardwebhooks";
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { newTenant, until, everything, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance } from "../support/tenant/masked-lines.ts";

const URL_OF_OURS = "https://192.0.9.1/hook";
type Call = { headers: Record<string, string>; body: string };
let calls: Call[];
let answer: () => Response;
beforeEach(() => {
  calls = [];
  answer = () => new Response("ok");
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (typeof url !== "string" || !url.startsWith("https://192.0.9.")) return Response.json({ accepted: true });
    calls.push({ headers: Object.fromEntries(new Headers(init?.headers)), body: init?.body as string });
    return answer();
  });
});

async function hooked(events: string[] = ["message.*"]): Promise<{ tenant: Tenant; id: string; secret: string }> {
  const tenant = await newTenant();
  const { status, body } = await tenant.call("POST /v1/webhooks", { url: URL_OF_OURS, events });
  expect(status).toBe(201);
  return { tenant, id: String(body["id"]), secret: String(body["secret"]) };
}
const list = async (tenant: Tenant, id: string, query = ""): Promise<Json[]> =>
  (await tenant.call(`GET /v1/webhooks/${id}/deliveries${query}`)).body["data"];
const health = async (tenant: Tenant, id: string): Promise<Json> =>
  (await tenant.call(`GET /v1/webhooks/${id}`)).body["health"];
const failed = (tenant: Tenant, id: string, many: number) =>
  until(async () => {
    const found = await list(tenant, id, "?state=retrying");
    return found.length > 0 && found[0]?.["attempts"].length >= many ? found : null;
  }, `${many} failed calls`);

test("a failing endpoint shows that it fails, each call with the head of its answer, and when it is tried next", async () => {
  const { tenant, id } = await hooked(["message.delivered"]);
  expect(await health(tenant, id)).toEqual({
    state: "ok",
    retrying: 0,
    given_up: 0,
    next_attempt_at: null,
    last_failure: null,
  });
  const page = `No such person: +447700900123 (07700 900123)\u0000\n${"x".repeat(1_000)}`;
  answer = () => new Response(page, { status: 500, headers: { "content-type": "text/plain" } });
  await tenant.until((await tenant.send())["id"], "delivered");
  const [delivery] = await failed(tenant, id, 1);
  expect(delivery).toMatchObject({
    type: "message.delivered",
    state: "retrying",
    attempts: [{ attempt: 1, result: "failed", status: 500 }],
  });
  const head = String(delivery?.["attempts"][0].answer);
  expect(head).toMatch(/^No such person: \+44•••••••23 \(/);
  expect([head.length, head.includes("900123"), head.includes("\u0000")]).toEqual([200, false, false]);
  expect(await everything(tenant)).not.toContain("No such person"); // sealed
  expect(await health(tenant, id)).toMatchObject({
    state: "failing",
    retrying: 1,
    last_failure: { result: "failed", status: 500 },
  });

  await evictDurableObject(tenant.stub());
  expect((await list(tenant, id))[0]?.["attempts"]).toEqual(delivery?.["attempts"]);

  answer = () => new Response("ok");
  await advance(tenant, 10);
  await until(async () => ((await list(tenant, id))[0]?.["state"] === "delivered" ? true : null), "the second call");
  expect((await list(tenant, id))[0]).toMatchObject({
    next_attempt_at: null,
    attempts: [
      { attempt: 1, status: 500 },
      { attempt: 2, result: "delivered", status: 200, answer: null },
    ],
  });
  expect(await health(tenant, id)).toMatchObject({ state: "ok", retrying: 0 });
});

test("an answer that is no text, or a success, leaves none of it; calls are forgotten after seven days", async () => {
  const { tenant, id } = await hooked(["message.delivered"]);
  answer = () => new Response(new Uint8Array([1, 2, 3]), { status: 503, headers: { "content-type": "image/png" } });
  await tenant.until((await tenant.send())["id"], "delivered");
  expect((await failed(tenant, id, 1))[0]?.["attempts"][0]).toMatchObject({
    status: 503,
    result: "failed",
    answer: null,
  });
  answer = () => new Response("kept by nobody");
  await advance(tenant, 10);
  await until(async () => ((await list(tenant, id, "?state=delivered")).length > 0 ? true : null), "the delivery");
  expect(await everything(tenant)).not.toContain("kept by nobody");
  await advance(tenant, 7 * 86_400 + 60);
  await tenant.stub().purge(null);
  expect(await tenant.rows("SELECT count(*) AS n FROM attempts")).toEqual([{ n: 0 }]);
});

test("a delivery that was given up says so, also after a restart, until it is replayed", async () => {
  const { tenant, id } = await hooked(["message.delivered"]);
  answer = () => new Response(null, { status: 500 });
  await tenant.until((await tenant.send())["id"], "delivered");
  await failed(tenant, id, 1);
  for (const seconds of [10, 400, 2_000, 8_000, 20_000, 40_000, 56_000, 80_000, 96_000]) {
    const before = calls.length;
    await advance(tenant, seconds);
    await until(async () => (calls.length > before ? true : null), `the call after ${seconds} s`);
  }
  await until(async () => ((await list(tenant, id, "?state=given_up")).length === 1 ? true : null), "the end");
  await evictDurableObject(tenant.stub());
  const [delivery] = await list(tenant, id);
  expect(delivery).toMatchObject({ state: "given_up", next_attempt_at: null });
  expect(delivery?.["attempts"]).toHaveLength(10);
  expect(await health(tenant, id)).toMatchObject({ given_up: 1, retrying: 0 });
  const made = calls.length;
  await advance(tenant, 86_400);
  expect(calls.length).toBe(made); // nothing goes out by itself any more
});

test("a test event goes to the endpoint that is tested and to no other, whatever either listens to", async () => {
  const { tenant, id, secret } = await hooked(["audit.head"]);
  expect((await tenant.call("POST /v1/webhooks", { url: "https://192.0.9.2/other", events: ["*"] })).status).toBe(201);
  const sent = await tenant.call(`POST /v1/webhooks/${id}/test`);
  expect([sent.status, sent.body["type"], sent.body["resource"]]).toEqual([202, "endpoint.test", id]);
  const call = await until(async () => calls[0] ?? null, "the test event");
  expect(() => new Webhook(secret).verify(call.body, call.headers)).not.toThrow();
  await until(async () => ((await list(tenant, id))[0]?.["state"] === "delivered" ? true : null), "the delivery");
  await tenant.until((await tenant.send())["id"], "delivered");
  await until(async () => (calls.some(({ body }) => body.includes("message.delivered")) ? true : null), "the other");
  expect(calls.filter(({ body }) => body.includes("endpoint.test"))).toHaveLength(1);

  await tenant.call(`PATCH /v1/webhooks/${id}`, { state: "disabled" });
  expect((await tenant.call(`POST /v1/webhooks/${id}/test`)).body["code"]).toBe("state_conflict");
});

test("what is wrong with a signature is named, and a right one is right", async () => {
  const { tenant, id } = await hooked();
  const other = await tenant.call("POST /v1/webhooks", { url: "https://192.0.9.2/other", events: ["audit.head"] });
  await tenant.call(`POST /v1/webhooks/${id}/test`);
  const { headers, body } = await until(async () => calls[0] ?? null, "a call");
  const received = {
    webhook_id: headers["webhook-id"],
    webhook_timestamp: headers["webhook-timestamp"],
    webhook_signature: headers["webhook-signature"],
    body,
  };
  const said = async (over: Json = {}, of = id) =>
    (await tenant.call(`POST /v1/webhooks/${of}/check-signature`, { ...received, ...over })).body["reason"];
  expect(await said()).toBeNull();
  expect(await said({ body: JSON.stringify(JSON.parse(body), null, 2) })).toBe("body_changed");
  expect(await said({}, String(other.body["id"]))).toBe("other_endpoint");
  expect(await said({ webhook_timestamp: String(Number(received.webhook_timestamp) - 301) })).toBe("too_old");
  expect(await said({ webhook_timestamp: String(Number(received.webhook_timestamp) + 330) })).toBe("too_new");
  expect(await said({ webhook_timestamp: "now" })).toBe("malformed_timestamp");
  expect(await said({ webhook_signature: "sha256=abc" })).toBe("malformed_signature");
  const strange = `v1,${btoa("x".repeat(32))}`;
  expect(await said({ webhook_signature: strange })).toBe("no_match");
  expect(await said({ webhook_signature: `${strange} ${received.webhook_signature}` })).toBeNull();
  expect(await said({ webhook_id: "evt.x" })).toBe("no_match");
});
