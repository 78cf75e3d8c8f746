/**
 * Ends a verification: the same write deletes digests and code message, and an event tells the tenant why.
 */
import type { Counted } from "./counts.ts";
import type { VerifyDeps } from "./deps.ts";
import { ENDED, type Message } from "../messages/message.ts";
import { viewOf, type Send, type State, type Verification } from "./code/verification.ts";

/** Final states, whose events are stored always; those of `created` and `sent` only if an endpoint subscribes to them. */
const ALWAYS_EMITTED: ReadonlySet<string> = new Set(["approved", "failed", "expired", "locked", "canceled"]);

/** Ends it if it is pending; answers it afterwards. Late and repeated ends change nothing. */
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
  // An ended code is not sent any more; one that the carrier has cannot be recalled.
  for (const send of moved.sends) if (send.state !== "sent" && !ENDED.has(send.state)) deps.recall(send.message);
  return moved;
}

/** The statistic that an end counts in; one that the caller canceled is no failure. */
const COUNTED_AS: Record<Exclude<State, "pending">, Counted | null> = {
  approved: "approved",
  failed: "failed",
  locked: "failed",
  expired: "expired",
  canceled: null,
};

/** Emits the event of a move; it has ids, tokens and states. */
export function emitMove(
  deps: VerifyDeps,
  verification: Verification,
  what: "created" | "sent" | Exclude<State, "pending">,
): void {
  if (ALWAYS_EMITTED.has(what) || deps.wanted(`verification.${what}`)) tell(deps, live(deps, verification), what);
}

/** Emits an event; the sends are shown as passed. */
function tell(
  deps: VerifyDeps,
  verification: Verification,
  what: "created" | "sent" | Exclude<State, "pending">,
): void {
  const { metadata: _metadata, ...view } = viewOf(verification, null, null); // free fields may hold anything
  deps.emit(`verification.${what}`, verification.id, { verification: view });
}

/** The verification with each send's state taken from its message. */
export function live(deps: Pick<VerifyDeps, "messageOf">, verification: Verification): Verification {
  const sends = verification.sends.map((send) => {
    const message = deps.messageOf(send.message);
    return message === null ? send : sendAs(message, send);
  });
  return { ...verification, sends };
}

/** A send with its message's state, account and price, copied because the message may leave the object before the verification. */
export function sendAs(message: Message, send: Send): Send {
  const { price } = message.facts;
  const carrier = message.account ?? send.carrier;
  return { ...send, state: message.state, carrier, ...(price === null ? {} : { price }) };
}
