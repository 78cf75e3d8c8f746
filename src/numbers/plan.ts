/**
 * How long a pool lasts and how big it should be, from the traffic seen. A shared pool must have as many numbers as its busiest
 * person meets at once; an exclusive one as many as sessions are open or cooling at once. Pure.
 */
import { DAY_MS } from "../base/clock.ts";
import type { PoolSettings } from "./number.ts";

/** Openings of one day: how many sessions, and the most that one person came into. */
export type DayOfOpenings = { day: number; sessions: number; busiest: number };

export type PoolFacts = {
  /** Numbers that may be given out, now or later. */
  total: number;
  /** Numbers that are in nobody's way now: for everybody, or for the busiest person of a shared pool. */
  free: number;
  /** How long a session lasts, on average, in days. */
  sessionDays: number;
};

export type Forecast = {
  /** Numbers taken a day at the present pace, by everybody or by the busiest person. */
  per_day: number;
  /** Days until none is free if openings go on so and nothing comes back sooner; null when it never comes to that. */
  exhausted_in_days: number | null;
  /** Numbers the pool needs to hold this pace for ever, with a fifth to spare. */
  recommended_size: number;
};

/** Days looked at: four weeks, so that every weekday counts alike. */
export const PLAN_DAYS = 28;
const SPARE = 1.2;

/** The forecast. A number is away for as long as its session and its cool-off last. */
export function forecast(pool: PoolSettings, facts: PoolFacts, days: readonly DayOfOpenings[], now: number): Forecast {
  const today = Math.floor(now / DAY_MS);
  const seen = days.filter(({ day }) => day > today - PLAN_DAYS && day <= today);
  const span = seen.length === 0 ? 1 : Math.max(1, today - Math.min(...seen.map(({ day }) => day)) + 1);
  const sum = seen.reduce((all, one) => all + (pool.sharing === "exclusive" ? one.sessions : one.busiest), 0);
  const perDay = sum / span;
  const awayDays = facts.sessionDays + (pool.sharing === "exclusive" ? pool.coolOffOthersDays : pool.coolOffDays);
  const held = perDay * awayDays; // Little's law: taken a day, times the days each is away
  const exhausts = perDay > 0 && held > facts.total;
  return {
    per_day: Math.round(perDay * 100) / 100,
    exhausted_in_days: exhausts ? Math.floor(facts.free / perDay) : null,
    recommended_size: Math.max(1, Math.ceil(held * SPARE)),
  };
}
