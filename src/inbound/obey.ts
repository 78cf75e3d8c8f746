/**
 * STOP, START and HELP, obeyed in the transaction that hears them. A stop withdraws service and marketing texts, never codes: a
 * person who is tired of news must still get in. In a masked session the other side is told, since a text that is swallowed in
 * silence looks like rudeness.
 */
import { isHeld } from "../numbers/number.ts";
import type { Contact } from "../vault/ledger.ts";
import { answerOnce, type IncomingText } from "../masking/relay.ts";
import { tellOthers } from "../masking/stopped.ts";
import { STOPPABLE } from "../sms/purpose.ts";
import type { InboundDeps } from "./deps.ts";
import { stillToStop, toGiveBack } from "./word-limits.ts";
import type { Word } from "./words.ts";

/** Does what the word asks. */
export function obey(deps: InboundDeps, incoming: IncomingText, contact: Contact, word: Word): void {
  const { masking } = deps;
  const sender = incoming.number.e164;
  if (word === "help") {
    answerOnce(masking, incoming, { id: incoming.number.id, key: "inbound" }, masking.ledger.settings().help, "|help");
    return;
  }
  const starts = word === "start";
  const whom = word === "stop_all" ? null : sender;
  const purposes = starts ? toGiveBack(deps, contact.index, incoming.number) : stillToStop(deps, contact.index, whom);
  deps.say(contact, { standing: starts ? "given" : "withdrawn", purposes, sender: whom });
  const pair = masking.numbers.pair(incoming.who, incoming.number.id);
  const stopped = STOPPABLE.some((purpose) => deps.hasStopped(contact.index, purpose, sender));
  if (pair !== null && isHeld(pair, deps.now())) tellOthers(masking, pair, stopped);
}
