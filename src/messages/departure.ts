/**
 * The caps at the moment a message leaves. An unscheduled message was counted at admission and is checked again only if it leaves in
 * a later minute; a scheduled one is counted for its person and their block of numbers when it is due. A message that does not fit
 * waits, and becomes `expired` with the cap as its reason if its validity ends first.
 */
import { MINUTE_MS } from "../base/clock.ts";
import type { Policy } from "../policy/policy.ts";
import { actOf, type Act, type Counted } from "../risk/act.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Change, MessagesLedger } from "./ledger.ts";
import { isWaiting, LIMIT_REASONS, type Message } from "./message.ts";

export type DepartureDeps = {
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
  const until = message.facts.expiresAt;
  const waits = deps.caps.leave(act, counted, { limits: deps.policy().limits, now, until });
  deps.caps.flush();
  if (waits === null) return { ...free, countedAt: now };
  deps.ledger.amend(message, { reason: LIMIT_REASONS[waits.cap], due: waits.until });
  return null;
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
