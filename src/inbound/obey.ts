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
import { stillToStop, toGiveBack } from "./word-limits.ts";
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
  const { account } = incoming.number;
  const isStopped = () => STOPPABLE.some((purpose) => deps.standingOf(contact.index, purpose, sender) === "withdrawn");
  const before = isStopped();
  if (word === "start") giveBack(deps, incoming, contact, keyword === "start");
  else {
    const whom = word === "stop_all" ? null : sender;
    const source = keyword === "stop" ? "carrier" : "stop_word";
    const purposes = stillToStop(deps, contact.index, whom);
    deps.say(contact, { standing: "withdrawn", purposes, sender: whom, source }, account);
  }
  const pair = masking.numbers.pair(incoming.who, incoming.number.id);
  const isHere = pair !== null && isHeld(pair, deps.now()) && tellOthers(masking, pair, isStopped());
  return word !== "start" || keyword === "start" || before || isHere ? "kept" : "nothing";
}

/**
 * Gives back what was stopped, or, where the carrier says so, all that can be. A stop that only the carrier had told of, to senders
 * it chooses itself, is over with its start.
 */
function giveBack(deps: InboundDeps, { number }: IncomingText, contact: Contact, isCarriers: boolean): void {
  const source = isCarriers ? "carrier" : "stop_word";
  const toAll = STOPPABLE.filter((purpose) => deps.isStoppedBy(contact.index, purpose, "carrier"));
  const purposes = toGiveBack(deps, contact.index, number, isCarriers);
  if (purposes.length === 0) return;
  deps.say(contact, { standing: "given", purposes, sender: number.e164, source }, number.account);
  if (toAll.length > 0) deps.say(contact, { standing: "given", purposes: toAll, sender: null, source }, number.account);
}
