/**
 * The route of one message: the tenant's rules over what is known of the accounts, and how the decision is told and kept.
 * Runs inside the tenant's object while a message is admitted or previewed; it chooses, it does not send.
 */
import { chooseRoute, type Choice, type RouteAccount, type RouteSubject } from "../carriers/route.ts";
import type { Contact, VaultLedger } from "../vault/ledger.ts";
import type { Num } from "../sms/phone.ts";
import { type Price, type Route } from "./message.ts";
import { laneOf, type Lane, type Purpose } from "../sms/purpose.ts";
import type { Policy } from "../policy/policy.ts";

export type RoutingDeps = {
  vault: VaultLedger;
  policy: () => Policy;
  /** An account as it is for a text of this lane to somebody on this network, where that is known. */
  accountOf: (account: string, about: { lane: Lane; network: string | null }) => RouteAccount | null;
  /** A number in [0, 1) for a choice by weight. */
  draw: () => number;
};

/** What a room above asks of the route: these accounts and no rule, or one account as late as possible. */
export type RouteWish = { routes?: readonly string[]; avoid?: string | null };

/** Decides. The number of a known contact is opened only where a rule or a price looks at its beginning, and nowhere kept. */
export function routeFor(
  deps: RoutingDeps,
  contact: { known: Contact } | { fresh: Num },
  purpose: Purpose,
  { routes, avoid = null }: RouteWish = {},
): Choice {
  const policy = deps.policy();
  let opened: string | null = null;
  const subject: RouteSubject = {
    purpose,
    country: "known" in contact ? contact.known.country : contact.fresh.country,
    startsWith: (prefix) => {
      opened ??= "known" in contact ? (deps.vault.openNumber(contact.known.token) ?? "") : contact.fresh.e164;
      return opened.startsWith(prefix);
    },
  };
  const rules = routes === undefined ? (policy.routeRules ?? []) : [];
  const about = { lane: laneOf(purpose), network: "known" in contact ? contact.known.network : null };
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
