/** Windows of budgets: those of the calendar in a time zone, and rolling ones, which never count less than they say. */
import fc from "fast-check";
import { expect, it, describe } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../src/base/clock.ts";
import { bucketAt, isZone, lengthMs, WINDOWS, type BudgetWindow } from "../../../src/risk/budgets/window.ts";
import { Totals } from "../../../src/risk/budgets/totals.ts";

const calendar = (name: BudgetWindow["name"], zone = "Europe/London"): BudgetWindow => ({ name, rolling: false, zone });
const rolling = (name: BudgetWindow["name"]): BudgetWindow => ({ name, rolling: true, zone: "UTC" });
const spanOf = (window: BudgetWindow, at: string) => {
  const { from, to } = bucketAt(window, Date.parse(at));
  return [from, to].map((time) => new Date(time).toISOString().slice(0, 16));
};

describe("a calendar window", () => {
  it.each([
    ["a day", "day", "Europe/London", "2026-06-10T12:00:00Z", "2026-06-09T23:00", "2026-06-10T23:00"],
    ["a day of 23 hours", "day", "Europe/London", "2026-03-29T12:00:00Z", "2026-03-29T00:00", "2026-03-29T23:00"],
    ["a day of 25 hours", "day", "Europe/London", "2026-10-25T12:00:00Z", "2026-10-24T23:00", "2026-10-26T00:00"],
    [
      "a day without midnight",
      "day",
      "America/Santiago",
      "2026-09-06T12:00:00Z",
      "2026-09-06T04:00",
      "2026-09-07T03:00",
    ],
    [
      "a month across two clocks",
      "month",
      "Europe/London",
      "2026-10-15T12:00:00Z",
      "2026-09-30T23:00",
      "2026-11-01T00:00",
    ],
    ["an hour at half past", "hour", "Asia/Kolkata", "2026-10-15T12:40:30Z", "2026-10-15T12:30", "2026-10-15T13:30"],
    ["a minute", "minute", "Asia/Kolkata", "2026-10-15T12:40:30Z", "2026-10-15T12:40", "2026-10-15T12:41"],
  ] as const)("is %s", (_what, name, zone, at, from, to) => {
    expect(spanOf(calendar(name, zone), at)).toEqual([from, to]);
  });

  it("holds the moment, and begins where the one before ends", () => {
    const zone = fc.constantFrom("Europe/London", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland", "UTC");
    const at = fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 });
    fc.assert(
      fc.property(fc.constantFrom(...WINDOWS), zone, at, (name, where, now) => {
        const { from, to } = bucketAt(calendar(name, where), now);
        expect(from).toBeLessThanOrEqual(now);
        expect(to).toBeGreaterThan(now);
        expect(bucketAt(calendar(name, where), from)).toEqual({ from, to });
        expect(bucketAt(calendar(name, where), to - 1)).toEqual({ from, to });
        expect(bucketAt(calendar(name, where), to).from).toBe(to);
      }),
      { numRuns: 200 },
    );
  });
});

it("a zone is one that the platform knows by name", () => {
  expect(["Europe/London", "UTC", "America/Port-au-Prince"].map(isZone)).toEqual([true, true, true]);
  expect(["+01:00", "Mars/Base", "", "Europe/London ", "a".repeat(64)].map(isZone)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

describe.each(WINDOWS)("a rolling %s", (name) => {
  it("counts for at least its length, and at most a thirtieth longer", () => {
    const length = lengthMs(rolling(name));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: length }), (offset) => {
        const spentAt = 1_795_000_000_000 + offset;
        const totals = () => {
          const made = new Totals(rolling(name), { buckets: [], told: {} });
          made.add(spentAt, 0, 7, spentAt);
          return made;
        };
        expect(totals().used(spentAt + length).spent).toBe(7);
        expect(totals().used(spentAt + length + length / 30 + 1).spent).toBe(0);
        const turns = totals().turnsAt(spentAt);
        expect([totals().used(turns - 1).spent, totals().used(turns).spent]).toEqual([7, 0]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("totals", () => {
  const NOON = Date.parse("2026-06-10T12:00:00Z");
  it("turn with the window, and what comes back late is not given back", () => {
    const totals = new Totals(calendar("hour"), { buckets: [], told: {} });
    totals.add(NOON, 10, 0, NOON);
    expect(totals.used(NOON + HOUR_MS - 1)).toEqual({ reserved: 10, spent: 0 });
    expect(totals.used(NOON + HOUR_MS)).toEqual({ reserved: 0, spent: 0 });
    totals.add(NOON, -10, 0, NOON + HOUR_MS);
    expect(totals.used(NOON + HOUR_MS)).toEqual({ reserved: 0, spent: 0 });
  });

  it("count what a text cost more than was held, once its own window is over, in the present one", () => {
    const totals = new Totals(calendar("hour"), { buckets: [], told: {} });
    totals.add(NOON, 10, 0, NOON);
    totals.add(NOON, -10, 25, NOON + HOUR_MS);
    expect(totals.used(NOON + HOUR_MS)).toEqual({ reserved: 0, spent: 15 });
  });

  it("count on in the newest window when the clock steps back", () => {
    const totals = new Totals(calendar("minute"), { buckets: [], told: {} });
    totals.add(NOON, 10, 0, NOON);
    expect(totals.used(NOON - 5 * MINUTE_MS)).toEqual({ reserved: 10, spent: 0 });
  });

  it("tell a level once in a window, and in a rolling one once in its length", () => {
    const day = new Totals(calendar("day"), { buckets: [], told: {} });
    expect([day.isNews(80, NOON), day.isNews(80, NOON + HOUR_MS), day.isNews(100, NOON)]).toEqual([true, false, true]);
    expect(day.isNews(80, NOON + DAY_MS)).toBe(true);
    const ring = new Totals(rolling("day"), { buckets: [], told: {} });
    expect([ring.isNews(80, NOON), ring.isNews(80, NOON + 23 * HOUR_MS), ring.isNews(80, NOON + 26 * HOUR_MS)]).toEqual(
      [true, false, true],
    );
  });

  it("say when there is room for more", () => {
    const ring = new Totals(rolling("minute"), { buckets: [], told: {} });
    ring.add(NOON, 5, 0, NOON);
    ring.add(NOON + 30_000, 5, 0, NOON + 30_000);
    expect(ring.freeAt(5, NOON + 31_000)).toBe(NOON + 62_000);
    expect(ring.freeAt(6, NOON + 31_000)).toBe(NOON + 92_000);
    expect(ring.freeAt(11, NOON + 31_000)).toBeNull();
  });
});
