/**
 * What is told of a tenant without any budget: that its texts of a day (UTC) cost so much in one currency. Nothing is refused, so that an
 * upgrade stops nobody's traffic, and nothing is given back: it is an alarm bell, and no account. Pure.
 */
import { DAY_MS } from "../../base/clock.ts";
import type { Money } from "./budget.ts";

/** In micro-units: a hundred pounds, euros or dollars. */
export const SOFT_DAY_AMOUNT = 100_000_000;

/** What the day has cost by currency, and of which it was told. */
export type SoftDay = { day: number; spent: Record<string, number>; told: string[] };

/** The day with a text's price more, and whether the amount is reached with it for the first time. */
export function withCost(
  before: SoftDay | undefined,
  { amount, currency }: Money,
  now: number,
): { day: SoftDay; isNews: boolean } {
  const today = Math.floor(now / DAY_MS);
  const { spent, told }: SoftDay = before?.day === today ? before : { day: today, spent: {}, told: [] };
  const sum = (spent[currency] ?? 0) + amount;
  const isNews = sum >= SOFT_DAY_AMOUNT && !told.includes(currency);
  return {
    day: { day: today, spent: { ...spent, [currency]: sum }, told: isNews ? [...told, currency] : told },
    isNews,
  };
}
