/**
 * Sends a code message by its channel, first and again: by another account when the send before is slow or failed, and not at all to
 * a destination that is locked or blocked, which no answer reveals.
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

/** A code without a receipt after this long is resent by another account. */
export const STEER_MS = 10 * SECOND_MS;

/** Why nothing may be sent to the destination by this party, or null. */
export function withholdingOf(destination: Destination, fingerprint: string | null, now: number): string | null {
  if (destination.blocked !== null) return "blocked";
  return barredUntil(destination, fingerprint, now) === null ? null : "locked";
}

/** A message as the verification stores it. The account is the message's, or the first of its route before it has one. */
export function sendOf(message: Message, at: number): Send {
  return { message: message.id, at, state: message.state, carrier: message.account ?? message.facts.routes[0] ?? null };
}

/** The account to try last, because the send before by it is slow or failed; null otherwise. */
export function avoided(deps: Pick<VerifyDeps, "messageOf">, send: Send | undefined, now: number): string | null {
  if (send === undefined) return null;
  const message = deps.messageOf(send.message);
  const state = message?.state ?? send.state;
  const slow = state === "queued" || state === "sending" || state === "sent" ? now - send.at >= STEER_MS : false;
  const lost = state === "unknown" || state === "failed" || state === "undelivered" || state === "expired";
  return slow || lost ? (message?.account ?? send.carrier) : null;
}

/** Whether answers show it as pending; only then can it be resent or continued by a start. */
export function looksOpen(verification: Verification, destination: Destination, now: number): boolean {
  if (now >= verification.facts.expiresAt) return false;
  if (verification.state === "pending") return true;
  return verification.facts.withheld && destination.recent.includes(verification.id);
}

/** Sends the same code again. The caller has checked back-off and caps; every send counts, also a withheld one. */
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
    service: facts.service,
    template: facts.template,
    secondsLeft,
    avoid: avoided(deps, last, now),
    withhold: facts.withheld ? verification.reason : withholdingOf(destination, facts.fingerprint, now),
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

/** The text of a withheld message, which has no code. */
const WITHHELD_TEXT = "-";

/** Seconds until the verification may be sent again; 0 when it may now. */
export function waitSeconds(verification: Verification, destination: Destination, now: number): number {
  const at = Math.max(resendAt(verification.sends), sendRoom(destination, now, verification.facts.fingerprint).nextAt);
  return Math.max(0, Math.ceil((at - now) / 1_000));
}
