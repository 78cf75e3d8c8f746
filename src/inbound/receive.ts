/**
 * A text that came in for one of the tenant's virtual numbers: taken once, joined if it came in parts, then read (take.ts). All in
 * one transaction, so that what is acknowledged is stored.
 */
import { MINUTE_MS } from "../base/clock.ts";
import type { Inbound } from "../carriers/carrier.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import { parseNumber, type Num } from "../sms/phone.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import { Recipient } from "../vault/recipient.ts";
import type { InboundDeps } from "./deps.ts";
import type { Author, Gathered } from "./ledger.ts";
import { GAP, joinParts } from "./parts.ts";
import type { Bringer } from "./seen.ts";
import { take, takeFromName, tellMedia, senderNameOf, type Fate, type IncomingWords } from "./take.ts";

/** Texts are known for so long after the secret that proves them was exchanged: carriers repeat a callback for days. */
export const SEEN_DAYS = 7;
/** Parts that are not all here by then are read as they are. */
export const PARTS_WAIT_MS = MINUTE_MS;
/** A part fills one SMS; a longer one is a text of its own, so that 255 of them, joined, fit in a row. */
const PART_CHARACTERS_MAX = 1_000;

/** Takes a text in. Late, repeated and unordered deliveries change nothing twice. Without a `bringer` its id was made here. */
export function receive(deps: InboundDeps, account: string, inbound: Inbound, bringer: Bringer | null): Fate {
  const number = deps.masking.numbers.byE164(inbound.to);
  if (number === null || number.account !== account) return "unknown_number";
  if (bringer !== null && !isFirst(deps, bringer, inbound)) return "duplicate";
  const sender = parseNumber(inbound.from, number.country);
  const from = "refused" in sender ? null : sender.number;
  const { part } = inbound;
  if (part !== undefined && part.of > 1 && inbound.text.length <= PART_CHARACTERS_MAX)
    return takePart(deps, account, number, from, inbound, part);
  const words = wordsOf(inbound);
  if (from === null) return takeFromName(deps, number, senderNameOf(inbound.from), words);
  return take(deps, number, Recipient.ofNumber(deps.vault, from).use(deps.now()), from, words);
}

/** One id may name all parts of a text, so a part's place belongs to its name. */
function isFirst(deps: InboundDeps, bringer: Bringer, { id, part }: Inbound): boolean {
  const { account } = bringer;
  const named = (name: string) => deps.vault.keyedName("inbound", name).subarray(0, 16);
  const plain = named(`${account}|${id}`);
  const name = part === undefined ? plain : named(JSON.stringify([account, id, part.ref, part.nth, part.of]));
  return deps.ledger.seen.isFirst(bringer, name, plain, deps.now());
}

/** What a callback that is a text of its own says. */
function wordsOf({ text, part, fragment, media = 0, keyword }: Inbound): IncomingWords {
  const cut = part !== undefined && part.of > 1 ? joinParts([{ nth: part.nth, text }], part.of) : null;
  const whole = fragment === true ? { text: `${text} ${GAP}`, complete: false } : { text, complete: true };
  return { ...(cut ?? whole), media, keyword: keyword ?? null };
}

type Place = NonNullable<Inbound["part"]>;

/** Keeps a part until the others are here. It may end in half a character, so its code units are kept as they are. */
function takePart(
  deps: InboundDeps,
  account: string,
  number: VirtualNumber,
  from: Num | null,
  inbound: Inbound,
  { ref, nth, of: total }: Place,
): Fate {
  const { who, author } = authorOf(deps, from, inbound.from);
  const record = deps.ids.make("inb", deps.now());
  const units = JSON.stringify(inbound.text);
  const sealed = deps.vault.sealText(author.subject, record, "units", units);
  if (sealed === null) throw new Error("an author without a key");
  const keyed = Buffer.from(deps.vault.keyedName("part", `${account}|${ref}`).subarray(0, 16)).toString("hex");
  const name = { who, number: number.id, ref: keyed, nth, total };
  const whole = deps.ledger.addPart({ ...name, ...author, record, sealed }, deps.now() + PARTS_WAIT_MS);
  if (from !== null && inbound.media !== undefined) tellMedia(deps, { number, who, from, text: "" }, inbound.media);
  return whole === null ? "waiting" : takeGathered(deps, whole);
}

function authorOf(deps: InboundDeps, from: Num | null, written: string): { who: Uint8Array; author: Author } {
  if (from === null) {
    const author = { token: "", subject: TENANT_SUBJECT, name: senderNameOf(written) };
    return { who: deps.vault.keyedName("sender", written), author };
  }
  const { token, subject, index: who } = Recipient.ofNumber(deps.vault, from).use(deps.now());
  return { who, author: { token, subject, name: null } };
}

/** Reads a text from its parts: all of them, or those that came in time. */
export function takeGathered(deps: InboundDeps, gathered: Gathered): Fate {
  deps.ledger.dropParts(gathered);
  const number = deps.masking.numbers.get(gathered.number);
  if (number === null) return "unknown_number";
  const parts = gathered.parts.map(({ nth, record, sealed }) => ({
    nth,
    text: openPart(deps, gathered.subject, record, sealed),
  }));
  const words = { ...joinParts(parts, gathered.total), media: 0, keyword: null, mixed: gathered.mixed };
  if (gathered.token === "") return takeFromName(deps, number, gathered.name, words);
  const contact = deps.vault.find(gathered.who);
  const e164 = contact === null ? null : deps.vault.openNumber(contact.token);
  const from = e164 === null ? null : parseNumber(e164);
  if (contact === null || from === null || "refused" in from) return "unknown_number"; // erased meanwhile
  return take(deps, number, contact, from.number, words);
}

/** The code units of a part; parts from before they were kept so are plain text. */
function openPart(deps: InboundDeps, subject: string, record: string, sealed: Uint8Array): string {
  const units = deps.vault.openText(subject, record, "units", sealed);
  if (units === null) return deps.vault.openText(subject, record, "part", sealed) ?? "";
  const text: unknown = JSON.parse(units);
  return typeof text === "string" ? text : "";
}
