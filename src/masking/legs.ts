/**
 * The messages that carry a text: as many as it needs, in order; each leg gets its message's state when that ends. The tenant's limit
 * of segments does not apply to relayed texts: people write as long as they like.
 */
import { isRefused } from "../base/refusal.ts";
import { ENDED, type Message } from "../messages/message.ts";
import { SEGMENTS_MAX, splitText } from "../sms/sms-text.ts";
import type { Leaving, MaskingDeps } from "./deps.ts";
import type { MaskingLedger } from "./ledger.ts";

/** One message of a text; without a message, `state` says why. */
export type SentPiece = { message: string | null; state: string };

/** Sends one message. */
export function sendPiece(deps: Pick<MaskingDeps, "send">, key: string, leaving: Leaving): SentPiece {
  const sent = deps.send(key, leaving);
  if (!isRefused(sent)) return { message: sent.ok.id, state: sent.ok.state };
  return { message: null, state: sent.refused === "recipient_opted_out" ? "opted_out" : sent.refused };
}

/** Sends the text in pieces, up to the first that is refused. Empty for a blank text. */
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

/** Writes a message's state on its leg when it ends or is unknown; other messages change nothing. */
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
