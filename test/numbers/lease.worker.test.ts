/** Shared stock: lent in blocks to the pools that run short, to one tenant at a time, and given back when nobody needs it. */
import { evictDurableObject } from "cloudflare:test";
import { beforeEach, expect, test, vi } from "vitest";
import { signatureOf } from "../../src/carriers/adapters/http.ts";
import { cron, newTenant, operator, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import { ALICE, BOB, advance } from "../support/tenant/masked-lines.ts";
import { exports } from "cloudflare:workers";

const GATEWAY = "http://127.0.0.1:65003/gateway";
const given: Json[] = [];
beforeEach(() => {
  given.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (url === GATEWAY) given.push(JSON.parse(init?.body as string) as Json);
    return Response.json({ accepted: true });
  });
});

let nextNumber = 500;
type Stock = { account: string; secret: string; numbers: string[] };

/** So many shared numbers at a gateway of their own; what other tests left there is somebody's. */
async function shared(many: number): Promise<Stock> {
  const secret = `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
  const made = await operator("POST /admin/v1/carriers", { name: "Gateway", kind: "http", mode: "test", url: GATEWAY, secret }); // prettier-ignore
  const account = String(made.body["id"]);
  const numbers = Array.from({ length: many }, () => `+447700900${nextNumber++}`);
  const brought = await operator("POST /admin/v1/numbers", { tenant: null, numbers: numbers.map((number) => ({ number, account })) }); // prettier-ignore
  expect([brought.status, brought.body["data"]?.[0]]).toMatchObject([201, { tenant: null, shared: true, state: "held" }]); // prettier-ignore
  return { account, secret, numbers };
}

const listed = async (tenant: Tenant): Promise<Json[]> => (await tenant.call("GET /v1/numbers?limit=500")).body["data"];
const numbersOf = async (tenant: Tenant): Promise<string[]> => (await listed(tenant)).map(({ number }) => String(number)); // prettier-ignore
const free = async (): Promise<Json[]> => ((await operator("GET /admin/v1/numbers?limit=500")).body["data"] as Json[]).filter(({ tenant }) => tenant === null); // prettier-ignore
const has = (tenant: Tenant, many: number) => until(async () => ((await listed(tenant)).length >= many ? true : null), `${many} numbers`); // prettier-ignore

async function pooled(lease: Json, over: Json = {}): Promise<{ tenant: Tenant; pool: string }> {
  const tenant = await newTenant();
  const made = await tenant.call("POST /v1/pools", { name: "Lent", lease, ...over });
  expect(made.status).toBe(201);
  return { tenant, pool: String(made.body["id"]) };
}

async function bring({ account, secret }: Stock, text: Json) {
  const body = JSON.stringify({ id: crypto.randomUUID(), ...text });
  const at = Math.floor(Date.now() / 1_000);
  const headers = { "content-type": "application/json", "webhook-id": "w", "webhook-timestamp": String(at), "webhook-signature": signatureOf(secret, "w", at, body) }; // prettier-ignore
  return (await exports.default.fetch(new Request(`http://127.0.0.1:8787/carriers/${account}/inbound`, { method: "POST", headers, body }))).json<Json>(); // prettier-ignore
}

/** Gives every lent number back, so that tests do not meet each other's stock. */
async function closeDown(...tenants: { tenant: Tenant; pool: string }[]): Promise<void> {
  for (const { tenant, pool } of tenants) {
    await tenant.call(`PATCH /v1/pools/${pool}`, { lease: null });
    for (const { id } of (await tenant.call("GET /v1/sessions?limit=100&state=open")).body["data"] as Json[]) await tenant.call(`POST /v1/sessions/${id}/close`); // prettier-ignore
    await advance(tenant, 31 * 86_400);
  }
  await cron("17 3 * * *");
  for (const { id } of await free()) await operator(`POST /admin/v1/numbers/${id}/release`);
}

test("a pool that runs short borrows a block, its numbers relay, and an allocation never waits for it", async () => {
  const stock = await shared(25);
  const one = await pooled({ below: 2, block: 10 });
  await has(one.tenant, 10);
  expect((await listed(one.tenant)).every(({ lent, pool }) => lent === true && pool === one.pool)).toBe(true);
  const session = await one.tenant.call("POST /v1/sessions", { participants: [{ to: ALICE }, { to: BOB }] });
  expect(session.status).toBe(201);
  const [alices, bobs] = (session.body["participants"] as Json[]).map(({ proxy }) => String(proxy.number));
  expect(await bring(stock, { from: ALICE, to: alices, text: "Over a lent number" })).toEqual({ taken: 1 });
  await until(async () => given.find(({ text }) => text === "Over a lent number") ?? null, "the relay");
  expect(given).toMatchObject([{ to: BOB, from: bobs }]);
  expect(await free()).toHaveLength(15);
  await closeDown(one);
});

test("a number that is lent is nobody's lasting one: it would go back, to somebody else", async () => {
  await shared(2);
  const one = await pooled({ below: 1, block: 2 });
  await has(one.tenant, 2);
  expect((await one.tenant.call("POST /v1/relays", { to: ALICE })).body["code"]).toBe("numbers_exhausted");
  const [{ id: number } = {}] = await listed(one.tenant);
  expect((await one.tenant.call("POST /v1/relays", { to: ALICE, number })).body["code"]).toBe("number_unusable");
  await closeDown(one);
});

test("tenants that borrow at once have no number in common, and the stock is lent to its last number", async () => {
  const stock = await shared(25);
  const all = await Promise.all(Array.from({ length: 5 }, () => pooled({ below: 1, block: 6 })));
  await until(async () => ((await free()).length === 0 ? true : null), "everything is lent");
  await until(async () => ((await Promise.all(all.map(({ tenant }) => numbersOf(tenant)))).flat().length === 25 ? true : null), "every number arrives"); // prettier-ignore
  const owned = (await Promise.all(all.map(({ tenant }) => numbersOf(tenant)))).flat();
  expect(new Set(owned).size).toBe(25);
  expect(owned.toSorted()).toEqual(stock.numbers);
  expect((await operator("POST /admin/v1/numbers", { tenant: all[0]!.tenant.id, numbers: [{ number: owned.at(-1), account: stock.account }] })).body["code"]).toBe("state_conflict"); // prettier-ignore
  await closeDown(...all);
});

test("what nobody needs goes back behind its cool-off and not before, and then it is another tenant's and not the first one's", async () => {
  const stock = await shared(12);
  const one = await pooled({ below: 2, block: 4 }, { sharing: "exclusive", cool_off_days: 10, cool_off_others_days: 10 }); // prettier-ignore
  await has(one.tenant, 4);
  const people = (nth: number) => [{ to: `+4477009001${10 + 2 * nth}` }, { to: `+4477009001${11 + 2 * nth}` }];
  const sessions: Json[] = [];
  for (let nth = 0; sessions.length < 10; nth += 1) {
    const answer = await one.tenant.call("POST /v1/sessions", { participants: people(sessions.length) });
    if (answer.status === 201) sessions.push(answer.body);
    else await until(async () => ((await one.tenant.call(`GET /v1/pools/${one.pool}`)).body["numbers"].available > 0 ? true : null), "the next block"); // prettier-ignore
    expect(nth).toBeLessThan(40);
  }
  await has(one.tenant, 12);
  for (const { id } of sessions) await one.tenant.call(`POST /v1/sessions/${id}/close`);
  await advance(one.tenant, 9 * 86_400);
  await cron("17 3 * * *");
  expect(await numbersOf(one.tenant)).toHaveLength(12);
  await advance(one.tenant, 2 * 86_400);
  await cron("17 3 * * *");
  const left = await numbersOf(one.tenant);
  expect(left).toHaveLength(6); // below and a block stay
  expect((await free()).map(({ number }) => String(number))).toEqual(stock.numbers.filter((number) => !left.includes(number))); // prettier-ignore
  const other = await pooled({ below: 1, block: 6 });
  await has(other.tenant, 6);
  const [moved] = await numbersOf(other.tenant);
  expect(await bring(stock, { from: ALICE, to: moved, text: "Whose is it?" })).toEqual({ taken: 1 });
  expect((await other.tenant.call("GET /v1/inbound")).body["data"]).toHaveLength(1);
  expect((await one.tenant.call("GET /v1/inbound")).body["data"]).toEqual([]);
  await closeDown(one, other);
});

test("a lent number that somebody has, or met too recently, is given back by nobody", async () => {
  await shared(6);
  const one = await pooled({ below: 2, block: 6 });
  await has(one.tenant, 6);
  const session = (await one.tenant.call("POST /v1/sessions", { participants: [{ to: ALICE }, { to: BOB }] })).body;
  const theirs = (session["participants"] as Json[]).map(({ proxy }) => String(proxy.number)).toSorted((a, b) => a.localeCompare(b)); // prettier-ignore
  await one.tenant.call(`PATCH /v1/pools/${one.pool}`, { lease: null }); // nothing is needed any more
  await cron("17 3 * * *");
  expect((await numbersOf(one.tenant)).toSorted((a, b) => a.localeCompare(b))).toEqual(theirs);
  for (const { id, number } of (await operator("GET /admin/v1/numbers?limit=500")).body["data"] as Json[])
    if (theirs.includes(number)) expect((await operator(`POST /admin/v1/numbers/${id}/release`)).body["code"]).toBe("state_conflict"); // prettier-ignore
  await one.tenant.call(`POST /v1/sessions/${session["id"]}/close`);
  await advance(one.tenant, 30 * 86_400 - 60);
  await cron("17 3 * * *");
  expect(await numbersOf(one.tenant)).toHaveLength(2);
  await advance(one.tenant, 120);
  await cron("17 3 * * *");
  expect(await numbersOf(one.tenant)).toEqual([]);
  expect(await free()).toHaveLength(6);
  await closeDown(one);
});

test("a block that was lent and never arrived comes with the next, and what the tenant lost goes back", async () => {
  await shared(12);
  const one = await pooled({ below: 2, block: 4 });
  await has(one.tenant, 4);
  await one.tenant.rows(`DELETE FROM numbers`); // as if the object had died before it wrote them
  await evictDurableObject(one.tenant.stub());
  await one.tenant.call(`PATCH /v1/pools/${one.pool}`, { lease: { below: 2, block: 4 } });
  await has(one.tenant, 8);
  await one.tenant.rows(`DELETE FROM numbers`);
  await evictDurableObject(one.tenant.stub());
  await one.tenant.call(`PATCH /v1/pools/${one.pool}`, { low_water: 0, lease: { below: 1, block: 1 } });
  await has(one.tenant, 9);
  expect(await free()).toHaveLength(3);
  await closeDown(one);
});

test("a block that was lent, never arrived, and is wanted by no pool any more goes back with the night", async () => {
  const stock = await shared(4);
  const one = await pooled({ below: 1, block: 4 });
  await has(one.tenant, 4);
  await one.tenant.rows(`DELETE FROM numbers`); // as if the object had died before it wrote them
  await evictDurableObject(one.tenant.stub());
  await one.tenant.call(`PATCH /v1/pools/${one.pool}`, { lease: null });
  expect(await free()).toEqual([]);
  await cron("17 3 * * *");
  expect((await free()).map(({ number }) => String(number))).toEqual(stock.numbers);
  await closeDown(one);
});

test("a live tenant is lent no test number, and a pool of another country none of these", async () => {
  await shared(3);
  const live = await newTenant({ environment: "live" });
  await live.call("POST /v1/pools", { name: "Lent", lease: { below: 2, block: 4 } });
  const irish = await pooled({ below: 2, block: 4, country: "IE" });
  const british = await pooled({ below: 2, block: 4, country: "GB" });
  await has(british.tenant, 3);
  expect([await listed(live), await listed(irish.tenant)]).toEqual([[], []]);
  await closeDown(irish, british);
});
