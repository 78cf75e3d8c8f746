/**
 * What a message costs, against the tenant's budgets. Money is held in the transaction that admits a message, or lets a scheduled one
 * leave, and the hold stays in the message's own row: so it moves with the message, and a crash loses neither without the other.
 */
import type { Recipient } from "../../vault/recipient.ts";
import type { VaultLedger } from "../../vault/ledger.ts";
import type { Side } from "../../risk/act.ts";
import { budgetRefusal, type Hold, type Money, type Spend, type Stands } from "../../risk/budgets/budget.ts";
import type { BudgetsLedger, Touched } from "../../risk/budgets/ledger.ts";
import type { Refusal } from "../../base/refusal.ts";
import type { Choice } from "../../carriers/route.ts";
import type { Facts, Message } from "../message.ts";
import { priceOf } from "../routing.ts";

/** What of the tenant's budgets messages use. */
export type BudgetsDesk = {
  ledger: Pick<BudgetsLedger, "judge" | "touched" | "placeFor">;
  prefixName: (number: string) => string;
  senderName: (sender: string) => string;
};
export type MoneyDeps = { budgets: BudgetsDesk };

type About = Pick<Spend, "key" | "service" | "side"> & {
  purpose: Message["purpose"];
  choice: Choice;
  segments: number;
  sender: string | null;
};

/** What a message to this person would spend. */
export function spendOf({ budgets }: MoneyDeps, recipient: Recipient, about: About): Spend {
  const { key, service, side, purpose, choice, segments, sender } = about;
  return {
    key,
    service,
    side,
    purpose,
    country: recipient.country,
    prices: choice.accounts.map((account) => priceOf(choice, account, segments)),
    ...named(budgets, () => recipient.number(), sender),
  };
}

/** What a message that was admitted without a hold spends now that it leaves. */
export function spendOfMessage(
  { budgets, vault }: MoneyDeps & { vault: VaultLedger },
  { token, purpose, facts }: Message,
  side: Side,
): Spend {
  const { key, country, sender, service = null } = facts;
  const prices = pricesOf(facts);
  return {
    key,
    country,
    purpose,
    side,
    service,
    prices,
    ...named(budgets, () => vault.openNumber(token), sender),
  };
}

function named({ prefixName, senderName }: BudgetsDesk, number: () => string | null, sender: string | null) {
  const prefixOf = () => {
    const e164 = number();
    return e164 === null ? null : prefixName(e164);
  };
  let prefix: string | null | undefined; // made once, however many budgets ask
  return {
    prefix: (): string | null => (prefix === undefined ? (prefix = prefixOf()) : prefix),
    sender: (): string | null => (sender === null ? null : senderName(sender)),
  };
}

/** The price by each account of the message's route. */
function pricesOf({ routes, prices, price }: Facts): (Money | null)[] {
  return routes.length === 1 ? [price] : (prices ?? routes.map(() => null));
}

/** The hold of a message that may be admitted, or why its code must look as if it were sent. */
type Judged = { hold: Hold | null; withhold: string | null };

/**
 * Whether the budgets have room for it. A budget is not about the recipient, so it refuses openly; but for a code to somebody whom the
 * tenant does not know, as long as a known person's code would go out by what is kept for those: where the answer must tell nobody
 * from another (`hides`), that is withheld. `always`: what must not be lost is held beyond every budget.
 */
export function judgeMoney(
  { budgets: { ledger } }: MoneyDeps,
  spend: Spend,
  { now, later, always, hides }: { now: number; later: boolean; always: boolean; hides: boolean },
): Judged | Refusal {
  const { stands, hold } = ledger.judge(spend, later);
  if (stands === null || always) return { hold, withhold: null };
  const known = hides && spend.side === "strangers" ? ledger.judge({ ...spend, side: "codes" }, later).stands : stands;
  return known === null ? { hold: null, withhold: "strangers_limit" } : budgetRefusal(known, now);
}

/** When a message may leave that a budget stands against, at its end at the latest. */
export function placeFor({ budgets }: MoneyDeps, stands: Stands, spend: Spend, { expiresAt }: Facts): number {
  return budgets.ledger.placeFor(stands, spend, expiresAt);
}

/** A budget as a preview shows it. */
export function touchedView({ budget: { id, name, madeBy, hard, limit }, amount, left, why }: Touched) {
  return { id, name, made_by: madeBy, hard, amount, left, currency: limit.currency, stands_against: why };
}
export type TouchedView = ReturnType<typeof touchedView>;
