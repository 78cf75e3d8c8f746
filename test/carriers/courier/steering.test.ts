/** T12: how the split between two accounts follows their receipts, by the rule of health and the rule of routes together. */
import { describe, expect, it } from "vitest";
import { MINUTE_MS, SECOND_MS } from "../../../src/base/clock.ts";
import { HealthWindows } from "../../../src/carriers/courier/health.ts";
import { type Lane } from "../../../src/sms/purpose.ts";
import { STEERING } from "../../../src/carriers/courier/steering.ts";
import { chooseRoute, type RouteAccount, type RouteRule } from "../../../src/carriers/route.ts";

const rule: RouteRule = {
  name: "split",
  purposes: [],
  countries: [],
  prefixes: [],
  choose: "weighted",
  accounts: ["a", "b"].map((account) => ({ account, share: 1 })),
  priceMax: null,
  weightMin: 50,
};
const subject = { purpose: "service", country: "GB", startsWith: () => false };

/** The part of the traffic that goes to `a` first, of 2,000 draws over the whole of [0, 1). */
function partOfA(a: HealthWindows, b: HealthWindows, lane: Lane): number {
  const account = (health: HealthWindows): RouteAccount => ({
    price: null,
    prices: [],
    countries: null,
    circuit: "closed",
    weight: health.weights()[lane],
  });
  const accounts: Record<string, RouteAccount> = { a: account(a), b: account(b) };
  let first = 0;
  for (let nth = 0; nth < 2_000; nth += 1) {
    const choice = chooseRoute(
      [rule],
      [],
      (id) => accounts[id] ?? null,
      subject,
      () => (nth + 0.5) / 2_000,
    );
    if (choice.accounts[0] === "a") first += 1;
  }
  return first / 2_000;
}

/** A receipt every second for each account, of which some are slow; looks come every ten seconds. Answers when `a` moved. */
function run(
  lane: Lane,
  slow: { a: number; b: number },
  minutes: number,
): { a: HealthWindows; b: HealthWindows; movedAt: number | null } {
  const [a, b] = [new HealthWindows({}, 0), new HealthWindows({}, 0)];
  let movedAt: number | null = null;
  const { slowMs } = STEERING[lane];
  for (let second = 1; second <= minutes * 60; second += 1) {
    const now = second * SECOND_MS;
    for (const [health, share] of [
      [a, slow.a],
      [b, slow.b],
    ] as const) {
      // prettier-ignore
      const isSlow = second > 10 * 60 && (second * 37) % 100 < share * 100; // well for ten minutes, then this share is slow
      health.received({ lane, afterMs: isSlow ? slowMs + 1 : 1_000, delivered: true }, now);
    }
    if (second % 10 > 0) continue;
    b.steer(now);
    if (a.steer(now).length > 0) movedAt ??= now;
  }
  return { a, b, movedAt };
}

describe.each(["bulk", "otp"] as const)("T12 on the lane %s", (lane) => {
  it("an account of whose texts one in five is slow loses traffic within two minutes of crossing 15 %, and goes on losing it", () => {
    const { a, b, movedAt } = run(lane, { a: 0.2, b: 0 }, 40);
    // Of a window, 15 % are slow when 0.75 of it lies behind the tenth minute.
    const crossed = 10 * MINUTE_MS + 0.75 * STEERING[lane].windowMs;
    expect(movedAt).not.toBeNull();
    expect((movedAt ?? 0) - crossed).toBeLessThanOrEqual(2 * MINUTE_MS);
    expect(movedAt ?? 0).toBeGreaterThan(10 * MINUTE_MS);
    expect(partOfA(a, b, lane)).toBeLessThan(0.45);
    expect(b.weights()[lane]).toBe(100);
  });

  it("one in ten moves nothing, and where both are slow the split stays as it was", () => {
    expect(run(lane, { a: 0.1, b: 0 }, 40).movedAt).toBeNull();
    const both = run(lane, { a: 0.2, b: 0.2 }, 40);
    expect(partOfA(both.a, both.b, lane)).toBe(0.5);
  });
});
