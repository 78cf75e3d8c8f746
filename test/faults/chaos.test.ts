/**
 * Chaos: messages through two accounts that fail in every way there is, by a seeded script, while the service is killed at
 * seeded moments. The carriers speak their own wire formats. Afterwards a judge who sees nothing but the record decides.
 *
 * A fault depends on seed, account, text and count, never on who came first: SEED=… meets the same texts with the same faults.
 * The record stays in `.dev/chaos/<seed>.json`.
 */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CarrierKind } from "../../src/carriers/registry.ts";
import { conductOf, draw, Script } from "../../scripts/carriers/conduct.mjs";
import { World } from "../support/carriers/world.ts";
import { type Send, type Tenant, numberFor } from "../support/service/client.ts";
import { Service } from "../support/service/running.ts";
import { setUp } from "../support/run/set-up.ts";
import { History, readEvidence, recordKill, seenCalls, writeEvidence } from "../support/judge/history.ts";
import { connectionsTo, judge } from "../support/judge/judge.ts";
import { overlooked } from "../support/judge/mutations.ts";
import { atSpeed } from "../support/run/patience.ts";
import { chance, sized } from "../support/run/seed.ts";
import { eventually, Signal } from "../support/run/signal.ts";
import { WebhookSink } from "../support/receivers/webhook-sink.ts";

const KILLS = sized(3, 50);
const MESSAGES = sized(500, 10_000);
const PER_SECOND = 100;
/** Runs of texts that find one of the accounts down, so that its circuit opens. */
const STORMS = sized(2, 30);
const STORM_TEXTS = 12;
/** The kills lie in this part of the run: in the small size its end is spent waiting for the leases of what was killed. */
const KILLED_SHARE = sized(30, 95) / 100;
/** What was in flight at the last kill is `unknown` when its lease of half a minute is over. */
const SETTLED_MS = 75_000;
const WAITING = ["scheduled", "held", "queued", "sending"];

const random = chance("chaos");
const { seed } = random;
const record = join(import.meta.dirname, `../../.dev/chaos/${seed}.json`);

/** For each kind a refusal that another account may make good. */
const DECLINES: Partial<Record<CarrierKind, string>> = {
  twilio: "21606",
  vonage: "22",
  telnyx: "40301",
  infobip: "REJECTED_SENDER",
};
const PAIRS: [[CarrierKind, CarrierKind], ...[CarrierKind, CarrierKind][]] = [["twilio", "infobip"], ["vonage", "telnyx"], ["infobip", "vonage"], ["telnyx", "twilio"]]; // prettier-ignore
const NAMES = ["first", "second"] as const;
const kinds = random.pick(PAIRS);

const fate = (...states: string[]) => ({
  states,
  delay_ms: [0, 800],
  lose: 0.03,
  repeat: 0.05,
  reorder: 0.05,
  forge: 0.05,
});

/** Everything that may go wrong, by weight in a thousand. */
const scriptOf = (kind: CarrierKind, name: string) => ({
  seed,
  by: "text",
  calls: [
    { does: "accept", weight: 560, after_ms: 20, receipts: fate("sent", "delivered") },
    { does: "accept", weight: 80, after_ms: 300, receipts: fate("delivered") },
    { does: "accept", weight: 30, after_ms: 2_500, receipts: fate("sent", "delivered") },
    { does: "accept", weight: 60, after_ms: 50, receipts: fate("sent", "undelivered") },
    { does: "accept", weight: 40, after_ms: 50, receipts: { ...fate("sent", "delivered"), delay_ms: [2_000, 5_000] } },
    { does: "accept", weight: 30, after_ms: 10, receipts: [] },
    { does: "accept", weight: 8, after_ms: 11_000, receipts: fate("delivered") },
    { does: "accept", weight: 4, after_ms: 11_000, receipts: [] },
    { does: "refuse", weight: 30 },
    { does: "refuse", weight: 60, code: DECLINES[kind] },
    { does: "throttle", weight: 8, retry_after_seconds: 1 },
    { does: "error", weight: 20, status: 500, receipts: [] },
    { does: "error", weight: 15, status: 503, taken: true, receipts: fate("sent", "delivered") },
    { does: "error", weight: 8, status: 502, taken: true, receipts: [] },
    { does: "hang", weight: 4, receipts: [] },
    { does: "hang", weight: 4, taken: true, receipts: fate("delivered") },
    { does: "reset_before_reading", weight: 15 },
    { does: "reset_after_accepting", weight: 16, receipts: fate("delivered") },
    { does: "reset_after_accepting", weight: 8, receipts: [] },
  ],
  texts: [{ includes: `while ${name} is down`, calls: [{ does: "error", weight: 3, receipts: [] }, { does: "reset_before_reading" }] }],
}); // prettier-ignore

let service: Service;
let world: World;
setUp(async (use) => {
  world = await use(World.start());
  service = await use(Service.start());
});

/** Tenants whose routes begin with either account; `sent` counts the wishes that were begun. */
type Run = { history: History; tenants: [Tenant, Tenant]; up: boolean; changed: Signal; sent: number };

/** Which texts find an account down. */
const storms = Array.from({ length: STORMS }, (_, nth) => {
  const from = Math.floor(draw(seed, "storm", nth) * (MESSAGES - STORM_TEXTS));
  return { from, to: from + STORM_TEXTS, name: NAMES[nth % 2] };
});

/** The wish of a place in the run: the same for the same seed. A few live so short that a kill may outlast them. */
function wishOf(nth: number): Send {
  const storm = storms.find(({ from, to }) => nth >= from && nth < to);
  const text = `Chaos ${nth}${storm === undefined ? "" : ` while ${storm.name} is down`}`;
  const purpose = draw(seed, "purpose", nth) < 0.3 ? "otp" : "service";
  return { to: numberFor(nth), text, purpose, ...(draw(seed, "short", nth) < 0.03 ? { ttl_seconds: 10 } : {}) };
}

/** One of the callers: takes the next wish and asks again, with the same key, until it is acknowledged. */
async function caller(run: Run, started: number): Promise<void> {
  while (run.sent < MESSAGES) {
    const nth = run.sent++;
    const tenant = run.tenants[nth % 2 === 0 ? 0 : 1];
    const wish = run.history.wish(wishOf(nth));
    const due = started + (nth * 1_000) / PER_SECOND;
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()));
    while (!(await run.history.ask(tenant, wish))) await run.changed.until("the Worker is up", 120_000, () => run.up);
    if (nth % 25 === 0) await look(run);
  }
}

/** What the newest messages are, as a list shows them. */
async function look({ history, tenants }: Run): Promise<void> {
  for (const tenant of tenants) {
    const from = Date.now();
    const { status, text } = await tenant.call("GET /v1/messages?limit=100");
    if (status === 200) history.saw((JSON.parse(text) as { data: [] }).data, from);
  }
}

/** Kills a little after the carriers have seen so many calls; the next comes when the service is up. */
async function killer(run: Run): Promise<void> {
  const after = Array.from({ length: KILLS }, () => random.between(20, Math.floor(MESSAGES * KILLED_SHARE)));
  for (const calls of after.toSorted((a, b) => a - b)) {
    await world.until(`${calls} calls`, 300_000, () => world.calls.length >= calls);
    await new Promise((resolve) => setTimeout(resolve, random.between(0, 60)));
    run.up = false;
    run.history.kills.push(await recordKill(world, () => service.kill()));
    await service.resume();
    run.up = true;
    run.changed.ring();
    await look(run);
  }
}

/** Everything once all has come to its end. */
async function settled(run: Run) {
  let waiting: string[] = [];
  const messages = await eventually(
    "every acknowledged message has come to its end",
    SETTLED_MS,
    async () => {
      const { owed } = world; // before the list: a receipt that comes while it is read is in a later one
      const all = (await Promise.all(run.tenants.map((tenant) => tenant.messages()))).flat();
      waiting = all.filter(({ state }) => WAITING.includes(state)).map(({ id, state }) => `${id} ${state}`);
      return waiting.length === 0 && owed === 0 ? all : null;
    },
    sized(1_000, 5_000),
    () => `${waiting.length} wait, such as ${waiting[0]}, and ${world.owed} receipts are owed`,
  );
  return { messages, events: (await Promise.all(run.tenants.map((tenant) => tenant.events()))).flat() };
}

test(
  "in chaos, and killed, the service loses no message, sends none twice, takes no step that is none, and doubts only what was in doubt",
  async () => {
    const scripts = kinds.map((kind, at) => Script.parse(scriptOf(kind, NAMES[at] ?? "")));
    const accounts = kinds.map((kind, at) => world.account(kind, { name: NAMES[at] ?? "", script: scripts[at] }));
    const routes: string[] = [];
    for (const { body } of accounts) routes.push((await service.admin<{ id: string }>("POST /admin/v1/carriers", body)).id);
    const tenants: [Tenant, Tenant] = [await service.tenant("One", routes), await service.tenant("Other", routes.toReversed())];
    const sinks = await Promise.all(tenants.map((tenant) => WebhookSink.start(tenant))); // who listens, hears every state
    const run: Run = { history: new History(), tenants, up: true, changed: new Signal(), sent: 0 };
    const began = Date.now();
    const callers = Promise.all(Array.from({ length: 16 }, () => caller(run, began)));
    await killer(run);
    await callers;
    const loadMs = Date.now() - began;
    const { messages, events } = await settled(run);
    const told = sinks.flatMap((sink) => [...sink.events.values()]);
    const { calls, receipts } = world;
    const evidence = run.history.evidence({ calls: seenCalls(calls), receipts, messages, events, told });
    writeEvidence(record, { seed, kinds, ...evidence });

    const connections = connectionsTo(accounts.length);
    const { wrong, figures } = judge(readEvidence(record), { connections });
    console.log(JSON.stringify({ seed, kinds, kills: run.history.kills.length, ...figures, receipts: receipts.length, told: told.length, loadMs, ms: Date.now() - began })); // prettier-ignore
    expect(wrong).toEqual([]);
    expect(overlooked(evidence, connections)).toEqual([]); // faults planted into this very record are found
    expect(figures.wishes).toBe(MESSAGES);
    expect(run.history.kills).toHaveLength(KILLS);
    expect(world.refusals).toEqual([]); // no carrier found a request of ours that it does not know
    expect(sinks.flatMap(({ forged }) => forged)).toEqual([]);
    for (const state of ["delivered", "undelivered", "failed", "unknown"]) expect(figures.states[state], state).toBeGreaterThan(0);
    expect(receipts.filter(({ forged }) => forged).length).toBeGreaterThan(0);
    expectReplays(scripts);
    await Promise.all(sinks.map((sink) => sink.stop()));
  },
  atSpeed(sized(150_000, 1_800_000)),
); // prettier-ignore

/** What each text met is what its seed, account and count say, and nothing else had a part in it. */
function expectReplays(scripts: object[]): void {
  const named = world.calls.filter(({ text }) => text !== null);
  expect(named.length).toBeGreaterThan(MESSAGES / 2);
  for (const { account, text, nth, conduct } of named) {
    const script = scripts[account === NAMES[0] ? 0 : 1];
    expect(conductOf(script, { account, message: "of another run", text, nth, index: Infinity })).toEqual(conduct);
  }
}
