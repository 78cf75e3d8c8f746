/**
 * The route of one message: applies the tenant's rules to the accounts, and converts the decision for storage and previews. Runs in
 * the tenant's object when a message is admitted or previewed.
 */
import { chooseRoute, type Choice, type RouteAccount, type RouteSubject } from "../carriers/route.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Recipient } from "../vault/recipient.ts";
import { type Price, type Route } from "./message.ts";
import { laneOf, type Lane, type Purpose } from "../sms/purpose.ts";
import type { Policy } from "../policy/policy.ts";

export type RoutingDeps = {
  policy: () => Policy;
  /** An account's facts and health for a text of this lane to this mobile network, if it is known. */
  accountOf: (account: string, about: { lane: Lane; network: string | null }) => RouteAccount | null;
  /** A number in [0, 1) for a choice by weight. */
  draw: () => number;
};

/** What a room above asks of the route: `routes`: these accounts and no rule; `avoid`: this account last. */
export type RouteWish = { routes?: readonly string[]; avoid?: string | null };

/** Chooses the route. A contact's number is opened only if a rule or a price depends on its prefix, and is not kept. */
export function routeFor(
  deps: RoutingDeps,
  recipient: Recipient,
  purpose: Purpose,
  { routes, avoid = null }: RouteWish = {},
): Choice {
  const policy = deps.policy();
  const subject: RouteSubject = {
    purpose,
    country: recipient.country,
    startsWith: (prefix) => recipient.number()?.startsWith(prefix) ?? false,
  };
  const rules = routes === undefined ? (policy.routeRules ?? []) : [];
  const about = { lane: laneOf(purpose), network: recipient.network };
  const accountOf = (account: string) => deps.accountOf(account, about);
  const choice = chooseRoute(rules, routes ?? policy.routes, accountOf, subject, deps.draw);
  if (avoid === null || !choice.accounts.includes(avoid)) return choice;
  return { ...choice, accounts: [...choice.accounts.filter((account) => account !== avoid), avoid] };
}

/** The price of a message of `segments` by an account of the choice. */
export function priceOf({ options }: Choice, account: string, segments: number): Price | null {
  const price = options.find((option) => option.account === account)?.price ?? null;
  return price === null ? null : { amount: price.amount * segments, currency: price.currency };
}

/** What is stored of a decision with the message; null where the tenant's list was followed unchanged. */
export function keptOf({ rule, choose, options }: Choice): Route | null {
  const passed = options.flatMap(({ account, leftOut, behind }) => {
    const why = leftOut ?? behind;
    return why === null ? [] : [{ account, why }];
  });
  return rule === null && passed.length === 0 ? null : { rule, choose, passed };
}

/** The decision as a preview shows it. */
export function choiceView({ rule, choose, accounts, options }: Choice) {
  return {
    rule,
    choose,
    accounts: options
      .map(({ account, price, weight, leftOut, behind }) => ({
        carrier: account,
        rank: leftOut === null ? accounts.indexOf(account) + 1 : null,
        price,
        weight,
        reason: leftOut ?? behind,
      }))
      .sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity)),
  };
}

/** The refusal when no account is left; for a rule, with the reason for each of its accounts. */
export function noCarrier({ rule, options }: Choice): Refusal {
  if (rule === null || options.length === 0) return refuse("carrier_unavailable");
  const why = options.map(({ account, leftOut }) => `${account} (${leftOut ?? "unusable"})`).join(", ");
  return refuse("carrier_unavailable", { detail: `The route rule ${rule} leaves no account: ${why}.` });
}
