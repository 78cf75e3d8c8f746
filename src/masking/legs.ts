/**
 * What became of the messages that carry an interaction, written on its legs when they end: the messages themselves move on to
 * the records.
 */
import { ENDED, type Message } from "../messages/message.ts";
import type { MaskingLedger } from "./ledger.ts";

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
