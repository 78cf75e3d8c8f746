/**
 * The messages that carry a text: sent as many as it needs, in order, and what became of each written on its leg when it ends. The
 * tenant's rule on segments is for what its programs send; a person's text is as long as it is.
 */
import { isRefused } from "../base/refusal.ts";
import { ENDED, type Message } from "../messages/message.ts";
import { SEGMENTS_MAX, splitText } from "../sms/sms-text.ts";
import type { Leaving, MaskingDeps } from "./deps.ts";
import type { MaskingLedger } from "./ledger.ts";

/** One message of a text, or why it did not leave. */
export type SentPiece = { message: string | null; state: string };

/** Sends one message. */
export function sendPiece(deps: Pick<MaskingDeps, "send">, key: string, leaving: Leaving): SentPiece {
  const sent = deps.send(key, leaving);
  if (!isRefused(sent)) return { message: sent.ok.id, state: sent.ok.state };
  return { message: null, state: sent.refused === "recipient_opted_out" ? "opted_out" : sent.refused };
}

/** Sends the text; what comes behind a piece that is refused does not leave. Empty where the text shows nothing. */
export function sendInPieces(
  deps: Pick<MaskingDeps, "send">,
  key: string,
  leaving: Omit<Leaving, "text" | "segmentsMax">,
  text: string,
): SentPiece[] {
  const pieces: SentPiece[] = [];
  for (const piece of splitText(text, SEGMENTS_MAX)) {
    const sent = sendPiece(deps, key, { ...leaving, text: piece, segmentsMax: SEGMENTS_MAX });
    pieces.push(sent);
    if (sent.message === null) break;
  }
  return pieces;
}

/** Notes the end of a message on the leg it is; a message of anything else changes nothing. */
export function noteLeg(ledger: MaskingLedger, message: Message): void {
  const { about } = message.facts;
  if (about?.startsWith("int_") !== true || !(ENDED.has(message.state) || message.state === "unknown")) return;
  const interaction = ledger.interaction(about);
  if (interaction === null || !interaction.legs.some((leg) => leg.message === message.id)) return;
  ledger.setLegs(
    about,
    interaction.legs.map((leg) => (leg.message === message.id ? { ...leg, state: message.state } : leg)),
  );
}
