/**
 * T11: the first carrier is down from the start. What it was never called for goes by the second within seconds, what it was
 * called for is never sent again, and it is tried at most once a second until it is well.
 */
import { expect, test } from "vitest";
import { CARRIERS, KINDS } from "../../src/carriers/registry.ts";
import { UNPROVEN_CALLS_MAX } from "../../src/carriers/courier/circuit.ts";
import { World } from "../support/carriers/world.ts";
import { CarrierDouble } from "../support/carriers/carrier-double.ts";
import { type Client, numberFor } from "../support/service/client.ts";
import { sharedService } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { sized } from "../support/run/seed.ts";
import { eventually } from "../support/run/signal.ts";

const MESSAGES = sized(100, 1_000);
let service: Client;
let carrier: CarrierDouble;
let world: World;

setUp(async (use) => {
  world = await use(World.start());
  carrier = await use(CarrierDouble.start());
  service = await use(sharedService());
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

const PROBED = KINDS.filter((kind) => CARRIERS[kind].probe !== undefined);

test.each(PROBED)("T11, %s: one that tells its balance and fails every text is risked no more texts than one that is silent", async (kind) => {
  const down = world.account(kind, { name: `${kind}-down`, script: { calls: [{ does: "error", status: 500, receipts: [] }] } });
  const well = world.account(kind, { name: `${kind}-well` });
  const routes: string[] = [];
  for (const { body } of [down, well]) routes.push((await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id);
  const tenant = await service.tenant(`Failover ${kind}`, routes);
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < sized(5_000, 30_000)) {
    const items = Array.from({ length: 20 }, () => ({ to: numberFor(sent), text: `Failover ${sent++}`, purpose: "service" }));
    expect((await tenant.call("POST /v1/messages/batch", { body: { messages: items } })).status).toBe(202);
    await world.until("all were called for", 10_000, () => world.callsOf(down.name).length + world.callsOf(well.name).length >= sent);
  }
  const tried = world.callsOf(down.name);
  // The first few, then one after 1, 3, 7, 15 and 31 seconds; one look may come a moment later than it must.
  const probes = Math.floor(Math.log2((Date.now() - began) / 1_000 + 1));
  expect(tried.length).toBeLessThanOrEqual(UNPROVEN_CALLS_MAX + probes);
  const ids = [...tried, ...world.callsOf(well.name)].map(({ message }) => message);
  expect(new Set(ids).size).toBe(ids.length);
  const messages = await eventually("all have come to an end", 20_000, async () => {
    const all = await tenant.messages();
    return all.every(({ state }) => ["delivered", "unknown"].includes(state)) ? all : null;
  });
  expect(new Set(messages.filter(({ state }) => state === "unknown").map(({ id }) => id))).toEqual(new Set(tried.map(({ message }) => message)));
  console.log(JSON.stringify({ kind, sent, tried: tried.length, ms: Date.now() - began }));
}); // prettier-ignore
