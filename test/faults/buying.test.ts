/**
 * Numbers bought through the running service from carriers that lose answers, refuse and are cut off: what is bought serves, what
 * is unknown is never bought twice, and what is given up serves nobody.
 */
import { expect, test } from "vitest";
import { World } from "../support/carriers/world.ts";
import type { Tenant } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";

const KINDS = ["twilio", "vonage", "telnyx"] as const;
const [ALICE, BOB] = ["+447700900111", "+447700900222"];

let service: Service;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(Service.start());
});

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- answers, judged by the tests that read them
let nextNumber = 700;

/** An account of this kind with numbers for sale, and a tenant. */
async function opened(kind: string, orders: object[] = [], many = 3) {
  const account = world.account(kind, { script: { orders } });
  const numbers = Array.from({ length: many }, () => `+447700900${nextNumber++}`);
  world.offer(account.name, numbers);
  const { id } = await service.admin<{ id: string }>("POST /admin/v1/carriers", account.body);
  return { ...account, id, numbers, tenant: await service.tenant(account.name, [id]) };
}
type Opened = Awaited<ReturnType<typeof opened>>;

async function asked(tenant: Tenant, route: string, body?: unknown): Promise<Json> {
  const answer = await tenant.call(route, body === undefined ? {} : { body });
  if (answer.status < 200 || answer.status > 299) throw new Error(`${route}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Json;
}
/** The operator's answer, also where it is a refusal. */
async function operated(route: string, body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Json }> {
  const { status, text } = await service.operate(route, { body, headers });
  return { status, body: JSON.parse(text === "" ? "{}" : text) as Json };
} // prettier-ignore
const order = ({ id, numbers, tenant }: Opened, nth = 0) => ({ tenant: tenant.id, account: id, number: numbers[nth], price: { amount: 1_250_000, currency: "EUR" } }); // prettier-ignore
const buy = (at: Opened, nth = 0, headers = {}) => operated("POST /admin/v1/numbers/buy", order(at, nth), headers);
const mine = async ({ tenant }: Opened): Promise<Json[]> => (await asked(tenant, "GET /v1/numbers"))["data"];
const sold = ({ orders }: Opened) => orders.filter((each) => each.sold).map(({ e164 }) => e164);

test.each(KINDS)("%s: a bought number serves where the carrier was told to bring its texts, and given up it serves nobody", async (kind) => {
  const at = await opened(kind);
  const { body: found } = await operated("POST /admin/v1/numbers/search", { account: at.id, country: "GB" });
  expect((found["data"] as Json[]).map(({ number }) => number)).toEqual(at.numbers);
  for (const nth of [0, 1]) {
    const { status, body } = await buy(at, nth);
    expect([status, body]).toMatchObject([201, { number: at.numbers[nth], state: "held", code: null, inbound_set: true, price: { amount: 1_250_000 } }]); // prettier-ignore
  }
  expect((await mine(at)).map(({ number, price }) => [number, price.amount])).toEqual(at.numbers.slice(0, 2).map((number) => [number, 1_250_000])); // prettier-ignore
  await asked(at.tenant, "POST /v1/pools", { name: "All", numbers: (await mine(at)).map(({ id }) => id) });
  const session = await asked(at.tenant, "POST /v1/sessions", { participants: [{ to: ALICE }, { to: BOB }] });
  const [alices] = (session["participants"] as Json[]).map(({ proxy }) => String(proxy.number)) as [string];
  const told = at.inventory.get(alices)?.inboundUrl ?? "";
  expect(told).toBe(`${service.base}/carriers/${at.id}/inbound`);
  const text = (words: string) => world.inbound(at.name, { url: told, from: ALICE, to: alices, text: words });
  expect(await text("Over a bought number")).toBeLessThan(300);
  await world.until("the relay", 20_000, () => world.callsOf(at.name).some((call) => call.text === "Over a bought number")); // prettier-ignore
  const listed = await service.admin<{ data: Json[] }>(`GET /admin/v1/numbers?tenant=${at.tenant.id}`);
  const { id } = listed.data.find(({ number }) => number === alices)!;
  expect((await operated(`POST /admin/v1/numbers/${id}/release`, undefined)).body).toMatchObject({ status: 409, code: "state_conflict" }); // prettier-ignore
  expect([at.released, (await mine(at)).length]).toEqual([[], 2]);
  await asked(at.tenant, `POST /v1/sessions/${session["id"]}/close`);
  await at.tenant.advance(31 * 86_400);
  expect((await operated(`POST /admin/v1/numbers/${id}/release`, undefined)).body).toMatchObject({ number: alices, state: "released" }); // prettier-ignore
  expect(at.released).toEqual([alices]);
  expect((await mine(at)).map(({ number }) => number)).not.toContain(alices);
  expect((await operated(`POST /admin/v1/numbers/${id}/release`, undefined)).status).toBe(404);
  const before = world.callsOf(at.name).length;
  expect(await text("To a number that is gone")).toBeLessThan(300);
  expect((await asked(at.tenant, "GET /v1/inbound"))["data"]).toEqual([]);
  expect(world.callsOf(at.name)).toHaveLength(before);
  const { data: audit } = await service.admin<{ data: Json[] }>("GET /admin/v1/audit?limit=500");
  const acts = audit.filter(({ subject }) => subject?.id === id).map(({ act }) => act);
  expect(acts.toSorted((a, b) => a.localeCompare(b))).toEqual(["number.bought", "number.ordered", "number.released", "number.releasing"]);
}); // prettier-ignore

test.each(KINDS)("%s: an order whose answer was lost is unknown, serves nobody, and the number is never bought twice", async (kind) => {
  const at = await opened(kind, [{ does: "error", taken: true }, { does: "error" }]);
  for (const nth of [0, 1]) expect((await buy(at, nth)).body).toMatchObject({ state: "unknown", inbound_set: null });
  expect(await mine(at)).toEqual([]);
  expect((await buy({ ...at, tenant: (await opened("http")).tenant })).body).toMatchObject({ code: "state_conflict" });
  const brought = { tenant: at.tenant.id, numbers: [{ number: at.numbers[0], account: at.id }] };
  expect((await operated("POST /admin/v1/numbers", brought)).body).toMatchObject({ code: "state_conflict" });
  expect(await mine(at)).toEqual([]);
  for (const nth of [0, 1]) expect((await buy(at, nth)).body).toMatchObject({ state: "held", inbound_set: true });
  for (const nth of [0, 1]) expect((await buy(at, nth)).body).toMatchObject({ state: "held" });
  expect(sold(at)).toEqual(at.numbers.slice(0, 2));
  expect((await mine(at)).map(({ number }) => number)).toEqual(at.numbers.slice(0, 2));
}); // prettier-ignore

test("many orders for one number at once are one order, and a key repeats its answer", async () => {
  const at = await opened("vonage", [{ does: "sell", after_ms: 300 }]);
  const headers = { "idempotency-key": "the-order" };
  const answers = await Promise.all(Array.from({ length: 20 }, (_, nth) => buy(at, 0, nth === 0 ? headers : {})));
  expect(answers.filter(({ status }) => status !== 201).every(({ body }) => body["code"] === "state_conflict")).toBe(true); // prettier-ignore
  expect(sold(at)).toEqual([at.numbers[0]]);
  const again = await buy(at, 0, headers);
  expect(answers.some(({ status }) => status === 201)).toBe(true);
  if (answers[0]?.status === 201) expect(again).toEqual(answers[0]);
  expect(at.orders).toHaveLength(1);
});

test("a process killed with the order at the carrier knows of the order afterwards, and buys nothing twice", async () => {
  const at = await opened("telnyx", [{ does: "hang", taken: true }]);
  const lost = service.operate("POST /admin/v1/numbers/buy", { body: order(at) }).catch(() => null);
  await world.until("the order", 10_000, () => sold(at).length === 1);
  await service.kill();
  await lost;
  await service.resume();
  const { data } = await service.admin<{ data: Json[] }>(`GET /admin/v1/numbers?tenant=${at.tenant.id}`);
  expect(data).toMatchObject([{ number: at.numbers[0], state: "ordering" }]);
  expect((await buy(at)).body).toMatchObject({ state: "held", inbound_set: true });
  expect(sold(at)).toEqual([at.numbers[0]]);
});

test("what a carrier refuses leaves nothing behind, and kinds without a shop say so", async () => {
  const at = await opened("twilio", [{ does: "refuse" }]);
  expect((await buy(at)).body).toMatchObject({ status: 409, code: "carrier_refused", detail: "The carrier answered: 21422." }); // prettier-ignore
  const { data } = await service.admin<{ data: Json[] }>(`GET /admin/v1/numbers?tenant=${at.tenant.id}`);
  expect(data).toEqual([]);
  const other = await opened("infobip");
  expect((await buy(other)).body).toMatchObject({ code: "invalid_field", errors: [{ field: "account" }] });
  expect((await operated("POST /admin/v1/numbers/search", { account: other.id, country: "GB" })).body).toMatchObject({ code: "invalid_field" }); // prettier-ignore
  expect((await operated("POST /admin/v1/numbers/buy", { ...order(at), number: "+447700900" })).body).toMatchObject({ code: "invalid_field" }); // prettier-ignore
});
