/**
 * A budget: how much money a part of a tenant's texts may cost in a window, and whether something fits into it. Pure.
 */
import { z } from "zod";
import { isoOf } from "../../base/clock.ts";
import { refuse, type Refusal } from "../../base/refusal.ts";
import { PURPOSES, type Purpose } from "../../sms/purpose.ts";
import type { Side } from "../act.ts";
import { WINDOWS } from "./window.ts";

/** Integer micro-units. */
export type Money = { amount: number; currency: string };

/** What a budget is about; what is left out fits everything. `key`: the first key of a line of rotations. Prefix and sender: keyed names. */
const Scope = z.strictObject({
  key: z.string().optional(),
  country: z.string().optional(),
  prefix: z.string().optional(),
  purpose: z.enum(PURPOSES).optional(),
  service: z.string().optional(),
  sender: z.string().optional(),
});

/** A budget as it is stored. */
export const StoredBudget = z.strictObject({
  id: z.string(),
  version: z.int(),
  /** An operator's is a ceiling: the tenant sees it and cannot change it. */
  madeBy: z.enum(["tenant", "operator"]),
  name: z.string(),
  scope: Scope,
  window: z.strictObject({ name: z.enum(WINDOWS), rolling: z.boolean(), zone: z.string() }),
  limit: z.strictObject({ amount: z.int(), currency: z.string() }),
  /** Whether what does not fit is refused; else it is only told. */
  hard: z.boolean(),
  softLevels: z.array(z.int()),
  /** The last percent of a hard budget, which only codes to people may use who have proven their number. */
  keptForCodes: z.int(),
  /** What a hard budget does with a text whose price nobody knows. */
  withoutPrice: z.enum(["refuse", "pass"]),
  createdAt: z.int(),
  updatedAt: z.int(),
});
export type Budget = z.infer<typeof StoredBudget>;

/**
 * Something that costs money. `prices`: what each account of its route would charge for all its parts. `prefix` and `sender` are keyed
 * names, made only where a budget asks for them.
 */
export type Spend = {
  key: string;
  country: string;
  purpose: Purpose;
  service: string | null;
  side: Side;
  prices: readonly (Money | null)[];
  prefix: () => string | null;
  sender: () => string | null;
};

/** Money that is reserved with a message: when, and how much of each budget. */
export type Hold = { at: number; on: Record<string, number> };

/** What became of a hold. `price`: what the message costs by what is known last. */
export type Charge = { as: "reserved" | "spent" | "released"; hold: Hold; price: Money | null };

/** Why something does not fit into a hard budget. */
export type NoFit = "spent" | "other_currency" | "no_price";

/** Whether the budget is about it. `line`: the first key of its key's line. */
export function isAbout({ scope }: Budget, spend: Spend, line: string): boolean {
  const same = (wanted: string | undefined, value: () => string | null) => wanted === undefined || wanted === value();
  return (
    same(scope.key, () => line) &&
    same(scope.country, () => spend.country) &&
    same(scope.purpose, () => spend.purpose) &&
    same(scope.service, () => spend.service) &&
    same(scope.sender, spend.sender) &&
    same(scope.prefix, spend.prefix)
  );
}

/**
 * What is reserved of a budget: the price of the dearest account of the route in the budget's currency; null where every price is in
 * another one, and then nothing of the budget is touched.
 */
export function reserveOf({ limit }: Budget, prices: Spend["prices"]): number | null {
  const own = prices.filter((price) => price === null || price.currency === limit.currency);
  return own.length === 0 ? null : Math.max(...own.map((price) => price?.amount ?? 0));
}

/** How much of the budget this side may use: only codes to people who have proven their number may use all of it. */
export function usableBy({ limit, hard, keptForCodes }: Budget, side: Side): number {
  if (side === "devices" || side === "codes" || !hard) return limit.amount;
  return limit.amount - Math.floor((limit.amount * keptForCodes) / 100);
}

/** Why it does not fit into a budget of which `used` is used, or null. A budget that is not hard takes everything. */
export function whyNot(budget: Budget, used: number, { prices, side }: Spend): NoFit | null {
  if (!budget.hard) return null;
  if (prices.some((price) => price !== null && price.currency !== budget.limit.currency)) return "other_currency";
  if (budget.withoutPrice === "refuse" && prices.some((price) => price === null)) return "no_price";
  return used + (reserveOf(budget, prices) ?? 0) > usableBy(budget, side) ? "spent" : null;
}

/** What a charge takes from a budget: reserved, or spent by the carrier's price where that is in the budget's currency. */
export function takenOf(charge: Charge | null, id: string, currency: string): { reserved: number; spent: number } {
  const held = charge?.hold.on[id];
  if (charge === null || held === undefined || charge.as === "released") return { reserved: 0, spent: 0 };
  if (charge.as === "reserved") return { reserved: held, spent: 0 };
  return { reserved: 0, spent: charge.price?.currency === currency ? charge.price.amount : held };
}

/** The budget that stands against something, and why. `opensAt`: when there is room again; null where waiting does not help. */
export type Stands = {
  budget: Pick<Budget, "id" | "name" | "limit">;
  why: NoFit;
  left: number;
  opensAt: number | null;
};

const WHY: Readonly<Record<NoFit, string>> = {
  spent: "It has not enough left for this text.",
  other_currency: "The text has a price in another currency.",
  no_price:
    "An account of the text's route has no price; the operator can set one, or the budget's `without_price` can be `pass`.",
};

/** A budget as a refusal: which one, how much is left, when it opens. */
export function budgetRefusal({ budget: { id, name, limit }, why, left, opensAt }: Stands, now: number): Refusal {
  const opens_at = opensAt === null ? null : isoOf(opensAt);
  const seconds = opensAt === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil((opensAt - now) / 1_000)) };
  return refuse("budget_exceeded", {
    detail: `A budget stands against it, which \`budget\` names. ${WHY[why]}`,
    budget: { id, name, reason: why, left, currency: limit.currency, opens_at },
    ...seconds,
  });
}
