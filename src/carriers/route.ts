/**
 * Chooses the carrier accounts of a message and their order, by an operator's rules as data, with the reasons, which a
 * preview shows and a message keeps. Pure; the random source is passed in.
 */
import type { CircuitState } from "./courier/circuit.ts";
import type { Price, PriceRow } from "./price.ts";

/** What admission knows of an account. */
export type RouteAccount = {
  price: Price | null;
  prices: readonly PriceRow[];
  /** Countries that it may be used for; null: any. */
  countries: readonly string[] | null;
  /** The sender when a message names none; null if unknown. */
  sender?: string | null;
  circuit: CircuitState;
  /** 10 to 100, set by the receipts of its lane and of the recipient's network. */
  weight: number;
};

export const CHOOSE = ["ordered", "weighted", "cheapest"] as const;
/**
 * `ordered`: as listed. `weighted`: drawn one after another by share and health. `cheapest`: healthy accounts by price,
 * then the others.
 */
export type Choose = (typeof CHOOSE)[number];

/** One rule. The first that fits a message decides; an empty condition fits every message. */
export type RouteRule = {
  name: string;
  purposes: readonly string[];
  countries: readonly string[];
  /** Beginnings of numbers, `+447700`. */
  prefixes: readonly string[];
  choose: Choose;
  accounts: readonly { account: string; share: number }[];
  /** The highest price of a segment; an account without a price in this currency is left out. */
  priceMax: Price | null;
  /** For `cheapest`: accounts with a lower weight come after the others. */
  weightMin: number;
};

/** The facts of a message that rules use. `startsWith` opens the number only if a rule has a prefix. */
export type RouteSubject = {
  purpose: string;
  country: string;
  startsWith: (prefix: string) => boolean;
};

/** Why an account is left out, or comes later than it otherwise would. */
export const PASSED_OVER = ["account_unknown", "country", "price", "circuit_open", "slow"] as const;
export type LeftOut = "account_unknown" | "country" | "price";
export type Behind = "circuit_open" | "slow";
export type Option = {
  account: string;
  price: Price | null;
  weight: number | null;
  leftOut: LeftOut | null;
  behind: Behind | null;
};

/**
 * The decision: accounts in the order of trying, the rule that decided, and the result for every account of the rule.
 */
export type Choice = { rule: string | null; choose: Choose; accounts: string[]; options: Option[] };

/** The price of one segment by this account, or null if it has none. */
export function priceFor(account: Pick<RouteAccount, "price" | "prices">, subject: RouteSubject): Price | null {
  let best: PriceRow | null = null;
  for (const row of account.prices) {
    if (row.country !== null && row.country !== subject.country) continue;
    if (row.prefix !== null && !subject.startsWith(row.prefix)) continue;
    if (best === null || precision(row) > precision(best)) best = row;
  }
  return best === null ? account.price : { amount: best.amount, currency: best.currency };
}

const precision = ({ country, prefix }: PriceRow): number => (prefix?.length ?? 0) * 2 + (country === null ? 0 : 1);

/** Whether the rule applies to the message. */
export function fits(rule: RouteRule, { purpose, country, startsWith }: RouteSubject): boolean {
  const among = (list: readonly string[], value: string) => list.length === 0 || list.includes(value);
  return (
    among(rule.purposes, purpose) &&
    among(rule.countries, country) &&
    (rule.prefixes.length === 0 || rule.prefixes.some(startsWith))
  );
}

/**
 * Decides for one message; without a rule that fits, by the tenant's list in its order. An account with an open circuit
 * always comes last: it is tried when no other is left.
 */
export function chooseRoute(
  rules: readonly RouteRule[],
  otherwise: readonly string[],
  accountOf: (id: string) => RouteAccount | null,
  subject: RouteSubject,
  draw: () => number,
): Choice {
  const rule = rules.find((each) => fits(each, subject)) ?? null;
  const listed = rule?.accounts ?? otherwise.map((account) => ({ account, share: 1 }));
  const options = listed.map(({ account, share }) => optionOf(account, share, accountOf(account), rule, subject));
  const usable = options.filter(({ leftOut }) => leftOut === null);
  const choose = rule?.choose ?? "ordered";
  const sorted =
    choose === "weighted"
      ? drawn(usable, draw)
      : choose === "cheapest"
        ? byPrice(usable, rule?.priceMax ?? null)
        : usable;
  const inFront = sorted.filter(({ behind }) => behind === null);
  const behind = ["slow", "circuit_open"].flatMap((why) => sorted.filter((option) => option.behind === why));
  return {
    rule: rule?.name ?? null,
    choose,
    accounts: [...inFront, ...behind].map(({ account }) => account),
    options: options.map(({ chance: _chance, ...option }) => option),
  };
}

type Weighed = Option & { chance: number };

function optionOf(
  id: string,
  share: number,
  account: RouteAccount | null,
  rule: RouteRule | null,
  subject: RouteSubject,
): Weighed {
  if (account === null) return { account: id, price: null, weight: null, leftOut: rule === null ? null : "account_unknown", behind: null, chance: share }; // prettier-ignore
  const price = priceFor(account, subject);
  const cap = rule?.priceMax ?? null;
  const dear = cap !== null && (price === null || price.currency !== cap.currency || price.amount > cap.amount);
  const abroad = account.countries !== null && !account.countries.includes(subject.country);
  const slow = rule?.choose === "cheapest" && account.weight < rule.weightMin;
  return {
    account: id,
    price,
    weight: account.weight,
    leftOut: abroad ? "country" : dear ? "price" : null,
    behind: account.circuit !== "closed" ? "circuit_open" : slow ? "slow" : null,
    chance: share * account.weight,
  };
}

/** Draws the options one after another, each by its share of the rest. */
function drawn(options: readonly Weighed[], draw: () => number): Weighed[] {
  const left = [...options];
  const order: Weighed[] = [];
  while (left.length > 0) {
    const all = left.reduce((sum, { chance }) => sum + chance, 0);
    let at = draw() * all;
    const index = left.findIndex(({ chance }) => (at -= chance) < 0);
    order.push(...left.splice(Math.max(0, index), 1));
  }
  return order;
}

/**
 * Cheapest first, equal ones as listed. Amounts are compared in one currency, the cap's or else the first one found;
 * accounts without a price in it come last.
 */
function byPrice(options: readonly Weighed[], cap: Price | null): Weighed[] {
  const currency = cap?.currency ?? options.find(({ price }) => price !== null)?.price?.currency;
  const of = ({ price }: Weighed) => (price?.currency === currency ? (price?.amount ?? Infinity) : Infinity);
  return options
    .map((option, at) => ({ option, at }))
    .sort((a, b) => (of(a.option) === of(b.option) ? a.at - b.at : of(a.option) - of(b.option)))
    .map(({ option }) => option);
}
