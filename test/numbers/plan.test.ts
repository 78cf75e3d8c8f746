import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/clock.ts";
import { POOL_DEFAULTS } from "../../src/numbers/number.ts";
import { forecast } from "../../src/numbers/plan.ts";

const now = Date.parse("2026-11-02T09:00:00Z");
const today = Math.floor(now / DAY_MS);
const days = (many: number, sessions: number, busiest: number) =>
  Array.from({ length: many }, (_, nth) => ({ day: today - nth, sessions, busiest }));
const exclusive = { ...POOL_DEFAULTS, sharing: "exclusive" as const };

describe("a pool's forecast", () => {
  it("of an exclusive pool counts every session: ten a day, each away for a day and a week of cool-off", () => {
    const facts = { total: 50, free: 20, sessionDays: 1 };
    expect(forecast(exclusive, facts, days(28, 10, 1), now)).toEqual({ per_day: 10, exhausted_in_days: 2, recommended_size: 96 }); // prettier-ignore
  });
  it("of a shared pool counts the busiest person only, however many others there are", () => {
    const facts = { total: 10, free: 4, sessionDays: 1 };
    expect(forecast(POOL_DEFAULTS, facts, days(28, 5_000, 1), now)).toEqual({ per_day: 1, exhausted_in_days: 4, recommended_size: 38 }); // prettier-ignore
  });
  it("of a pool that is large enough names no day", () => {
    const facts = { total: 100, free: 20, sessionDays: 1 };
    expect(forecast(exclusive, facts, days(28, 10, 1), now).exhausted_in_days).toBeNull();
  });
  it("does not take a new pool's first day for a quiet month", () => {
    expect(forecast(exclusive, { total: 5, free: 5, sessionDays: 0 }, days(1, 10, 1), now).per_day).toBe(10);
  });
  it("without traffic asks for one number, and never divides by nothing", () => {
    const quiet = { per_day: 0, exhausted_in_days: null, recommended_size: 1 };
    expect(forecast(exclusive, { total: 0, free: 0, sessionDays: 0 }, [], now)).toEqual(quiet);
    expect(forecast(exclusive, { total: 3, free: 3, sessionDays: 1 }, days(28, 10, 1).map((one) => ({ ...one, day: one.day - 60 })), now)).toEqual(quiet); // prettier-ignore
  });
});
