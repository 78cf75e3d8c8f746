/**
 * What a person wrote, on its way to another: as many messages as it needs, in order. The tenant's rule on segments is for what its
 * programs send; a person's text is as long as it is.
 */
import { isRefused } from "../base/refusal.ts";
import { SEGMENTS_MAX, splitText } from "../sms/sms-text.ts";
import type { Leaving, MaskingDeps } from "./deps.ts";

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
