/**
 * STOP, START and HELP, obeyed in the transaction that takes them in. A stop withdraws service and marketing texts, never codes: a
 * person who is tired of news must still get in. In a masked session the other side is told, since a text that is swallowed in
 * silence looks like rudeness.
 */
import type { Keyword } from "../carriers/carrier.ts";
import { isHeld } from "../numbers/number.ts";
import type { Contact } from "../vault/ledger.ts";
import { answerOnce, type IncomingText } from "../masking/relay.ts";
import { tellOthers } from "../masking/stopped.ts";
import { STOPPABLE } from "../sms/purpose.ts";
import type { InboundDeps } from "./deps.ts";
import type { Word } from "./words.ts";

/**
 * What came of a word. `kept`: it did what it says and is nobody else's to read. `answered`: it was a question to the business; and
 * may have been one to the other person. `nothing`: there was nothing to give back, so it is a text like any other.
 */
export type Obeyed = "kept" | "answered" | "nothing";

/** Does what the word asks. A `keyword` is the carrier's own: it has answered, and what it says counts although we had known nothing. */
export function obey(
  deps: InboundDeps,
  incoming: IncomingText,
  contact: Contact,
  word: Word,
  keyword: Keyword | null,
): Obeyed {
  const { masking } = deps;
  const sender = incoming.number.e164;
  if (word === "help") {
    const where = { id: incoming.number.id, key: "inbound" };
    if (keyword === null) answerOnce(masking, incoming, where, masking.ledger.settings().help, "|help");
    return "answered";
  }
  const pair = masking.numbers.pair(incoming.who, incoming.number.id);
  const held = pair !== null && isHeld(pair, deps.now()) ? pair : null;
  if (word === "start") {
    const isGiven = giveBack(deps, incoming, contact, keyword === "start");
    const isBack = held !== null && tellOthers(masking, held, false);
    return isGiven || isBack ? "kept" : "nothing";
  }
  const whom = word === "stop_all" ? null : sender;
  const source = keyword === "stop" ? "carrier" : "stop_word";
  deps.say(contact, { standing: "withdrawn", purposes: [...STOPPABLE], sender: whom, source }, incoming.number.account);
  if (held !== null) tellOthers(masking, held, true);
  return "kept";
}

/**
 * Gives back what was stopped, or, where the carrier says so, all that can be. A stop that only the carrier had told of, to senders
 * it chooses itself, is over with its start.
 */
function giveBack(deps: InboundDeps, { number }: IncomingText, contact: Contact, isCarriers: boolean): boolean {
  const { e164: sender, account } = number;
  const source = isCarriers ? "carrier" : "stop_word";
  const toAll = STOPPABLE.filter((purpose) => deps.isStoppedBy(contact.index, purpose, "carrier"));
  const purposes = STOPPABLE.filter((purpose) => {
    const standing = deps.standingOf(contact.index, purpose, sender);
    return standing === "withdrawn" || (isCarriers && standing === null);
  });
  if (purposes.length > 0) deps.say(contact, { standing: "given", purposes, sender, source }, account);
  if (toAll.length > 0) deps.say(contact, { standing: "given", purposes: toAll, sender: null, source }, account);
  return isCarriers || purposes.length > 0;
}
