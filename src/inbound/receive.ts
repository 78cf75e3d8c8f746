/**
 * An inbound text to one of the tenant's virtual numbers: processed once, joined from its parts, then routed (take.ts). All in one
 * transaction, so that what is acknowledged is stored.
 */
import { z } from "zod";
import { MINUTE_MS } from "../base/clock.ts";
import { KEYWORDS, type Inbound, type Keyword } from "../carriers/carrier.ts";
import type { VirtualNumber } from "../numbers/number.ts";
import { parseNumber, type Num } from "../sms/phone.ts";
import { TENANT_SUBJECT } from "../vault/ledger.ts";
import { Recipient } from "../vault/recipient.ts";
import type { InboundDeps } from "./deps.ts";
import type { Author, Gathered } from "./ledger.ts";
import { GAP, joinParts } from "./parts.ts";
import type { Bringer } from "./seen.ts";
import { take, takeFromName, tellMedia, senderNameOf, type Fate, type IncomingWords } from "./take.ts";

/** Names of received texts are kept this long after their account's secret was replaced: carriers repeat callbacks for days. */
export const SEEN_DAYS = 7;
/** After this the parts that have arrived are processed without the missing ones. */
export const PARTS_WAIT_MS = MINUTE_MS;
/** A longer "part" counts as a text of its own: a true part fits one SMS, and 255 joined parts must fit in a row. */
const PART_CHARACTERS_MAX = 1_000;

/** Processes a text. Late, repeated and unordered callbacks change nothing twice. Without a `bringer` the id was made here, so it is new. */
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

/** The carrier may use one id for all parts of a text, so the part's place is part of its name. */
function isFirst(deps: InboundDeps, bringer: Bringer, { id, part }: Inbound): boolean {
  const { account } = bringer;
  const named = (name: string) => deps.vault.keyedName("inbound", name).subarray(0, 16);
  const plain = named(`${account}|${id}`);
  const name = part === undefined ? plain : named(JSON.stringify([account, id, part.ref, part.nth, part.of]));
  return deps.ledger.seen.isFirst(bringer, name, plain, deps.now());
}

/** The content of a callback that is not stored as a part. */
function wordsOf({ text, part, fragment, media = 0, keyword }: Inbound): IncomingWords {
  const cut = part !== undefined && part.of > 1 ? joinParts([{ nth: part.nth, text }], part.of) : null;
  const whole = fragment === true ? { text: `${text} ${GAP}`, complete: false } : { text, complete: true };
  return { ...(cut ?? whole), media, keyword: keyword ?? null };
}

type Place = NonNullable<Inbound["part"]>;

/** Stores a part until the others arrive. It may end inside a character, so its code units are kept unchanged. */
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
  const units = JSON.stringify([inbound.text, inbound.keyword ?? null] satisfies Units);
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

/** Processes a text from its parts: all, or those that arrived in time. */
export function takeGathered(deps: InboundDeps, gathered: Gathered): Fate {
  deps.ledger.dropParts(gathered);
  const number = deps.masking.numbers.get(gathered.number);
  if (number === null) return "unknown_number";
  const parts = gathered.parts.map(({ nth, record, sealed }) => {
    const [text, keyword] = openPart(deps, gathered.subject, record, sealed);
    return { nth, text, keyword };
  });
  const keyword = parts.map((part) => part.keyword).find((word) => word !== null) ?? null;
  const words = { ...joinParts(parts, gathered.total), media: 0, keyword, mixed: gathered.mixed };
  if (gathered.token === "") return takeFromName(deps, number, gathered.name, words);
  const contact = deps.vault.find(gathered.who);
  const e164 = contact === null ? null : deps.vault.openNumber(contact.token);
  const from = e164 === null ? null : parseNumber(e164);
  if (contact === null || from === null || "refused" in from) return "unknown_number"; // erased meanwhile
  return take(deps, number, contact, from.number, words);
}

/** What is kept of a part: its code units, and the keyword that the carrier recognised. */
type Units = [text: string, keyword: Keyword | null];
const Units = z.union([
  z.string().transform((text): Units => [text, null]), // from before the keyword was kept
  z.tuple([z.string(), z.enum([...KEYWORDS, "other"]).nullable()]),
]);

/** A part as stored; older parts hold plain text instead of code units. */
function openPart(deps: InboundDeps, subject: string, record: string, sealed: Uint8Array): Units {
  const units = deps.vault.openText(subject, record, "units", sealed);
  if (units === null) return [deps.vault.openText(subject, record, "part", sealed) ?? "", null];
  return Units.parse(JSON.parse(units));
}
