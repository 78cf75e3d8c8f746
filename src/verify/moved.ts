/**
 * Applies a message's moves to its verification: that it was sent, and how it ended, which is copied because a message may leave the
 * object before its verification.
 */
import { ENDED, stateWord, type Message } from "../messages/message.ts";
import type { VerifyDeps } from "./deps.ts";
import { emitMove, sendAs } from "./ends.ts";

/** A message moved. No effect unless it belongs to a verification that is still in the object. */
export function messageMoved(deps: VerifyDeps, message: Message): void {
  const { about } = message.facts;
  if (about === undefined || !about.startsWith(deps.ids.prefixOf("ver"))) return;
  const isEnd = ENDED.has(message.state);
  if (!isEnd && stateWord(message) !== "sent") return;
  const verification = deps.ledger.get(about);
  if (verification === null || !verification.sends.some((send) => send.message === message.id)) return;
  const now = deps.now();
  const early = message.state === "delivered" && message.sentAt === null; // its receipt came before the call's answer
  if (message.state === "sent" || early) deps.counts.add("sent", verification, message.account, now);
  if (message.state === "delivered") deps.counts.add("delivered", verification, message.account, now);
  if (!isEnd) return emitMove(deps, verification, "sent");
  const sends = verification.sends.map((send) => (send.message === message.id ? sendAs(message, send) : send));
  deps.ledger.amend(verification, { sends });
}
