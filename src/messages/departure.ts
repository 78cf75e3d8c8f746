/**
 * The caps at the moment a message leaves. An unscheduled message was counted at admission and is checked again only if it leaves in
 * a later minute; a scheduled one is counted for its person and their block of numbers when it is due, and its money is held then. A
 * message that does not fit, or for which a budget has no room, waits, and becomes `expired` with that reason if its validity ends first.
 */
import { MINUTE_MS } from "../base/clock.ts";
import type { Policy } from "../policy/policy.ts";
import { actOf, type Act, type Counted } from "../risk/act.ts";
import type { Hold } from "../risk/budgets/budget.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Change, MessagesLedger } from "./ledger.ts";
import { BUDGET_REASON, isWaiting, LIMIT_REASONS, type Message } from "./message.ts";
import { placeFor, spendOfMessage, type MoneyDeps } from "./money/spend.ts";

export type DepartureDeps = MoneyDeps & {
  ledger: MessagesLedger;
  vault: VaultLedger;
  caps: Pick<CapsLedger, "leave" | "flush">;
  policy: () => Pick<Policy, "limits" | "countries">;
};

/**
 * Counts a message that leaves and answers the changes to its row; null if it does not fit, and its next try is stored.
 */
export function depart(deps: DepartureDeps, message: Message, now: number): Change | null {
  const counted = countedOf(message);
  const same = [counted.person, counted.budgets].every((at) => at !== null && minuteOf(at) >= minuteOf(now));
  const free = isWaiting(message) ? { reason: null } : {};
  if (same) return free; // counted in this minute already
  const act = actOfMessage(deps, message);
  if (act === null) return free; // the person was erased; the claim, which opens the number, ends the message
  const money = reserve(deps, message, act);
  if (money === "waits") return null;
  const until = message.facts.expiresAt;
  const waits = deps.caps.leave(act, counted, { limits: deps.policy().limits, now, until });
  deps.caps.flush();
  if (waits === null) return { ...free, ...money, countedAt: now };
  deps.ledger.amend(message, { reason: LIMIT_REASONS[waits.cap], due: waits.until });
  return null;
}

/**
 * The money of a scheduled message whose time has come; `waits` where a budget has none left, and then it has been given a place to wait.
 * Any other message has its hold since its admission, or was admitted when no budget was about it.
 */
function reserve(deps: DepartureDeps, message: Message, { side }: Act): { hold?: Hold } | "waits" {
  if (message.state !== "scheduled") return {};
  const spend = spendOfMessage(deps, message, side);
  const { stands, hold } = deps.budgets.ledger.judge(spend);
  if (stands === null) return hold === null ? {} : { hold };
  deps.ledger.amend(message, { reason: BUDGET_REASON, due: placeFor(deps, stands, spend, message.facts) });
  return "waits";
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

/** When the message was counted. A scheduled one was counted at admission for key, tenant and country, but not for its person. */
function countedOf({ facts }: Message): Counted {
  const { countedAt, createdAt, scheduleAt } = facts;
  const budgets = countedAt ?? createdAt;
  return { budgets, person: countedAt ?? (scheduleAt === null ? createdAt : null) };
}

/** The act that admission counted; null if the person was erased. */
function actOfMessage({ vault, policy }: DepartureDeps, { token, purpose, facts }: Message): Act | null {
  const contact = vault.findToken(token);
  if (contact === null) return null;
  const relay = facts.countedAs ?? null;
  return actOf(facts.key, contact, { purpose, countries: policy().countries, relay, scope: facts.scope });
}
