/**
 * T14 and T15: carriers that are down, that ask for quiet, and that are slower than what is waiting for them.
 */
import { expect, test } from "vitest";
import { CarrierDouble, type Call, type DoubleAccount } from "../support/carriers/carrier-double.ts";
import type { Client, Tenant } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { patience } from "../support/run/patience.ts";
import { sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";

/** A 429 is on its way to the service, and the service's word to its senders, for so long at most. */
const UNDER_WAY_MS = patience(250);

let service: Client;
let carrier: CarrierDouble;

setUp(async (use) => {
  carrier = await use(CarrierDouble.start());
  service = await use(sharedService());
});

async function line(name: string, conduct: DoubleAccount["conduct"], perSecond: number | null = null) {
  const account = carrier.account(name, conduct);
  return { account, tenant: await service.tenant(name, [await service.carrier(account, perSecond)]) };
}

const many = (tenant: Tenant, count: number, text: string, purpose: "otp" | "service", ttl?: number) =>
  Promise.all(
    Array.from({ length: count }, (_, nth) =>
      tenant.sent({ text: `${text} ${nth}`, purpose, ...(ttl === undefined ? {} : { ttl_seconds: ttl }) }),
    ),
  );

test("T15: after a 429 with Retry-After nothing is called within that time, and other accounts go on", async () => {
  const seconds = sized(2, 28) + Math.ceil((2 * UNDER_WAY_MS) / 1_000);
  let throttle = false;
  const { account, tenant } = await line("throttles", () =>
    throttle ? { does: "throttle", retryAfterSeconds: seconds } : { does: "accept", afterMs: 5 },
  );
  const other = await line("goes-on", () => ({ does: "accept" }));
  const first = await many(tenant, 60, "Before", "otp"); // every sender has permits now
  await carrier.until("all accepted", 10_000, () => carrier.callsOf(account).length === first.length);
  throttle = true;
  const waiting = await many(tenant, 60, "Waits", "otp");
  const throttled = () => carrier.callsOf(account).filter((call) => call.refused);
  await carrier.until("the 429", 10_000, () => throttled().length > 0);
  throttle = false;
  const meanwhile = await many(other.tenant, 20, "Meanwhile", "otp");
  await carrier.until("others go on", 3_000, () => carrier.callsOf(other.account).length === meanwhile.length);
  expect(takenOf(account).size).toBeLessThan(first.length + waiting.length); // whose quiet is not over
  await carrier.until(
    "all arrived",
    seconds * 1_000 + 40_000,
    () => takenOf(account).size === first.length + waiting.length,
  );
  const quietFrom = Math.min(...throttled().map((call) => call.endedAt ?? call.at)) + UNDER_WAY_MS;
  const quietTo = Math.max(...throttled().map((call) => call.at)) + seconds * 1_000 - UNDER_WAY_MS;
  expect(quietTo - quietFrom).toBeGreaterThan(sized(1_000, 27_000));
  const within = carrier.callsOf(account).filter((call) => call.at > quietFrom && call.at < quietTo);
  expect(within.map((call) => call.at - quietFrom)).toEqual([]);
  expectOnce(carrier.callsOf(account));
});

test("T14: with the carrier down, codes past their life end expired and are never sent; the rest drains at the pace", async () => {
  const codes = sized(20, 200);
  const texts = sized(60, 1_000);
  const perSecond = 20;
  let down = true;
  const { account, tenant } = await line(
    "down",
    () => (down ? { does: "down", retryAfterSeconds: 2 } : { does: "accept", afterMs: 5 }),
    perSecond,
  );
  const late = await many(tenant, codes, "Code", "otp", 60);
  const kept = await many(tenant, texts, "Text", "service");
  await carrier.until("it is down", 10_000, () => carrier.callsOf(account).some((call) => call.refused));
  await tenant.advance(61);
  for (const id of late) {
    const message = await eventually(`${id} is expired`, 15_000, async () => {
      const one = await tenant.get(id);
      return one.state === "expired" ? one : null;
    });
    expect(message.reason).toBe("too_late");
  }
  down = false;
  await carrier.until(
    "the rest has drained",
    30_000 + (texts / perSecond) * 2_000,
    () => takenOf(account).size === texts,
  );
  await eventually("all are sent", 10_000, async () => {
    const states = await Promise.all(kept.map(async (id) => (await tenant.get(id)).state));
    return states.every((state) => state === "sent") ? true : null;
  });
  const taken = carrier.callsOf(account).filter((call) => call.taken);
  expect(taken.filter((call) => late.includes(call.message))).toEqual([]);
  expect(Math.max(...taken.map(({ at }) => perSecondFrom(taken, at)))).toBeLessThanOrEqual(perSecond * 1.2 + 1);
  expectOnce(carrier.callsOf(account));
});

test("T14: codes go before a newsletter that has been waiting longer for the same slow account", async () => {
  const { account, tenant } = await line("slow", () => ({ does: "accept" }), 10);
  await many(tenant, 60, "News", "service");
  await carrier.until("it has begun", 10_000, () => carrier.callsOf(account).length >= 2);
  const codes = await many(tenant, 5, "Code", "otp");
  const before = takenOf(account).size;
  await carrier.until("the codes are there", 10_000, () => codes.every((id) => takenOf(account).has(id)));
  expect(takenOf(account).size - before).toBeLessThan(40); // four seconds of its pace, however slow the machine
  expect(takenOf(account).size).toBeLessThan(65);
});

const takenOf = (account: DoubleAccount) =>
  new Set(
    carrier
      .callsOf(account)
      .filter((call) => call.taken)
      .map((call) => call.message),
  );

const perSecondFrom = (calls: readonly Call[], from: number) =>
  calls.filter(({ at }) => at >= from && at < from + 1_000).length;

/** Whoever was called again had been refused before. */
function expectOnce(calls: readonly Call[]): void {
  for (const [, ofOne] of Map.groupBy(calls, (call) => call.message)) {
    expect(ofOne.slice(0, -1).every((call) => call.refused)).toBe(true);
    expect(ofOne.filter((call) => call.taken).length).toBeLessThanOrEqual(1);
  }
}
