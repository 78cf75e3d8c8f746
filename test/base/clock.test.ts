import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoOf, millisecondsOf } from "../../src/base/clock.ts";

describe("a time in an answer", () => {
  it("is RFC 3339 in UTC with milliseconds, and is read back to the same millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (now) => {
        expect(isoOf(now)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(millisecondsOf(isoOf(now))).toBe(now);
      }),
    );
  });
});

describe("a time from a caller", () => {
  it.each([
    ["2026-10-20T08:00:00Z", Date.UTC(2026, 9, 20, 8)],
    ["2026-10-20T08:00Z", Date.UTC(2026, 9, 20, 8)],
    ["2026-10-20T08:00:00+01:00", Date.UTC(2026, 9, 20, 7)],
    ["2026-10-20T08:00:00.123456789-00:30", Date.UTC(2026, 9, 20, 8, 30, 0, 123)],
    ["2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
    ["2026-10-20t08:00:00z", Date.UTC(2026, 9, 20, 8)],
    ["2026-10-20t08:00:00.5+01:00", Date.UTC(2026, 9, 20, 7, 0, 0, 500)],
  ])("%s is that moment", (text, moment) => {
    expect(millisecondsOf(text)).toBe(moment);
  });

  it.each([
    "2026-10-20T08:00:00",
    "2026-10-20",
    "2026-10-20 08:00:00Z",
    "2026-10-20T08:00:00+0100",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-04-31T00:00:00+02:00",
    "2026-10-20T24:00:00Z",
    "2026-10-20T23:60:00Z",
    "2026-10-20T23:59:60Z",
    "2026-10-20T08:00:00+24:00",
    "2026-10-20T08:00:00+01:60",
    "+2026-10-20T08:00:00Z",
    "20 October 2026",
    "1792483200000",
    "",
    "2026-10-20T08:00:00Z ",
  ])("%s is no time: another reader might see another moment", (text) => {
    expect(millisecondsOf(text)).toBeNull();
  });
});
