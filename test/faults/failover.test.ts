/**
 * T11: the first carrier is down from the start. What it was never called for goes by the second within seconds, what it was
 * called for is never sent again, and it is tried at most once a second until it is well.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { UNPROVEN_CALLS_MAX } from "../../src/carriers/circuit.ts";
import { CarrierDouble } from "../support/carrier-double.ts";
import { numberFor, Service } from "../support/client.ts";
import { sized } from "../support/seed.ts";
import { eventually } from "../support/signal.ts";

const MESSAGES = sized(100, 1_000);
let service: Service;
let carrier: CarrierDouble;

beforeAll(async () => {
  carrier = await CarrierDouble.start();
  service = await Service.start();
});
afterAll(async () => {
  await service.stop();
  await carrier.stop();
});

test("T11: of a carrier that answers 500 from the start, only the first few calls are in doubt, and the second takes the rest", async () => {
  let down = true;
  const primary = carrier.account("primary", () => (down ? { does: "error", status: 500 } : { does: "accept" }));
  const secondary = carrier.account("secondary", () => ({ does: "accept" }));
  const routes = [await service.carrier(primary), await service.carrier(secondary)];
  const tenant = await service.tenant("Failover", routes);
  const began = Date.now();
  const items = Array.from({ length: MESSAGES }, (_, nth) => ({ to: numberFor(nth), text: `Failover ${nth}`, purpose: "service" })); // prettier-ignore
  const sent = await tenant.call("POST /v1/messages/batch", { body: { messages: items } });
  expect(sent.status).toBe(202);
  await carrier.until("the second has its first", 5_000, () => carrier.callsOf(secondary).length > 0);

  const messages = await eventually("all are sent or in doubt", 30_000, async () => {
    const all = await tenant.messages();
    return all.every(({ state }) => ["sent", "delivered", "unknown"].includes(state)) ? all : null;
  });
  const unknown = messages.filter(({ state }) => state === "unknown");
  const tried = carrier.callsOf(primary);
  console.log(JSON.stringify({ messages: MESSAGES, unknown: unknown.length, tried: tried.length, ms: Date.now() - began }));
  expect(unknown.length).toBeLessThanOrEqual(UNPROVEN_CALLS_MAX + Math.ceil((Date.now() - began) / 1_000));
  expect(new Set(unknown.map(({ id }) => id))).toEqual(new Set(tried.map(({ message }) => message)));
  const ids = carrier.calls.map(({ message }) => message);
  expect(new Set(ids).size).toBe(ids.length); // nobody was called for twice
  const later = tried.slice(UNPROVEN_CALLS_MAX);
  for (const [at, call] of later.entries())
    if (at > 0) expect(call.at - later[at - 1]!.at).toBeGreaterThanOrEqual(900);
  const rerouted = messages.find(({ state, attempts }) => state !== "unknown" && attempts.length > 1);
  expect(rerouted?.attempts.map(({ outcome }) => outcome)).toEqual(["skipped", "accepted"]);

  down = false;
  await eventually("the first is used again", 40_000, async () => {
    await tenant.sent({ text: "Are you well?" });
    return carrier.callsOf(primary).some(({ conduct }) => conduct.does === "accept") ? true : null;
  }, 500);
}); // prettier-ignore
