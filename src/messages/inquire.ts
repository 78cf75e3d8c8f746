/**
 * Inquiries about a call without a clear answer, where the carrier supports them: the message stays `sending` and cannot be claimed,
 * and the carrier is asked repeatedly. Only its binding `never` allows sending again; a call that stays unclear becomes `unknown`.
 * Runs inside the tenant's object; a sender makes the calls.
 */
import { SECOND_MS } from "../base/clock.ts";
import type { Question, Said } from "../carriers/carrier.ts";
import { type Attempt, type Message } from "./message.ts";
import { laneOf } from "../sms/purpose.ts";
import { ATTEMPTS_MAX, doubt, end, tellMoved, type DispatchDeps } from "./outcome.ts";

/**
 * Waits between inquiries, about ten minutes in all; after the last the message is `unknown`. Many, because one may be lost with its
 * sender, or wait in the queue.
 */
export const ASK_AGAIN_MS = [5, 10, 15, 15, 15, 30, 30, 60, 60, 120, 120, 120].map((seconds) => seconds * SECOND_MS);
/** After `never` the message is queued again; this much later a sweep finds it if the queue loses it. */
const SENT_AGAIN_SWEEP_MS = 15 * SECOND_MS;
/** The code of an attempt that the carrier says, bindingly, it never took. */
const NEVER_TAKEN = "never_taken";

export type InquiryAnswer = { message: string; attempt: number; said: Said };

/** Queues the next inquiry; after the last, or at a carrier without inquiries, the message becomes `unknown`. */
export function askOrDoubt(
  deps: DispatchDeps,
  message: Message,
  attempts: Attempt[],
  reason: string,
  now: number,
): void {
  const last = attempts.at(-1);
  const early = last?.early; // a receipt said already that it was undelivered
  if (early !== undefined)
    return void end(deps, message, "undelivered", early.code, now, {
      attempts,
      ...(early.price === undefined ? {} : { price: early.price }),
    });
  const asked = last?.asked;
  const againMs = asked === undefined ? undefined : ASK_AGAIN_MS[asked];
  if (last === undefined || asked === undefined || againMs === undefined)
    return doubt(deps, message, attempts, reason, now);
  const due = now + againMs;
  const change = { attempts: [...attempts.slice(0, -1), { ...last, asked: asked + 1 }], lease: due, due, reason };
  if (deps.ledger.amend(message, change) !== null) deps.ask(last.carrier, laneOf(message.purpose), message.id);
}

/** The inquiries still to be made about these messages. */
export function questions(deps: DispatchDeps, account: string, ids: readonly string[]): Question[] {
  return ids.flatMap((id) => {
    const message = deps.ledger.get(id);
    return message === null || !isAsking(message, account) ? [] : [{ message: id, attempt: message.attempts.length }];
  });
}

/** Applies carriers' answers to inquiries. An answer about another call than the last one changes nothing. */
export function takeInquiryAnswers(deps: DispatchDeps, account: string, answers: readonly InquiryAnswer[]): void {
  for (const { message: id, attempt, said } of answers) {
    const message = deps.ledger.get(id);
    if (message === null || !isAsking(message, account) || message.attempts.length !== attempt) continue;
    if (said.said === "never") again(deps, message, account);
    else if (said.said !== "unclear") taken(deps, message, said); // after `unclear` the next inquiry is due already
  }
}

/** Whether an inquiry about the message's last call is under way. */
function isAsking({ state, lease, attempts }: Message, account: string): boolean {
  const last = attempts.at(-1);
  return state === "sending" && lease !== null && last?.carrier === account && (last.asked ?? 0) > 0;
}

/** The carrier never took it: queued for the same account again, unless it has expired or has had too many calls. */
function again(deps: DispatchDeps, message: Message, account: string): void {
  const now = deps.now();
  const attempts = lastWith(message, { outcome: "declined", code: NEVER_TAKEN });
  if (message.facts.expiresAt <= now) return void end(deps, message, "expired", "too_late", now, { attempts });
  if (attempts.length >= ATTEMPTS_MAX) return void end(deps, message, "failed", NEVER_TAKEN, now, { attempts });
  const due = Math.min(now + SENT_AGAIN_SWEEP_MS, message.facts.expiresAt); // a sweep, in case the queue loses it
  const waiting = deps.ledger.amend(message, { attempts, lease: null, reason: null, due });
  if (waiting !== null) deps.dispatch(account, laneOf(message.purpose), message.id);
}

/** The carrier took it, and may say how it ended. */
function taken(deps: DispatchDeps, message: Message, said: Exclude<Said, { said: "never" | "unclear" }>): void {
  const now = deps.now();
  const attempts = lastWith(message, { outcome: "accepted" });
  if (said.said === "delivered" || said.said === "undelivered")
    return void end(deps, message, said.said, said.code, now, { attempts });
  const change = { attempts, lease: null, sentAt: message.sentAt ?? now, dropText: true, reason: null };
  tellMoved(deps, deps.ledger.move(message, "sent", change));
}

function lastWith({ attempts }: Message, found: Pick<Attempt, "outcome" | "code">): Attempt[] {
  const last = attempts.at(-1);
  return last === undefined ? [] : [...attempts.slice(0, -1), { ...last, ...found }];
}
