/**
 * What a link says by its own looks: shortened, an address instead of a name, letters that only look Latin, a known name in a
 * domain that is not that name's, words of urgency in the domain, an ending that costs nothing. No link is ever opened. Pure.
 */
import { findLinks, type Place } from "../sms/links.ts";
import { registeredOf } from "../sms/link-host.ts";
import { BRANDS, isOfficial, isUnder, type Brand } from "./brands.ts";
import { normalOf, plainOf } from "./normal.ts";

export type LinkKind =
  | "official"
  | "allowed"
  | "shortened"
  | "address"
  | "punycode"
  | "lookalike"
  | "lure"
  | "hinted"
  | "cheap"
  | "chat"
  | "plain";

/** A link of a text: what it is, and whose name it borrows. */
export type Link = Place & { kind: LinkKind; host: string; borrows: string | null };

/** Whose domains are to be trusted and protected besides the listed ones. */
export type OwnDomains = readonly string[];

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/));

const SHORTENERS = setOf(
  `bit.ly tinyurl.com t.co goo.gl ow.ly is.gd v.gd buff.ly rebrand.ly cutt.ly rb.gy shorturl.at shorturl.com tiny.cc t.ly bl.ink s.id
   tr.im clck.ru bit.do adf.ly lnkd.in shorte.st soo.gd x.co n9.cl qr.ae u.to short.gy urlz.fr tiny.one linktr.ee dub.sh kutt.it
   rghst.us bitly.com 1url.com gg.gg surl.li did.li shrtco.de t2m.io me2.do qrco.de ln.run l.ead.me smsg.io urls.fr tny.im`,
);
const CHATS = setOf("wa.me t.me chat.whatsapp.com telegram.me api.whatsapp.com signal.me discord.gg line.me m.me");
/** Endings whose names cost little or nothing, and of which most are reported. */
const CHEAP = setOf(
  `top xyz info click vip cc icu buzz cfd sbs live site online shop club fun space website link lol mom monster quest rest bond
   cyou ru cn tk ml ga cf gq pw ws su cam bid loan win date men stream work party review trade download racing science help
   support today world life uno biz pro zip mov autos boats homes hair skin beauty makeup asia in`,
);
/** Words that scams put into domains. */
const LURES = setOf(
  `secure security secured verify verification verified login signin logon account accounts update updates unlock unlocked confirm
   confirmation billing bill payment payments pay refund refunds rebate rebates redelivery redeliver reschedule rebook parcel parcels
   package packages delivery deliveries fee fees customs claim claims prize prizes winner winners reward rewards gift gifts bonus support
   help helpdesk alert alerts suspended restore cancel payee penalty fine fines pcn kyc wallet appeal apply unpaid overpaid testkit grant
   grants loan loans cash profit renewal renew portal connect address check password reset recovery auth authorise safe online service
   services notice tax gov uk id mail post courier track tracking fuel energy discount voucher vouchers points blocked limited
   debt debts wipe write off topup finance mycard device removal upgrade upgrades options slot resolution centre center quick claim
   booking bookings guest guests hold checkin booster book referral review business members swap slots hub redirect renewals staff now fast free trade invest crypto btc coin coins payout dates date hot find map`,
);
/** Lures that say something even alone. */
const STRONG_LURES =
  /verif|redeliver|reschedul|refund|rebate|unlock|suspend|overpaid|unpaid|restor|winterfuel|testkit|kyc|secure-|-secure|login|signin|payout|prize|-fee|fee-|customs|pcn|claims?-|-claim/;

const LABEL_MIN = 5;
const FUZZY_MIN = 7;
/** Words one letter away from a listed name. */
const NOT_NAMES: ReadonlySet<string> = setOf("finance natives binary klein");

type Named = { name: string; compact: string; words: readonly string[]; common: boolean; domains: readonly string[] };

const namedOf = ({ name, common, domains }: Pick<Brand, "name" | "common" | "domains">): Named => ({
  name,
  compact: name.replaceAll(" ", ""),
  words: name.split(" "),
  common,
  domains,
});
const LISTED: readonly Named[] = BRANDS.map(namedOf);

/** The links of a text, each with what it is. */
export function linksOf(text: string, own: OwnDomains): Link[] {
  const places = withReserved(text, findLinks(text));
  const mine = own.map((domain) => namedOf({ name: domain.split(".")[0] ?? domain, common: false, domains: own }));
  return places.slice(0, LINKS_MAX).map((place) => judge(text.slice(place.start, place.end), place, own, mine));
}

/** More links than these are not told apart; a text of one SMS has room for a dozen. */
const LINKS_MAX = 20;

/** Names of endings that are kept for examples and tests: no public suffix, and still meant as links. */
const RESERVED =
  /(?<![\p{L}\p{N}_@.-])[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,6}\.(?:example|test|invalid|onion)(?![\p{L}\p{N}-])(?:[/?#][^\s<>"]{0,500})?/giu;

function withReserved(text: string, found: Place[]): Place[] {
  if (!/\.(?:example|test|invalid|onion)/i.test(text)) return found;
  const more = [...text.matchAll(RESERVED)]
    .map(({ index, 0: link }) => ({ start: index, end: index + link.replace(/[.,;:!?)]+$/, "").length }))
    .filter(({ start, end }) => !found.some((place) => place.start < end && start < place.end));
  return [...found, ...more].toSorted((a, b) => a.start - b.start);
}

function judge(written: string, place: Place, own: OwnDomains, mine: readonly Named[]): Link {
  const isAscii = /^[\x20-\x7e]*$/.test(written);
  const host = hostOf(isAscii ? written.toLowerCase() : normalOf(written).text);
  const link = (kind: LinkKind, borrows: string | null = null): Link => ({ ...place, kind, host, borrows });
  const seen = isAscii ? host : hostOf(written.toLowerCase());
  if (own.some((domain) => isUnder(seen, domain))) return link("allowed");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return link("address");
  if (
    /(?:^|\.)xn--/.test(host) ||
    (seen !== host && /[^\x20-\x7e]/.test(seen) && /\p{Script=Cyrillic}|\p{Script=Greek}/u.test(seen))
  )
    return link("punycode", borrowedBy(host, mine));
  if (isOfficial(host)) return link("official");
  if (SHORTENERS.has(host) || SHORTENERS.has(host.replace(/^www\./, ""))) return link("shortened");
  if (CHATS.has(host)) return link("chat");
  const borrows = borrowedBy(host, mine);
  if (borrows !== null) return link("lookalike", borrows);
  if (isLure(host)) return link("lure");
  if (isHinted(host)) return link("hinted");
  return link(CHEAP.has(endingOf(host)) ? "cheap" : "plain");
}

/** The host of a link as it is written, also where it was written to get round a filter. */
function hostOf(link: string): string {
  const bare = link.replace(/^[a-z][a-z0-9+.-]{0,20}\s?:\s?\/{0,3}\s?/, "").replace(/^\/{2}/, "");
  const host = /^[^\s/?#:'"]*/.exec(bare)?.[0] ?? "";
  return host
    .replace(/\s?[([{]?\s?(?:dot)\s?[)\]}]?\s?/g, (dot) => (/\W/.test(dot) ? "." : dot))
    .replace(/^www\d?\./, "")
    .replace(/\.+$/, "");
}

/** The words of a host but for its ending, which is nobody's choice. */
function labelsOf(host: string): { words: string[]; compact: string; own: string } {
  const { registered, suffix } = registeredOf(host);
  const whole = suffix === "" ? host : host.slice(0, -suffix.length - 1);
  const own = registered.slice(0, registered.length - suffix.length - (suffix === "" ? 0 : 1));
  const words = whole.split(/[.-]/).filter((word) => word !== "" && word !== "www");
  return { words, compact: whole.replaceAll(/[.-]/g, ""), own };
}

/** Whose name stands in a host that is not theirs, or null. */
function borrowedBy(host: string, mine: readonly Named[]): string | null {
  const { words, compact } = labelsOf(host);
  const plain = words.map((word) => plainOf(word));
  const seen: Seen = { host, words: plain, joined: plain.join(""), compact, lured: isLured(host, plain) };
  if (plain.some((word) => word === "gov" || word === "govuk") || /^gov(?!er|in)|gov$/.test(labelsOf(host).own))
    return "gov uk";
  return [...mine, ...LISTED].find((named) => isBorrowed(named, seen))?.name ?? null;
}

type Seen = { host: string; words: readonly string[]; joined: string; compact: string; lured: boolean };

function isLured(host: string, words: readonly string[]): boolean {
  return (
    words.length > 2 || words.some((word) => LURES.has(word)) || STRONG_LURES.test(host) || CHEAP.has(endingOf(host))
  );
}

function isBorrowed({ compact, words, common, domains }: Named, seen: Seen): boolean {
  const isWord = seen.words.includes(compact) || (words.length > 1 && words.every((word) => seen.words.includes(word)));
  const isLike = common
    ? isWord && seen.lured
    : isWord ||
      (compact.length >= LABEL_MIN && (seen.compact.includes(compact) || seen.joined.includes(compact))) ||
      (compact.length >= FUZZY_MIN && seen.words.some((word) => !NOT_NAMES.has(word) && isOneOff(word, compact)));
  return isLike && !domains.some((domain) => isUnder(seen.host, domain));
}

const endingOf = (host: string): string => host.slice(host.lastIndexOf(".") + 1);

/** Whether a domain is made of the words of lures. */
function isLure(host: string): boolean {
  const { words, own } = labelsOf(host);
  const parts = own.split("-");
  const count = parts.filter((word) => LURES.has(plainOf(word))).length;
  const joined = parts.length === 1 ? insideOf(own) : 0;
  const cheap = CHEAP.has(endingOf(host));
  return (
    count >= 2 ||
    joined >= 2 ||
    (cheap && (count >= 1 || STRONG_LURES.test(own))) ||
    (words.length > 1 && count >= 1 && STRONG_LURES.test(host))
  );
}

/** Whether a domain with a hyphen has one word of lures: legitimate names have that too, so it counts only beside a lure in the text. */
function isHinted(host: string): boolean {
  const parts = labelsOf(host).own.split("-");
  return parts.length > 1 && parts.some((word) => LURES.has(plainOf(word)));
}

/** How many words of lures a label without hyphens is made of. */
function insideOf(label: string): number {
  let count = 0;
  for (const lure of LURES) if (lure.length >= LABEL_MIN && label.includes(lure)) count++;
  return count;
}

/** Whether two words differ by one letter that was changed, put in or left out. */
export function isOneOff(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  const [short, long] = one.length <= other.length ? [one, other] : [other, one];
  let at = 0;
  while (at < short.length && short[at] === long[at]) at++;
  const rest = short.length === long.length ? at + 1 : at;
  return short.slice(rest) === long.slice(at + 1);
}
