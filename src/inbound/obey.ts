/**
 * STOP, START and HELP take effect in the transaction that stores the text. A stop withdraws consent to service and marketing texts,
 * never to codes, so that the person can still sign in. In a masked session the other participants are told, because their texts no
 * longer arrive.
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
 * What became of a keyword. `kept`: it took effect and is not relayed. `answered`: HELP, answered by the business; it is relayed too,
 * since it may be meant for the other person. `nothing`: a START with nothing to give back, handled like any other text.
 */
export type Obeyed = "kept" | "answered" | "nothing";

/** Applies the word. `keyword`: the carrier recognised it and has replied; it counts even without a stop on record here. */
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
 * Records consent for what was stopped, and, where the carrier recognised START, for purposes without a record. It also ends a stop
 * to all senders that came from a carrier which chooses the sender itself.
 */
function giveBack(deps: InboundDeps, { number }: IncomingText, contact: Contact, isCarriers: boolean): void {
  const source = isCarriers ? "carrier" : "stop_word";
  const toAll = STOPPABLE.filter((purpose) => deps.isStoppedBy(contact.index, purpose, "carrier"));
  const purposes = toGiveBack(deps, contact.index, number, isCarriers);
  if (purposes.length === 0) return;
  deps.say(contact, { standing: "given", purposes, sender: number.e164, source }, number.account);
  if (toAll.length > 0) deps.say(contact, { standing: "given", purposes: toAll, sender: null, source }, number.account);
}
