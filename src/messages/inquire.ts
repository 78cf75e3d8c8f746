/**
 * A call without a clear answer, where the carrier can be asked about it: the message waits in `sending`, nobody may claim it,
 * and the carrier is asked a few times. Only its binding `never` lets the message be sent again; whatever stays unclear becomes
 * `unknown`. Runs inside the tenant's object; the calls themselves are a sender's.
 */
import { SECOND_MS } from "../base/clock.ts";
import type { Question, Said } from "../carriers/carrier.ts";
import { type Attempt, type Message } from "./message.ts";
import { laneOf } from "../sms/purpose.ts";
import { ATTEMPTS_MAX, doubt, end, tellMoved, type DispatchDeps } from "./outcome.ts";

/**
 * The next question comes this long after the last; after ten minutes of them the message is `unknown`. Many, because a question
 * may be lost with its sender or stand behind a backlog: what is put on the queue is not yet asked.
 */
export const ASK_AGAIN_MS = [5, 10, 15, 15, 15, 30, 30, 60, 60, 120, 120, 120].map((seconds) => seconds * SECOND_MS);
/** After its oath the carrier is called again; should the queue lose that, the message is looked at this much later. */
const SENT_AGAIN_SWEEP_MS = 15 * SECOND_MS;
/** What the attempt says when the carrier swore that it took nothing. */
const NEVER_TAKEN = "never_taken";

export type InquiryAnswer = { message: string; attempt: number; said: Said };

/** Puts the question on the queue if there is one left to ask, else leaves the message in doubt. */
export function askOrDoubt(
  deps: DispatchDeps,
  message: Message,
  attempts: Attempt[],
  reason: string,
  now: number,
): void {
  const last = attempts.at(-1);
  const early = last?.early; // its carrier has said already how it ended
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

/** Which of these still need asking, as the carrier is to be asked. */
export function questions(deps: DispatchDeps, account: string, ids: readonly string[]): Question[] {
  return ids.flatMap((id) => {
    const message = deps.ledger.get(id);
    return message === null || !isAsking(message, account) ? [] : [{ message: id, attempt: message.attempts.length }];
  });
}

/** Applies what the carrier said. An answer about another call than the last one changes nothing. */
export function takeInquiryAnswers(deps: DispatchDeps, account: string, answers: readonly InquiryAnswer[]): void {
  for (const { message: id, attempt, said } of answers) {
    const message = deps.ledger.get(id);
    if (message === null || !isAsking(message, account) || message.attempts.length !== attempt) continue;
    if (said.said === "never") again(deps, message, account);
    else if (said.said !== "unclear") taken(deps, message, said); // of what is unclear the next question is due already
  }
}

/** The last call has no clear answer, and nobody may claim the message meanwhile. */
function isAsking({ state, lease, attempts }: Message, account: string): boolean {
  const last = attempts.at(-1);
  return state === "sending" && lease !== null && last?.carrier === account && (last.asked ?? 0) > 0;
}

/** Surely not sent: the same account may be called again, if there is still time, and this is no loop. */
function again(deps: DispatchDeps, message: Message, account: string): void {
  const now = deps.now();
  const attempts = lastWith(message, { outcome: "declined", code: NEVER_TAKEN });
  if (message.facts.expiresAt <= now) return void end(deps, message, "expired", "too_late", now, { attempts });
  if (attempts.length >= ATTEMPTS_MAX) return void end(deps, message, "failed", NEVER_TAKEN, now, { attempts });
  const due = Math.min(now + SENT_AGAIN_SWEEP_MS, message.facts.expiresAt); // should the queue lose it
  const waiting = deps.ledger.amend(message, { attempts, lease: null, reason: null, due });
  if (waiting !== null) deps.dispatch(account, laneOf(message.purpose), message.id);
}

/** The carrier has it, and may know more. */
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
