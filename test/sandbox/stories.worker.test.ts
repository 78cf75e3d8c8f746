import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { patience } from "../support/run/patience.ts";
import { everything, newTenant, operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";

/** Each magic number: what the message comes to, in which states it was told, and whether the handset shows the text. */
const STORIES: [string, string[], boolean][] = [
  ["+447700900123", ["queued", "sending", "sent", "delivered"], true],
  ["+447700900901", ["queued", "sending", "sent", "undelivered"], false],
  ["+447700900902", ["queued", "sending", "unknown"], true],
  ["+447700900904", ["queued", "sending", "failed"], false],
  ["+447700900906", ["queued", "sending", "sent", "delivered"], true],
  ["+447700900907", ["queued", "sending", "sent", "delivered"], true],
  ["+447700900908", ["queued", "sending", "sent"], true],
];

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

async function withEvents(): Promise<Tenant> {
  const tenant = await newTenant();
  // Somebody listens, so every state is told.
  const hook = await tenant.call("POST /v1/webhooks", { url: "http://127.0.0.1:65001/", events: ["message.*"] });
  expect(hook.status).toBe(201);
  return tenant;
}
/** The states it was told in. That the screening labelled its text, which holds a code, is told beside them. */
const told = async (tenant: Tenant, id: string): Promise<string[]> => {
  const { body } = await tenant.call("GET /v1/events?limit=100");
  const types = body["data"].filter((event: Json) => event["resource"] === id).map((event: Json) => event["type"]);
  return types.filter((type: string) => type !== "message.screened").map((type: string) => type.slice(8));
};
const handset = async (tenant: Tenant): Promise<Json[]> =>
  (await tenant.call("GET /v1/sandbox/handset/messages")).body["data"];
const advance = (tenant: Tenant, seconds: number) =>
  tenant.call("POST /v1/sandbox/clock", { advance_seconds: seconds });

describe("a magic number's story", () => {
  it.each(STORIES)("of %s is told state by state: %s", async (to, states, shown) => {
    const tenant = await withEvents();
    const { id } = await tenant.send({ to, text: "The code is 482910" });
    await tenant.until(id, states.at(-1)!);
    expect(await told(tenant, id)).toEqual(states);
    const texts = await handset(tenant);
    expect(texts.map(({ number, text, message_id }) => [number, text, message_id])).toEqual(
      shown ? [[to, "The code is 482910", id]] : [],
    );
  });

  it("of a slow one ends a minute of the tenant's clock later, and not before", async () => {
    const tenant = await withEvents();
    const { id } = await tenant.send({ to: "+447700900903" });
    await tenant.until(id, "sent");
    await advance(tenant, 30);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("sent");
    await advance(tenant, 31);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("delivered");
    expect(await told(tenant, id)).toEqual(["queued", "sending", "sent", "delivered"]);
  });

  it("of one that is throttled goes on trying and ends with a report, never as sent", async () => {
    const tenant = await withEvents();
    const { id } = await tenant.send({ to: "+447700900905", purpose: "otp" });
    await until(async () => {
      const { attempts } = (await tenant.call(`GET /v1/messages/${id}`)).body;
      return attempts[0]?.outcome === "throttled" ? true : null;
    });
    await advance(tenant, 600);
    const message = await tenant.until(id, "expired", "failed");
    expect(message["attempts"].every((attempt: Json) => attempt["outcome"] === "throttled")).toBe(true);
    expect(await handset(tenant)).toEqual([]);
    expect(await told(tenant, id)).not.toContain("sent");
  });

  it("of one whose receipt comes an hour late is unknown until then", async () => {
    const tenant = await withEvents();
    const { id } = await tenant.send({ to: "+447700900909" });
    await tenant.until(id, "unknown");
    await advance(tenant, 3_500);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("unknown");
    await advance(tenant, 200);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("delivered");
    expect(await told(tenant, id)).toEqual(["queued", "sending", "unknown", "delivered"]);
  });
});

describe("a message without a receipt", () => {
  it("ends as `sent` after 72 hours, with an event of its own; a receipt that is late still says how, one after 76 hours does not", async () => {
    const tenant = await withEvents();
    const [{ id }, { id: late }] = [
      await tenant.send({ to: "+447700900908" }),
      await tenant.send({ to: "+447700900908" }),
    ];
    const { carrier } = await tenant.until(id, "sent");
    await tenant.until(late, "sent");
    await advance(tenant, 72 * 3_600 - 60);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body).toMatchObject({ state: "sent", ended_at: null });
    await advance(tenant, 60);
    const { body } = await tenant.call(`GET /v1/messages/${id}`);
    expect([body["state"], Date.parse(body["ended_at"]) > Date.parse(body["created_at"])]).toEqual(["sent", true]);
    expect(await told(tenant, id)).toEqual(["queued", "sending", "sent", "unconfirmed"]);
    const report = { state: "delivered", code: null, at: null } as const;
    await tenant.stub().reports(carrier, [{ ...report, message: late }]);
    expect(await told(tenant, late)).toEqual(["queued", "sending", "sent", "unconfirmed", "delivered"]);
    await advance(tenant, 4 * 3_600);
    await tenant.stub().reports(carrier, [{ ...report, message: id }]);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body).toMatchObject({
      state: "sent",
      ended_at: body["ended_at"],
    });
    expect(await told(tenant, id)).toEqual(["queued", "sending", "sent", "unconfirmed"]);
  });
});

describe("a message in doubt whose window is over", () => {
  it("has ended as it is and has a record; a receipt corrects both within a week, and nobody hears of it twice", async () => {
    const tenant = await withEvents();
    const { id } = await tenant.send({ to: "+447700900902" });
    const { carrier } = await tenant.until(id, "unknown");
    const records = async () =>
      (await env.DB_EU.prepare(`SELECT state FROM messages WHERE id = ?`).bind(id).all()).results;
    await advance(tenant, 72 * 3_600 - 60);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body).toMatchObject({ state: "unknown", ended_at: null });
    expect(await records()).toEqual([]);
    await advance(tenant, 60);
    const { body } = await tenant.call(`GET /v1/messages/${id}`);
    expect(body["state"]).toBe("unknown");
    expect(Date.parse(body["ended_at"])).toBeGreaterThan(Date.parse(body["created_at"]));
    expect(await records()).toEqual([{ state: "unknown" }]);
    expect((await tenant.call("GET /v1/messages?state=unknown")).body["data"].map((each: Json) => each["id"])).toEqual([id]); // prettier-ignore
    expect(await told(tenant, id)).toEqual(["queued", "sending", "unknown"]);
    await tenant.stub().reports(carrier, [{ message: id, state: "delivered", code: null, at: null }]);
    await advance(tenant, 60); // records are written by the minute
    expect(await records()).toEqual([{ state: "delivered" }]);
    expect((await tenant.call("GET /v1/messages?state=unknown")).body["data"]).toEqual([]);
    expect(await told(tenant, id)).toEqual(["queued", "sending", "unknown", "delivered"]);
  });
});

describe("the sandbox's clock", () => {
  it("runs what has become due before it answers: a scheduled message is on its way, no alarm needed", async () => {
    const tenant = await newTenant();
    const { body } = await advance(tenant, 0);
    const at = new Date(Date.parse(body["now"]) + 3_600_000).toISOString();
    const { id, state } = await tenant.send({ schedule_at: at });
    expect(state).toBe("scheduled");
    await advance(tenant, 3_590);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("scheduled");
    const moved = await advance(tenant, 11);
    expect(Date.parse(moved.body["now"])).toBeGreaterThanOrEqual(Date.parse(at));
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).not.toBe("scheduled");
    await tenant.until(id, "delivered");
  });

  it("moved past a message's end ends it: late means dropped and told, never sent late", async () => {
    const tenant = await newTenant();
    const { body } = await advance(tenant, 0);
    const at = new Date(Date.parse(body["now"]) + 60_000).toISOString();
    const { id } = await tenant.send({ schedule_at: at, ttl_seconds: 60, purpose: "otp" });
    await advance(tenant, 600);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body).toMatchObject({ state: "expired", reason: "too_late" });
    expect(await handset(tenant)).toEqual([]);
  });

  it("moved in the middle of a carrier's call does not put it in doubt", { timeout: patience(30_000) }, async () => {
    const tenant = await newTenant();
    const gateway = { name: "g", kind: "http", mode: "test", url: "http://127.0.0.1:65001/gateway", secret: `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}` }; // prettier-ignore
    const { body: account } = await operator("POST /admin/v1/carriers", gateway);
    await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { routes: [account["id"]] } });
    const call = { answers: false, made: 0 };
    vi.spyOn(globalThis, "fetch").mockImplementation(async (url) => {
      if (url !== gateway.url) return new Response(null, { status: 204 }); // a webhook of an earlier story
      call.made += 1;
      while (!call.answers) await scheduler.wait(10);
      return Response.json({ accepted: true });
    });
    const { id } = await tenant.send();
    await tenant.until(id, "sending");
    await advance(tenant, 300);
    expect((await tenant.call(`GET /v1/messages/${id}`)).body["state"]).toBe("sending");
    call.answers = true;
    expect((await tenant.until(id, "sent", "unknown"))["state"]).toBe("sent");
    expect(call.made).toBe(1);
  });

  it("moved while many messages are on their way loses none of them", async () => {
    const tenant = await newTenant();
    const sent = await Promise.all(Array.from({ length: 10 }, (_, n) => tenant.send({ to: `+44770090010${n}` })));
    await advance(tenant, 60);
    for (const { id } of sent) expect((await tenant.until(id, "delivered", "unknown"))["state"]).toBe("delivered");
  });

  it("is entered in the audit, moves only forward, and never for a live tenant", async () => {
    const tenant = await newTenant();
    expect((await advance(tenant, -1)).status).toBe(422);
    expect((await advance(tenant, 400 * 86_400 + 1)).status).toBe(422);
    await advance(tenant, 5);
    const { body } = await tenant.call("GET /v1/audit?act=sandbox.clock_moved");
    expect(body["data"]).toMatchObject([{ facts: { seconds: 5 } }]);
    const live = await newTenant({ environment: "live" });
    expect(await advance(live, 5)).toMatchObject({ status: 404 });
    expect(await live.rows(`SELECT * FROM tenant WHERE name = 'clock'`)).toEqual([]);
    expect((await live.call("GET /v1/sandbox/handset/messages")).status).toBe(404);
    expect((await live.call("GET /v1/sandbox/handset/lines")).status).toBe(404);
  });
});

describe("the handset", () => {
  it("is sealed at rest, shows one line by its opaque id, and is purged a week later", async () => {
    const tenant = await newTenant();
    for (const to of ["+447700900150", "+447700900151"]) {
      const { id } = await tenant.send({ to, text: `Canary for ${to.slice(-3)}` });
      await tenant.until(id, "delivered");
    }
    const { data: lines } = (await tenant.call("GET /v1/sandbox/handset/lines")).body as { data: Json[] };
    expect(lines.map(({ number, texts }) => [number, texts])).toEqual([["+447700900151", 1], ["+447700900150", 1]]); // prettier-ignore
    const one = await tenant.call(`GET /v1/sandbox/handset/messages?line=${lines[0]?.["line"]}`);
    expect(one.body["data"].map(({ text }: Json) => text)).toEqual(["Canary for 151"]);
    expect(await everything(tenant)).not.toMatch(/Canary|900150|900151/);
    await advance(tenant, 8 * 86_400);
    await tenant.stub().purge(null);
    expect(await handset(tenant)).toEqual([]);
    expect(await tenant.rows(`SELECT * FROM handset_texts`)).toEqual([]);
  });

  it("shows nothing to another tenant, sandbox or not", async () => {
    const [tenant, other] = await Promise.all([newTenant(), newTenant()]);
    const { id } = await tenant.send();
    await tenant.until(id, "delivered");
    expect(await handset(other)).toEqual([]);
    const { data: lines } = (await tenant.call("GET /v1/sandbox/handset/lines")).body as { data: Json[] };
    const asked = await other.call(`GET /v1/sandbox/handset/messages?line=${lines[0]?.["line"]}`);
    expect(asked.body).toEqual({ data: [], next_cursor: null });
  });
});

it("a turn with nothing to do changes nothing and arms no further alarm", async () => {
  const tenant = await newTenant();
  await advance(tenant, 0);
  while (await runDurableObjectAlarm(tenant.stub())) await tenant.rows(`SELECT 1`);
  const before = await everything(tenant);
  expect(await runDurableObjectAlarm(tenant.stub())).toBe(false);
  expect(await everything(tenant)).toBe(before);
});
