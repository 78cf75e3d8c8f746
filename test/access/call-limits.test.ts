import { describe, expect, test } from "vitest";
import { CALLS_PER_MINUTE, CallLimits } from "../../src/access/call-limits.ts";
import type { Scope } from "../../src/access/caller.ts";

const NOW = 1_796_000_000_000;
const HOUR = 3_600_000;

/** How many of these calls are let through. */
function passed(limits: CallLimits, count: number, scope: Scope, input: unknown = {}, now = NOW, line = "key"): number {
  return Array.from({ length: count }, () => limits.count(line, scope, input, now)).filter((each) => each === null)
    .length;
}

describe("a key's calls of a class are bounded by the minute", () => {
  test.each<[Scope, number]>([
    ["consents:write", 1_200],
    ["tokens:write", 1_200],
    ["keys:manage", 600],
    ["tokens:reveal", 600],
    ["messages:read", 6_000],
    ["messages:send", 60_000],
    ["sandbox:use", 6_000],
  ])("%s", (scope, perMinute) => {
    const limits = new CallLimits();
    expect(passed(limits, perMinute + 300, scope)).toBe(perMinute);
    expect(limits.count("key", scope, {}, NOW + 59_001)?.refusal).toMatchObject({
      refused: "rate_limited",
      retryAfterSeconds: 1,
    });
    expect(limits.count("key", scope, {}, NOW + 60_000)).toBeNull();
  });

  test("a list counts by the rows that it asks for", () => {
    expect(passed(new CallLimits(), 10_000, "messages:read", { limit: 20 })).toBe(CALLS_PER_MINUTE.read);
    expect(passed(new CallLimits(), 10_000, "messages:read", { limit: 100 })).toBe(CALLS_PER_MINUTE.read / 5);
    expect(passed(new CallLimits(), 10_000, "messages:read", { limit: 0 })).toBe(CALLS_PER_MINUTE.read);
  });

  test("one class and one key use up nothing of another", () => {
    const limits = new CallLimits();
    passed(limits, 5_000, "consents:write");
    expect(passed(limits, 10, "consents:read")).toBe(10);
    expect(passed(limits, 10, "verify:check")).toBe(10);
    expect(passed(limits, 10, "consents:write", {}, NOW, "another")).toBe(10);
  });

  test("a clock that steps back begins a new minute, and never an endless one", () => {
    const limits = new CallLimits();
    passed(limits, 5_000, "consents:write");
    expect(passed(limits, 10, "consents:write", {}, NOW - HOUR)).toBe(10);
  });

  test("a limit that is met is told once an hour, however often it is met", () => {
    const limits = new CallLimits();
    const told = (now: number) =>
      Array.from({ length: 5_000 }, () => limits.count("key", "consents:write", {}, now)).filter(
        (each) => each?.isNews === true,
      ).length;
    expect([told(NOW), told(NOW + 60_000), told(NOW + HOUR - 1), told(NOW + HOUR + 60_000)]).toEqual([1, 0, 0, 1]);
  });

  test("however many keys there are, the limit of one that is met stays met", () => {
    const limits = new CallLimits();
    passed(limits, 5_000, "consents:write");
    for (let n = 0; n < 1_500; n += 1) limits.count(`key-${n}`, "consents:write", {}, NOW);
    expect(passed(limits, 1, "consents:write")).toBe(0);
  });
});
