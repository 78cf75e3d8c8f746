/** The courier and its account's health: few calls until one is back well, none while it is sick, and operators are told. */
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { beforeEach, describe, expect, it } from "vitest";
import type { Carrier, Probed } from "../../../src/carriers/carrier.ts";
import { Courier, type AccountConfig } from "../../../src/carriers/courier/courier.ts";
import type { Calls } from "../../../src/carriers/courier/health.ts";
import type { Noted } from "../../../src/carriers/courier/watch.ts";
import { Keyring } from "../../../src/vault/keyring.ts";
import { FakeTime, quiet } from "../../support/rooms/fake-time.ts";
import { nodeSql, type NodeSql } from "../../support/rooms/node-sql.ts";

const ring = Keyring.parse(
  JSON.stringify({ 1: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64") }),
);
const config: AccountConfig = { ...PLAIN_ACCOUNT, id: "car_1", kind: "x", mode: "test", settings: {} };
const want = { tenant: "t", lane: "otp" as const, wanted: 6 };
const call = (outcome: Calls["outcome"], count = 1): Calls => ({ lane: "otp", outcome, count, latencyMs: 10 });

let time: FakeTime;
let sql: NodeSql;
let noted: Noted[];
let hushed: number[];
let probes: (() => Promise<Probed>)[];
let carrier: Carrier;
beforeEach(() => {
  time = new FakeTime();
  sql = nodeSql();
  noted = [];
  hushed = [];
  probes = [];
  carrier = {
    fields: { settings: {}, secrets: {} },
    canAsk: () => false,
    send: () => Promise.reject(new Error("the courier sends nothing")),
    readReceipts: (_account, { message }) =>
      Promise.resolve({ read: [{ message, state: "delivered" as const, code: null, at: null, network: "23415" }] }),
  };
});

function courier(): Courier {
  const one = new Courier({
    sql,
    ring,
    now: () => time.now,
    later: (milliseconds, run) => void time.later(milliseconds, run),
    carrierOf: () => carrier,
    log: () => undefined,
    quiet: async (_account, until) => void hushed.push(until),
    io: () => ({ fetch: () => Promise.reject(new Error("no")), now: () => time.now, handset: () => Promise.resolve() }),
    note: async (each) => void noted.push(each),
  });
  one.configure(config, {});
  return one;
}
const sicken = (one: Courier) => one.report([call("accepted"), call("unknown", 5)]);

describe("a courier", () => {
  it("that has just woken lets six calls go, and the next ones when the first is back well", async () => {
    const one = courier();
    expect(await one.permit(want)).toMatchObject({ granted: 6, watched: true });
    const next = one.permit(want);
    await time.pass(200);
    one.report([call("accepted")]);
    await time.pass(10);
    expect((await next)?.granted).toBeGreaterThanOrEqual(1);
    expect(await one.permit(want)).toMatchObject({ granted: 1_000, watched: false, circuit: "closed" });
  });

  it("takes an answered question for a sign of health that frees its leave, and counts it in no window", async () => {
    const one = courier();
    for (let nth = 0; nth < 3; nth += 1) {
      expect((await one.permit(want))?.granted).toBe(nth === 0 ? 6 : 1_000);
      one.report([{ ...call("accepted", 6), asked: true }]);
    }
    expect(one.health()).toMatchObject({ otp: { calls: 0 } });
    one.report([{ ...call("unknown", 5), asked: true }]);
    expect(one.health()).toMatchObject({ circuit: { state: "open" } });
  });

  it("learns nothing of sending from a carrier that is asked to forget, well or ill", async () => {
    const one = courier();
    const forgets = (outcome: Calls["outcome"]) => ({
      ...call(outcome, 6),
      asked: true as const,
      aside: true as const,
    });
    for (const outcome of ["accepted", "unknown", "unknown"] as const) {
      expect(await one.permit(want)).toMatchObject({ granted: 6, circuit: "closed", watched: true });
      one.report([forgets(outcome)]);
    }
    sicken(one);
    one.report([forgets("accepted")]);
    expect(one.health()).toMatchObject({ circuit: { state: "open" } });
  });

  it("does not close an open circuit for an answered question, which only gives its leave back", async () => {
    const one = courier();
    sicken(one);
    one.report([{ ...call("accepted", 6), asked: true }]);
    expect(await one.permit(want)).toMatchObject({ granted: 0, circuit: "open" });
    time.now += 1_000;
    expect(await one.permit(want)).toMatchObject({ granted: 1, circuit: "probing" }); // for a question
    one.report([{ ...call("accepted"), asked: true }]);
    expect(await one.permit(want)).toMatchObject({ granted: 1, circuit: "probing" }); // for a message
    one.report([call("unknown")]);
    expect(await one.permit(want)).toMatchObject({ granted: 0, circuit: "open" });
    time.now += 2_000;
    expect(await one.permit(want)).toMatchObject({ granted: 1, circuit: "probing" });
    one.report([call("accepted")]);
    expect(await one.permit(want)).toMatchObject({ granted: 1_000, circuit: "closed" });
  });

  it("whose account falls sick stops its senders at once, grants nothing, and says so to operators", async () => {
    const one = courier();
    sicken(one);
    expect(await one.permit(want)).toMatchObject({ granted: 0, circuit: "open", waitMs: 1_000 });
    expect(hushed).toEqual([time.now + 1_000]);
    expect(noted).toEqual([{ account: "car_1", act: "carrier.circuit", facts: { state: "open" } }]);
    expect(one.health()).toMatchObject({ circuit: { state: "open" }, otp: { calls: 6, accepted: 1, unknown: 5 } });
  });

  it("hears with the next want what a sender has to tell, and refused numbers and throttling are no sickness", async () => {
    const one = courier();
    await one.permit({ ...want, reports: [call("accepted"), call("declined", 40), call("throttled", 40)] });
    expect(await one.permit(want)).toMatchObject({ circuit: "closed" });
    await one.permit({ ...want, reports: [{ ...call("declined", 5), accountRefused: true }] });
    expect(await one.permit(want)).toMatchObject({ circuit: "open", granted: 0 });
  });

  it("lets one message a second try, where the carrier has nothing to be probed by", async () => {
    const one = courier();
    sicken(one);
    time.now += 1_000;
    expect(await one.permit(want)).toMatchObject({ granted: 1, circuit: "probing", watched: true });
    expect(await one.permit(want)).toMatchObject({ granted: 0, circuit: "probing" });
    one.report([call("accepted")]);
    expect(await one.permit(want)).toMatchObject({ granted: 1_000, circuit: "closed" });
    expect(noted.map(({ facts }) => facts["state"])).toEqual(["open", "closed"]);
  });

  it("probes a carrier that can be probed, and risks no message meanwhile", async () => {
    let found: Probed = { found: "down", code: "http_500" };
    carrier = {
      ...carrier,
      probe: () => {
        probes.push(() => Promise.resolve(found));
        return Promise.resolve(found);
      },
    };
    const one = courier();
    sicken(one);
    time.now += 1_000;
    expect(await one.permit(want)).toMatchObject({ granted: 0 });
    await quiet();
    expect(probes).toHaveLength(1);
    time.now += 1_000;
    expect(await one.permit(want)).toMatchObject({ granted: 0, circuit: "open" }); // twice as far away now
    found = { found: "well" };
    time.now += 1_000;
    await one.permit(want);
    await quiet();
    expect(probes).toHaveLength(2);
    expect(await one.permit(want)).toMatchObject({ granted: 1, circuit: "probing", watched: true });
    expect(await one.permit(want)).toMatchObject({ granted: 0 }); // while that one is out
    one.report([call("accepted")]);
    expect(await one.permit(want)).toMatchObject({ granted: 1_000, circuit: "closed" });
    expect(probes).toHaveLength(2);
  });

  it("is not taken in by a probe that is well while texts are not taken: one message at a time is risked, ever more rarely", async () => {
    carrier = { ...carrier, probe: () => Promise.resolve({ found: "well" }) };
    const one = courier();
    sicken(one);
    const risked: number[] = [];
    for (const until = time.now + 60_000; time.now < until; time.now += 500) {
      const permit = await one.permit(want);
      await quiet();
      if (permit!.granted > 0) one.report([call("unknown", permit!.granted)]);
      if (permit!.granted > 0) risked.push(permit!.granted);
    }
    expect(risked).toEqual([1, 1, 1, 1, 1]); // after 1, 2, 4, 8 and 16 seconds
  });

  it("counts leaves that were not used as free again", async () => {
    const one = courier();
    await one.permit(want);
    one.report([], 6);
    expect(await one.permit(want)).toMatchObject({ granted: 6 });
  });
});

describe("receipts", () => {
  const receipt = (at: number) => ({ message: "msg_1", url: "", headers: {}, body: new Uint8Array(0), now: time.now, called: { at, lane: "bulk" as const } }); // prettier-ignore

  it("that come late move the weight, which is noted, stored and known behind a restart", async () => {
    const one = courier();
    for (let nth = 0; nth < 30; nth += 1) await one.readReceipts(receipt(time.now - 6 * 60_000));
    time.now += 6 * 60_000;
    await one.readReceipts(receipt(time.now - 6 * 60_000));
    expect(await one.permit(want)).toMatchObject({ weights: { otp: 100, bulk: 90 } });
    const moved = { act: "carrier.weight", facts: { lane: "bulk", from: 100, to: 90 } };
    expect(noted).toMatchObject([moved, { ...moved, facts: { ...moved.facts, network: "23415" } }]);
    expect(one.health()).toMatchObject({ bulk: { weight: 90, slow: 31 }, networks: { "23415": { receipts: 31 } } });
    expect(await courier().permit(want)).toMatchObject({ weights: { bulk: 90 } });
  });

  it("of one slow network lower that network's weight alone; stored, noted, and taken out again when it is where it began", async () => {
    const one = courier();
    const called = { at: time.now - 60_000, lane: "otp" as const };
    const from = async (network: string, afterMs: number) => {
      carrier.readReceipts = (_account, { message }) =>
        Promise.resolve({ read: [{ message, state: "delivered" as const, code: null, at: null, network }] });
      for (let nth = 0; nth < 30; nth += 1)
        await one.readReceipts({ ...receipt(0), called: { ...called, at: time.now - afterMs } });
    };
    await one.permit(want);
    time.now += 31_000;
    await from("23410", 21_000);
    for (let nth = 0; nth < 6; nth += 1) await from("23415", 500);
    expect(await one.permit(want)).toMatchObject({
      weights: { otp: 100, bulk: 100, networks: { "23410": { otp: 90 } } },
    });
    expect(noted).toMatchObject([{ act: "carrier.weight", facts: { lane: "otp", network: "23410", from: 100, to: 90, slow_per_mille: 1_000 } }]); // prettier-ignore
    expect(one.health()?.moves).toMatchObject([{ lane: "otp", network: "23410", from: 100, to: 90, slow_share: 1 }]);
    const awake = courier();
    expect(await awake.permit(want)).toMatchObject({ weights: { networks: { "23410": { otp: 90 } } } });
    time.now += 6 * 60_000;
    const { weights } = (await awake.permit(want)) ?? {};
    expect(weights).toEqual({ otp: 100, bulk: 100 });
    expect(sql.exec(`SELECT * FROM network_weights`).toArray()).toEqual([]);
  });

  it("whose address names no call move nothing", async () => {
    const one = courier();
    for (let nth = 0; nth < 30; nth += 1) await one.readReceipts({ ...receipt(0), called: null });
    expect(one.health()).toMatchObject({ bulk: { receipts: 0 } });
  });
});

describe("an alert", () => {
  const alerts = () => noted.filter(({ act }) => act === "carrier.alert").map(({ facts }) => `${facts["kind"]} ${facts["state"]}`); // prettier-ignore

  it("ends when its window has emptied, without a call and without anybody looking, and is told once", async () => {
    const one = courier();
    one.report([call("accepted", 45), call("declined", 60)]);
    await one.permit(want);
    expect(alerts()).toEqual(["refusals raised"]);
    await time.pass(60_000); // the window of codes is two minutes
    expect(alerts()).toEqual(["refusals raised"]);
    await time.pass(120_000);
    expect(alerts()).toEqual(["refusals raised", "refusals cleared"]);
    await time.pass(3_600_000);
    expect([alerts().length, one.health()?.alerts]).toEqual([2, []]);
  });

  it("is over for whoever looks after its window, though nothing else has run", async () => {
    const one = courier();
    one.report([call("accepted", 45), call("declined", 60)]);
    await one.permit(want);
    expect(one.health()?.alerts).toMatchObject([{ kind: "refusals" }]);
    time.now += 3_600_000; // no timer came
    expect(one.health()?.alerts).toEqual([]);
    expect(alerts()).toEqual(["refusals raised", "refusals cleared"]);
  });
});
