/**
 * How many distinct numbers may be named, by a key with all its rotations and by a tenant, in an hour and a day. A number is counted
 * before anything about it is judged, so that an answer about a number always costs one count. Pure.
 */
import { DEFAULT_LIMITS, DEFAULT_NAMING, type HourAndDay, type Limits, type NamingAllowance } from "./caps.ts";

/** Codes have a budget of their own, so that nothing else can use up what sign-ins need. */
export const NAMING_BUDGETS = ["texts", "codes"] as const;
export type NamingBudget = (typeof NAMING_BUDGETS)[number];

/** Which of a budget's two caps is reached. */
export type NamingCap = "key" | "tenant";

/** The caps of a budget now, raised to the allowance that an operator has granted to this key and its rotations. */
export function namingCaps(
  budget: NamingBudget,
  limits: Limits,
  allowance: NamingAllowance | null,
  now: number,
): Record<NamingCap, HourAndDay> {
  const { keyHour, tenant, codes } = limits.naming ?? DEFAULT_NAMING;
  const all = widest(DEFAULT_LIMITS.tenant, limits.tenant);
  if (budget === "codes")
    return { key: codes.key ?? widest(DEFAULT_LIMITS.key, limits.key), tenant: codes.tenant ?? all };
  const day = limits.numbersPerKeyPerDay;
  const granted = allowance === null || allowance.until <= now ? 0 : allowance.numbers;
  const atLeast = (caps: HourAndDay) => widest(caps, { hour: granted, day: granted });
  return { key: atLeast({ hour: keyHour ?? day, day }), tenant: atLeast(tenant ?? all) };
}

const widest = (a: HourAndDay, b: HourAndDay): HourAndDay => ({
  hour: Math.max(a.hour, b.hour),
  day: Math.max(a.day, b.day),
});

/**
 * While a cap on codes is reached, codes to numbers that the tenant has not met go on at this many a minute: half the pace of the
 * hour's cap (or of the day's, taken as an hour's, if that is lower), at least one.
 */
export function trickleOf(caps: HourAndDay): number {
  return Math.max(1, Math.floor(Math.min(caps.hour, caps.day) / 120));
}
