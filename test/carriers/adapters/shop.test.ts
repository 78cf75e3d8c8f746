// Buying numbers: adapters against the carrier world, which the official packages judge. A number is never ordered twice because
// an answer was lost, and never said to be bought or given up where that is not known.
import Telnyx from "telnyx";
import twilio from "twilio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Account } from "../../../src/carriers/carrier.ts";
import { CARRIERS, type CarrierKind } from "../../../src/carriers/registry.ts";
import { buyNumber, releaseNumber, type Shopping } from "../../../src/carriers/adapters/shop.ts";
import { World } from "../../support/carriers/world.ts";
import { accountOf, ioOf, json } from "../../support/carriers/adapter.ts";

const KINDS = ["twilio", "vonage", "telnyx"] as const;
const NUMBERS = ["+447700900801", "+447700900802", "+447700900813"];
const INBOUND = "https://sms.example.com/carriers/car_1/inbound";
const WISH = { country: "GB", type: "mobile", contains: null, limit: 10 } as const;

let world: World;
beforeAll(async () => void (world = await World.start()));
afterAll(() => world.stop());

type Opened = ReturnType<World["account"]>;
const shopping = ({ kind, settings, secrets }: Pick<Opened, "kind" | "settings" | "secrets">, patienceMs = 10_000): Shopping => {
  const account: Account = { ...accountOf(kind), settings, secrets };
  const shop = (CARRIERS[kind as CarrierKind]).shop!;
  const io = { ...ioOf((url, init) => fetch(url, { ...init, signal: AbortSignal.any([init.signal!, AbortSignal.timeout(patienceMs)]) })), now: Date.now }; // prettier-ignore
  return { account, shop, io };
}; // prettier-ignore

function opened(kind: string, orders: object[] = []) {
  const account = world.account(kind, { script: { orders } });
  world.offer(account.name, NUMBERS);
  return account;
}
const order = (e164 = NUMBERS[0]!) => ({ e164, country: "GB", inboundUrl: INBOUND });
const ordered = ({ orders }: Opened) => orders.map(({ e164, sold }) => `${e164} ${sold ? "sold" : "not sold"}`);

it("is what these kinds have, and no other", () => {
  const kinds = Object.entries(CARRIERS).filter(([, carrier]) => carrier.shop !== undefined);
  expect(kinds.map(([kind]) => kind)).toEqual(KINDS);
});

describe.each(KINDS)("%s", (kind) => {
  it("shows what is for sale of the kind asked for, and what it costs where the carrier says so", async () => {
    const { account, shop, io } = shopping(opened(kind));
    const price = { twilio: null, vonage: { amount: 1_250_000, currency: "EUR" }, telnyx: { amount: 1_250_000, currency: "USD" } }[kind]; // prettier-ignore
    const offers = NUMBERS.map((e164) => ({ e164, country: "GB", capabilities: ["sms", "voice"], price }));
    expect(await shop.search(account, WISH, io)).toEqual({ offers });
    expect(await shop.search(account, { ...WISH, contains: "00813" }, io)).toEqual({ offers: offers.slice(2) });
    expect(await shop.search(account, { ...WISH, limit: 1 }, io)).toEqual({ offers: offers.slice(0, 1) });
    for (const other of [{ type: "local" as const }, { country: "IE" }]) expect(await shop.search(account, { ...WISH, ...other }, io)).toEqual({ offers: [] }); // prettier-ignore
  });

  it("buys a number, says where its texts go, and gives it up once", async () => {
    const account = opened(kind);
    const by = shopping(account);
    expect(await buyNumber(by, order(), false)).toEqual({ outcome: "bought", inboundSet: true });
    expect(account.inventory.get(NUMBERS[0]!)).toMatchObject({ owned: true, inboundUrl: INBOUND });
    expect(await by.shop.search(by.account, WISH, by.io)).not.toMatchObject({ offers: [{ e164: NUMBERS[0] }] });
    expect(await buyNumber(by, order(), false)).toMatchObject({ outcome: "refused" });
    expect(await buyNumber(by, { ...order(NUMBERS[1]), inboundUrl: null }, false)).toEqual({ outcome: "bought", inboundSet: false }); // prettier-ignore
    for (let times = 0; times < 2; times += 1) expect(await releaseNumber(by, order())).toEqual({ outcome: "released" }); // prettier-ignore
    expect(account.released).toEqual([NUMBERS[0]]);
    expect(account.inventory.get(NUMBERS[1]!)).toMatchObject({ owned: true });
  });

  it.each([{ does: "hang", taken: true }, { does: "error", status: 500, taken: true }])("that lost the answer (%j) is asked whether the number is there, and nothing is ordered twice", async (conduct) => {
    const account = opened(kind, [conduct]);
    expect(await buyNumber(shopping(account, 400), order(), false)).toMatchObject({ outcome: "unknown" });
    expect(await buyNumber(shopping(account), order(), true)).toEqual({ outcome: "bought", inboundSet: true });
    expect(ordered(account)).toEqual([`${NUMBERS[0]} sold`]);
    expect(account.inventory.get(NUMBERS[0]!)).toMatchObject({ owned: true, inboundUrl: INBOUND });
  }); // prettier-ignore

  it("that never took the order is given it again, and what it then refuses stays unknown", async () => {
    const account = opened(kind, [{ does: "hang" }, { does: "refuse" }]);
    expect(await buyNumber(shopping(account, 400), order(), false)).toEqual({ outcome: "unknown", code: "timeout" });
    expect(await buyNumber(shopping(account), order(), true)).toMatchObject({ outcome: "unknown" });
    expect(await buyNumber(shopping(account), order(), true)).toMatchObject({ outcome: "bought" });
    expect(ordered(account)).toEqual(["not sold", "not sold", "sold"].map((what) => `${NUMBERS[0]} ${what}`));
  });

  it("that cannot be heard leaves everything unknown, and that refuses sells nothing", async () => {
    const account = opened(kind, [{ does: "refuse" }]);
    expect(await buyNumber(shopping(account), order(), false)).toEqual({ outcome: "refused", code: expect.stringMatching(/^\w+$/) }); // prettier-ignore
    const by = shopping(account);
    const down = { ...by, io: ioOf(() => Promise.reject(new TypeError("refused"))) };
    expect(await buyNumber(down, order(), true)).toEqual({ outcome: "unknown", code: "connection" });
    expect(await releaseNumber(down, order())).toEqual({ outcome: "unknown", code: "connection" });
    expect(await by.shop.search(by.account, WISH, down.io)).toEqual({ failed: "connection" });
    const foreign = { ...by, account: { ...by.account, secrets: world.account(kind).secrets } };
    expect(await buyNumber(foreign, order(), false)).toMatchObject({ outcome: "refused" });
    expect(ordered(account)).toEqual([`${NUMBERS[0]} not sold`]);
  });

  it("calls nobody for an account that lacks its secrets, and takes no odd answer for a purchase", async () => {
    const { shop } = shopping(opened(kind));
    const account = accountOf(kind);
    const never = ioOf(() => Promise.reject(new Error("called")));
    expect(await shop.buy({ ...account, secrets: {} }, order(), never)).toEqual({ outcome: "refused", code: "account_incomplete" }); // prettier-ignore
    for (const answer of [() => json(200, "{}"), () => json(201, "[]"), () => new Response("<html>", { status: 200 }), () => json(302, "{}"), () => json(408, "{}"), () => json(500, "{}")]) expect((await shop.buy(account, order(), ioOf(async () => answer()))).outcome).toBe("unknown"); // prettier-ignore
    for (const status of [400, 401, 402, 403, 404, 422, 429]) expect((await shop.buy(account, order(), ioOf(async () => json(status, "{}")))).outcome, String(status)).toBe("refused"); // prettier-ignore
  });
});

it("telnyx: an order that waits for papers is not bought until the number is there", async () => {
  const account = opened("telnyx", [{ does: "pend" }]);
  const by = shopping(account);
  expect(await buyNumber(by, order(), false)).toEqual({ outcome: "unknown", code: "order_pending" });
  for (let times = 0; times < 2; times += 1) expect(await buyNumber(by, order(), true)).toEqual({ outcome: "unknown", code: "purchase-pending" }); // prettier-ignore
  expect(account.orders).toHaveLength(1);
  Object.assign(account.inventory.get(NUMBERS[0]!), { owned: true });
  expect(await buyNumber(by, order(), true)).toEqual({ outcome: "bought", inboundSet: true });
});

describe("the world's shop, judged by the carrier's own package:", () => {
  it("twilio", async () => {
    const account = opened("twilio");
    const real = new twilio.RequestClient();
    const httpClient = { request: (options: { uri: string }) => real.request({ ...options, uri: options.uri.replace("https://api.twilio.com", account.baseUrl) } as Parameters<typeof real.request>[0]) }; // prettier-ignore
    const customer = twilio(account.settings["account_sid"], account.secrets["auth_token"], { httpClient } as object);
    const [first] = await customer.availablePhoneNumbers("GB").mobile.list({ smsEnabled: true, contains: "00801", limit: 5 }); // prettier-ignore
    expect(first).toMatchObject({ phoneNumber: NUMBERS[0], isoCountry: "GB", capabilities: { SMS: true } });
    const bought = await customer.incomingPhoneNumbers.create({ phoneNumber: NUMBERS[0]!, smsUrl: INBOUND, smsMethod: "POST" }); // prettier-ignore
    expect(bought).toMatchObject({ phoneNumber: NUMBERS[0], smsUrl: INBOUND });
    await expect(customer.incomingPhoneNumbers.create({ phoneNumber: NUMBERS[0]! })).rejects.toMatchObject({ status: 400 }); // prettier-ignore
    const { account: ours, shop, io } = shopping(account);
    expect(await shop.owns(ours, NUMBERS[0]!, io)).toEqual({ owns: true });
    expect(await customer.incomingPhoneNumbers(bought.sid).remove()).toBe(true);
    expect(await shop.owns(ours, NUMBERS[0]!, io)).toEqual({ owns: false });
  });

  it("telnyx, whose requests ours are", async () => {
    const account = opened("telnyx");
    const seen: [string, string][] = [];
    const customer = new Telnyx({ apiKey: account.secrets["api_key"]!, baseURL: `${account.baseUrl}/v2`, maxRetries: 0, fetch: (url, init) => (seen.push([init?.method?.toUpperCase() ?? "GET", url instanceof Request ? url.url : url.toString()]), fetch(url, init)) }); // prettier-ignore
    const { data } = await customer.availablePhoneNumbers.list({ filter: { country_code: "GB", features: ["sms"], phone_number_type: "mobile", limit: 5, phone_number: { contains: "00801" } } }); // prettier-ignore
    expect(data).toMatchObject([{ phone_number: NUMBERS[0], cost_information: { monthly_cost: "1.25", currency: "USD" } }]); // prettier-ignore
    const profile = account.settings["messaging_profile_id"]!;
    await customer.numberOrders.create({
      phone_numbers: [{ phone_number: NUMBERS[0]! }],
      messaging_profile_id: profile,
    });
    await customer.messagingProfiles.update(profile, { webhook_url: INBOUND });
    const mine = (await customer.phoneNumbers.list({ filter: { phone_number: NUMBERS[0]! } })).data;
    expect(mine).toMatchObject([{ phone_number: NUMBERS[0], status: "active" }]);
    await customer.phoneNumbers.delete(mine[0]!.id);
    const theirs = seen.splice(0);
    const { account: ours, shop } = shopping(account);
    const io = ioOf((url, init) => (seen.push([init.method ?? "GET", url]), fetch(url, init)));
    await shop.search(ours, { ...WISH, contains: "00801", limit: 5 }, io);
    await buyNumber({ account: ours, shop, io }, order(), false);
    await releaseNumber({ account: ours, shop, io }, order());
    const plain = (calls: [string, string][]) => calls.map(([method, url]) => `${method} ${[...new URL(url).searchParams].map(String).toSorted((a, b) => a.localeCompare(b)).join(" ")} ${new URL(url).pathname}`); // prettier-ignore
    expect(new Set(plain(seen))).toEqual(new Set(plain(theirs)));
  });
});
