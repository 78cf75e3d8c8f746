/**
 * A text that came in for one of the tenant's virtual numbers. IncomingText once, joined if it came in parts, its word obeyed, relayed
 * if it belongs to a conversation, else put into the inbox: in one transaction, so that what is acknowledged is stored.
 */
import { MINUTE_MS } from "../base/clock.ts";
import { maskNumbersIn, parseNumber, type Num } from "../sms/phone.ts";
import type { Inbound } from "../carriers/carrier.ts";
import { readyAddress } from "../masking/relays/relays.ts";
import { answerOnce, relay } from "../masking/relay.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import type { Contact } from "../vault/ledger.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import { Recipient } from "../vault/recipient.ts";
import type { InboundDeps } from "./deps.ts";
import type { Gathered } from "./ledger.ts";
import { obey } from "./obey.ts";
import { wordOf, type Word } from "./words.ts";
import { receivedView } from "./view.ts";

/** What became of a text. `unknown_number`: it was dialled at an account where this tenant has no such number. */
export type Fate = "duplicate" | "unknown_number" | "waiting" | "relayed" | "answered" | "received" | "vetoed";

/** A carrier keeps repeating a callback for days; a week is longer than any of them. */
export const SEEN_DAYS = 7;
/** Parts that are not all here by then are read as they are. */
export const PARTS_WAIT_MS = MINUTE_MS;
/** A part fills one SMS; a longer one is a text of its own, so that 255 of them, joined, fit in a row. */
const PART_CHARACTERS_MAX = 1_000;

/** Takes a text in. Late, repeated and unordered deliveries change nothing twice. */
export function receive(deps: InboundDeps, account: string, inbound: Inbound): Fate {
  const number = deps.masking.numbers.byE164(inbound.to);
  if (number === null || number.account !== account) return "unknown_number";
  const name = deps.vault.keyedName("inbound", `${account}|${inbound.id}`).subarray(0, 16);
  if (!deps.ledger.isFirst(name, deps.now())) return "duplicate";
  const sender = parseNumber(inbound.from, number.country);
  if ("refused" in sender) return takeFromName(deps, number, inbound);
  const contact = Recipient.ofNumber(deps.vault, sender.number).use(deps.now());
  const { part } = inbound;
  if (part === undefined || part.of <= 1 || inbound.text.length > PART_CHARACTERS_MAX)
    return take(deps, number, contact, sender.number, inbound.text);
  const record = deps.ids.make("inb", deps.now());
  const sealed = deps.vault.sealText(contact.subject, record, "part", inbound.text);
  if (sealed === null) throw new Error("a contact without a key");
  const { token, subject, index: who } = contact;
  const keyed = Buffer.from(deps.vault.keyedName("part", `${account}|${part.ref}`).subarray(0, 16)).toString("hex");
  const whole = deps.ledger.addPart(
    {
      who,
      number: number.id,
      ref: keyed,
      nth: part.nth,
      of: part.of,
      record,
      token,
      subject,
      sealed,
    },
    deps.now() + PARTS_WAIT_MS,
  );
  return whole === null ? "waiting" : takeGathered(deps, whole);
}

/** Reads a text from its parts: all of them, or those that came in time. */
export function takeGathered(deps: InboundDeps, gathered: Gathered): Fate {
  deps.ledger.dropParts(gathered);
  const number = deps.masking.numbers.get(gathered.number);
  const contact = deps.vault.find(gathered.who);
  const e164 = contact === null ? null : deps.vault.openNumber(contact.token);
  const from = e164 === null ? null : parseNumber(e164);
  if (number === null || contact === null || from === null || "refused" in from) return "unknown_number";
  const text = gathered.parts
    .map(({ record, sealed }) => deps.vault.openText(gathered.subject, record, "part", sealed) ?? "")
    .join("");
  return take(deps, number, contact, from.number, text);
}

/** A whole text of a person. */
function take(deps: InboundDeps, number: VirtualNumber, contact: Contact, from: Num, text: string): Fate {
  const incoming = { number, who: contact.index, from, text };
  const word = wordOf(text);
  if (word !== null) {
    obey(deps, incoming, contact, word);
    putIn(deps, number, contact, text, word);
    return "received";
  }
  const address = deps.masking.addresses.byNumber(number.id);
  const why = address === null ? null : readyAddress(deps.masking, address, number, contact);
  if (address !== null && why !== null) {
    deps.emit("interaction.vetoed", address.id, { relay: address.id, ...senderFacts(number, contact), reason: why });
    return "vetoed";
  }
  const { did, ...where } = relay(deps.masking, incoming);
  if (did === "relayed" || did === "vetoed" || did === "pending") return "relayed";
  if (did === "tombstone") {
    deps.emit("interaction.out_of_session", number.id, { ...senderFacts(number, contact), ...where });
    return "answered";
  }
  const answer = deps.masking.ledger.settings().outOfSession;
  deps.emit("interaction.out_of_session", number.id, { ...senderFacts(number, contact), why: "no_session" });
  if (answer !== null) answerOnce(deps.masking, incoming, { id: number.id, key: SYSTEM_KEY }, answer);
  putIn(deps, number, contact, text, null);
  return "received";
}

/** Answers of the service's own are counted under this name. */
export const SYSTEM_KEY = "inbound";

const senderFacts = (number: VirtualNumber, { token, mask, country, kind }: Contact) => ({
  number: number.id,
  from: { token, mask, country, kind },
});

/** Into the inbox, and told. */
function putIn(deps: InboundDeps, number: VirtualNumber, contact: Contact, text: string, word: Word | null): void {
  const now = deps.now();
  const { token, mask, country, subject } = contact;
  const received = {
    id: deps.ids.make("inb", now),
    token,
    mask,
    country,
    name: null,
    number: number.id,
    word,
    at: now,
  };
  deps.ledger.add(received, subject, deps.vault.sealText(subject, received.id, "text", text));
  deps.emit("inbound.received", received.id, { inbound: receivedView(received) });
}

/** A sender that is no number, such as a bank's name: nobody to answer, so it is only kept. */
function takeFromName(deps: InboundDeps, number: VirtualNumber, { from, text }: Inbound): Fate {
  const now = deps.now();
  const name =
    /^[\p{L}\p{N} ._&+-]{1,16}$/u.test(from) && maskNumbersIn(from) === from && !/\d{5}/.test(from) ? from : null;
  const nobody = { token: null, mask: null, country: null, word: null };
  const received = { ...nobody, id: deps.ids.make("inb", now), name, number: number.id, at: now };
  deps.ledger.add(received, TENANT_SUBJECT, deps.vault.sealText(TENANT_SUBJECT, received.id, "text", text));
  deps.emit("inbound.received", received.id, { inbound: receivedView(received) });
  return "received";
}
