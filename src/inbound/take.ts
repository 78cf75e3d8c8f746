/**
 * Where an inbound text goes: STOP, START and HELP take effect, a text of a conversation is relayed, any other goes into the inbox.
 * An incomplete text is never a keyword: half a text must not become a STOP or a consent.
 */
import type { Keyword } from "../carriers/carrier.ts";
import { readyAddress } from "../masking/relays/relays.ts";
import { forwardFromName } from "../masking/relays/forward.ts";
import { answerOnce, isInConversation, relay, type AnswerKind, type IncomingText } from "../masking/relay.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import { shortLabelOf } from "../screening/policy.ts";
import { maskNumbersIn, type Num } from "../sms/phone.ts";
import { nameBefore, stripControls } from "../sms/sms-text.ts";
import type { Contact } from "../vault/ledger.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import type { About, InboundDeps } from "./deps.ts";
import type { Received } from "./ledger.ts";
import { screenText } from "./hold.ts";
import { obey } from "./obey.ts";
import { receivedView } from "./view.ts";
import { wordOf, type Word } from "./words.ts";

/** What became of a text. `unknown_number`: the tenant has no such number at that account. */
export type Fate =
  "duplicate" | "unknown_number" | "waiting" | "relayed" | "answered" | "received" | "vetoed" | "held" | "blocked";

/** The content of a text. `mixed`: parts of two texts with the same identity may have been swapped. */
export type IncomingWords = {
  text: string;
  complete: boolean;
  media: number;
  keyword: Keyword | null;
  mixed?: boolean;
};

/** The text as it is stored and relayed: without control characters, with a mark for pictures, which are not relayed. */
function cleaned({ text, media }: Pick<IncomingWords, "text" | "media">): string {
  const words = stripControls(text);
  if (media === 0) return words;
  const mark = media === 1 ? "[picture]" : `[${media} pictures]`;
  return words.trim() === "" ? mark : `${words} ${mark}`;
}

/** The keyword: the person's own, or the one that the carrier recognised; a stop by either counts. */
function wordIn({ text, complete, keyword, mixed = false }: IncomingWords): Word | null {
  if (!complete || mixed) return null;
  const own = wordOf(stripControls(text));
  if (own === "stop" || own === "stop_all" || keyword === null || keyword === "other") return own;
  return keyword;
}

/** Routes a text of a person. */
export function take(
  deps: InboundDeps,
  number: VirtualNumber,
  contact: Contact,
  from: Num,
  words: IncomingWords,
): Fate {
  const incoming = { number, who: contact.index, from, text: cleaned(words) };
  const { complete, media } = words;
  const about: About = { id: deps.ids.make("inb", deps.now()), text: incoming.text, complete, media, label: null };
  const word = wordIn(words);
  const acted = word === null ? "nothing" : obey(deps, incoming, contact, word, words.keyword);
  if (words.media > 0) tellMedia(deps, incoming, words.media);
  const address = deps.masking.addresses.byNumber(number.id);
  const isPersons = address !== null || isInConversation(deps.masking, incoming);
  const goesOn = word === null || (acted !== "kept" && isPersons);
  if (word !== null && (!goesOn || acted === "answered")) putIn(deps, number, contact, about, word);
  if (!goesOn) return "received";
  if (word !== null) return goOn(deps, number, { contact, from }, { ...about, id: deps.ids.make("inb", deps.now()) });
  const screened = screenText(deps, number, { contact, name: null }, about, isPersons ? "person" : "inbound");
  return "stays" in screened ? screened.stays : goOn(deps, number, { contact, from }, screened.about);
}

/** Who wrote a text, with the number that an answer goes to. */
export type Sender = { contact: Contact; from: Num };

/** A text that may go on: to the other side of a mask, or into the inbox. */
export function goOn(deps: InboundDeps, number: VirtualNumber, { contact, from }: Sender, about: About): Fate {
  const incoming = { number, who: contact.index, from, text: about.text };
  const address = deps.masking.addresses.byNumber(number.id);
  const why = address === null ? null : readyAddress(deps.masking, address, number, contact);
  if (address !== null && why !== null) {
    if (why === "own_number") answer(deps, incoming, deps.masking.ledger.settings().noReplyNotice, "|reply");
    deps.emit("interaction.vetoed", address.id, { relay: address.id, ...senderFacts(number, contact), reason: why });
    return "vetoed";
  }
  const { did, ...where } = relay(deps.masking, incoming);
  if (did === "relayed" || did === "vetoed" || did === "pending") return "relayed";
  if (did === "tombstone") {
    deps.emit("interaction.out_of_session", number.id, { ...senderFacts(number, contact), ...where });
    return "answered";
  }
  deps.emit("interaction.out_of_session", number.id, { ...senderFacts(number, contact), why: "no_session" });
  answer(deps, incoming, deps.masking.ledger.settings().outOfSession);
  putIn(deps, number, contact, about, null);
  return "received";
}

/** The name in place of a key that the service's own answers are counted under. */
export const SYSTEM_KEY = "inbound";

/** Sends the tenant's sentence, at most once a day for each `kind`; null sends nothing. */
function answer(deps: InboundDeps, incoming: IncomingText, sentence: string | null, kind: AnswerKind = ""): void {
  const where = { id: incoming.number.id, key: SYSTEM_KEY };
  if (sentence !== null) answerOnce(deps.masking, incoming, where, sentence, kind);
}

const senderFacts = (number: VirtualNumber, { token, mask, country, kind }: Contact) => ({
  number: number.id,
  from: { token, mask, country, kind },
});

/** Pictures are not fetched: an event tells the tenant, and an answer their sender, once a day. */
export function tellMedia(deps: InboundDeps, incoming: IncomingText, media: number): void {
  const contact = deps.vault.find(incoming.who);
  if (contact === null) return;
  const { number } = incoming;
  deps.emit("inbound.media_dropped", number.id, { ...senderFacts(number, contact), media });
  answer(deps, incoming, deps.masking.ledger.settings().mediaNotice, "|media");
}

/** Stores a text in the inbox and emits its event. */
function putIn(deps: InboundDeps, number: VirtualNumber, contact: Contact, about: About, word: Word | null): void {
  const { token, mask, country, subject } = contact;
  put(deps, { token, mask, country, name: null, number: number.id, word }, subject, about);
}

type Whose = Pick<Received, "token" | "mask" | "country" | "name" | "number" | "word">;

function put(deps: InboundDeps, whose: Whose, subject: string, { text, label, ...about }: About): void {
  const screening = label === null ? null : shortLabelOf(label);
  const received: Received = { ...whose, ...about, screening, at: deps.now() };
  deps.ledger.add(received, subject, deps.vault.sealText(subject, received.id, "text", text));
  deps.emit("inbound.received", received.id, { inbound: receivedView(received) });
}

/** A short code or an alphanumeric sender; no pattern that could be a person's address. */
const SENDER_NAME = /^(?:\d{3,8}|(?=.*\p{L})[\p{L}\p{M}\p{N} ._&+'’!/()*#-]{1,16})$/u;

/** The sender as it may be stored and shown: a name or a short code; null for what could be a person's number or address. */
export function senderNameOf(written: string): string | null {
  const name = nameBefore(written.replace(/^\+(?=\d{3,6}$)/, ""));
  return name !== null && SENDER_NAME.test(name) && maskNumbersIn(name) === name ? name : null;
}

/**
 * A text from a sender without a number, such as a bank's name or a short code, which cannot be answered. The person of a relay
 * address gets it from the lasting number; otherwise it goes into the inbox.
 */
export function takeFromName(
  deps: InboundDeps,
  number: VirtualNumber,
  name: string | null,
  words: IncomingWords,
): Fate {
  const { complete, media } = words;
  const about: About = { id: deps.ids.make("inb", deps.now()), text: cleaned(words), complete, media, label: null };
  if (media > 0) deps.emit("inbound.media_dropped", number.id, { number: number.id, from: null, media });
  const direction = deps.masking.addresses.byNumber(number.id) === null ? "inbound" : "person";
  const screened = screenText(deps, number, { contact: null, name }, about, direction);
  return "stays" in screened ? screened.stays : goOnFromName(deps, number, name, screened.about);
}

/** A text of such a sender that may go on. */
export function goOnFromName(deps: InboundDeps, number: VirtualNumber, name: string | null, about: About): Fate {
  const address = deps.masking.addresses.byNumber(number.id);
  const nobody = { token: null, mask: null, country: null, word: null };
  if (address !== null) {
    const reason = forwardFromName(deps.masking, address, number, name, about.text);
    if (reason === null) return "relayed";
    const from = { relay: address.id, number: number.id, from: null, sender_name: name };
    deps.emit("interaction.vetoed", address.id, { ...from, reason });
    if (reason === "muted") return "vetoed";
  }
  put(deps, { ...nobody, name, number: number.id }, TENANT_SUBJECT, about);
  return "received";
}
