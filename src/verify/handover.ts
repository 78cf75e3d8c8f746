/**
 * Handing a code message to its channel, for the first time and again: by another account when the one before is slow or in doubt,
 * and not at all to a destination that is locked or blocked, which nobody outside can tell.
 */
import { byCaller } from "../contract/record.ts";
import { SECOND_MS } from "../base/clock.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { Message } from "../messages/message.ts";
import { Recipient } from "../vault/recipient.ts";
import type { VerifyDeps } from "./deps.ts";
import { openCodeMessage, textOf } from "./code/code-message.ts";
import type { Secrets } from "./ledger.ts";
import { barredUntil, countSend, isKnown, sendRoom, type Destination } from "./locks/locks.ts";
import { acceptedView, resendAt, type Send, type Verification, type VerificationView } from "./code/verification.ts";
import { metadataOf } from "./notes.ts";

/** A code that has not arrived after so long goes by another account when it is asked for again. */
export const STEER_MS = 10 * SECOND_MS;

/** Why nothing may be sent to the destination by this party, or null. */
export function withholdingOf(destination: Destination, fingerprint: string | null, now: number): string | null {
  if (destination.blocked !== null) return "blocked";
  return barredUntil(destination, fingerprint, now) === null ? null : "locked";
}

/** A message as a verification remembers it. The account is the first it may go by, whether or not it went. */
export function sendOf(message: Message, at: number): Send {
  return { message: message.id, at, state: message.state, carrier: message.account ?? message.facts.routes[0] ?? null };
}

/** The account to go to last, or null when the send before is on its way as it should be. */
export function avoided(deps: Pick<VerifyDeps, "messageOf">, send: Send | undefined, now: number): string | null {
  if (send === undefined) return null;
  const message = deps.messageOf(send.message);
  const state = message?.state ?? send.state;
  const slow = state === "queued" || state === "sending" || state === "sent" ? now - send.at >= STEER_MS : false;
  const lost = state === "unknown" || state === "failed" || state === "undelivered" || state === "expired";
  return slow || lost ? (message?.account ?? send.carrier) : null;
}

/** Whether from outside it looks as if it were pending: only such a one is sent again or gone on with. */
export function looksOpen(verification: Verification, destination: Destination, now: number): boolean {
  if (now >= verification.facts.expiresAt) return false;
  if (verification.state === "pending") return true;
  return verification.facts.withheld && destination.recent.includes(verification.id);
}

/** Sends the same code again. The caller has seen to back-off and caps; every send is counted, sent or withheld. */
export function sendAgain(
  deps: VerifyDeps,
  key: string,
  whole: { verification: Verification; secrets: Secrets },
  destination: Destination,
): Outcome<VerificationView> {
  const { verification, secrets } = whole;
  const now = deps.now();
  const { facts, subject, id } = verification;
  const written = secrets.codeMessage === null ? null : openCodeMessage(deps.vault, subject, id, secrets.codeMessage);
  if (written === null && !facts.withheld) return refuse("verification_ended");
  const secondsLeft = Math.max(1, Math.floor((facts.expiresAt - now) / 1_000));
  const last = verification.sends.at(-1);
  const to = Recipient.of(deps.vault, { token: verification.token });
  if ("refused" in to) return to;
  const outcome = deps.channels[facts.channel](key, {
    to,
    text: written === null ? WITHHELD_TEXT : textOf(written, secondsLeft),
    about: id,
    secondsLeft,
    avoid: avoided(deps, last, now),
    withhold: facts.withheld ? verification.reason : withholdingOf(destination, facts.fingerprint, now),
    service: facts.service,
    knownDevice: isKnown(destination, facts.fingerprint),
  });
  if (isRefused(outcome)) return outcome;
  const counted = countSend(destination, id, now, facts.fingerprint);
  const moved = deps.ledger.amend(verification, { sends: [...verification.sends, sendOf(outcome.ok, now)] });
  if (moved === null) throw new Error("a verification moved in its own transaction");
  deps.ledger.putDestination(verification.destination, counted);
  deps.record(byCaller(key), {
    act: "verification.resent",
    subject: id,
    facts: { token: verification.token, message: outcome.ok.id },
  });
  return { ok: acceptedView(moved, sendRoom(counted, now, facts.fingerprint), metadataOf(deps, moved)) };
}

/** What stands for the text of a message that never leaves: there is no code to say. */
const WITHHELD_TEXT = "-";

/** Seconds until the verification may be sent again; 0 when it may now. */
export function waitSeconds(verification: Verification, destination: Destination, now: number): number {
  const at = Math.max(resendAt(verification.sends), sendRoom(destination, now, verification.facts.fingerprint).nextAt);
  return Math.max(0, Math.ceil((at - now) / 1_000));
}
