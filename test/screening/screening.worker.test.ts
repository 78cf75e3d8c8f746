/**
 * Screening through the API, both directions: what is held reaches nobody before somebody has decided, what is blocked never does, no
 * word of a text is in a row, an event or a refusal, and stop words and codes are never kept waiting.
 */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { CAUTION, DEFAULT_WARNING } from "../../src/screening/policy.ts";
import {
  ALICE,
  BOB,
  advance,
  arrives,
  newPool,
  opened,
  proxiesOf,
  shown,
  texts,
} from "../support/tenant/masked-lines.ts";
import { patience } from "../support/run/patience.ts";
import { everything, newTenant, operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { codeOf, started } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const SCAM = "Hi mum, I dropped my phone, this is my new number. Text me on WhatsApp 07700 900111";
const WORDS = /dropped my phone|WhatsApp/;

/** A tenant whose policy is enforced, as a live tenant's is from the start. */
async function screened(over: Json = {}): Promise<Tenant> {
  const tenant = await newTenant();
  await setPolicy(tenant, over);
  return tenant;
}

async function setPolicy(tenant: Tenant, over: Json = {}): Promise<void> {
  const policy = { enforced: true, domains: [], hold_hours: 12, code_warning: DEFAULT_WARNING, rules: [], ...over };
  expect((await tenant.call("PUT /v1/screening/policy", policy)).status).toBe(200);
}

const held = async (tenant: Tenant, state = "held"): Promise<Json[]> =>
  (await tenant.call(`GET /v1/screening/held?state=${state}`)).body["data"] as Json[];
const decide = (tenant: Tenant, ids: string[], decision: "release" | "block") =>
  tenant.call("POST /v1/screening/held/decide", { ids, decision });
const events = async (tenant: Tenant, type: string): Promise<Json[]> =>
  (await tenant.call(`GET /v1/events?type=${type}`)).body["data"] as Json[];
const hears = (tenant: Tenant) => tenant.call("POST /v1/webhooks", { url: "https://192.0.9.1/hook", events: ["*"] });

describe("a verdict without consequences", () => {
  test("names rules, offsets and a score, and keeps no word", async () => {
    const tenant = await newTenant();
    const text = "forgot okcupid password? reset it here https://bit.ly/2okc";
    const { status, body } = await tenant.call("POST /v1/screening/judge", {
      text,
      direction: "inbound",
      purpose: "service",
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ verdict: "hold", enforced: false });
    const reset = (body["rules"] as Json[]).find(({ name }) => name === "password_reset");
    expect(((reset?.["spans"] ?? []) as [number, number][]).map(([start, end]) => text.slice(start, end))).toEqual([
      "forgot okcupid password",
      "https://bit.ly/2okc",
    ]);
    expect(await everything(tenant)).not.toMatch(/okcupid|2okc/);
    expect(await tenant.rows(`SELECT name FROM counters WHERE name LIKE 't|judge|%'`)).toHaveLength(1);
  });

  test("is refused to whoever asks more often than a caller may", { timeout: patience(60_000) }, async () => {
    const tenant = await newTenant();
    const body = { text: "Hello", direction: "inbound", purpose: "service" };
    const judge = async () => (await tenant.call("POST /v1/screening/judge", body)).status;
    const answers = await Promise.all(Array.from({ length: 301 }, judge));
    expect(answers.filter((status) => status === 200)).toHaveLength(300);
    expect(answers.filter((status) => status === 429)).toHaveLength(1);
  });
});

describe("a program's text", () => {
  test("that is held reaches nobody until it is released, and is read only by who may, with an entry", async () => {
    const tenant = await screened();
    await hears(tenant);
    const sent = await tenant.send({ text: SCAM });
    expect(sent).toMatchObject({ state: "held", screening: { verdict: "hold" } });
    const [one] = await held(tenant);
    expect(one).toMatchObject({
      id: sent["id"],
      direction: "outbound",
      state: "held",
      verdict: "hold",
      until: sent["expires_at"],
    });
    expect(((one?.["rules"] ?? []) as Json[]).map(({ name }) => name)).toContain("hi_mum");
    expect(await events(tenant, "message.held")).toHaveLength(1);
    expect(await everything(tenant)).not.toMatch(WORDS);
    const read = await tenant.call(`GET /v1/screening/held/${sent["id"]}`);
    expect(read.body["text"]).toBe(SCAM);
    expect(
      await tenant.rows(`SELECT 1 FROM audit WHERE json_extract(entry, '$.act') = 'screening.held_read'`),
    ).toHaveLength(1);
    expect(await shown(tenant, "+447700900123")).toEqual([]);
    expect((await decide(tenant, [sent["id"], sent["id"]], "release")).body["data"]).toEqual([
      { id: sent["id"], done: true },
    ]);
    await tenant.until(sent["id"], "delivered");
    expect((await shown(tenant, "+447700900123")).map(({ text }) => text)).toEqual([SCAM]);
    expect(await held(tenant)).toEqual([]);
    expect((await decide(tenant, [sent["id"]], "block")).body["data"]).toEqual([{ id: sent["id"], done: false }]);
  });

  test("that is released before its time leaves at its time", async () => {
    const tenant = await screened();
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const sent = await tenant.send({ text: SCAM, schedule_at: at });
    await decide(tenant, [sent["id"]], "release");
    await advance(tenant, 1_800);
    expect(await tenant.call(`GET /v1/messages/${sent["id"]}`)).toMatchObject({
      body: { state: "held", reason: "released" },
    });
    await advance(tenant, 1_900);
    await tenant.until(sent["id"], "delivered");
  });

  test("that a person blocks ends as blocked, and one that nobody decides about expires", async () => {
    const tenant = await screened();
    const [blocked, expired] = [await tenant.send({ text: SCAM }), await tenant.send({ text: SCAM, ttl_seconds: 600 })];
    await decide(tenant, [blocked["id"]], "block");
    expect(await tenant.until(blocked["id"], "blocked")).toMatchObject({ reason: "screened" });
    await advance(tenant, 700);
    expect(await tenant.until(expired["id"], "expired")).toMatchObject({ reason: "never_released" });
    expect(await held(tenant)).toEqual([]);
    expect((await held(tenant, "ended")).map(({ id }) => id)).toEqual([expired["id"]]);
    expect(await shown(tenant, "+447700900123")).toEqual([]);
    expect((await decide(tenant, [expired["id"]], "release")).body["data"]).toEqual([
      { id: expired["id"], done: false },
    ]);
  });

  test("that the policy blocks is refused by rules and offsets, and nothing of it is stored", async () => {
    const tenant = await screened({ rules: [{ class: "lures", action: "block" }] });
    const refused = await tenant.call("POST /v1/messages", { to: "+447700900123", purpose: "service", text: SCAM });
    expect(refused).toMatchObject({ status: 422, body: { code: "screened" } });
    expect(refused.body["errors"]).toContainEqual(expect.objectContaining({ field: "text", code: "hi_mum" }));
    expect(JSON.stringify(refused.body)).not.toMatch(WORDS);
    expect(await tenant.rows(`SELECT 1 FROM messages`)).toEqual([]);
    expect(await tenant.rows(`SELECT 1 FROM tokens`)).toEqual([]);
    const preview = await tenant.call("POST /v1/messages/preview", {
      to: "+447700900123",
      purpose: "service",
      text: SCAM,
    });
    expect(preview.body).toMatchObject({ would: "refused", reasons: ["screened"], screening: { verdict: "block" } });
  });

  test("goes without the card number in it", async () => {
    const tenant = await screened();
    await tenant.send({ text: "Your card 4111 1111 1111 1111 is on file." });
    await arrives(tenant, "+447700900123", "Your card [removed] is on file.");
  });

  test("is only labelled where the policy is not enforced", async () => {
    const tenant = await newTenant();
    await hears(tenant);
    const sent = await tenant.send({ text: SCAM });
    expect(sent).toMatchObject({ state: "queued", screening: { verdict: "hold" } });
    await arrives(tenant, "+447700900123", SCAM);
    const [event] = await events(tenant, "message.screened");
    expect(event?.["data"]?.["screened"]).toMatchObject({ id: sent["id"], direction: "outbound", verdict: "hold" });
    expect(JSON.stringify(event)).not.toMatch(WORDS);
  });

  test("that verify makes in an approved template is not screened", async () => {
    const tenant = await screened({
      rules: ["lures", "codes", "code_requests", "links", "short_links", "likely"].map((of) => ({
        class: of,
        action: "block",
      })),
    });
    const one = await started(tenant);
    expect(await codeOf(tenant, one)).toMatch(/^\d+$/);
  });
});

test("a live tenant's texts are screened before it sets a policy", async () => {
  const tenant = await newTenant({ environment: "live" });
  const { body } = await tenant.call("GET /v1/screening/policy");
  expect(body).toMatchObject({
    enforced: true,
    rules: [],
    effective: { outbound: { lures: "hold" }, inbound: { lures: "hold" } },
  });
  const sandbox = await newTenant();
  expect((await sandbox.call("GET /v1/screening/policy")).body["enforced"]).toBe(false);
});

describe("a person's text to the tenant", () => {
  async function inbox(over: Json = {}) {
    const tenant = await screened(over);
    await newPool(tenant, 1);
    const [number] = (await tenant.call("GET /v1/numbers")).body["data"] as Json[];
    const list = async () => (await tenant.call("GET /v1/inbound")).body["data"] as Json[];
    return { tenant, number: String(number?.["number"]), list };
  }

  test("that is held is in no inbox and no event until it is released, and then with its label", async () => {
    const { tenant, number, list } = await inbox();
    await hears(tenant);
    expect(await texts(tenant, ALICE, number, SCAM)).toBe("held");
    expect(await list()).toEqual([]);
    expect(await events(tenant, "inbound.received")).toEqual([]);
    expect(await everything(tenant, ["handset_texts"])).not.toMatch(WORDS);
    const [one] = await held(tenant);
    expect(one).toMatchObject({ direction: "inbound", state: "held" });
    expect((await tenant.call(`GET /v1/screening/held/${one?.["id"]}`)).body["text"]).toBe(SCAM);
    await decide(tenant, [String(one?.["id"])], "release");
    expect(await list()).toMatchObject([{ id: one?.["id"], screening: { verdict: "hold" } }]);
    expect(await events(tenant, "inbound.received")).toHaveLength(1);
  });

  test("that nobody decides about is in the inbox with its label when its hours have passed", async () => {
    const { tenant, number, list } = await inbox({ hold_hours: 2 });
    await texts(tenant, ALICE, number, SCAM);
    await advance(tenant, 7_000);
    expect(await list()).toEqual([]);
    await advance(tenant, 300);
    await until(async () => ((await list()).length === 1 ? true : null));
    expect(await held(tenant, "passed")).toHaveLength(1);
  });

  test("that the policy blocks is kept as blocked, and in no inbox", async () => {
    const { tenant, number, list } = await inbox({
      rules: [{ direction: "inbound", class: "lures", action: "block" }],
    });
    expect(await texts(tenant, ALICE, number, SCAM)).toBe("blocked");
    expect(await list()).toEqual([]);
    const [one] = await held(tenant, "blocked");
    expect((await tenant.call(`GET /v1/screening/held/${one?.["id"]}`)).body["text"]).toBe(SCAM);
  });

  test("STOP is obeyed before any hold", async () => {
    const { tenant, number } = await inbox({
      rules: [
        { class: "likely", action: "block" },
        { class: "lures", action: "block" },
      ],
    });
    expect(await texts(tenant, ALICE, number, "STOP")).toBe("received");
    const given = await tenant.rows(`SELECT 1 FROM audit WHERE json_extract(entry, '$.act') = 'consent.withdrawn'`);
    expect(given.length).toBeGreaterThan(0);
  });
});

describe("a person's text to another", () => {
  async function masked(over: Json = {}) {
    const tenant = await screened(over);
    await newPool(tenant, 2);
    const session = await opened(tenant);
    const [alices] = proxiesOf(session) as [string, string];
    return { tenant, alices };
  }

  test("that is held does not reach the other; when its hours have passed it does, with a caution", async () => {
    const { tenant, alices } = await masked({ hold_hours: 1 });
    const scam = "Hi mum, my phone broke, this is my new number";
    expect(await texts(tenant, ALICE, alices, scam)).toBe("held");
    await texts(tenant, ALICE, alices, "See you at six");
    await arrives(tenant, BOB, "See you at six");
    expect((await shown(tenant, BOB)).map(({ text }) => text)).toEqual(["See you at six"]);
    await advance(tenant, 3_700);
    await arrives(tenant, BOB, `${scam}\n${CAUTION}`);
  });

  test("that is blocked never does", async () => {
    const { tenant, alices } = await masked();
    await texts(tenant, ALICE, alices, SCAM);
    const [one] = await held(tenant);
    await decide(tenant, [String(one?.["id"])], "block");
    await advance(tenant, 100 * 3_600);
    await texts(tenant, ALICE, alices, "See you at six");
    await arrives(tenant, BOB, "See you at six");
    expect((await shown(tenant, BOB)).map(({ text }) => text)).toEqual(["See you at six"]);
  });

  test("that asks for a code carries a warning", async () => {
    const { tenant, alices } = await masked();
    await texts(tenant, ALICE, alices, "Can you send me the 6 digit code please");
    await arrives(tenant, BOB, `Can you send me the 6 digit code please\n${DEFAULT_WARNING}`);
  });
});

test("whoever may list what is held may not read the words", async () => {
  const tenant = await screened();
  const sent = await tenant.send({ text: SCAM });
  const issued = await operator(`POST /admin/v1/tenants/${tenant.id}/keys`, {
    name: "lists",
    scopes: ["screening:read"],
  });
  const { tenantOf } = await import("../support/tenant/tenant.ts");
  const lister = tenantOf(tenant.id, String(issued.body["secret"]));
  expect(await held(lister)).toHaveLength(1);
  expect((await lister.call(`GET /v1/screening/held/${sent["id"]}`)).status).toBe(403);
  expect((await decide(lister, [sent["id"]], "release")).status).toBe(403);
});
