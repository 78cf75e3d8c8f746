/**
 * What a text shows, each thing by name with its places: phrases, names of brands, kinds of links and numbers, what is sensitive. The
 * rules (rules.ts) and the model (model.ts) read these and never the text. Pure.
 */
import { findEmails, type Place } from "../sms/links.ts";
import { findNumbers, parseNumber } from "../sms/phone.ts";
import { findSpelledNumbers, isDigitWord } from "../sms/spelled-digits.ts";
import { BRANDS, type BrandKind } from "./brands.ts";
import { Lexicon } from "./lexicon.ts";
import { linksOf, type Link, type LinkKind } from "./link-signs.ts";
import { normalOf, SCREENED_CHARS_MAX, type Normal, type Word } from "./normal.ts";
import { NEGATABLE, PHRASES, type Said } from "./phrases.ts";
import { sensitiveIn, type SensitiveKind } from "./sensitive.ts";

export type Signal =
  | Said
  | `brand_${BrandKind}`
  | `link_${LinkKind}`
  | SensitiveKind
  | "brand"
  | "claimed"
  | "link"
  | "risky"
  | "number"
  | "number_mobile"
  | "number_premium"
  | "email"
  | "spelled_number"
  | "short_number"
  | "money"
  | "small_money"
  | "hidden"
  | "turned"
  | "mixed";

/** Every signal of a text, with where it stands. */
export type Signals = ReadonlyMap<Signal, readonly Place[]>;

/** What is known of a text besides its words. */
export type About = { from: string | null; domains: readonly string[] };

/** A name at the beginning of a text is whose the text claims to be. */
const CLAIM_WORDS = 5;

/** What stands behind a name of a brand that is an ordinary word too, where it is the brand. */
const CLAIMED =
  /^ ?(?:[:\-,.!>|\])+]|(?:alert|security|fraud|notice|bank|mobile|uk|customer|team|pay|account|energy|id|card|points)\b)/i;

type Name = Said | `brand_${BrandKind}` | `common_${BrandKind}`;

/** Names of a kind as phrases. */
const namesOf = (kind: BrandKind, common: boolean): string =>
  BRANDS.filter((brand) => brand.kind === kind && brand.common === common)
    .map(({ name }) => name)
    .join(";");

const LEXICON = new Lexicon<Name>(
  {
    ...PHRASES,
    brand_delivery: namesOf("delivery", false),
    brand_state: namesOf("state", false),
    brand_bank: namesOf("bank", false),
    brand_telecom: namesOf("telecom", false),
    brand_service: namesOf("service", false),
    brand_shop: namesOf("shop", false),
    brand_energy: namesOf("energy", false),
    brand_coin: namesOf("coin", false),
    common_delivery: namesOf("delivery", true),
    common_state: namesOf("state", true),
    common_bank: namesOf("bank", true),
    common_telecom: namesOf("telecom", true),
    common_service: namesOf("service", true),
    common_shop: namesOf("shop", true),
    common_energy: namesOf("energy", true),
    common_coin: namesOf("coin", true),
  },
  NEGATABLE,
);

/** Gathers signals under their names. */
class Gathered {
  readonly all = new Map<Signal, Place[]>();

  put(name: Signal, { start, end }: Place): void {
    const places = this.all.get(name);
    if (places === undefined) this.all.set(name, [{ start, end }]);
    else if (places.length < PLACES_MAX) places.push({ start, end });
  }

  has(name: Signal): boolean {
    return this.all.has(name);
  }
}

/** So many places of one signal are told. */
const PLACES_MAX = 20;

/** Reads a text. What stands behind `SCREENED_CHARS_MAX` is not read. */
export function signalsOf(whole: string, about: About): Signals {
  const text = whole.length > SCREENED_CHARS_MAX ? whole.slice(0, SCREENED_CHARS_MAX) : whole;
  const normal = normalOf(text);
  const gathered = new Gathered();
  const links = linksOf(text, about.domains);
  const words = wordsOutside(normal.words, links);
  for (const place of normal.hidden) gathered.put("hidden", place);
  for (const place of normal.turned) gathered.put("turned", place);
  for (const place of normal.mixed) gathered.put("mixed", place);
  phrasesIn(text, words, gathered);
  senderIn(about.from, gathered);
  moneyIn(words, gathered);
  numbersIn(text, words, gathered);
  if (words.some(({ text: word }) => isDigitWord(word)))
    for (const place of findSpelledNumbers(text)) gathered.put("spelled_number", place);
  if (MAY_BE_EMAIL.test(normal.text)) for (const place of findEmails(text)) gathered.put("email", place);
  for (const { kind, ...place } of sensitiveIn(normal.text)) gathered.put(kind, unfolded(normal, place));
  linksIn(links, gathered);
  return gathered.all;
}

/** What every address has, as it is or as it is spoken; finding them costs more than looking for this. */
const MAY_BE_EMAIL = /@|[([{] ?at ?[)\]}]|\bat\b.*\bdot\b/s;

const unfolded = ({ offsets }: Normal, { start, end }: Place): Place => ({
  start: offsets[start] ?? start,
  end: offsets[end] ?? end,
});

/** The words of a text that are not of its links; a link's own words are judged as a link's. */
function wordsOutside(words: readonly Word[], links: readonly Link[]): readonly Word[] {
  if (links.length === 0) return words;
  let next = 0;
  return words.filter(({ start }) => {
    while (start >= (links[next]?.end ?? Infinity)) next++;
    return start < (links[next]?.start ?? Infinity);
  });
}

const BRAND_OF: Readonly<Record<BrandKind, `brand_${BrandKind}`>> = {
  delivery: "brand_delivery",
  state: "brand_state",
  bank: "brand_bank",
  telecom: "brand_telecom",
  service: "brand_service",
  shop: "brand_shop",
  energy: "brand_energy",
  coin: "brand_coin",
};

function phrasesIn(text: string, words: readonly Word[], gathered: Gathered): void {
  for (const { name, from, to } of LEXICON.find(words)) {
    const place = { start: words[from]?.start ?? 0, end: words[to - 1]?.end ?? 0 };
    const kind = kindIn(name);
    if (kind === null) gathered.put(nameOf(name), place);
    else if (!name.startsWith("common_") || from < CLAIM_WORDS) {
      const isClaim =
        from < CLAIM_WORDS && (!name.startsWith("common_") || CLAIMED.test(text.slice(place.end, place.end + 12)));
      brandIn(kind, place, isClaim, gathered);
    }
  }
}

const isSaid = (name: string): name is Said => Object.hasOwn(PHRASES, name);
function nameOf(name: Name): Signal {
  return isSaid(name) ? name : "brand";
}

/** Of which kind of brand a name of the lexicon is. */
function kindIn(name: Name): BrandKind | null {
  if (isSaid(name)) return null;
  for (const { kind } of BRANDS) if (name.endsWith(`_${kind}`)) return kind;
  return null;
}

function brandIn(kind: BrandKind, place: Place, claimed: boolean, gathered: Gathered): void {
  gathered.put(BRAND_OF[kind], place);
  gathered.put("brand", place);
  if (claimed) gathered.put("claimed", place);
}

/** A sender that is a known name says whose the text claims to be. */
function senderIn(from: string | null, gathered: Gathered): void {
  if (from === null || from.startsWith("+")) return;
  for (const { name } of LEXICON.find(normalOf(from.replaceAll(/([a-z])([A-Z])/g, "$1 $2")).words)) {
    const kind = kindIn(name);
    if (kind !== null) brandIn(kind, { start: 0, end: 0 }, true, gathered);
  }
}

/** A fee of a scam is less than what people ask about. */
const SMALL_MONEY = 5;

function moneyIn(words: readonly Word[], gathered: Gathered): void {
  words.forEach(({ text, start }, at) => {
    const amount = words[at + 1];
    if ((text !== "£" && text !== "$" && text !== "€") || amount === undefined || !/^\d/.test(amount.text)) return;
    const place = { start, end: amount.end };
    gathered.put("money", place);
    if (/^\d+\.\d\d$/.test(amount.text) && Number(amount.text) < SMALL_MONEY) gathered.put("small_money", place);
  });
}

/** So many numbers of a text are asked what kind they are. */
const NUMBERS_MAX = 5;

function numbersIn(text: string, words: readonly Word[], gathered: Gathered): void {
  findNumbers(text).forEach(({ start, end }, nth) => {
    gathered.put("number", { start, end });
    if (nth >= NUMBERS_MAX) return;
    const parsed = parseNumber(text.slice(start, end).replaceAll(/[^\d+]/g, ""));
    const kind = "refused" in parsed ? "other" : parsed.number.kind;
    if (kind === "mobile" || kind === "drama" || kind === "personal") gathered.put("number_mobile", { start, end });
    if (kind === "premium") gathered.put("number_premium", { start, end });
  });
  words.forEach(({ text: word, start, end }, at) => {
    const before = words[at - 1]?.text;
    if (/^[6-8]\d{4}$/.test(word) && (before === "to" || before === "2" || before === "no"))
      gathered.put("short_number", { start, end });
  });
}

const RISKY: ReadonlySet<LinkKind> = new Set([
  "shortened",
  "address",
  "punycode",
  "lookalike",
  "lure",
  "hinted",
  "cheap",
]);

function linksIn(links: readonly Link[], gathered: Gathered): void {
  for (const { kind, ...place } of links) {
    gathered.put(`link_${kind}`, place);
    if (kind === "official" || kind === "allowed") continue;
    gathered.put("link", place);
    if (RISKY.has(kind) || (kind === "plain" && gathered.has("claimed"))) gathered.put("risky", place);
  }
}
