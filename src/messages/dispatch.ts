/**
 * The second half of the dispatch path, in the tenant's object: a sender claims messages, calls the carrier and settles; reports.ts
 * applies receipts. Every step is a compare-and-swap, so a late or repeated one changes nothing.
 */
import { SECOND_MS } from "../base/clock.ts";
import type { Answer } from "../carriers/carrier.ts";
import { isOpaque } from "../carriers/reference.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import { depart } from "./departure.ts";
import { askOrDoubt } from "./inquire.ts";
import { ENDED, isWaiting, type Attempt, type Message, type Price } from "./message.ts";
import { laneOf } from "../sms/purpose.ts";
import type { Change } from "./ledger.ts";
import { secondOf } from "./reports.ts";
import { ATTEMPTS_MAX, end, forget, tellMoved, type DispatchDeps } from "./outcome.ts";

/** How long a claim lasts: a call is given up after ten seconds, the rest is for a slow settlement. */
export const CLAIM_LEASE_MS = 30 * SECOND_MS;
/** The shortest wait after a carrier throttled a message. */
const THROTTLED_WAIT_MS_MIN = SECOND_MS;
/** The reason of a message whose sender did not report the outcome of its call. */
export const SENDER_LOST = "sender_lost";

/**
 * Gives a sender the messages it may send now: queued or between two attempts, on its account, not expired.
 * `canAsk`: the carrier can be asked later what became of a call whose answer is lost.
 */
export function claim(
  deps: DispatchDeps,
  account: string,
  ids: readonly string[],
  { canAsk }: Pick<AccountNews, "canAsk"> = { canAsk: false },
): Claimed[] {
  const claimed: Claimed[] = [];
  for (const id of ids) {
    const whole = deps.ledger.getWhole(id);
    if (whole === null) continue;
    const { message, sealed } = whole;
    if (message.account !== account || !claimable(message)) continue;
    const now = deps.now();
    if (message.facts.expiresAt <= now) {
      end(deps, message, "expired", isWaiting(message) ? message.reason : "too_late", now);
      continue;
    }
    if (isWaiting(message) && message.due !== null && message.due > now) continue; // the sweep queues it again at its time
    // An unscheduled code was counted at its start and is not checked again.
    const atOnce = message.purpose === "otp" && message.facts.scheduleAt === null;
    const leaving = atOnce ? {} : depart(deps, message, now);
    if (leaving === null) continue;
    const one = claimOne(deps, { message, sealed }, { account, canAsk, leaving }, now);
    if (one !== null) claimed.push(one);
  }
  return claimed;
}

/** Whether a sender may claim it: queued, or waiting between two attempts. */
export function claimable(message: Message): boolean {
  return message.state === "queued" || (message.state === "sending" && message.lease === null);
}

function claimOne(
  deps: DispatchDeps,
  { message, sealed }: { message: Message; sealed: Uint8Array | null },
  { account, canAsk, leaving }: { account: string; canAsk: boolean; leaving: Change },
  now: number,
): Claimed | null {
  const to = deps.vault.openNumber(message.token);
  const text = sealed === null ? null : deps.vault.openText(message.subject, message.id, "text", sealed);
  if (to === null || text === null) {
    end(deps, message, "failed", "erased", now);
    return null;
  }
  const asked = canAsk ? { asked: 0 } : {};
  const realNow = deps.realNow();
  const ahead = secondOf(now) === secondOf(realNow) ? {} : { second: secondOf(realNow) };
  const attempt: Attempt = { carrier: account, outcome: null, at: now, latencyMs: null, ...asked, ...ahead };
  const change: Change = { ...leaving, attempts: [...message.attempts, attempt], lease: now + CLAIM_LEASE_MS };
  const first = message.state === "queued";
  const moved = first ? deps.ledger.move(message, "sending", change) : deps.ledger.amend(message, change);
  if (moved === null) return null;
  if (first) deps.tell(moved);
  return {
    message: message.id,
    attempt: moved.attempts.length,
    to,
    kind: message.facts.kind,
    from: message.facts.sender,
    text,
    encoding: message.facts.encoding,
    lane: laneOf(message.purpose),
    validitySeconds: Math.max(1, Math.floor((message.facts.expiresAt - now) / 1_000)),
    receiptUrl: deps.receiptUrl(account, message.id, { at: realNow, lane: laneOf(message.purpose) }),
  };
}

/**
 * Moves messages to the next account on their route when their account's circuit is open and was not called for them. A message
 * without another account, or with a call that may be under way, stays.
 */
export function reroute(deps: DispatchDeps, account: string, ids: readonly string[]): Onward[] {
  const onward: Onward[] = [];
  for (const id of ids) {
    const message = deps.ledger.get(id);
    const next = message === null || message.account !== account || !claimable(message) ? null : nextRoute(message);
    if (message === null || next === null) continue;
    const at = deps.now();
    const skipped: Attempt = { carrier: account, outcome: "skipped", at, latencyMs: null, code: "circuit_open" };
    const attempts = [...message.attempts, skipped];
    const moved = deps.ledger.amend(message, { account: next, attempts, ...priceBy(message, next) });
    if (moved !== null) onward.push({ account: next, lane: laneOf(message.purpose), ids: [id] });
  }
  return onward;
}

/** Records carriers' answers. Answers the messages to queue for another account now. */
export function settle(deps: DispatchDeps, settlements: readonly Settlement[]): Onward[] {
  const onward: Onward[] = [];
  for (const settlement of settlements) {
    const message = deps.ledger.get(settlement.message);
    if (message === null) continue;
    const attempts = answered(message, settlement);
    if (attempts === null) continue; // another claim's, or already settled
    const { network, saidStop } = { network: undefined, saidStop: undefined, ...settlement.answer };
    if (saidStop === true) deps.saidStop(message, message.account ?? "");
    if (network !== undefined) deps.vault.seenOn(message.token, network);
    const heard = network === undefined ? message : { ...message, facts: { ...message.facts, network } };
    if (message.state === "sending" || message.state === "unknown")
      applyAnswer(deps, heard, attempts, settlement.answer, onward);
    else receiptWasFaster(deps, heard, attempts, settlement.answer);
  }
  deps.settled();
  return onward;
}

/**
 * The attempts with this one's outcome, or null if it is not the open attempt. An attempt whose lease ran out before its answer came
 * still takes a late `accepted`: the table allows `unknown` to become `sent`.
 */
function answered(message: Message, settlement: Settlement): Attempt[] | null {
  const open = message.attempts[settlement.attempt - 1];
  if (open === undefined || message.attempts.length !== settlement.attempt) return null;
  const waits = message.state === "sending" || (message.state === "unknown" && message.endedAt === null);
  const lost = message.reason === SENDER_LOST && waits;
  if (open.outcome !== null && !(lost && settlement.answer.outcome === "accepted")) return null;
  const { answer, latencyMs } = settlement;
  const code = "code" in answer ? { code: answer.code } : {};
  const { reference } = { reference: undefined, ...answer };
  const known = reference !== undefined && isOpaque(reference) ? { reference } : {};
  return [...message.attempts.slice(0, -1), { ...open, outcome: answer.outcome, latencyMs, ...code, ...known }];
}

function applyAnswer(
  deps: DispatchDeps,
  message: Message,
  attempts: Attempt[],
  answer: Answer,
  onward: Onward[],
): void {
  const now = deps.now();
  const early = attempts.at(-1)?.early;
  if (early !== undefined && answer.outcome === "accepted")
    return void end(deps, message, "undelivered", early.code, now, { attempts, ...priceOf(answer), ...priceIn(early) });
  if (answer.outcome === "accepted") {
    const change: Change = { attempts, lease: null, sentAt: now, dropText: true, reason: null, ...priceOf(answer) };
    tellMoved(deps, deps.ledger.move(message, "sent", change));
    return;
  }
  if (answer.outcome === "unknown") {
    askOrDoubt(deps, message, attempts, answer.code, now);
    return;
  }
  const spent = attempts.length >= ATTEMPTS_MAX;
  const permanent = answer.outcome === "declined" && answer.permanent;
  const next = answer.outcome === "declined" ? nextRoute(message) : message.account;
  if (spent || permanent || next === null) {
    end(deps, message, "failed", answer.code, now, { attempts });
  } else if (answer.outcome === "throttled") {
    const due = now + Math.max(THROTTLED_WAIT_MS_MIN, answer.retryAfterSeconds * 1_000);
    deps.ledger.amend(message, { attempts, lease: null, due: Math.min(due, message.facts.expiresAt) });
  } else {
    const moved = deps.ledger.amend(message, { attempts, lease: null, account: next, ...priceBy(message, next) });
    if (moved !== null) onward.push({ account: next, lane: laneOf(message.purpose), ids: [message.id] });
  }
}

/** The next account of the route; null after the last, because each is tried once. */
function nextRoute(message: Message): string | null {
  const at = message.facts.routes.indexOf(message.account ?? "");
  return message.facts.routes[at + 1] ?? null;
}

/** The receipt came before the call's answer: the state stays, and the carrier's reference is known now, to redact the message by. */
function receiptWasFaster(deps: DispatchDeps, message: Message, attempts: Attempt[], answer: Answer): void {
  const moved = deps.ledger.amend(message, { attempts, lease: null, ...priceOf(answer) });
  if (moved !== null && ENDED.has(moved.state)) forget(deps, moved);
}

/** The price in a report that came before the answer; it overrides the answer's. */
const priceIn = ({ price }: NonNullable<Attempt["early"]>): { price?: Price } => (price === undefined ? {} : { price });

/** The price in the carrier's answer, if it has one. */
function priceOf(answer: Answer): { price?: Price } {
  return answer.outcome === "accepted" && answer.price !== undefined ? { price: answer.price } : {};
}

/** The price by this account, if the accounts of its route have different prices. */
function priceBy({ facts }: Message, account: string): { price?: Price | null } {
  const price = facts.prices?.[facts.routes.indexOf(account)];
  return price === undefined ? {} : { price };
}
