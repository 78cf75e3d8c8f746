/**
 * Forecasts how long a pool lasts and how large it should be, from past traffic. A shared pool needs as many numbers as
 * its busiest person meets at once; an exclusive pool as many as sessions are open or in cool-off at once. Pure.
 */
import { DAY_MS } from "../base/clock.ts";
import type { PoolSettings } from "./number.ts";

/** Openings of one day: the number of sessions, and the most that one person joined. */
export type DayOfOpenings = { day: number; sessions: number; busiest: number };

export type PoolFacts = {
  /** Numbers that may be assigned, now or later. */
  total: number;
  /** Numbers that are free now; in a shared pool, for its busiest person. */
  free: number;
  /** The average duration of a session, in days. */
  sessionDays: number;
};

export type Forecast = {
  /** Numbers taken per day at the present rate, by everybody or by the busiest person. */
  per_day: number;
  /** Days until none is free at the present rate; null when that never happens. */
  exhausted_in_days: number | null;
  /** Numbers that the pool needs to sustain this rate, with a fifth to spare. */
  recommended_size: number;
};

/** Days of traffic used: four weeks, so that every weekday counts equally. */
export const PLAN_DAYS = 28;
const SPARE = 1.2;

/** The forecast. A number is in use for its session and its cool-off. */
export function forecast(pool: PoolSettings, facts: PoolFacts, days: readonly DayOfOpenings[], now: number): Forecast {
  const today = Math.floor(now / DAY_MS);
  const seen = days.filter(({ day }) => day > today - PLAN_DAYS && day <= today);
  const span = seen.length === 0 ? 1 : Math.max(1, today - Math.min(...seen.map(({ day }) => day)) + 1);
  const sum = seen.reduce((all, one) => all + (pool.sharing === "exclusive" ? one.sessions : one.busiest), 0);
  const perDay = sum / span;
  const awayDays = facts.sessionDays + (pool.sharing === "exclusive" ? pool.coolOffOthersDays : pool.coolOffDays);
  const held = perDay * awayDays; // Little's law: numbers taken per day, times the days that each is in use
  const exhausts = perDay > 0 && held > facts.total;
  return {
    per_day: Math.round(perDay * 100) / 100,
    exhausted_in_days: exhausts ? Math.floor(facts.free / perDay) : null,
    recommended_size: Math.max(1, Math.ceil(held * SPARE)),
  };
}
