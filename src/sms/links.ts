/**
 * Links, e-mail addresses and handles in a text: the one parser of the project. Endings are those of the public suffix list, so
 * `name.xyz` is a link and `prize.To be fair` is two sentences. A guess where people leave out a space; its labelled texts say
 * how good it is. Linear: every pattern begins at a sign or looks at most a name's length ahead. Pure.
 */
import { parse } from "tldts";
import { CLASS, classOf } from "./characters.ts";

/** Where something stands in a text (UTF-16 offsets, end exclusive). */
export type Place = { start: number; end: number };

/** Endings already asked about; real ones are some 1,500, and what people write behind a full stop is bounded here. */
const endings = new Map<string, boolean>();
const ENDINGS_MAX = 5_000;

/** Whether the public suffix list has this last part of a name. */
function isEnding(label: string): boolean {
  const known = endings.get(label);
  if (known !== undefined) return known;
  if (endings.size >= ENDINGS_MAX) endings.clear();
  const is = parse(`a.${label}`, { validateHostname: false }).isIcann === true;
  endings.set(label, is);
  return is;
}

/** The text as a browser reads names: full-width and mathematical letters as ASCII, full stops of any script, nothing unseen. */
type Folded = { text: string; offsets: number[] | null };

function fold(text: string): Folded {
  if (!/[^\x20-\x7e\n]/.test(text)) return { text, offsets: null };
  let out = "";
  const offsets: number[] = [];
  let at = 0;
  for (const char of text) {
    const kind = classOf(char.codePointAt(0) ?? 0);
    const plain = kind === CLASS.format ? "" : asciiOf(char);
    for (let unit = 0; unit < plain.length; unit++) offsets.push(at);
    out += plain;
    at += char.length;
  }
  offsets.push(text.length);
  return { text: out, offsets };
}

function asciiOf(char: string): string {
  if (char === "\u3002" || char === "\uff61") return ".";
  const plain = char.normalize("NFKC");
  return /^[\x21-\x7e]$/.test(plain) ? plain : char;
}

/** Places in the folded text as places in the text itself. */
function unfold({ offsets }: Folded, places: Place[]): Place[] {
  if (offsets === null) return places;
  return places.map(({ start, end }) => ({ start: offsets[start] ?? start, end: offsets[end] ?? end }));
}

const REST = String.raw`[^\s<>"]`;
/** With a scheme, also one that was written to get round a filter: `hxxp`, one slash, none, or a space behind it. */
const SCHEME = new RegExp(
  String.raw`(?:h(?:tt|xx)ps?|ftp)(?:\s?:\s?\/{1,3}|:(?=[\p{L}\p{N}])|\/\/)\s?${REST}{2,500}|\b[a-z][a-z0-9+.-]{1,20}:\/\/${REST}{2,500}`,
  "giu",
);
const WWW = new RegExp(String.raw`(?<![\p{L}\p{N}])www\d?\.[\p{L}\p{N}]${REST}{1,500}`, "giu");
/** A name of two labels or more, and what comes behind it. */
const NAME = /(?<![\p{L}\p{N}\p{M}_@-])[\p{L}\p{N}\p{M}_-]{1,63}(?:\.[\p{L}\p{N}\p{M}_-]{1,63}){1,10}/gu;
const PATH = /(?::\d{2,5})?(?:[/?#][^\s<>"]{0,500})?/uy;
/** Names whose full stop is written out or in brackets: `example dot com`, `example [.] com`. */
const WRITTEN_OUT =
  /(?<![\p{L}\p{N}@.-])(?!(?:the|a|an|this|that|at|is)\b)[\p{L}\p{N}-]{2,63}\s?(?:[([{]\s?(?:dot|\.)\s?[)\]}]|\sdot\s)\s?(?:com|net|org|info|co|uk|io|xyz|me|app|shop)(?![\p{L}\p{N}])(?:\s?(?:[([{]\s?(?:dot|\.)\s?[)\]}]|\sdot\s|\.)\s?uk(?![\p{L}\p{N}]))?/giu;

/** Links: with a scheme, with `www.`, or a bare name whose ending exists. */
export function findLinks(text: string): Place[] {
  const folded = fold(text);
  if (!/[.:/]|dot/i.test(folded.text)) return [];
  const names = [...folded.text.matchAll(NAME)].flatMap((match) => linkIn(folded.text, match[0], match.index));
  const all = [SCHEME, WWW, WRITTEN_OUT].flatMap((pattern) => placesOf(folded.text, pattern));
  return unfold(folded, apart([...all, ...names]));
}

/** In order, without overlap: of those that overlap, the one that begins first, and the longest of these. */
function apart(places: Place[]): Place[] {
  const kept: Place[] = [];
  for (const place of places.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (place.start >= (kept.at(-1)?.end ?? 0)) kept.push(place);
  return kept;
}

/** Where a pattern is found, without the punctuation that ends a sentence behind it. */
function placesOf(text: string, pattern: RegExp): Place[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => ({ start: index, end: index + trimmed(found) }));
}

function trimmed(found: string): number {
  let length = found.length;
  while (length > 1 && ".,;:!?)]}'\"”’".includes(found.charAt(length - 1))) length--;
  return length;
}

/** Endings beyond which a name is not cut: `example.com.Then.we.go`. */
const CUTS_MAX = 5;

/** The link that a dotted word is or begins with: the longest whose ending exists and reads as a name's. */
function linkIn(text: string, word: string, start: number): Place[] {
  const labels = word.split(".");
  let end = start + word.length;
  for (let last = labels.length - 1; last > 0 && labels.length - last <= CUTS_MAX; last--) {
    const label = labels[last] ?? "";
    PATH.lastIndex = end;
    const path = PATH.exec(text)?.[0] ?? "";
    if (
      isEnding(label.toLowerCase()) &&
      isName(labels.slice(0, last + 1), path, text.slice(Math.max(0, start - 20), start))
    )
      return [{ start, end: end + trimmed(`x${path}`) - 1 }];
    end -= label.length + 1;
  }
  return [];
}

const wordsOf = (words: string): ReadonlySet<string> => new Set(words.split(" "));

/** Endings that nobody begins a sentence with, in any case of letters. */
const CLASSIC = wordsOf("com net org info biz edu gov uk co eu io");
/** Endings that are words people begin a sentence with, or files' endings: a bare name with one needs a further sign. */
const WORDS = wordsOf(
  "to in it is me so no be am at my us do as by how you now new one here call save open read see buy play watch best good hot cool " +
    "wow lol free just today day love like man men mom dad baby cash win fun live life news help show talk run rest sale " +
    "safe room work works plus pet got off la pa st ma pm ps ms mr id ad ac ai an re sh si as mu ye et py md rs zip mov so " +
    "care date dating deal deals fit food game games gift gold guide hair host house land law link loan map market money " +
    "movie party phone photo pics pizza place post prime quest rip rocks sex smile social space store style sucks team " +
    "tips top town toys trade training travel vote wine world yoga zone black blue red pink green click band bar beer bid " +
    "bike camp cards city click coffee dog earth fan farm fish gay kids mobi moto off book name pay pub shop si tel vip onion booking ltd mtr tech",
);
/** Words before a name that say that it is one. */
const CUE = /(?:visit|link|site|website|web|click|url|log ?in|go to|page)(?: (?:at|on|to|is))?[\s:]{1,3}$/i;

/** Whether labels with a real ending are a name and no sentences without a space between. */
function isName(labels: readonly string[], path: string, before: string): boolean {
  const raw = labels.at(-1) ?? "";
  const ending = raw.toLowerCase();
  const own = labels.at(-2) ?? "";
  const shouts = raw.length > 1 && (own + raw).toUpperCase() === own + raw;
  const hasPath = /^(?::\d|[/?#][\p{L}\p{N}])/u.test(path);
  if (/^\d+$/.test(own)) return CLASSIC.has(ending) || hasPath;
  if (own.length === 1 && ending.length === 2) return hasPath;
  if (labels.length > 2 && /^(?:com?|org|net|gov|edu|ac)$/i.test(own)) return true;
  if (CLASSIC.has(ending)) return raw === ending || !/^\p{Lu}\p{Ll}$/u.test(raw);
  const begins = /^\p{Lu}\p{Ll}+$/u.test(raw);
  if (WORDS.has(ending))
    return !begins && ((hasPath && !shouts) || CUE.test(before) || /^\D.*[\d_-]/.test(own) || CLASSIC_LABEL.test(own));
  return !begins || /^\p{Lu}/u.test(own);
}

/** Labels that stand before a word in well-known names. */
const CLASSIC_LABEL = /^(?:bit|goo|ow|wa|t|fb|about|paypal|instagr|linktr|youtu|twitch|telegram)$/i;

/** The part of an address before the `@`. */
const LOCAL = /^[\p{L}\p{N}._%+'-]$/u;
const LOCAL_MAX = 64;
const DOMAIN = /\s?[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,5}/uy;
const PROVIDER =
  /\s?(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|protonmail)(?![\p{L}\p{N}])(?:\.?\s?com?(?![\p{L}\p{N}]))?/iuy;
/** With `at` and `dot` as words, in brackets or not. */
const SPOKEN = new RegExp(
  [
    String.raw`(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\s?[([{]\s?at\s?[)\]}]\s?[\p{L}\p{N}-]{2,63}(?:(?:\.|\s?[([{]\s?dot\s?[)\]}]\s?|\sdot\s)\p{L}{2,24}){1,3}(?!\p{L})`,
    String.raw`(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\sat\s[\p{L}\p{N}-]{2,63}(?:\s?(?:[([{]\s?dot\s?[)\]}]|\bdot\b)\s?\p{L}{2,24}){1,3}(?!\p{L})`,
  ].join("|"),
  "giu",
);

/** E-mail addresses, as they are and as they are spoken. */
export function findEmails(text: string): Place[] {
  const folded = fold(text);
  const found: Place[] = [];
  for (let at = folded.text.indexOf("@"); at >= 0; at = folded.text.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < LOCAL_MAX && LOCAL.test(folded.text.charAt(start - 1))) start--;
    while (start < at && !isLetterOrDigit(folded.text.charCodeAt(start))) start++;
    const length = start === at ? 0 : domainLength(folded.text, at + 1);
    if (length > 0) found.push({ start, end: at + 1 + length });
  }
  const spoken = placesOf(folded.text, SPOKEN).filter(({ start, end }) =>
    isEnding((/\p{L}+$/u.exec(folded.text.slice(start, end))?.[0] ?? "").toLowerCase()),
  );
  return unfold(folded, apart([...found, ...spoken]));
}

const isLetterOrDigit = (unit: number): boolean => classOf(unit) < CLASS.format;

/** How long the domain behind an `@` is; 0 where there is none. */
function domainLength(text: string, from: number): number {
  PROVIDER.lastIndex = from;
  DOMAIN.lastIndex = from;
  const labels = DOMAIN.exec(text)?.[0].split(".") ?? [];
  while (labels.length > 1 && !isEnding((labels.at(-1) ?? "").toLowerCase())) labels.pop();
  return labels.length > 1 ? labels.join(".").length : (PROVIDER.exec(text)?.[0].length ?? 0);
}

/** Words before an `@name` that say that it is somebody's name. */
const CALLED =
  /(?:insta(?:gram)?|ig|snap(?:chat)?|sc|twitter|tiktok|telegram|tg|facebook|fb|insta handle|handle|user(?:name)?|follow|find|dm|add|hmu|message|msg|text|txt|reach|contact|i am|i'm|im|its|it's|me)(?:\s(?:me|us|is|at|on|here|my|him|her))?[\s:=-]{0,3}$/i;
const AT_NAME = /(?<![\p{L}\p{N}._%+-])@([a-z0-9_][a-z0-9_.]{1,29}[a-z0-9_])/giu;
/** A name in another network behind the network's word; a mere word only behind a colon, an equals sign or a hyphen. */
const NETWORK =
  /\b(?:whats\s?app|telegram|insta(?:gram)?|snap(?:chat)?|signal|tiktok|facebook|twitter)\s{0,2}(?:(?:me|handle|name|user(?:name)?|id)\b\s{0,2})?(?:(?:is|:|=|-|@)\s{0,2})@?(?=[\w.]{0,29}[\d_])[\w.]{3,30}|\b(?:whats\s?app|telegram|insta(?:gram)?|snap(?:chat)?|tiktok)\s{0,2}(?:(?:me|handle|name|user(?:name)?|id)\b\s{0,2})?[:=]\s{0,2}@?[a-z][\w.]{2,29}/giu;

/** Where people are when they write `@` for `at`. */
const PLACES = wordsOf(
  "home work school uni college church gym pub bar club lunch dinner noon night station airport office hotel hospital " +
    "reception town the my your his her our mine yours",
);

/** Names in other networks: `@name` where it is one and no place or price, or behind the network's word. */
export function findHandles(text: string): Place[] {
  const folded = fold(text);
  const named = [...folded.text.matchAll(AT_NAME)].flatMap(({ index, 0: found, 1: name = "" }) => {
    const telling = /\p{L}/u.test(name) && /[\d_]/.test(name) && !/^\d/.test(name);
    const called = /^[\p{L}_]/u.test(name) && CALLED.test(folded.text.slice(Math.max(0, index - 30), index));
    return telling || (called && !PLACES.has(name.toLowerCase())) ? [{ start: index, end: index + found.length }] : [];
  });
  return unfold(folded, apart([...named, ...placesOf(folded.text, NETWORK)]));
}
