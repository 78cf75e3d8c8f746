/**
 * A text as a reader sees it, in one form that all rules share: NFKC, lower case, accents off, letters of other scripts that look
 * Latin as Latin, nothing unseen. Every character of it knows where it stood, so a rule names offsets of the text itself. Linear.
 * Pure.
 */
import { CLASS, classOf, valueOf } from "../sms/characters.ts";
import type { Place } from "../sms/links.ts";

/** A word of letters and digits. `plain` differs where digits stand for letters: `r0yal` is `royal`. */
export type Word = { text: string; plain: string; start: number; end: number };

export type Normal = {
  /** The folded text, and for each of its units the place in the text it came from. */
  text: string;
  offsets: readonly number[];
  words: readonly Word[];
  /** Characters that show nothing, though emoji use them too. */
  hidden: readonly Place[];
  /** Characters that turn the direction of writing. */
  turned: readonly Place[];
  /** Words of Latin letters and letters that only look so. */
  mixed: readonly Place[];
};

/** No more of a text is read; what a person writes in 25 parts fits. */
export const SCREENED_CHARS_MAX = 4_000;

/** Letters that look like Latin ones, each row behind the letter. Those of NFKC (full width, mathematical) need no row. */
const LOOKS_LIKE: ReadonlyMap<string, string> = new Map(
  `aаɑαᴀ bЬвʙƅ cсϲᴄ dԁɗ eеєҽɛ fϝƒ gɡց hһʜհ iіıɩι jјʝ kкκᴋ lӏⅼɭ mмᴍ nпηռɴ oооοσօ pрρ qԛգ rгᴦʀ sѕʂꜱ tтτᴛ uυսᴜ vνѵᴠ
   wԝѡᴡω xхχ yуγүʏ zᴢʐ '’‘ʼ\`´ -–—−‐‑ "\u201c\u201d`
    .split(/\s+/)
    .flatMap(([first = "", ...row]) => row.map((char): [string, string] => [char, first])),
);

/** Digits and signs that are written for letters inside a word. */
const FOR_LETTERS: Readonly<Record<string, string>> = { "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t" };

/** Writing of right-to-left text, put into a text that has none, shows it in another order than it is. */
const isTurn = (codePoint: number): boolean =>
  (codePoint >= 0x202a && codePoint <= 0x202e) || (codePoint >= 0x2066 && codePoint <= 0x2069);

/** Joins emoji, and letters of some scripts; says how emoji look. */
const JOINERS: ReadonlySet<number> = new Set([0x200c, 0x200d, 0xfe0e, 0xfe0f]);

/** Builds the folded text. */
class Folding {
  text = "";
  readonly offsets: number[] = [];
  readonly hidden: Place[] = [];
  readonly turned: Place[] = [];
  /** Places of letters that were folded into Latin ones from another script. */
  readonly folded = new Set<number>();

  put(plain: string, at: number): void {
    for (let unit = 0; unit < plain.length; unit++) this.offsets.push(at);
    this.text += plain;
  }

  /** A stretch of ASCII, which only loses its capitals. */
  putAscii(stretch: string, from: number): void {
    for (let unit = 0; unit < stretch.length; unit++) this.offsets.push(from + unit);
    this.text += stretch.toLowerCase();
  }

  add(char: string, codePoint: number, at: number, before: number): void {
    if (codePoint === 0xa3) return this.put(char, at);
    const kind = classOf(codePoint);
    if (kind === CLASS.format) {
      const place = { start: at, end: at + char.length };
      if (isTurn(codePoint)) this.turned.push(place);
      else if (!JOINERS.has(codePoint) || (before < 0x80 && before > 0x20)) this.hidden.push(place);
      return;
    }
    if (kind === CLASS.mark) return;
    if (kind === CLASS.space) return this.put(" ", at);
    const value = valueOf(kind);
    if (value >= 0) return this.put(String(value), at);
    const plain = char
      .normalize("NFKD")
      .replace(/\p{M}+/gu, "")
      .toLowerCase();
    const latin = LOOKS_LIKE.get(plain);
    if (latin !== undefined && latin >= "a") this.folded.add(at);
    this.put(latin ?? plain, at);
  }
}

/** The text in its normal form; nothing behind `SCREENED_CHARS_MAX` is read. */
export function normalOf(whole: string): Normal {
  const text = whole.length > SCREENED_CHARS_MAX ? whole.slice(0, SCREENED_CHARS_MAX) : whole;
  const folding = new Folding();
  let from = 0; // where the stretch of ASCII before `at` begins
  for (let at = 0; at < text.length;) {
    if (text.charCodeAt(at) < 0x80) {
      at++;
      continue;
    }
    if (at > from) folding.putAscii(text.slice(from, at), from);
    const codePoint = text.codePointAt(at) ?? 0;
    const char = String.fromCodePoint(codePoint);
    folding.add(char, codePoint, at, at === 0 ? 0 : text.charCodeAt(at - 1));
    at += char.length;
    from = at;
  }
  if (from < text.length) folding.putAscii(text.slice(from), from);
  folding.offsets.push(text.length);
  const { words, mixed } = wordsOf(folding);
  return { text: folding.text, offsets: folding.offsets, words, hidden: folding.hidden, turned: folding.turned, mixed };
}

const isWordUnit = (unit: number): boolean => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isPoint = (unit: number): boolean => unit === 0x2e || unit === 0x2c;
const APOSTROPHE = 0x27;
/** Signs that count as words: an amount begins with one. */
const SIGNS: ReadonlySet<string> = new Set(["£", "$", "€", "%", "?", "!", ".", "\n"]);

/** The words of a folded text; an apostrophe inside a word is left out of it, and a sentence's end is a word too. */
function wordsOf(folding: Folding): { words: Word[]; mixed: Place[] } {
  const { text, offsets, folded } = folding;
  const words: Word[] = [];
  const mixed: Place[] = [];
  for (let at = 0; at < text.length; at++) {
    if (!isWordUnit(text.charCodeAt(at))) {
      const sign = text.charAt(at);
      if (SIGNS.has(sign))
        words.push({ text: sign, plain: sign, start: offsets[at] ?? at, end: offsets[at + 1] ?? at + 1 });
      continue;
    }
    const first = at;
    at = wordEnd(text, first);
    const raw = text.slice(first, at);
    const word =
      raw.includes("'") || raw.includes(",") ? raw.replaceAll(/['.,]/g, (sign) => (sign === "'" ? "" : ".")) : raw;
    const place = { start: offsets[first] ?? 0, end: offsets[at] ?? 0 };
    words.push({ text: word, plain: plainOf(word), ...place });
    if (folded.size > 0 && isMixed(folding, first, at)) mixed.push(place);
    at--;
  }
  return { words, mixed };
}

/** Where the word that begins here ends: behind letters and digits, apostrophes between them, points between digits. */
function wordEnd(text: string, first: number): number {
  let at = first + 1;
  for (; at < text.length; at++) {
    const here = text.charCodeAt(at);
    if (isWordUnit(here)) continue;
    const next = text.charCodeAt(at + 1);
    const joins =
      here === APOSTROPHE ? isWordUnit(next) : isPoint(here) && isDigit(text.charCodeAt(at - 1)) && isDigit(next);
    if (!joins) break;
  }
  return at;
}

/** Whether some letters of a word, and not all, are of another script. */
function isMixed({ offsets, folded }: Folding, from: number, to: number): boolean {
  let foreign = 0;
  for (let at = from; at < to; at++) if (folded.has(offsets[at] ?? -1)) foreign++;
  return foreign > 0 && foreign < to - from;
}

/** Digits inside a word of letters as the letters they stand for; a number, or a word that merely ends in one, stays. */
export function plainOf(word: string): string {
  if (!/\d/.test(word) || !/[a-z]/.test(word) || word.length < 4) return word;
  if (/^(?:\d+[a-z]{1,3}|[a-z]{1,2}\d+|[a-z]+\d{2,})$/.test(word)) return word;
  return word.replace(/[013457]/g, (digit) => FOR_LETTERS[digit] ?? digit);
}
