/**
 * Ending a verification, in one place: code, digest and code message go in the same write, and the tenant is told why.
 */
import type { Counted } from "./counts.ts";
import type { VerifyDeps } from "./deps.ts";
import { ENDED, type Message } from "../messages/message.ts";
import { viewOf, type Send, type State, type Verification } from "./code/verification.ts";

/** How a verification ended is always told; that it was created or sent only to those who asked. */
const ALWAYS_EMITTED: ReadonlySet<string> = new Set(["approved", "failed", "expired", "locked", "canceled"]);

/** Ends it if it is pending; answers it as it is then. Late and repeated ends change nothing. */
export function ended(
  deps: VerifyDeps,
  verification: Verification,
  state: Exclude<State, "pending">,
  reason: string | null,
  now: number,
  attempts: number = verification.attempts,
): Verification {
  const { sends } = live(deps, verification);
  const moved = deps.ledger.move(verification, state, { reason, endedAt: now, attempts, sends });
  if (moved === null) return verification;
  const counted = COUNTED_AS[state];
  if (counted !== null) deps.counts.add(counted, moved, moved.sends.at(-1)?.carrier ?? null, now);
  tell(deps, moved, state);
  // A code that is over is not worth sending; one that the carrier has is not to be had back.
  for (const send of moved.sends) if (send.state !== "sent" && !ENDED.has(send.state)) deps.recall(send.message);
  return moved;
}

/** What an end counts as; one that the caller took back is no failure. */
const COUNTED_AS: Record<Exclude<State, "pending">, Counted | null> = {
  approved: "approved",
  failed: "failed",
  locked: "failed",
  expired: "expired",
  canceled: null,
};

/** Tells the tenant, in an event that holds ids, tokens and states. */
export function emitMove(
  deps: VerifyDeps,
  verification: Verification,
  what: "created" | "sent" | Exclude<State, "pending">,
): void {
  if (ALWAYS_EMITTED.has(what) || deps.wanted(`verification.${what}`)) tell(deps, live(deps, verification), what);
}

/** The event; sends are told as they are given. */
function tell(
  deps: VerifyDeps,
  verification: Verification,
  what: "created" | "sent" | Exclude<State, "pending">,
): void {
  const { metadata: _metadata, ...view } = viewOf(verification, null, null); // free fields may hold anything
  deps.emit(`verification.${what}`, verification.id, { verification: view });
}

/** The verification with each send as its message is now. */
export function live(deps: Pick<VerifyDeps, "messageOf">, verification: Verification): Verification {
  const sends = verification.sends.map((send) => {
    const message = deps.messageOf(send.message);
    return message === null ? send : sendAs(message, send);
  });
  return { ...verification, sends };
}

/** A send as its message stands: state, account and price are copied, because the message may be gone before the verification. */
export function sendAs(message: Message, send: Send): Send {
  const { price } = message.facts;
  const carrier = message.account ?? send.carrier;
  return { ...send, state: message.state, carrier, ...(price === null ? {} : { price }) };
}
