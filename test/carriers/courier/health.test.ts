/** How an account's weight moves with what its receipts say (T12), and what operators see. */
import { describe, expect, it } from "vitest";
import { HealthWindows, type Move } from "../../../src/carriers/courier/health.ts";
import { type Lane } from "../../../src/sms/purpose.ts";
import { RECEIPTS_MIN, STEERING, weightFor, WEIGHT_MIN } from "../../../src/carriers/courier/steering.ts";

const MINUTE = 60_000;

/** Traffic at one text a second, a share of it slow, the courier looking every ten seconds. */
function traffic(health: HealthWindows, lane: Lane, from: number, seconds: number, slowShare: number): Move[] {
  const moves: Move[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const now = from + second * 1_000;
    const slow = second % 100 < slowShare * 100;
    health.received({ lane, afterMs: slow ? STEERING[lane].slowMs + 1 : 1_000, delivered: true }, now);
    if (second % 10 === 9) moves.push(...health.steer(now));
  }
  return moves;
}

describe("the weight of service texts", () => {
  it("falls by ten points within two minutes of 20 % being slow, and at most once in five minutes", () => {
    const health = new HealthWindows({}, 0);
    expect(traffic(health, "bulk", 0, 900, 0.05)).toEqual([]);
    const moves = traffic(health, "bulk", 900_000, 3_600, 0.2);
    const crossed = moves[0]!;
    expect(crossed).toMatchObject({ lane: "bulk", from: 100, to: 90 });
    expect(crossed.slowShare).toBeGreaterThanOrEqual(0.15);
    for (const [at, move] of moves.entries())
      if (at > 0) expect(move.at - moves[at - 1]!.at).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(health.weights()).toMatchObject({ otp: 100 });
  });

  it("moves within two minutes of crossing 15 %", () => {
    const health = new HealthWindows({}, 0);
    traffic(health, "bulk", 0, 900, 0.05);
    let slow = 0;
    let crossedAt: number | null = null;
    for (let second = 900; second < 3_600; second += 1) {
      const now = second * 1_000;
      slow += 1;
      health.received({ lane: "bulk", afterMs: 6 * MINUTE, delivered: true }, now);
      const share = (slow + 0.05 * (900 - slow)) / 900;
      if (share >= 0.15) crossedAt ??= now;
      if (second % 10 === 9 && health.steer(now).length > 0) {
        expect(crossedAt).not.toBeNull();
        expect(now - crossedAt!).toBeLessThanOrEqual(2 * MINUTE);
        return;
      }
    }
    expect.unreachable("it never moved");
  });

  it("drifts back by ten points after each quarter of an hour of quiet, and no further than it began", () => {
    const health = new HealthWindows({ bulk: 80 }, 0);
    const moves = traffic(health, "bulk", 0, 3_600, 0);
    expect(moves.map(({ to }) => to)).toEqual([90, 100]);
    expect(moves[0]!.at).toBeGreaterThanOrEqual(15 * MINUTE);
    expect(moves[1]!.at - moves[0]!.at).toBeGreaterThanOrEqual(15 * MINUTE);
  });

  it("never falls so far that nobody would see it recover", () => {
    const health = new HealthWindows({}, 0);
    traffic(health, "bulk", 0, 4 * 3_600, 1);
    expect(health.weights().bulk).toBe(WEIGHT_MIN);
  });
});

it("codes are judged in seconds: their weight falls within a minute", () => {
  const health = new HealthWindows({}, 0);
  traffic(health, "otp", 0, 120, 0);
  const [first] = traffic(health, "otp", 120_000, 60, 1);
  expect(first).toMatchObject({ lane: "otp", to: 90 });
});

it("a few slow texts say nothing", () => {
  const health = new HealthWindows({}, 0);
  for (let nth = 1; nth < RECEIPTS_MIN; nth += 1)
    health.received({ lane: "bulk", afterMs: 10 * MINUTE, delivered: false }, nth);
  expect(health.steer(10 * MINUTE)).toEqual([]);
});

it("what operators see counts the window and nothing older, with the networks that receipts named", () => {
  const health = new HealthWindows({}, 0);
  health.called({ lane: "otp", outcome: "unknown", count: 5, latencyMs: 10_000 }, 0);
  health.called({ lane: "otp", outcome: "accepted", count: 98, latencyMs: 90 }, 10 * MINUTE);
  health.called({ lane: "otp", outcome: "declined", count: 2, latencyMs: 700 }, 10 * MINUTE);
  health.received({ lane: "otp", afterMs: 2_000, delivered: true, network: "23415" }, 10 * MINUTE);
  const view = health.view(10 * MINUTE + 1);
  expect(view.otp).toMatchObject({ calls: 100, accepted: 98, declined: 2, unknown: 0, latency_ms_p50: 100, latency_ms_p99: 800, receipts: 1, receipt_ms_mean: 2_000 }); // prettier-ignore
  expect(view.bulk).toMatchObject({ calls: 0, latency_ms_p50: null, receipt_ms_mean: null });
  expect(view.networks).toEqual({
    "23415": { receipts: 1, slow: 0, delivered: 1, weights: { otp: 100, bulk: 100 } },
  });
});

describe("a mobile network that receipts name", () => {
  /** Codes to two networks, a receipt of each every second; one network's are slow from the second minute on. */
  function twoNetworks(health: HealthWindows, seconds: number, from = 0): Move[] {
    const moves: Move[] = [];
    for (let second = 1; second <= seconds; second += 1) {
      const now = from + second * 1_000;
      const afterMs = second > 60 ? STEERING.otp.slowMs + 1 : 1_000;
      health.received({ lane: "otp", afterMs, delivered: true, network: "23410" }, now);
      health.received({ lane: "otp", afterMs: 1_000, delivered: true, network: "23415" }, now);
      if (second % 10 === 0) moves.push(...health.steer(now));
    }
    return moves;
  }

  it("and that is slow by this account loses weight for its own texts, and for nobody else's", () => {
    const health = new HealthWindows({}, 0);
    const moves = twoNetworks(health, 180);
    expect(moves.length).toBeGreaterThanOrEqual(3);
    expect(moves.every(({ network, lane }) => network === "23410" && lane === "otp")).toBe(true);
    const weights = health.weights();
    expect(weightFor(weights, "otp", "23410")).toBeLessThanOrEqual(70);
    expect(weightFor(weights, "otp", "23415")).toBe(100);
    expect(weightFor(weights, "otp", null)).toBe(100);
    expect(weightFor(weights, "bulk", "23410")).toBe(100);
    expect(health.view(180_000).networks["23410"]).toMatchObject({
      weights: { otp: weights.networks?.["23410"]?.otp },
    });
  });

  it("drifts back after quiet, and is then no longer told to anybody", () => {
    const health = new HealthWindows({}, 0, [{ network: "23410", lane: "otp", weight: 90 }]);
    expect(weightFor(health.weights(), "otp", "23410")).toBe(90);
    expect(health.steer(4 * MINUTE)).toEqual([]);
    expect(health.steer(5 * MINUTE)).toMatchObject([{ network: "23410", from: 90, to: 100 }]);
    expect(health.weights()).toEqual({ otp: 100, bulk: 100 });
  });

  it("takes the account's own weight with it only where there is nobody else to judge by", () => {
    const health = new HealthWindows({}, 0);
    for (let second = 1; second <= 60; second += 1)
      health.received({ lane: "otp", afterMs: 60_000, delivered: true, network: "23410" }, second * 1_000);
    expect(health.steer(60_000).map(({ network }) => network)).toEqual([undefined, "23410"]);
  });

  it("counts for no more than the account's own weight, where all its texts are slow", () => {
    expect(weightFor({ otp: 50, bulk: 100, networks: { "23410": { otp: 80 } } }, "otp", "23410")).toBe(50);
  });

  it("is one of at most thirty-two; those long silent make room, those with a lowered weight stay", () => {
    const health = new HealthWindows({}, 0, [{ network: "23499", lane: "bulk", weight: 40 }]);
    for (let nth = 0; nth < 100; nth += 1)
      health.received({ lane: "otp", afterMs: 1, delivered: true, network: String(24_000 + nth) }, 1_000);
    expect(Object.keys(health.view(1_000).networks)).toHaveLength(32);
    health.received({ lane: "otp", afterMs: 1, delivered: true, network: "23415" }, 20 * MINUTE);
    const { networks } = health.view(20 * MINUTE);
    expect(Object.keys(networks).toSorted()).toEqual(["23415", "23499"]);
    expect(networks["23499"]?.weights.bulk).toBe(40);
  });
});

describe("how texts end", () => {
  const end = (health: HealthWindows, now: number, counts: Record<string, number>) => {
    for (const [code, count] of Object.entries(counts))
      for (let nth = 0; nth < count; nth += 1)
        health.received({ lane: "bulk", afterMs: 1_000, ...(code === "ok" ? { delivered: true } : { delivered: false, code }) }, now); // prettier-ignore
  };

  it("is compared with the account's own past: a code that is suddenly common is named, and what lasts becomes usual", () => {
    const health = new HealthWindows({}, 0);
    end(health, 0, { ok: 290, absent: 10 });
    expect(health.seen("bulk", 1_000).changed).toBeNull(); // no past yet
    end(health, 20 * MINUTE, { ok: 97, absent: 3 });
    expect(health.seen("bulk", 20 * MINUTE).changed?.share).toBeLessThan(0.01);
    end(health, 21 * MINUTE, { ok: 20, filtered: 80 });
    expect(health.seen("bulk", 21 * MINUTE)).toMatchObject({ ended: 200, changed: { code: "filtered" } });
    expect(health.seen("bulk", 21 * MINUTE).changed?.share).toBeCloseTo(0.4, 2);
    for (let hour = 1; hour < 40; hour += 1) end(health, hour * 60 * MINUTE, { ok: 20, filtered: 80 });
    expect(health.seen("bulk", 39 * 60 * MINUTE).changed?.share).toBeLessThan(0.1);
  });

  it("counts refusals by their code too", () => {
    const health = new HealthWindows({}, 0);
    health.called({ lane: "otp", outcome: "declined", count: 300, latencyMs: 1, code: "busy" }, 0);
    health.called({ lane: "otp", outcome: "declined", count: 60, latencyMs: 1, code: "spam" }, 20 * MINUTE);
    expect(health.seen("otp", 20 * MINUTE)).toMatchObject({ ended: 60, changed: { share: 1, code: "spam" } });
  });

  it("stays bounded however many codes a carrier invents", () => {
    const health = new HealthWindows({}, 0);
    for (let nth = 0; nth < 1_000; nth += 1) end(health, nth, { [`code_${nth}`]: 1 });
    expect(health.seen("bulk", 1_000).ended).toBe(1_000);
    end(health, 20 * MINUTE, { other: 100 });
    expect(health.seen("bulk", 20 * MINUTE).changed?.share).toBeLessThan(0.1);
  });
});
