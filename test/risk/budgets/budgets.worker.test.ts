/**
 * Budgets as a tenant and its operator use them: money is counted before a text is accepted, in one serial place, so a budget for fifty
 * texts takes fifty whatever comes at once; and nothing that it answers tells who is known.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { chance } from "../../support/run/seed.ts";
import { bring, GATEWAY, given, line, listen, newSecret } from "../../support/tenant/gateway.ts";
import { newTenant, operator, until, type Json, type Tenant } from "../../support/tenant/tenant.ts";
import { advance, check, codeOf, start } from "../../support/tenant/verifications.ts";

const PENCE = 10_000;
const gbp = (pence: number) => ({ amount: pence * PENCE, currency: "GBP" });
const well = (answer: { status: number; body: Json }): Json => {
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  return answer.body;
};

/** An account that charges so much for a part. */
async function account(price: Json | null): Promise<string> {
  const gateway = { name: "Priced", kind: "http", mode: "test", url: GATEWAY, secret: newSecret(), price };
  return String(well(await operator("POST /admin/v1/carriers", gateway))["id"]);
}

/** A tenant whose texts go by accounts with these prices, in this order. */
async function priced(...prices: (Json | null)[]): Promise<Tenant> {
  const tenant = await newTenant();
  const routes = await Promise.all(prices.map(account));
  const many = { minute: 10_000, hour: 10_000, day: 10_000 };
  const limits = { recipient: many, block: many };
  well(await operator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { routes, limits } }));
  return tenant;
}

const budget = async (tenant: Tenant, over: Json = {}): Promise<Json> =>
  well(await tenant.call("POST /v1/budgets", { name: "All", window: "day", limit: gbp(100), hard: true, ...over }));
const read = async (tenant: Tenant, id: string): Promise<Json> => well(await tenant.call(`GET /v1/budgets/${id}`));
const number = (nth: number) => `+447700900${String(nth).padStart(3, "0")}`;
const text = (nth: number, over: Json = {}) => ({ to: number(nth), purpose: "service", text: "Hello", ...over });
const send = (tenant: Tenant, nth: number, over: Json = {}) => tenant.call("POST /v1/messages", text(nth, over));

beforeEach(listen);

describe("200 texts at once against a budget for 50", () => {
  it("are accepted 50 times, and no other is stored, sent or paid for", async () => {
    const tenant = await priced(gbp(4));
    const { id } = await budget(tenant, { limit: gbp(200) });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, nth) => send(tenant, nth)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(50);
    const refused = answers.filter(({ status }) => status !== 202);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body["code"]}`))).toEqual(
      new Set(["429 budget_exceeded"]),
    );
    await until(async () => ((await read(tenant, id))["reserved"] === 0 ? true : null));
    expect(await read(tenant, id)).toMatchObject({ spent: 200 * PENCE, left: 0 });
    expect(await tenant.rows(`SELECT count(*) AS n FROM messages`)).toEqual([{ n: 50 }]);
  });

  it("of many parts and prices never cost a penny more than the budget, and what is accepted is what is held", async () => {
    const random = chance("budgets at once");
    const tenant = await priced(gbp(random.between(1, 5)), gbp(random.between(1, 9)));
    const limit = random.between(100, 400);
    const { id } = await budget(tenant, { limit: gbp(limit) });
    const wishes = Array.from({ length: 200 }, (_, nth) => ({ nth, text: "x".repeat(random.between(1, 600)) }));
    const answers = await Promise.all(wishes.map(({ nth, text: words }) => send(tenant, nth, { text: words })));
    const accepted = answers.filter(({ status }) => status === 202);
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.length).toBeLessThan(200);
    await until(async () => ((await read(tenant, id))["reserved"] === 0 ? true : null));
    const spent = accepted.reduce((sum, { body }) => sum + Number(body["price"].amount), 0);
    expect((await read(tenant, id))["spent"]).toBe(spent);
    expect(spent).toBeLessThanOrEqual(limit * PENCE);
  });
});

describe("a refusal", () => {
  it("says which budget, how much is left and when it opens, and stores nothing", async () => {
    const tenant = await priced(gbp(30));
    const { id } = await budget(tenant, { name: "Day", limit: gbp(70) });
    expect([(await send(tenant, 1)).status, (await send(tenant, 2)).status]).toEqual([202, 202]);
    const { status, body, headers } = await send(tenant, 3);
    expect([status, body["code"], body["budget"]]).toEqual([
      429,
      "budget_exceeded",
      { id, name: "Day", reason: "spent", left: 10 * PENCE, currency: "GBP", opens_at: expect.any(String) },
    ]);
    const seconds = (Date.parse(body["budget"].opens_at) - Date.now()) / 1_000;
    expect(Math.abs(Number(headers.get("retry-after")) - seconds)).toBeLessThan(60);
    expect(await tenant.rows(`SELECT count(*) AS n FROM messages`)).toEqual([{ n: 2 }]);
  });

  it("is each item's own in a batch", async () => {
    const tenant = await priced(gbp(30));
    await budget(tenant, { limit: gbp(70) });
    const { body } = await tenant.call("POST /v1/messages/batch", { messages: [1, 2, 3, 4].map((nth) => text(nth)) });
    const data = body["data"] as Json[];
    expect(data.map(({ problem }) => problem?.code ?? null)).toEqual([
      null,
      null,
      "budget_exceeded",
      "budget_exceeded",
    ]);
    expect(data[2]!["problem"].budget).toMatchObject({ name: "All", left: 10 * PENCE });
  });

  it.each([
    ["no_price", null, { window: "day" }],
    ["other_currency", { amount: 1, currency: "EUR" }, { window: "day" }],
  ] as const)("is for a price that cannot be counted: %s", async (reason, price, over) => {
    const tenant = await priced(price);
    const { id } = await budget(tenant, over);
    const { status, body, headers } = await send(tenant, 1);
    expect([status, body["budget"].reason, headers.get("retry-after")]).toEqual([429, reason, null]);
    well(await tenant.call(`PATCH /v1/budgets/${id}`, { hard: false }));
    expect((await send(tenant, 1)).status).toBe(202);
  });

  it("is shown by a preview before anything is sent, with each budget that a text would touch", async () => {
    const tenant = await priced(gbp(30));
    const day = await budget(tenant, { limit: gbp(40) });
    const soft = await budget(tenant, { name: "Soft", hard: false, window: "minute", scope: { country: "GB" } });
    await budget(tenant, { name: "Codes", scope: { purpose: "otp" } });
    const shown = async () => well(await tenant.call("POST /v1/messages/preview", text(1)));
    expect(await shown()).toMatchObject({
      would: "accepted",
      budgets: [
        { id: day["id"], amount: 30 * PENCE, left: 40 * PENCE, stands_against: null },
        { id: soft["id"], hard: false },
      ],
    });
    await send(tenant, 1);
    expect(await shown()).toMatchObject({ would: "refused", reasons: ["budget_exceeded"] });
    expect((await read(tenant, day["id"]))["reserved"] + (await read(tenant, day["id"]))["spent"]).toBe(30 * PENCE);
  });
});

describe("an operator's ceiling", () => {
  it("holds above the tenant's own, is seen by the tenant, and is not the tenant's to change", async () => {
    const tenant = await priced(gbp(30));
    const own = await budget(tenant, { limit: gbp(1_000) });
    const path = `/admin/v1/tenants/${tenant.id}/budgets`;
    const made = well(await operator(`POST ${path}`, { name: "Ceiling", window: "month", limit: gbp(40), hard: true }));
    expect(
      ((await tenant.call("GET /v1/budgets")).body["data"] as Json[]).map(({ id, made_by }) => [id, made_by]),
    ).toEqual([
      [own["id"], "tenant"],
      [made["id"], "operator"],
    ]);
    for (const call of [`PATCH /v1/budgets/${made["id"]}`, `DELETE /v1/budgets/${made["id"]}`])
      expect(await tenant.call(call, call.startsWith("PATCH") ? { hard: false } : undefined)).toMatchObject({
        status: 409,
        body: { code: "state_conflict" },
      });
    expect((await send(tenant, 1)).status).toBe(202);
    expect((await send(tenant, 2)).body["budget"]).toMatchObject({ id: made["id"], name: "Ceiling" });
    expect((await operator(`PATCH ${path}/${own["id"]}`, { hard: false })).status).toBe(409);
    well(await operator(`PATCH ${path}/${made["id"]}`, { limit: gbp(80) }));
    expect((await send(tenant, 2)).status).toBe(202);
    expect((await send(tenant, 3)).status).toBe(429);
    well(await operator(`DELETE ${path}/${made["id"]}`));
    expect((await send(tenant, 3)).status).toBe(202);
    expect((await operator(`GET ${path}`)).body["data"]).toHaveLength(1);
  });
});

describe("codes", () => {
  /** A tenant that knows NUMBER: it has proven it once. */
  async function knowing(): Promise<Tenant> {
    const tenant = await newTenant();
    const begun = well(await start(tenant, { to: number(1) }));
    well(await check(tenant, begun["id"], await codeOf(tenant, begun)));
    const routes = [await account(gbp(10))];
    const many = { minute: 10_000, hour: 10_000, day: 10_000 };
    well(
      await operator(`PATCH /admin/v1/tenants/${tenant.id}`, {
        policy: { routes, limits: { recipient: many, block: many } },
      }),
    );
    return tenant;
  }
  const shape = ({ status, body }: { status: number; body: Json }) => [status, body["state"], Object.keys(body).sort()];

  it("are kept a part of the budget: strangers cannot use it up, and the answer does not tell who is known", async () => {
    const tenant = await knowing();
    const { id } = await budget(tenant, { limit: gbp(100), kept_for_codes: 30 });
    const strangers = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => start(tenant, { to: number(100 + nth) })),
    );
    await until(async () => ((await read(tenant, id))["reserved"] === 0 ? true : null));
    expect((await read(tenant, id))["spent"]).toBe(70 * PENCE);
    const known = await start(tenant, { to: number(1) });
    expect(shape(known)).toEqual(shape(strangers[19]!));
    expect(new Set(strangers.map((one) => JSON.stringify(shape(one)))).size).toBe(1);
    const blocked = await tenant.rows(`SELECT reason FROM messages WHERE state = 'blocked'`);
    expect(blocked).toHaveLength(13);
    expect(new Set(blocked.map(({ reason }) => reason))).toEqual(new Set(["strangers_limit"]));
    await until(async () => ((await read(tenant, id))["spent"] === 80 * PENCE ? true : null)); // the known person's
  });

  it("are refused openly, and everybody alike, once nothing is left for anybody", async () => {
    const tenant = await knowing();
    await budget(tenant, { limit: gbp(9), kept_for_codes: 30 });
    const ids = () => tenant.rows(`SELECT id FROM verifications UNION ALL SELECT id FROM messages`);
    const before = await ids();
    const [known, stranger] = [await start(tenant, { to: number(1) }), await start(tenant, { to: number(200) })];
    const told = ({ status, body: { request_id: _id, ...body } }: { status: number; body: Json }) => ({ status, body });
    expect(told(stranger)).toEqual(told(known));
    expect(known).toMatchObject({ status: 429, body: { code: "budget_exceeded" } });
    expect(await ids()).toEqual(before);
  });

  it("of one service are bounded by a budget of that service alone", async () => {
    const tenant = await priced(gbp(10));
    const service = async (name: string) => String(well(await tenant.call("POST /v1/verify/services", { name }))["id"]);
    const [one, two] = [await service("One"), await service("Two")];
    await budget(tenant, { scope: { service: one }, limit: gbp(15) });
    const begin = async (nth: number, of: string) => (await start(tenant, { to: number(nth), service: of })).status;
    expect([await begin(1, one), await begin(2, one), await begin(3, two)]).toEqual([201, 429, 201]);
  });
});

describe("a window", () => {
  it.each([
    ["minute", false, 60],
    ["hour", false, 3_600],
    ["day", false, 25 * 3_600],
    ["month", false, 32 * 86_400],
    ["minute", true, 63],
    ["hour", true, 3_721],
    ["day", true, 25 * 3_600],
    ["month", true, 32 * 86_400],
  ] as const)("of a %s (rolling: %s) opens when it says, and not before", async (window, rolling, seconds) => {
    const tenant = await priced(gbp(30));
    const { id } = await budget(tenant, { window, rolling, limit: gbp(40), time_zone: "Asia/Kolkata" });
    await tenant.until(well(await send(tenant, 1))["id"], "sent");
    const { status, headers, body } = await send(tenant, 2);
    const opens = Number(headers.get("retry-after"));
    if (status === 429) {
      expect(opens).toBeLessThanOrEqual(seconds);
      expect(body["budget"].opens_at).toBe((await read(tenant, id))["turns_at"]);
      if (opens > 20) {
        await advance(tenant, opens - 15);
        expect((await send(tenant, 2)).status).toBe(429);
        await advance(tenant, 16);
      } else await advance(tenant, opens + 1);
    }
    expect(status === 202 || (await send(tenant, 2)).status === 202).toBe(true); // the minute may have turned by itself
  });
});

it("a scheduled text waits while the money is gone, and then ends as expired with that reason", async () => {
  const tenant = await priced(gbp(30));
  await budget(tenant, { window: "month", rolling: true, limit: gbp(40) });
  const at = new Date(Date.now() + 3_600_000).toISOString();
  const waits = well(await send(tenant, 2, { schedule_at: at, ttl_seconds: 7_200 }));
  well(await send(tenant, 1));
  await advance(tenant, 3_601);
  const shown = await tenant.until(waits["id"], "scheduled");
  expect(shown).toMatchObject({ reason: "budget_exceeded" });
  await advance(tenant, 7_200);
  expect(await tenant.until(waits["id"], "expired")).toMatchObject({ reason: "budget_exceeded", attempts: [] });
});

describe("what is told", () => {
  const told = async (tenant: Tenant) =>
    (await tenant.call("GET /v1/events?type=budget.reached")).body["data"] as Json[];
  it("is each level once, with the budget and what is used of it", async () => {
    const tenant = await priced(gbp(30));
    const { id } = await budget(tenant, { hard: false, limit: gbp(100), soft_levels: [50, 100] });
    for (let nth = 0; nth < 6; nth += 1) well(await send(tenant, nth));
    const events = await told(tenant);
    expect(events.map(({ resource, data }) => [resource, data.percent])).toEqual([
      [id, 50],
      [id, 100],
    ]);
  });

  it("is, of a tenant without any budget, that a day has cost much: once, and nothing is refused", async () => {
    const tenant = await priced(gbp(6_000));
    for (let nth = 0; nth < 4; nth += 1) well(await send(tenant, nth));
    expect((await told(tenant)).map(({ data }) => [data.budget, data.percent, data.currency])).toEqual([
      [null, 100, "GBP"],
    ]);
  });
});

it("a tenant without a budget writes no row for one, and a budget costs a text one row at its admission", async () => {
  const rows = async (tenant: Tenant) => (await tenant.rows(`SELECT totals FROM budgets`)).map(({ totals }) => totals);
  const without = await priced(gbp(30));
  well(await send(without, 1));
  expect(await rows(without)).toEqual([]);
  const tenant = await priced(gbp(30));
  await budget(tenant, { name: "Soft", hard: false });
  await budget(tenant, { name: "Codes", scope: { purpose: "otp" } });
  const [, before] = await rows(tenant);
  well(await send(tenant, 1));
  expect((await rows(tenant))[1]).toBe(before); // what is not about the text is not written
});

it("keeps the digits and the sender of a scope in no store in clear, and shows them to whoever may read budgets", async () => {
  const tenant = await priced(gbp(30));
  const scope = { prefix: "+4477009", sender: "AcmeShifts" };
  const { id } = await budget(tenant, { scope, limit: gbp(40) });
  expect((await read(tenant, id))["scope"]).toEqual(scope);
  expect(JSON.stringify(await tenant.rows(`SELECT id, data, totals, hex(sealed) AS sealed FROM budgets`))).not.toMatch(
    /4477009|AcmeShifts/,
  );
  expect((await send(tenant, 1, { from: "AcmeShifts" })).status).toBe(202);
  expect((await send(tenant, 2, { from: "AcmeShifts" })).status).toBe(429);
  expect((await send(tenant, 2, { from: "Other" })).status).toBe(202);
});

it("a key's budget is that of all its rotations", async () => {
  const tenant = await priced(gbp(30));
  const key = (await tenant.call("GET /v1/keys")).body["data"][0].id as string;
  await budget(tenant, { scope: { key }, limit: gbp(40) });
  const rotated = well(await tenant.call(`POST /v1/keys/${key}/rotate`, {}));
  well(await send(tenant, 1));
  const again = await tenant.call("POST /v1/messages", text(2), { authorization: `Bearer ${rotated["secret"]}` });
  expect(again).toMatchObject({ status: 429, body: { code: "budget_exceeded" } });
});

it("the answer to HELP goes out and is counted, however little is left; what else is sent is refused", async () => {
  const at = await line();
  const { id } = await budget(at.tenant, { limit: gbp(0), without_price: "pass", soft_levels: [] });
  await operator(`PATCH /admin/v1/carriers/${at.account}`, { price: gbp(7) });
  well(await operator(`PATCH /admin/v1/tenants/${at.tenant.id}`, { policy: { routes: [at.account] } })); // tells it the price
  expect((await send(at.tenant, 1)).body["code"]).toBe("budget_exceeded");
  expect((await bring(at, { from: number(2), to: at.numbers[0], text: "HELP" })).status).toBeLessThan(300);
  await until(async () => given.find(({ from }) => from === at.numbers[0]) ?? null, "the answer to HELP");
  await until(async () => ((await read(at.tenant, id))["spent"] === 7 * PENCE ? true : null), "its price");
});
