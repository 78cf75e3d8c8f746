/** How an account's weight moves with what its receipts say (T12), and what operators see. */
import { describe, expect, it } from "vitest";
import { HealthWindows, RECEIPTS_MIN, STEERING, WEIGHT_MIN, type Lane, type Move } from "../../src/carriers/health.ts";

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
  expect(view.networks).toEqual({ "23415": { receipts: 1, slow: 0, delivered: 1 } });
});
