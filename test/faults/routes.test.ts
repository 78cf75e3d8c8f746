/**
 * Routes as data: which account a message goes by is the operator's rule, the preview says so before and the message afterwards;
 * prices follow the account that took it; and a tenant hears when an account of its route fails and recovers.
 */
import { expect, test } from "vitest";
import type { MessageView } from "../../src/messages/message.ts";
import { CarrierDouble, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import { type Client, type Tenant, numberFor } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { eventually } from "../support/run/signal.ts";

let service: Client;
let carrier: CarrierDouble;

/** Codes of one tenant by one account, to people on two networks, long enough ago for the receipts of one to be slow. */
let slow: { account: Opened; other: Opened; tenant: Tenant; since: number };
const SLOW = { network: "23410", people: Array.from({ length: 25 }, (_, nth) => numberFor(500 + nth)) };
const WELL = { network: "23415", people: Array.from({ length: 25 }, (_, nth) => numberFor(600 + nth)) };

/** A code to each of them, by this account. */
async function codesTo({ network, people }: typeof SLOW, tenant: Tenant, { double }: Opened): Promise<void> {
  const messages = people.map((to) => ({ to, text: network, purpose: "otp" }));
  const all = carrier.callsOf(double).length + people.length;
  expect((await tenant.call("POST /v1/messages/batch", { body: { messages } })).status).toBe(202);
  await carrier.until("all codes are called for", 20_000, () => carrier.callsOf(double).length === all);
}

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(sharedService());
  const [account, other] = [await open("slow-network"), await open("beside-it")];
  const tenant = await service.tenant("Networks", [account.id]);
  await codesTo(SLOW, tenant, account);
  slow = { account, other, tenant, since: Date.now() };
});

const gbp = (amount: number) => ({ amount, currency: "GBP" });
type Opened = { id: string; double: DoubleAccount };
type Preview = {
  would: string;
  price: { amount: number } | null;
  routing: {
    rule: string | null;
    accounts: { carrier: string; rank: number | null; weight: number | null; reason: string | null }[];
  };
};

async function open(
  name: string,
  more: Record<string, unknown> = {},
  conduct?: DoubleAccount["conduct"],
): Promise<Opened> {
  const double = carrier.account(name, conduct ?? (() => ({ does: "accept" })));
  const body = { name, kind: "http", mode: "test", url: double.url, secret: double.secret, ...more };
  return { id: (await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id, double };
}

const setRules = (tenant: Tenant, route_rules: unknown[]) =>
  service.admin(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { route_rules } });

async function gone(tenant: Tenant, id: string): Promise<MessageView> {
  return eventually("it is with a carrier", 10_000, async () => {
    const message = await tenant.get(id);
    return ["sent", "delivered"].includes(message.state) ? message : null;
  });
}

const preview = async (tenant: Tenant, purpose: string, to = numberFor(7)): Promise<Preview> => {
  const answer = await tenant.call("POST /v1/messages/preview", { body: { to, text: "Where to?", purpose } });
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as Preview;
};

test("codes go by the cheapest account within the cap, the rest by shares; preview and message say by which rule and why not another", async () => {
  const dear = await open("dear", { price: gbp(60_000) });
  const cheap = await open("cheap", { price: gbp(50_000), prices: [{ prefix: "+447700", ...gbp(30_000) }] });
  const abroad = await open("abroad", { price: gbp(1), countries: ["FR"] });
  const tenant = await service.tenant("Rules", [dear.id]);
  const accounts = [dear, cheap, abroad].map(({ id }) => ({ account: id }));
  await setRules(tenant, [
    { name: "codes", purposes: ["otp"], choose: "cheapest", accounts, price_max: gbp(55_000) },
    { name: "by-shares", purposes: ["service"], choose: "weighted", accounts: [{ account: dear.id, share: 3 }, { account: cheap.id }] }, // prettier-ignore
  ]);

  const told = await preview(tenant, "otp");
  expect(told).toMatchObject({ would: "accepted", price: gbp(30_000), routing: { rule: "codes" } });
  expect(told.routing.accounts.map(({ carrier: id, rank, reason }) => [id, rank, reason])).toEqual([
    [cheap.id, 1, null],
    [dear.id, null, "price"],
    [abroad.id, null, "country"],
  ]);
  const code = await gone(tenant, await tenant.sent({ text: "1", purpose: "otp" }));
  expect(code).toMatchObject({ carrier: cheap.id, price: gbp(30_000) });
  expect(code.route).toEqual({
    rule: "codes",
    choose: "cheapest",
    passed_over: [
      { carrier: dear.id, reason: "price" },
      { carrier: abroad.id, reason: "country" },
    ],
  });
  expect(code.attempts[0]).toMatchObject({ outcome: "accepted", carrier_reference: null }); // "r-msg_…" may say anything
  expect(carrier.callsOf(abroad.double)).toEqual([]);

  const before = carrier.callsOf(dear.double).length;
  const items = Array.from({ length: 200 }, (_, nth) => ({ to: numberFor(nth), text: "Shift", purpose: "service" }));
  expect((await tenant.call("POST /v1/messages/batch", { body: { messages: items } })).status).toBe(202);
  const called = () => carrier.callsOf(dear.double).length - before;
  const byCheap = () => carrier.callsOf(cheap.double).length - 1; // the code above
  await carrier.until("all are called for", 20_000, () => called() + byCheap() === 200);
  const byDear = called();
  expect(byDear).toBeGreaterThan(120); // 150 of 200 by its share; six standard deviations off would be 113
  expect(byDear).toBeLessThan(180);

  const plain = await gone(tenant, await tenant.sent({ text: "News", purpose: "marketing" }));
  expect(plain).toMatchObject({ carrier: dear.id, route: null, price: gbp(60_000) });
});

test("a rule whose cap leaves no account refuses, says of each why, and goes by no other", async () => {
  const dear = await open("dearest", { price: gbp(90_000) });
  const other = await open("other");
  const tenant = await service.tenant("Capped", [other.id]);
  await setRules(tenant, [{ name: "capped", accounts: [{ account: dear.id }], price_max: gbp(80_000) }]);
  const refused = await tenant.send({ text: "No" });
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.text)).toMatchObject({
    code: "carrier_unavailable",
    detail: `The route rule capped leaves no account: ${dear.id} (price).`,
  });
  expect((await preview(tenant, "service")).would).toBe("refused");
  expect([...carrier.callsOf(dear.double), ...carrier.callsOf(other.double)]).toEqual([]);
  expect(await tenant.messages()).toEqual([]);
});

test("a new price counts from the next claim on, and the price follows the account that takes the message", async () => {
  let down = false;
  const first = await open("priced", { price: gbp(10) }, () => (down ? { does: "decline", status: 200, code: "busy" } : { does: "accept" })); // prettier-ignore
  const second = await open("fallback", { price: gbp(70) });
  const tenant = await service.tenant("Prices", [first.id, second.id]);
  expect((await gone(tenant, await tenant.sent({ text: "a" }))).price).toEqual(gbp(10));
  await service.admin(`PATCH /admin/v1/carriers/${first.id}`, { price: gbp(20) });
  await eventually("the new price is known", 10_000, async () => {
    const { price } = await gone(tenant, await tenant.sent({ text: "b" }));
    return price?.amount === 20 ? true : null;
  });
  down = true;
  const fell = await gone(tenant, await tenant.sent({ text: "c" }));
  expect(fell).toMatchObject({ carrier: second.id, price: gbp(70) });
  expect(fell.attempts.map(({ outcome }) => outcome)).toEqual(["declined", "accepted"]);
});

test("an account of a tenant's own is nobody else's, and a rule names only accounts there are", async () => {
  const owner = await service.tenant("Owner", []);
  const stranger = await service.tenant("Stranger", []);
  const own = await open("own", { tenant_id: owner.id });
  await setRules(owner, [{ name: "own", accounts: [{ account: own.id }] }]);
  expect((await gone(owner, await owner.sent({ text: "Mine" }))).carrier).toBe(own.id);
  const wrong = (rules: unknown[]) =>
    service.admin(`PATCH /admin/v1/tenants/${stranger.id}`, { policy: { route_rules: rules } }).then(
      () => "taken",
      (error: unknown) => String(error),
    );
  expect(await wrong([{ name: "r", accounts: [{ account: own.id }] }])).toContain("route_rules/0/accounts/0/account");
  expect(await wrong([{ name: "r", accounts: [{ account: "car_nobody" }] }])).toContain(
    "route_rules/0/accounts/0/account",
  );
  expect(await wrong([{ name: "r", accounts: [] }])).toContain("422");
  const cert = service.admin("POST /admin/v1/carriers", { name: "cert", kind: "http", mode: "test", url: own.double.url, secret: own.double.secret, mtls: "MTLS_NOT_THERE" }); // prettier-ignore
  await expect(cert).rejects.toThrow(/mtls/);
});

test("a tenant hears once that an account of its route fails and once that it recovered; meanwhile nothing waits for it", async () => {
  let down = true;
  const shaky = await open("shaky", {}, () => (down ? { does: "error", status: 500 } : { does: "accept" }));
  const steady = await open("steady");
  const tenant = await service.tenant("Told", [shaky.id, steady.id]);
  const hook = { url: `${service.base}/healthz`, events: ["carrier.*"] };
  expect((await tenant.call("POST /v1/webhooks", { body: hook })).status).toBe(201);
  const told = async () => (await tenant.events()).filter(({ type }) => type.startsWith("carrier.")).map(({ type }) => type); // prettier-ignore
  await eventually("it is degraded", 20_000, async () => {
    await tenant.sent({ text: "x" });
    return (await told()).length > 0 ? true : null;
  });
  const later = await gone(tenant, await tenant.sent({ text: "y" }));
  expect(later).toMatchObject({ carrier: steady.id, route: { rule: null, passed_over: [{ carrier: shaky.id, reason: "circuit_open" }] } }); // prettier-ignore
  expect(later.attempts.map(({ outcome }) => outcome)).toEqual(["accepted"]);
  down = false;
  await eventually("it is well again", 40_000, async () => {
    await tenant.sent({ text: "z" });
    return (await told()).includes("carrier.recovered") ? true : null;
  }, 500); // prettier-ignore
  expect(await told()).toEqual(["carrier.degraded", "carrier.recovered"]);
});

test("of two networks the one whose receipts come late is steered round, for its own people alone; operators see why", async () => {
  const { account, other, tenant, since } = slow;
  const accounts = [account, other].map(({ id }) => ({ account: id }));
  await setRules(tenant, [{ name: "quick", choose: "cheapest", weight_min: 95, accounts }]);
  const receipts = async (network: string) => {
    for (const { receiptUrl, message } of carrier.callsOf(account.double).filter(({ text }) => text === network))
      expect(await carrier.receipt(account.double, receiptUrl ?? "", message, "delivered", { network })).toBe(200);
  };
  await eventually("receipts of now are slow for codes", 25_000, async () =>
    Date.now() - since > 20_500 ? true : null,
  );
  await codesTo(WELL, tenant, account);
  await receipts(WELL.network);
  await receipts(SLOW.network);

  const first = async (to: string): Promise<unknown> => (await preview(tenant, "otp", to)).routing.accounts[0];
  const atFirst = { carrier: account.id, rank: 1, weight: 100, reason: null };
  expect(await first(SLOW.people[0] ?? "")).toMatchObject(atFirst); // the tenant has not heard yet
  await eventually("the tenant hears of it with its next texts", 15_000, async () => {
    await gone(tenant, await tenant.sent({ to: WELL.people[0] ?? "", text: "2", purpose: "service" }));
    const seen = await preview(tenant, "otp", SLOW.people[0] ?? "");
    return seen.routing.accounts[0]?.carrier === other.id ? seen : null;
  });
  const { routing } = await preview(tenant, "otp", SLOW.people[1] ?? "");
  expect(routing.accounts).toMatchObject([
    { carrier: other.id, weight: 100, reason: null },
    { carrier: account.id, weight: 90, reason: "slow" },
  ]);
  expect(await first(WELL.people[1] ?? "")).toMatchObject(atFirst);
  expect(await first(numberFor(700))).toMatchObject(atFirst); // whose network nobody knows
  expect((await preview(tenant, "service", SLOW.people[1] ?? "")).routing.accounts[0]).toMatchObject(atFirst);

  const code = await gone(tenant, await tenant.sent({ to: SLOW.people[2] ?? "", text: "3", purpose: "otp" }));
  expect(code).toMatchObject({ carrier: other.id, route: { rule: "quick", passed_over: [{ carrier: account.id, reason: "slow" }] } }); // prettier-ignore
  type Health = { data: { id: string; networks: unknown; moves: unknown }[] };
  const health = (await service.admin<Health>("GET /admin/v1/carriers/health")).data.find(
    ({ id }) => id === account.id,
  );
  expect(health).toMatchObject({
    otp: { weight: 100 },
    networks: { [SLOW.network]: { slow: 25, weights: { otp: 90, bulk: 100 } }, [WELL.network]: { slow: 0 } },
    moves: [{ lane: "otp", network: SLOW.network, from: 100, to: 90, slow_share: 1 }],
  });
});
