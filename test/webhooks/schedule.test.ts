import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyAnswer, nextAttempt, SCHEDULE_SECONDS } from "../../src/webhooks/schedule.ts";

const NOW = Date.UTC(2026, 9, 21, 7, 28, 0);
const HOUR = 3_600;

describe("a receiver's answer", () => {
  test.each([
    ["delivered", [200, 201, 202, 204, 299]],
    ["gone", [410]],
    ["throttled", [429, 502, 504]],
    ["failed", [0, 100, 101, 199, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 408, 409, 411, 500, 501, 503, 505, 599, 999, -1, Number.NaN]],
  ] as const)("means %s for %j", (verdict, statuses) => {
    for (const status of statuses) expect(classifyAnswer(status, null, NOW), String(status)).toEqual({ verdict, retryAfterSeconds: null });
  }); // prettier-ignore

  test.each([
    ["0", 0],
    ["1", 1],
    ["120", 120],
    [" 120 ", 120],
    ["0120", 120],
    ["86400", 86_400],
    ["86401", 86_400],
    ["9".repeat(40), 86_400],
    ["9".repeat(400), 86_400],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 0],
    ["Wed, 21 Oct 2026 07:29:00 GMT", 60],
    ["Wed, 21 Oct 2026 07:27:00 GMT", 0],
    ["Thu, 22 Oct 2026 07:28:01 GMT", 86_400],
    ["Fri, 31 Dec 2100 23:59:59 GMT", 86_400],
    ["Thu, 21 Oct 2026 07:29:00 GMT", null],
    ["Mon, 31 Feb 2027 07:29:00 GMT", null],
    ["Wed, 21 Oct 2026 07:29:00 CET", null],
    ["Wednesday, 21-Oct-26 07:29:00 GMT", null],
    ["Wed Oct 21 07:29:00 2026", null],
    ["2026-10-21T07:29:00Z", null],
    ["-1", null],
    ["+5", null],
    ["1.5", null],
    ["1e3", null],
    ["0x10", null],
    ["120, 240", null],
    ["soon", null],
    ["", null],
    ["١٢٠", null],
    [null, null],
  ])("asks with %j for %s seconds", (header, retryAfterSeconds) => {
    for (const status of [429, 502, 503, 504])
      expect(classifyAnswer(status, header, NOW)).toMatchObject({ retryAfterSeconds });
    for (const status of [200, 301, 400, 410, 500])
      expect(classifyAnswer(status, header, NOW)).toMatchObject({ retryAfterSeconds: null });
  });

  test("is never misread: any header gives null or whole seconds of at most a day", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.date().map(String), fc.double().map(String)), (header) => {
        const { retryAfterSeconds } = classifyAnswer(429, header, NOW);
        if (retryAfterSeconds === null) return;
        expect(Number.isInteger(retryAfterSeconds) && retryAfterSeconds >= 0 && retryAfterSeconds <= 86_400).toBe(true);
      }),
    );
  });
});

const next = (facts: Partial<Parameters<typeof nextAttempt>[0]>) =>
  nextAttempt({ attempt: 1, outcome: "failed", now: NOW, random: 0.5, retryAfterSeconds: null, ...facts });

describe("the next attempt", () => {
  test("follows the documented schedule, at most ten attempts over three days", () => {
    const steps = [0, 5, 300, 1_800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
    expect([...SCHEDULE_SECONDS]).toEqual(steps);
    let at = NOW;
    for (const [attempt, step] of steps.entries()) {
      const answer = next({ attempt, outcome: attempt === 0 ? "new" : "failed", now: at });
      expect(answer).toEqual({ dueAt: at + step * 1_000 });
      at += step * 1_000;
    }
    expect(next({ attempt: 10, now: at })).toEqual({ giveUp: "exhausted" });
    expect(next({ attempt: 11, now: at })).toEqual({ giveUp: "exhausted" });
    expect((at - NOW) / 1_000 / HOUR).toBeCloseTo(75.58, 1);
  });

  test("is drawn from a tenth below to a tenth above its step, and uses all of that room", () => {
    for (const [attempt, step] of SCHEDULE_SECONDS.entries()) {
      expect(next({ attempt, random: 0 })).toEqual({ dueAt: NOW + step * 900 });
      expect(next({ attempt, random: 1 })).toEqual({ dueAt: NOW + step * 1_100 });
    }
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        random,
        fc.constantFrom("failed", "throttled"),
        (attempt, draw, outcome) => {
          const answer = next({ attempt, random: draw, outcome });
          const delay = ("dueAt" in answer ? answer.dueAt : Number.NaN) - NOW;
          const step = (SCHEDULE_SECONDS[attempt] ?? 0) * 1_000;
          expect(Number.isInteger(delay)).toBe(true);
          expect(Math.abs(delay - step)).toBeLessThanOrEqual(step * 0.1);
        },
      ),
    );
  });

  test("is never before the time the receiver asked for, nor more than a tenth after it", () => {
    expect(next({ outcome: "throttled", retryAfterSeconds: 60, random: 0 })).toEqual({ dueAt: NOW + 60_000 });
    expect(next({ outcome: "throttled", retryAfterSeconds: 60, random: 1 })).toEqual({ dueAt: NOW + 66_000 });
  });
  test("is not moved forward by a shorter wish", () => {
    expect(next({ attempt: 4, outcome: "throttled", retryAfterSeconds: 1 })).toEqual({ dueAt: NOW + 2 * HOUR * 1_000 });
  });
  test("waits at most a day for a wish, whoever passes it in", () => {
    expect(next({ outcome: "throttled", retryAfterSeconds: 1e9, random: 0 })).toEqual({ dueAt: NOW + 86_400_000 });
  });
  test("does not come when the receiver says it is gone, not even the second", () => {
    expect(next({ outcome: "gone", retryAfterSeconds: 5 })).toEqual({ giveUp: "gone" });
  });
});
