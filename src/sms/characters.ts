/**
 * What a character is to somebody who reads numbers, links and words: one table for all of Unicode, filled a page of 256 at a
 * time when a page is first met. `to`, masks, the strip policy and the scan of queries fold characters by this table alone.
 */

/** Classes of characters. `digit` is the class of 0; the class of 9 is `digit + 9`. */
export const CLASS = {
  letter: 0,
  digit: 1,
  /** Shows nothing and separates nothing: format characters, fillers, tags. */
  format: 11,
  /** Sits on the character before it: accents, variation selectors, the enclosing keycap. */
  mark: 12,
  space: 13,
  dash: 14,
  plus: 15,
  open: 16,
  close: 17,
  dot: 18,
  slash: 19,
  comma: 20,
  colon: 21,
  bullet: 22,
  /** Currency signs and # @ = %: a number does not go on behind them. */
  barrier: 23,
  other: 24,
} as const;

/** The value of a class of digits, or -1. */
export const valueOf = (kind: number): number => (kind >= CLASS.digit && kind < CLASS.format ? kind - CLASS.digit : -1);

const pages: (Uint8Array | undefined)[] = [];

/** The class of a code point; a table look-up, but for the first of its page. */
export function classOf(codePoint: number): number {
  if (codePoint < 0x100) return LATIN[codePoint] ?? CLASS.other;
  const page = pages[codePoint >> 8] ?? (pages[codePoint >> 8] = pageOf(codePoint >> 8));
  return page[codePoint & 0xff] ?? CLASS.other;
}

/** Beyond plane 1 stand ideographs and private characters, but for plane 14, where tags are. */
const isBeyond = (page: number): boolean => page >= 0x200 && page >> 8 !== 0x0e;
/** Most pages hold letters and nothing else; they are told at once, so that a text of every page costs no second. */
const LETTERS_ALONE = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{Cn}\p{Co}\p{Cs}])*$/u;
const allLetters = new Uint8Array(256);

function pageOf(page: number): Uint8Array {
  if (isBeyond(page)) return allLetters;
  const codePoints = Array.from(allLetters, (_zero, low) => (page << 8) | low);
  const text = String.fromCodePoint(...codePoints);
  if (LETTERS_ALONE.test(text) && text.normalize("NFKC") === text) return allLetters;
  return Uint8Array.from(codePoints, classify);
}

/** Signs that are written for others, by what they stand for; dingbats have no decomposition that says it. */
const WRITTEN_FOR: ReadonlyMap<string, number> = new Map([
  ...each("-\u2043\u2212\u02d7\u30fc\uff70\u2796", CLASS.dash),
  ...each("+\u2795", CLASS.plus),
  ...each("/~\u2044\u2215\u2053\u223c", CLASS.slash),
  ...each(",;\u060c\u061b\u3001", CLASS.comma),
  ...each("#@=%", CLASS.barrier),
  ...each(".", CLASS.dot),
  ...each(":", CLASS.colon),
  ...each("\u2022", CLASS.bullet),
  ...each("\u2800", CLASS.space), // the Braille blank
]);

function each(signs: string, kind: number): [string, number][] {
  return Array.from(signs, (sign) => [sign, kind]);
}

/** First code points of digits in circles, each with the value of its first. */
const CIRCLED = [
  [0x2776, 1, 9],
  [0x2780, 1, 9],
  [0x278a, 1, 9],
  [0x24f5, 1, 9],
  [0x24ff, 0, 1],
  [0x1f10b, 0, 1],
  [0x1f10c, 0, 1],
] as const;

function classify(codePoint: number): number {
  const char = String.fromCodePoint(codePoint);
  const written = WRITTEN_FOR.get(char);
  if (written !== undefined) return written;
  if (LETTERS_ALONE.test(char) && char.normalize("NFKC") === char) return CLASS.letter;
  if (/\p{Nd}/u.test(char)) return CLASS.digit + decimalOf(codePoint);
  for (const [from, value, count] of CIRCLED)
    if (codePoint >= from && codePoint < from + count) return CLASS.digit + value + codePoint - from;
  if (/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(char) && !/\p{M}/u.test(char)) return CLASS.format;
  if (/\p{M}/u.test(char)) return CLASS.mark;
  if (/[\p{Z}\t\n\v\f\r\u0085]/u.test(char)) return CLASS.space;
  const plain = char.normalize("NFKC");
  const digit = /^\(?([0-9])[.,)]?$/.exec(plain)?.[1];
  if (digit !== undefined) return CLASS.digit + Number(digit);
  const [only, more] = plain;
  if (only !== undefined && more === undefined && only !== char) return classify(only.codePointAt(0) ?? 0);
  if (/\p{Pd}/u.test(char)) return CLASS.dash;
  if (/\p{Ps}/u.test(char)) return CLASS.open;
  if (/\p{Pe}/u.test(char)) return CLASS.close;
  if (/\p{Sc}/u.test(char)) return CLASS.barrier;
  return /[\p{L}\p{N}]/u.test(char) ? CLASS.letter : CLASS.other;
}

/** The first page, which most texts never leave. */
const LATIN = pageOf(0);

/** Unicode keeps the decimal digits of a script together, 0 first; sets that touch have ten each. */
function decimalOf(codePoint: number): number {
  let zero = codePoint;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return (codePoint - zero) % 10;
}

/** Signs that show nothing though Unicode calls them letters, symbols or others. */
const UNSEEN = "\u2800\ufffc\u{13441}\u{13442}\u{1d159}";
const INK = new RegExp(`[^\\p{C}\\p{Z}\\p{M}\\p{Default_Ignorable_Code_Point}${UNSEEN}]`, "u");

/**
 * True where nothing of a text can be seen: spaces, zero-width and other format characters, fillers, variation selectors, tags,
 * marks without a letter.
 */
export function isBlank(text: string): boolean {
  return !INK.test(text);
}

/** A code as anybody types it: digits of any script as ASCII, and neither separators nor what cannot be seen. */
export function lettersAndDigits(text: string): string {
  let out = "";
  for (const char of text) {
    const kind = classOf(char.codePointAt(0) ?? 0);
    const value = valueOf(kind);
    if (value >= 0) out += String(value);
    else if (kind === CLASS.letter) out += char.normalize("NFKC");
  }
  return out;
}
