// The caps on guesses and sends, as properties: whoever guesses, whenever, however the clock moves (T23).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/base/clock.ts";
import {
  barredUntil,
  countFailure,
  countSend,
  KNOWN_MAX,
  learn,
  lifted,
  newDestination,
  sendRoom,
  spentAt,
  rolled,
  type Destination,
} from "../../../src/verify/locks/locks.ts";
import { seedOfRun, sized } from "../../support/run/seed.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const seed = seedOfRun();
console.log(`locks: SEED=${seed}`);
const RUNS = { seed, numRuns: sized(300, 10_000) };

/** A failed guess where the party may guess; answers whether it was counted as one. */
function fail(destination: Destination, fingerprint: string | null, now: number): [Destination, boolean] {
  const present = rolled(destination, now);
  if (barredUntil(present, fingerprint, now) !== null) return [present, false];
  return [countFailure(present, fingerprint, now).destination, true];
}

function failTimes(
  destination: Destination,
  fingerprint: string | null,
  now: number,
  times: number,
): [Destination, number] {
  let counted = 0;
  for (let nth = 0; nth < times; nth += 1) {
    const [next, yes] = fail(destination, fingerprint, now);
    destination = next;
    if (yes) counted += 1;
  }
  return [destination, counted];
}

/** The most that lie within any window of this length. */
function mostWithin(times: readonly number[], windowMs: number): number {
  return times.reduce(
    (most, from) => Math.max(most, times.filter((at) => at >= from && at < from + windowMs).length),
    0,
  );
}

describe("strangers", () => {
  test("without a fingerprint have five guesses, then wait 15 minutes, an hour after eight, a day after ten", () => {
    let destination = newDestination();
    let counted: number;
    [destination, counted] = failTimes(destination, null, NOON, 50);
    expect([counted, barredUntil(destination, null, NOON)]).toEqual([5, NOON + 15 * MINUTE_MS]);
    const second = NOON + 15 * MINUTE_MS;
    [destination, counted] = failTimes(destination, null, second, 50);
    expect([counted, barredUntil(destination, null, second)]).toEqual([3, second + HOUR_MS]);
    const third = second + HOUR_MS;
    [destination, counted] = failTimes(destination, null, third, 50);
    expect([counted, barredUntil(destination, null, third)]).toEqual([2, third + DAY_MS]);
    expect(failTimes(destination, null, third + DAY_MS - 1, 50)[1]).toBe(0);
  });

  test("do not lock a known device, nor does it lock them", () => {
    let destination = learn(newDestination(), "dmine", NOON);
    [destination] = failTimes(destination, "dthief", NOON, 50);
    [destination] = failTimes(destination, null, NOON, 50);
    expect(barredUntil(destination, null, NOON)).not.toBeNull();
    expect(barredUntil(destination, "dmine", NOON)).toBeNull();
    let other = learn(newDestination(), "dmine", NOON);
    [other] = failTimes(other, "dmine", NOON, 50);
    expect(barredUntil(other, "dmine", NOON)).not.toBeNull();
    expect(barredUntil(other, null, NOON)).toBeNull();
  });

  test("one alone is locked for a day after seven, and never locks another", () => {
    let destination = newDestination();
    let counted: number;
    [destination, counted] = failTimes(destination, "dthief", NOON, 50);
    expect([counted, barredUntil(destination, "dthief", NOON)]).toEqual([5, NOON + 15 * MINUTE_MS]);
    expect(barredUntil(destination, "dvictim", NOON)).toBeNull();
    const later = NOON + 15 * MINUTE_MS;
    [destination, counted] = failTimes(destination, "dthief", later, 50);
    expect([counted, barredUntil(destination, "dthief", later)]).toEqual([2, later + DAY_MS]);
    for (const who of ["dvictim", "n1", null]) expect(barredUntil(destination, who, later)).toBeNull();
  });

  test("together wait an hour after eight and a day after ten, whoever they say they are", () => {
    let destination = newDestination();
    const as = (nth: number, now: number): boolean => {
      const [next, counted] = fail(destination, `d${nth}`, now);
      destination = next;
      return counted;
    };
    expect(Array.from({ length: 20 }, (_, nth) => as(nth, NOON)).filter(Boolean)).toHaveLength(8);
    expect(barredUntil(destination, "dnew", NOON)).toBe(NOON + HOUR_MS);
    expect(Array.from({ length: 20 }, (_, nth) => as(50 + nth, NOON + HOUR_MS)).filter(Boolean)).toHaveLength(2);
    expect(barredUntil(destination, "dnew", NOON + HOUR_MS)).toBe(NOON + 25 * HOUR_MS);
  });
});

test("a success resets no failure: a sign-in gives strangers no more guesses", () => {
  let [destination] = failTimes(newDestination(), null, NOON, 4);
  destination = learn(destination, "dmine", NOON);
  expect(failTimes(destination, null, NOON, 50)[1]).toBe(1);
  expect(destination.strangers.failures).toHaveLength(4);
});

test("the five devices seen last are known, for ninety days", () => {
  let destination = newDestination();
  for (let nth = 0; nth < 7; nth += 1) destination = learn(destination, `d${nth}`, NOON + nth);
  expect(destination.known.map(({ fingerprint }) => fingerprint)).toEqual(["d6", "d5", "d4", "d3", "d2"]);
  expect(rolled(destination, NOON + 89 * DAY_MS).known).toHaveLength(5);
  expect(rolled(destination, NOON + 91 * DAY_MS).known).toHaveLength(0);
});

test("lifting unlocks everybody and keeps known devices, and an unused destination says when it can be purged", () => {
  let destination = learn(newDestination(), "dmine", NOON);
  [destination] = failTimes(destination, "dmine", NOON, 50);
  [destination] = failTimes(destination, null, NOON, 50);
  const free = lifted({ ...destination, blocked: { at: NOON } });
  expect([barredUntil(free, null, NOON), barredUntil(free, "dmine", NOON), free.blocked]).toEqual([null, null, null]);
  expect(free.known).toHaveLength(1);
  expect(spentAt(newDestination())).toBe(0);
  expect(spentAt(free)).toBe(NOON + 90 * DAY_MS);
  expect(spentAt({ ...newDestination(), blocked: { at: 1 } })).toBe(Number.MAX_SAFE_INTEGER);
  expect(spentAt(countSend(newDestination(), "v", NOON, null))).toBe(NOON + DAY_MS);
});

const parties = fc.constantFrom(null, "d1", "d2", "d3", "n4", "dknown");
const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 * MINUTE_MS }), fc.integer({ min: 0, max: 26 * HOUR_MS })),
    party: parties,
    guesses: fc.integer({ min: 0, max: 12 }),
    sends: fc.integer({ min: 0, max: 6 }),
  }),
  { minLength: 1, maxLength: 60 },
); // prettier-ignore

test("no day has more than ten failed guesses of strangers, seven of one, ten of a known device, or ten sends", () => {
  fc.assert(
    fc.property(steps, (run) => {
      let destination = learn(newDestination(), "dknown", NOON);
      let now = NOON;
      const failures = new Map<string | null, number[]>();
      const sends: number[] = [];
      for (const { wait, party, guesses, sends: wanted } of run) {
        now += wait;
        for (let nth = 0; nth < guesses; nth += 1) {
          const [next, counted] = fail(destination, party, now);
          destination = next;
          if (counted) failures.set(party, [...(failures.get(party) ?? []), now]);
        }
        for (let nth = 0; nth < wanted; nth += 1) {
          destination = rolled(destination, now);
          if (sendRoom(destination, now, null).left === 0) continue;
          destination = countSend(destination, `v${sends.length}`, now, null);
          sends.push(now);
        }
      }
      const strangers = [...failures].flatMap(([party, times]) => (party === "dknown" ? [] : times));
      expect(mostWithin(strangers.sort((a, b) => a - b), DAY_MS)).toBeLessThanOrEqual(10);
      for (const party of ["d1", "d2", "d3", "n4"])
        expect(mostWithin(failures.get(party) ?? [], DAY_MS)).toBeLessThanOrEqual(7);
      expect(mostWithin(failures.get("dknown") ?? [], DAY_MS)).toBeLessThanOrEqual(10);
      expect(mostWithin(sends, 10 * MINUTE_MS)).toBeLessThanOrEqual(5);
      expect(mostWithin(sends, DAY_MS)).toBeLessThanOrEqual(10);
      expect(destination.known.length).toBeLessThanOrEqual(KNOWN_MAX);
      expect(destination.fingerprints.length).toBeLessThanOrEqual(10);
    }),
    RUNS,
  );
}); // prettier-ignore

test("without sends left, `nextAt` is the first moment at which there is one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 * HOUR_MS }), { maxLength: 40 }), (waits) => {
      let destination = newDestination();
      let now = NOON;
      for (const wait of waits) {
        now += wait;
        destination = rolled(destination, now);
        const { left, nextAt } = sendRoom(destination, now, null);
        expect(left > 0).toBe(nextAt <= now);
        if (left > 0) destination = countSend(destination, "v", now, null);
        else {
          expect(sendRoom(rolled(destination, nextAt), nextAt, null).left).toBeGreaterThan(0);
          expect(sendRoom(rolled(destination, nextAt - 1), nextAt - 1, null).left).toBe(0);
        }
      }
    }),
    RUNS,
  );
});
