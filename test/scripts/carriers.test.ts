// The carrier world against the adapters it was not written from: what either writes, the other reads.
import { PLAIN_ACCOUNT } from "../../src/carriers/carrier.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Account, Answer, Carrier, Handover } from "../../src/carriers/carrier.ts";
import { CARRIERS, KINDS, type CarrierKind } from "../../src/carriers/registry.ts";
import { Script } from "../../scripts/carriers/conduct.mjs";
import { KINDS as SPOKEN } from "../../scripts/carriers/kinds.mjs";
import { World } from "../support/carriers/world.ts";
import { handover } from "../support/carriers/adapter.ts";
import { CallbackSink } from "../support/carriers/callback-sink.ts";
import { seedOfRun } from "../support/run/seed.ts";

let world: World;
let sink: CallbackSink;
beforeAll(async () => {
  world = await World.start();
  sink = await CallbackSink.start();
});
afterAll(async () => {
  await world.stop();
  await sink.stop();
});

let made = 0;
const newId = () => `msg_edxzht155001m851kn9w0bajjg482h${String((made += 1)).padStart(6, "0")}`;
type Opened = ReturnType<World["account"]>;
const ours = ({ kind, settings, secrets }: Opened): Account => ({ ...PLAIN_ACCOUNT, id: "car_1", kind, mode: "test", settings, secrets }); // prettier-ignore

/** Sends by the adapter into the world; a call that is left hanging is given up after `patienceMs`. */
function send(account: Opened, message = newId(), over: Partial<Handover> = {}, patienceMs = 10_000): Promise<Answer> {
  const io = {
    fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.any([init.signal!, AbortSignal.timeout(patienceMs)]) }), // prettier-ignore
    now: Date.now,
    handset: () => Promise.reject(new Error("no handset")),
  };
  const carrier = CARRIERS[account.kind as CarrierKind];
  return carrier.send(ours(account), { ...handover, message, receiptUrl: sink.urlFor(message), ...over }, io);
}

const read = (account: Opened, message: string) => Promise.all(sink.of(message).map((callback) => CARRIERS[account.kind as CarrierKind].readReceipts(ours(account), callback))); // prettier-ignore

it("speaks every kind that an account can have, and no other", () => {
  expect(Object.keys(SPOKEN).sort()).toEqual([...KINDS].sort());
});

describe.each(KINDS)("as %s", (kind) => {
  it("takes what the adapter sends, and the adapter believes the receipts and none that is forged", async () => {
    const receipts = [{ state: "sent" }, { state: "undelivered", forged: true, after_ms: 1 }, { state: "delivered", after_ms: 2 }]; // prettier-ignore
    const account = world.account(kind, { script: { calls: [{ does: "accept", receipts }] } });
    const message = newId();
    const answer = await send(account, message);
    expect(answer).toMatchObject({ outcome: "accepted" });
    const [call] = world.callsOf(account.name);
    expect(call).toMatchObject({ message, to: expect.stringMatching(/447700900123$/), text: handover.text, taken: true, refused: false }); // prettier-ignore
    expect(answer).toHaveProperty("reference", call?.reference);
    await world.until("receipts", 5_000, () => world.owed === 0);
    const [first, forged, last] = await read(account, message);
    expect(first).toMatchObject({ read: [{ message, state: "sent" }] });
    expect(forged).toHaveProperty("forged");
    expect(last).toMatchObject({ read: [{ message, state: "delivered" }] });
    for (const each of [first, last]) expect(JSON.stringify(each)).not.toContain("unmapped");
    expect(world.refusals.filter(({ account: name }) => name === account.name)).toEqual([]);
  });

  it("tells an undelivered text with a code that the adapter knows", async () => {
    const account = world.account(kind, { script: { calls: [{ does: "accept", receipts: [{ state: "undelivered" }] }] } }); // prettier-ignore
    const message = newId();
    await send(account, message);
    await world.until("receipts", 5_000, () => world.owed === 0);
    const [only] = await read(account, message);
    expect(only).toMatchObject({ read: [{ message, state: "undelivered" }] });
    expect(JSON.stringify(only)).not.toContain("unmapped");
  });

  it.each<[string, object, Partial<Answer>]>([
    ["refuses", { does: "refuse" }, { outcome: "declined", permanent: true }],
    ["throttles", { does: "throttle", retry_after_seconds: 30 }, { outcome: "throttled" }],
    ["fails", { does: "error", status: 500, taken: true, receipts: [] }, { outcome: "unknown" }],
    ["is down", { does: "error", status: 502, receipts: [] }, { outcome: "unknown" }],
    ["hangs", { does: "hang", receipts: [] }, { outcome: "unknown", code: "timeout" }],
    ["cuts the call before it is read", { does: "reset_before_reading" }, { outcome: "unknown", code: "connection" }],
    ["takes the text and cuts the call", { does: "reset_after_accepting", receipts: [] }, { outcome: "unknown", code: "connection" }],
    ["answers late", { does: "accept", after_ms: 5_000, receipts: [] }, { outcome: "unknown", code: "timeout" }],
    ["says nonsense", { does: "say", status: 200, content_type: "text/html", body: "<html>" }, { outcome: "unknown" }],
  ])("%s as its script says, and the adapter takes it for what it is", async (_, conduct, expected) => {
    const account = world.account(kind, { script: { calls: [conduct] } });
    expect(await send(account, newId(), {}, 500)).toMatchObject(expected);
    const [call] = world.callsOf(account.name);
    const { outcome } = expected;
    expect(call).toMatchObject({ refused: outcome === "declined" || outcome === "throttled" });
  }); // prettier-ignore

  it("says how long it wants to be left alone, or that it does not know us", async () => {
    const slow = world.account(kind, { script: { calls: [{ does: "throttle", retry_after_seconds: 30 }] } });
    expect(await send(slow)).toMatchObject({ outcome: "throttled", retryAfterSeconds: 30 });
    const account = world.account(kind);
    const stranger = world.account(kind);
    const mixed = { ...account, secrets: stranger.secrets };
    expect(await send(mixed)).toMatchObject({ outcome: "declined", permanent: false });
    expect(world.callsOf(account.name)).toEqual([]);
    const carrier: Carrier = CARRIERS[kind];
    const io = { fetch: (url: string, init: RequestInit) => fetch(url, init), now: Date.now, handset: () => Promise.reject(new Error("no")) }; // prettier-ignore
    if (carrier.probe === undefined) return;
    expect([await carrier.probe(ours(account), io), (await carrier.probe(ours(mixed), io)).found]).toEqual([{ found: "well" }, "rejected"]); // prettier-ignore
  });

  it("texts nobody but the numbers set aside for drama, and refuses a field that it does not publish", async () => {
    const account = world.account(kind);
    expect(await send(account, newId(), { to: "+447700900" })).toMatchObject({ outcome: "declined", permanent: true });
    const io = { fetch: (url: string, init: RequestInit) => fetch(url, { ...init, body: withMore(init.body as string) }), now: Date.now, handset: () => Promise.reject(new Error("no")) }; // prettier-ignore
    const odd = await CARRIERS[kind].send(ours(account), { ...handover, receiptUrl: sink.urlFor(newId()) }, io);
    expect(odd.outcome).toBe("declined");
    expect(odd).not.toHaveProperty("unmapped");
    expect(world.callsOf(account.name)).toEqual([]);
    expect(world.refusals.filter(({ account: name }) => name === account.name)).toHaveLength(2);
  });

  it("brings a person's text that the adapter reads, with the same id again, and none that is forged or signed too long ago", async () => {
    const account = world.account(kind);
    const carrier: Carrier = CARRIERS[kind];
    const url = `${sink.base}/carriers/car_1/inbound`;
    const bring = async (over: object = {}) => {
      expect(await world.inbound(account.name, { url, from: "+447700900123", to: "+447700900871", text: "Grüße = 5 £ & so", ...over })).toBe(200); // prettier-ignore
      return carrier.readInbound!(ours(account), sink.callbacks.at(-1)!);
    };
    const text = { from: "+447700900123", to: "+447700900871", text: "Grüße = 5 £ & so" };
    const first = await bring();
    expect(first).toEqual({ read: [{ id: expect.any(String), ...text }] });
    const { id } = (first as { read: { id: string }[] }).read[0]!;
    expect(await bring({ id })).toEqual(first);
    expect(await bring()).not.toEqual(first);
    expect(await bring({ forged: true })).toHaveProperty("forged");
    const stale = await bring({ ageSeconds: 400 });
    if (["twilio", "infobip"].includes(kind))
      expect(stale).toHaveProperty("read.0"); // they sign no time
    else expect(stale).toEqual({ forged: "stale" });
    const part = { ref: "142", nth: 2, of: 3 };
    if (["http", "vonage"].includes(kind)) expect(await bring({ part })).toMatchObject({ read: [{ part }] }); // the others join them
  });

  it("repeats a receipt until somebody takes it", async () => {
    const account = world.account(kind);
    const message = newId();
    sink.statuses.push(503, 500);
    await send(account, message);
    await world.until("receipts", 5_000, () => world.owed === 0);
    expect(world.receipts.filter((each) => each.message === message).map(({ status }) => status)).toEqual([503, 500, 200]); // prettier-ignore
  });
});

/** The body with one field more: in a form, in JSON, and in JSON's first list. */
function withMore(body: string): string {
  if (!body.startsWith("{")) return `${body}&Surprise=1`;
  const value = JSON.parse(body) as Record<string, unknown>;
  const [list] = Object.values(value).filter((each) => Array.isArray(each)) as object[][];
  Object.assign(list?.[0] ?? value, { surprise: 1 });
  return JSON.stringify(value);
}

describe("a script", () => {
  const seed = seedOfRun();
  const script = { seed, calls: [{ does: "accept", weight: 6, receipts: { states: ["sent", "delivered"], lose: 0.2, repeat: 0.2, reorder: 0.2, forge: 0.2 } }, { does: "refuse", weight: 2 }, { does: "throttle", weight: 1 }, { does: "error", weight: 1, receipts: [] }] }; // prettier-ignore
  const messages = Array.from({ length: 150 }, () => newId());
  const whole = async (order: string[]) => {
    const one = await World.start();
    const account = one.account("http", { name: "chaos", script });
    await Promise.all(order.map((message) => send(account, message)));
    await one.until("receipts", 10_000, () => one.owed === 0);
    await one.stop();
    const done = Object.fromEntries(one.calls.map((call) => [call.message, call.conduct.does]));
    const told = Map.groupBy(one.receipts, ({ message }) => String(message));
    const said = [...told].map(([message, all]): [string, string] => [message, all.map(({ state, forged }) => `${state}${forged ? "!" : ""}`).join(" ")]); // prettier-ignore
    return { done, told: Object.fromEntries(said) };
  };

  it(`replays by its seed, whoever comes first (SEED=${seed})`, async () => {
    const first = await whole(messages);
    const again = await whole(messages.toReversed());
    expect(again).toEqual(first);
    expect(new Set(Object.values(first.done))).toEqual(new Set(["accept", "refuse", "throttle", "error"]));
    const said = Object.values(first.told);
    expect(said).toContain("sent delivered");
    for (const odd of [/^(sent|delivered)$/, /(\w+) \1/, /delivered sent/, /!/]) expect(said.filter((each) => odd.test(each)).length, String(odd)).toBeGreaterThan(0); // prettier-ignore
  });

  it(`replays by its texts in another run, where they have other ids and come in another order (SEED=${seed})`, async () => {
    const texts = Array.from({ length: 100 }, (_, nth) => `Text ${nth}${nth % 10 === 0 ? " in a storm" : ""}`);
    const byText = { ...script, by: "text", texts: [{ includes: "storm", calls: [{ does: "error", status: 503, receipts: [] }] }] }; // prettier-ignore
    const run = async (order: string[]) => {
      const one = await World.start();
      const account = one.account("http", { name: "chaos", script: byText });
      await Promise.all(order.map((text) => send(account, newId(), { text })));
      await one.until("receipts", 10_000, () => one.owed === 0);
      await one.stop();
      const ids = new Map(one.calls.map(({ message, text }) => [message, text]));
      const told = Map.groupBy(one.receipts, ({ message }) => ids.get(message));
      return {
        met: Object.fromEntries(one.calls.map(({ text, conduct }) => [text, conduct])),
        told: Object.fromEntries(
          [...told].map(([text, all]) => [text, all.map(({ state, forged }) => [state, forged])]),
        ),
      };
    };
    const first = await run(texts);
    expect(await run(texts.toReversed())).toEqual(first);
    expect(new Set(texts.filter((text) => text.includes("storm")).map((text) => first.met[text].status))).toEqual(new Set([503])); // prettier-ignore
    expect(new Set(Object.values<{ does: string }>(first.met).map(({ does }) => does))).toEqual(new Set(["accept", "refuse", "throttle", "error"])); // prettier-ignore
  });

  it("begins as it says, call by call", async () => {
    const account = world.account("http", { script: { first: [{ does: "refuse" }, { does: "throttle" }] } });
    const outcomes = [];
    for (let nth = 0; nth < 4; nth += 1) outcomes.push((await send(account)).outcome);
    expect(outcomes).toEqual(["declined", "throttled", "accepted", "accepted"]);
  });

  it.each([{ does: "explode" }, { does: "refuse", more: 1 }, { does: "error", status: 200 }, { does: "accept", receipts: { lose: 2 } }])("with %j in it is refused", (conduct) => {
    expect(Script.safeParse({ calls: [conduct] }).success).toBe(false);
  }); // prettier-ignore
});

describe("from another process", () => {
  const steer = async (route: string, body?: unknown) => {
    const [method = "", path = ""] = route.split(" ");
    const answer = await fetch(`${world.base}/world${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }); // prettier-ignore
    return { status: answer.status, body: (await answer.json()) as Record<string, any> }; // oxlint-disable-line typescript/no-explicit-any -- judged by the test that reads it
  };

  it("accounts are opened, scripted and looked back on", async () => {
    const opened = await steer("POST /accounts", { kind: "twilio", name: "mine" });
    expect(opened).toMatchObject({ status: 201, body: { name: "mine", admin: { kind: "twilio", mode: "test", base_url: `${world.base}/mine` } } }); // prettier-ignore
    expect((await steer("POST /script", { account: "mine", script: { calls: [{ does: "refuse" }] } })).status).toBe(200); // prettier-ignore
    const { settings, secrets } = opened.body;
    const message = newId();
    expect(await send({ kind: "twilio", settings, secrets } as Opened, message)).toMatchObject({ outcome: "declined" });
    const { body } = await steer("GET /history");
    expect(body["calls"].find((call: { message: string }) => call.message === message)).toMatchObject({ account: "mine", refused: true, receipt_url: sink.urlFor(message) }); // prettier-ignore
  });

  it("a person's text is brought as the carrier brings it", async () => {
    const inbound = { account: "mine", url: `${sink.base}/inbound`, from: "+447700900123", to: "+447700900001", text: "STOP" }; // prettier-ignore
    expect(await steer("POST /inbound", inbound)).toEqual({ status: 200, body: { status: 200 } });
    expect(new TextDecoder().decode(sink.callbacks.at(-1)?.body)).toContain("Body=STOP");
  });

  it.each([["POST /accounts", { kind: "pigeon" }, 400], ["POST /accounts", { kind: "http", more: 1 }, 400], ["POST /script", { account: "nobody", script: {} }, 404], ["GET /nothing", undefined, 404]])("%s with %j is refused", async (route, body, status) => {
    expect((await steer(route, body)).status).toBe(status);
  }); // prettier-ignore
});
