/**
 * Limits hold when a text leaves, through the API: what is scheduled for one second leaves minute by minute, also after a restart
 * and a sandbox's clock that jumps, and no code waits behind it.
 */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { newTenant, operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, NUMBER, started, textOf } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const HOUR = 3_600;
const DAY = 24 * HOUR;
const MIDNIGHT_MS = DAY * 1_000;
const limit = (tenant: Tenant, limits: Json) =>
  operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits } });
const nowOf = async (tenant: Tenant) => Date.parse((await advance(tenant, 0)).body["now"]);

/** Moves the clock to a time; answers the time it is. */
async function goTo(tenant: Tenant, at: number): Promise<void> {
  await advance(tenant, Math.ceil((at - (await nowOf(tenant))) / 1_000));
}

/** Every message of the tenant, wherever it is kept. */
async function all(tenant: Tenant): Promise<Json[]> {
  const found: Json[] = [];
  for (let cursor = ""; ;) {
    const { body } = await tenant.call(`GET /v1/messages?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`);
    found.push(...(body["data"] as Json[]));
    if (body["next_cursor"] === null) return found;
    cursor = String(body["next_cursor"]);
  }
}
const ofState = async (tenant: Tenant, ...states: string[]) =>
  (await all(tenant)).filter(({ state }) => states.includes(String(state)));

/** When a message left: its carrier was called, and its receipt may be faster than the answer. */
const leftAt = ({ attempts }: Json): string | null => attempts.at(-1)?.at ?? null;

/** Messages that are on their way arrive; answers how many have left in all. */
const arrived = (tenant: Tenant): Promise<number> =>
  until(async () => {
    const messages = await all(tenant);
    const onWay = messages.filter(
      ({ state, reason }) => (state === "queued" && reason === null) || state === "sending",
    );
    return onWay.length > 0 ? null : messages.filter((one) => leftAt(one) !== null).length;
  }, "everything that left");

/** The most that left in one window. */
function most(messages: readonly Json[], seconds: number): number {
  const counts = new Map<number, number>();
  for (const message of messages) {
    const at = leftAt(message);
    if (at === null) continue;
    const window = Math.floor(Date.parse(at) / 1_000 / seconds);
    counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

const batch = (many: number, over: Json) =>
  Array.from({ length: many }, () => ({ to: NUMBER, text: "Hello", purpose: "service", ...over }));

describe("150 texts to one handset, scheduled three days ahead for one second", () => {
  it("leave five a minute and 20 an hour, the answer says when they are counted, and the rest expire with that reason", async () => {
    const tenant = await newTenant();
    const now = await nowOf(tenant);
    const at = Math.ceil((now + 3 * MIDNIGHT_MS) / MIDNIGHT_MS) * MIDNIGHT_MS;
    const schedule_at = new Date(at).toISOString();
    for (let part = 0; part < 3; part += 1) {
      const { body } = await tenant.call("POST /v1/messages/batch", {
        messages: batch(50, { schedule_at, ttl_seconds: 6 * HOUR }),
      });
      for (const { message } of body["data"] as Json[])
        expect(message).toMatchObject({ state: "scheduled", reason: null, limits_apply_at: schedule_at });
    }
    expect((await tenant.send({ to: NUMBER }))["state"]).toBe("queued"); // nothing of theirs is counted today
    expect(await arrived(tenant)).toBe(1);

    await evictDurableObject(tenant.stub());
    await goTo(tenant, at);
    const left = await arrived(tenant);
    expect(left).toBeGreaterThanOrEqual(1 + 5);
    const waiting = await ofState(tenant, "scheduled");
    expect(waiting.length).toBe(151 - left);
    expect(new Set(waiting.map(({ reason }) => reason))).toEqual(new Set(["recipient_limit"]));
    for (const { limits_apply_at } of waiting) expect(Date.parse(limits_apply_at)).toBeGreaterThan(at);

    const code = await started(tenant); // no other queue stands before a code
    expect(await textOf(tenant, code["sends"][0].message_id)).toMatch(/\d{6}/);

    for (let minute = 0; minute < 5; minute += 1) {
      await evictDurableObject(tenant.stub());
      await advance(tenant, 60);
      await arrived(tenant);
    }
    expect(await arrived(tenant)).toBe(1 + 20 + 1); // an hour's
    await advance(tenant, HOUR);
    await arrived(tenant);
    await goTo(tenant, at + 6 * HOUR * 1_000 + 1_000);
    await arrived(tenant);

    const texts = (await all(tenant)).filter(({ purpose }) => purpose === "service");
    expect([most(texts, 60), most(texts, HOUR), most(texts, DAY)].map((n, nth) => n <= [5, 20, 50][nth]!)).toEqual([
      true,
      true,
      true,
    ]);
    const expired = await ofState(tenant, "expired");
    expect(new Set(expired.map(({ reason }) => reason))).toEqual(new Set(["recipient_limit"]));
    expect(texts.filter((one) => leftAt(one) !== null).length + expired.length).toBe(151);
    expect(await ofState(tenant, "scheduled", "queued", "sending", "unknown")).toEqual([]);
  });

  it("are refused if the cap is zero, and counted for key, tenant and country when they are admitted", async () => {
    const tenant = await newTenant();
    const schedule_at = new Date((await nowOf(tenant)) + HOUR * 1_000).toISOString();
    const ask = async (route = "POST /v1/messages") => (await tenant.call(route, batch(1, { schedule_at })[0])).body;
    await limit(tenant, { recipient: { minute: 5, hour: 5, day: 0 } });
    expect((await ask())["code"]).toBe("rate_limited");
    expect((await ask("POST /v1/messages/preview"))["would"]).toBe("refused");
    await limit(tenant, { recipient: { minute: 1, hour: 1, day: 1 }, key: { minute: 9, hour: 9, day: 3 } });
    expect((await ask("POST /v1/messages/preview"))["would"]).toBe("accepted");
    const states = [];
    for (let nth = 0; nth < 5; nth += 1) states.push((await ask())["code"] ?? "accepted");
    expect(states).toEqual(["accepted", "accepted", "accepted", "rate_limited", "rate_limited"]);
  });
});

it("scheduled codes keep to their person's cap too, and expire with that reason if they do not fit in ten minutes", async () => {
  const tenant = await newTenant();
  const at = Math.ceil(((await nowOf(tenant)) + HOUR * 1_000) / 3_600_000) * 3_600_000;
  const schedule_at = new Date(at).toISOString();
  const { body } = await tenant.call("POST /v1/messages/batch", {
    messages: batch(30, { schedule_at, purpose: "otp" }),
  });
  expect((body["data"] as Json[]).every(({ message }) => message.state === "scheduled")).toBe(true);
  await goTo(tenant, at);
  expect(await arrived(tenant)).toBeLessThanOrEqual(10);
  for (let minute = 0; minute < 3; minute += 1) await advance(tenant, 60); // three minutes' worth comes together
  for (let minute = 0; minute < 8; minute += 1) {
    await arrived(tenant);
    await advance(tenant, 60);
  }
  const codes = await all(tenant);
  expect(most(codes, 60)).toBeLessThanOrEqual(5);
  expect(codes.filter((one) => leftAt(one) !== null)).toHaveLength(20);
  expect(codes.filter(({ state, reason }) => state === "expired" && reason === "recipient_limit")).toHaveLength(10);
});
