/**
 * The route of one message: the tenant's rules over what is known of the accounts, and how the decision is told and kept.
 * Runs inside the tenant's object while a message is admitted or previewed; it chooses, it does not send.
 */
import { chooseRoute, type Choice, type RouteAccount, type RouteSubject } from "../carriers/route.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Recipient } from "../vault/recipient.ts";
import { type Price, type Route } from "./message.ts";
import { laneOf, type Lane, type Purpose } from "../sms/purpose.ts";
import type { Policy } from "../policy/policy.ts";

export type RoutingDeps = {
  policy: () => Policy;
  /** An account as it is for a text of this lane to somebody on this network, where that is known. */
  accountOf: (account: string, about: { lane: Lane; network: string | null }) => RouteAccount | null;
  /** A number in [0, 1) for a choice by weight. */
  draw: () => number;
};

/** What a room above asks of the route: these accounts and no rule, or one account as late as possible. */
export type RouteWish = { routes?: readonly string[]; avoid?: string | null };

/** Decides. A known person's number is opened only where a rule or a price looks at its beginning, and nowhere kept. */
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

/** The price of a message of so many segments by an account of the choice. */
export function priceOf({ options }: Choice, account: string, segments: number): Price | null {
  const price = options.find((option) => option.account === account)?.price ?? null;
  return price === null ? null : { amount: price.amount * segments, currency: price.currency };
}

/** What of a decision is kept with the message: nothing where the list was simply followed. */
export function keptOf({ rule, choose, options }: Choice): Route | null {
  const passed = options.flatMap(({ account, leftOut, behind }) => {
    const why = leftOut ?? behind;
    return why === null ? [] : [{ account, why }];
  });
  return rule === null && passed.length === 0 ? null : { rule, choose, passed };
}

/** The decision as a preview explains it. */
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

/** No account is left for it: said of a rule with what was wrong with each of its accounts. */
export function noCarrier({ rule, options }: Choice): Refusal {
  if (rule === null || options.length === 0) return refuse("carrier_unavailable");
  const why = options.map(({ account, leftOut }) => `${account} (${leftOut ?? "unusable"})`).join(", ");
  return refuse("carrier_unavailable", { detail: `The route rule ${rule} leaves no account: ${why}.` });
}
