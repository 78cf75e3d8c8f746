/**
 * Numbers that are named, through the API: rotations share a count, the audit has it, an operator grants more for a time, and nobody
 * stops a known person's code by naming others.
 */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { newPool, opened, proxiesOf, texts } from "../support/tenant/masked-lines.ts";
import { newTenant, operator, tenantOf, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { advance, check, codeOf, NUMBER, start, started, textOf } from "../support/tenant/verifications.ts";

beforeEach(() => void vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok")));

const numberAt = (nth: number) => `+447700900${String(500 + nth).padStart(3, "0")}`;
const limit = async (tenant: Tenant, limits: Json, over: Json = {}) => {
  const { status, body } = await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits, ...over } });
  if (status !== 200) throw new Error(JSON.stringify(body));
};
const tokenise = (tenant: Tenant, number: string) => tenant.call("POST /v1/tokens", { number });
const entries = async (tenant: Tenant, act: string) =>
  ((await tenant.call(`GET /v1/audit?limit=500&act=${act}`)).body["data"] as Json[]) ?? [];

describe("numbers named by a key", () => {
  it("are one count for all its rotations: seven give no number more", async () => {
    const tenant = await newTenant();
    await limit(tenant, { numbers_per_key_per_day: 5 });
    let key = (await tenant.call("POST /v1/keys", { name: "desk", scopes: ["tokens:write"] })).body;
    let named = 0;
    for (let turns = 0; turns < 8; turns += 1) {
      const desk = tenantOf(tenant.id, key["secret"]);
      for (let nth = 0; nth < 7; nth += 1)
        if ((await tokenise(desk, numberAt(turns * 7 + nth))).status === 201) named += 1;
      await evictDurableObject(tenant.stub()); // what was counted is stored
      key = (await tenant.call(`POST /v1/keys/${key["id"]}/rotate`, { overlap_seconds: 0 })).body;
    }
    expect(named).toBe(5);
  });

  it("have their counts in the audit, and a reached limit is told once an hour", async () => {
    const tenant = await newTenant();
    await limit(tenant, { numbers_per_key_per_day: 3 });
    const { body: key } = await tenant.call("POST /v1/keys", { name: "desk", scopes: ["messages:send"] });
    const desk = tenantOf(tenant.id, key["secret"]);
    const messages = [0, 1, 2].map((nth) => ({ to: numberAt(nth), text: "x".repeat(1_500), purpose: "service" }));
    await desk.call("POST /v1/messages/batch", { messages });
    for (let nth = 3; nth < 9; nth += 1)
      expect((await desk.call("POST /v1/messages/preview", { ...messages[0], to: numberAt(nth) })).status).toBe(429);
    expect(await entries(tenant, "key.named_numbers")).toMatchObject([
      { actor: { type: "key", id: key["id"] }, facts: { budget: "texts", numbers: 3, hour: 3, day: 3 } },
    ]);
    expect(await entries(tenant, "key.limit_reached")).toMatchObject([{ facts: { budget: "texts", by: "key" } }]);
    const { data } = (await tenant.call("GET /v1/events?limit=100")).body as { data: Json[] };
    expect(data.filter(({ type }) => type === "alert.limit")).toHaveLength(1);
  });

  it("may be more for a campaign that an operator allows, until it ends", async () => {
    const tenant = await newTenant();
    const { body: desk } = await tenant.call("POST /v1/keys", { name: "desk", scopes: ["tokens:write"] });
    const { body: other } = await tenant.call("POST /v1/keys", { name: "other", scopes: ["tokens:write"] });
    const until = new Date(Date.now() + 7_200_000).toISOString();
    await limit(tenant, { numbers_per_key_per_day: 1 }, { naming_allowance: { numbers: 3, until, key: desk["id"] } });
    const named = async (secret: unknown, from: number) => {
      const statuses = [];
      for (let nth = 0; nth < 4; nth += 1)
        statuses.push((await tokenise(tenantOf(tenant.id, String(secret)), numberAt(from + nth))).status);
      return statuses;
    };
    expect(await named(desk["secret"], 0)).toEqual([201, 201, 201, 429]);
    expect(await named(other["secret"], 10)).toEqual([201, 429, 429, 429]);
    expect(await entries(tenant, "tenant.naming_allowed")).toMatchObject([
      { actor: { type: "operator" }, facts: { numbers: 3, key: desk["id"], until } },
    ]);
    await advance(tenant, 86_400);
    expect(await named(desk["secret"], 20)).toEqual([201, 429, 429, 429]);
  });
});

describe("a code", () => {
  it("goes to a person the tenant knows, however many numbers strangers type and texts use up", async () => {
    const tenant = await newTenant();
    const known = await started(tenant);
    expect((await check(tenant, known["id"], await codeOf(tenant, known))).body["valid"]).toBe(true);
    const caps = { minute: 4, hour: 4, day: 4 };
    await limit(tenant, { numbers_per_key_per_day: 1, tenant: caps, key: caps, block: caps });
    for (let nth = 0; nth < 4; nth += 1) await tenant.call("POST /v1/messages", { to: { token: known["to"].token }, text: "Hello", purpose: "service" }); // prettier-ignore
    for (let nth = 0; nth < 12; nth += 1) expect((await start(tenant, { to: numberAt(nth) })).status).toBe(201);
    await advance(tenant, 60);
    const again = await started(tenant);
    expect(await textOf(tenant, again["sends"][0].message_id)).toMatch(/\d{6}/);
    const reasons = [];
    for (const { id } of (await tenant.call("GET /v1/verifications?limit=100")).body["data"] as Json[])
      reasons.push((await tenant.call(`GET /v1/verifications/${id}`)).body["reason"]);
    expect(reasons.filter((why) => why === "strangers_limit").length).toBeGreaterThan(0);
    expect(reasons[0]).toBeNull();
  });

  it("beyond the budget of named numbers is withheld from strangers at a pace, alike from outside, told and counted", async () => {
    const tenant = await newTenant();
    await tokenise(tenant, NUMBER);
    await limit(tenant, { naming: { codes: { tenant: { hour: 3, day: 3 } } } });
    const outcomes = [];
    const shapes = new Set<string>();
    for (const to of [...Array.from({ length: 9 }, (_, nth) => numberAt(nth)), NUMBER]) {
      const { status, body } = await start(tenant, { to });
      shapes.add(JSON.stringify([status, body["state"], body["reason"], body["sends"].length, body["sends_left"]]));
      outcomes.push((await tenant.call(`GET /v1/verifications/${body["id"]}`)).body["reason"]);
    }
    expect(shapes.size).toBe(1);
    expect(outcomes.slice(0, 3)).toEqual([null, null, null]);
    expect(outcomes.slice(4, 9).every((why) => why === "strangers_limit")).toBe(true);
    expect(outcomes[9]).toBeNull();
    expect(await entries(tenant, "key.limit_reached")).toMatchObject([{ facts: { budget: "codes", by: "tenant" } }]);
  });

  it("is not used up by the other side of a conversation, nor the other way round", async () => {
    const tenant = await newTenant();
    await newPool(tenant, 2);
    const session = await opened(tenant, { participants: [{ to: NUMBER }, { to: numberAt(1) }] });
    await limit(tenant, { recipient: { minute: 2, hour: 2, day: 2 } });
    const [, theirs] = proxiesOf(session) as [string, string];
    for (let nth = 0; nth < 6; nth += 1) await texts(tenant, numberAt(1), theirs, `Text ${nth}`);
    const { data } = (await tenant.call(`GET /v1/sessions/${session["id"]}/interactions`)).body as { data: Json[] };
    expect(data.filter(({ state }) => state === "relayed")).toHaveLength(2); // the sender's own limit holds
    const code = await started(tenant);
    expect(await textOf(tenant, code["sends"][0].message_id)).toMatch(/\d{6}/);
    const message = await tenant.send({ to: NUMBER });
    expect(message["state"]).toBe("queued");
  });
});

describe("a check", () => {
  const blocked = (tenant: Tenant, to: string) => tenant.call("POST /v1/verify/locks/block", { to, reason: "test" });

  it("tells nothing that lies in the recipient: blocked, stopped and over a cap look like a wrong code", async () => {
    const tenant = await newTenant();
    const [free, stopped, barred, capped] = [0, 1, 2, 3].map(numberAt) as [string, string, string, string];
    for (const to of [free, stopped, barred, capped]) await tokenise(tenant, to);
    await tenant.call("POST /v1/consents", { to: stopped, purposes: ["otp"], state: "withdrawn" });
    await blocked(tenant, barred);
    const answers = [];
    for (const to of [free, stopped, barred, capped]) {
      if (to === capped) await limit(tenant, { recipient: { minute: 0, hour: 0, day: 0 } });
      const verification = await started(tenant, { to });
      const said = [];
      for (let nth = 0; nth < 6; nth += 1)
        said.push(
          (await check(tenant, verification["id"], "WRONG0", { end_user: { device_id: `d${to}${nth}` } })).body,
        );
      const byNumber = await tenant.call("POST /v1/verifications/check", { to, code: "WRONG0" });
      answers.push(JSON.stringify([said, { ...byNumber.body, id: null }]));
    }
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toContain('"too_many_attempts"');
  });

  it("of one that was withheld ends as any other does, by time, cancel and a newer one", async () => {
    const tenant = await newTenant();
    await tokenise(tenant, numberAt(0));
    await tokenise(tenant, numberAt(1));
    await blocked(tenant, numberAt(1));
    const ends = async (to: string) => {
      const first = await started(tenant, { to, intent: "signup" });
      await tenant.call(`POST /v1/verifications/${first["id"]}/cancel`);
      const canceled = (await check(tenant, first["id"], "WRONG0")).body;
      const second = await started(tenant, {
        to,
        intent: "payout",
        amount: 5_000_000,
        currency: "GBP",
        payee: "Shop",
      });
      const third = await started(tenant, {
        to,
        intent: "payout",
        amount: 6_000_000,
        currency: "GBP",
        payee: "Shop",
      });
      const superseded = (await check(tenant, second["id"], "WRONG0")).body;
      await advance(tenant, 601);
      return [canceled, superseded, (await check(tenant, third["id"], "WRONG0")).body];
    };
    const [open, withheld] = [await ends(numberAt(0)), await ends(numberAt(1))];
    expect(withheld).toEqual(open);
    expect(open.map(({ reason }) => reason)).toEqual(["canceled", "superseded", "expired"]);
  });

  it("is never the right code for a blocked number, and nobody learns it", async () => {
    const tenant = await newTenant();
    const verification = await started(tenant);
    const code = await codeOf(tenant, verification);
    await blocked(tenant, NUMBER);
    const { body } = await check(tenant, verification["id"], code);
    expect(body).toMatchObject({ valid: false, reason: "wrong_code", state: "pending", attempts_left: 4 });
    await until(async () =>
      (await check(tenant, verification["id"], code)).body["attempts_left"] === 0 ? true : null,
    );
  });
});
