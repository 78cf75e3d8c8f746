/**
 * Percent-encoded characters, read where they stand as whoever gets the URL reads them, however often they were encoded. Pure.
 */

/** What an escape stands for, where the next character is, and whether digits may be written in it. Used again for the next escape. */
export type Escape = { codePoint: number; next: number; digits: boolean };

export const escape: Escape = { codePoint: 0, next: 0, digits: false };
const PERCENT = 0x25;
/** What stands for a character that is none. */
export const REPLACEMENT = 0xfffd;

/**
 * The escape of UTF-8 at a `%`, or null where there is none, or where a per cent sign with digits behind it says more:
 * `100%07700900123`. A torn sequence is U+FFFD.
 */
export function percentAt(text: string, at: number): Escape | null {
  const lead = byteAt(text, at);
  if (lead < 0) return null;
  escape.codePoint = lead < 0x80 ? lead : sequenceAt(text, lead);
  return escape;
}

/** Reads one byte, also where its `%` was encoded before (`%2530`) or digits of it (`%25%33%30`); -1 where there is none. */
function byteAt(text: string, at: number): number {
  if (at + 2 >= text.length || text.charCodeAt(at) !== PERCENT) return -1;
  const low = hexOf(text.charCodeAt(at + 2));
  const high = low < 0 ? -1 : hexOf(text.charCodeAt(at + 1));
  if (high < 0 || isPlainly(text, at + 1, high * 16 + low)) return -1;
  let byte = high * 16 + low;
  escape.next = at + 3;
  while (byte === PERCENT) {
    const { next } = escape;
    const first = hexAt(text, next);
    const second = first < 0 ? -1 : hexAt(text, hexEnd);
    if (second < 0 || isPlainly(text, next, first * 16 + second)) break; // a per cent sign, and what stands behind it
    byte = first * 16 + second;
    escape.next = hexEnd;
  }
  return byte;
}

/** Where the hexadecimal digit that was read last ends. */
let hexEnd = 0;

/** A hexadecimal digit as it is or encoded once, or -1. */
function hexAt(text: string, at: number): number {
  if (at >= text.length) return -1;
  const unit = text.charCodeAt(at);
  hexEnd = at + 1;
  if (unit !== PERCENT) return hexOf(unit);
  if (at + 2 >= text.length) return -1;
  const high = hexOf(text.charCodeAt(at + 1));
  const low = hexOf(text.charCodeAt(at + 2));
  hexEnd = at + 3;
  return high < 0 || low < 0 ? -1 : hexOf(high * 16 + low);
}

/** The value of a hexadecimal digit, or -1. */
export function hexOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The code point of the bytes that begin with `lead`; a torn sequence ends behind its lead. */
function sequenceAt(text: string, lead: number): number {
  const end = escape.next;
  const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc2 ? 1 : 0;
  let codePoint = lead & (0x3f >> more);
  for (let count = 0; count < more; count++) {
    const byte = byteAt(text, escape.next);
    if (byte < 0x80 || byte > 0xbf) {
      escape.next = end;
      return REPLACEMENT;
    }
    codePoint = codePoint * 64 + (byte & 0x3f);
  }
  return more > 0 && codePoint >= LEAST[more] && codePoint <= 0x10ffff ? codePoint : REPLACEMENT;
}

/** The least code point that is written with so many bytes behind the lead. */
const LEAST = [0, 0x80, 0x800, 0x1_0000] as const;

/**
 * Whether two digits behind a per cent sign are a number's: as an escape they would be a control character or a letter, which
 * nobody encodes, and no number of eleven digits begins behind them.
 */
function isPlainly(text: string, at: number, byte: number): boolean {
  if ((byte >= 0x20 && byte < 0x41) || byte > 0x7e || !isDigitAt(text, at) || !isDigitAt(text, at + 1)) return false;
  if (!isDigitAt(text, at + 2) || text.charCodeAt(at + 2) !== 0x30) return true;
  let digits = 0;
  while (digits < 11 && isDigitAt(text, at + 2 + digits)) digits++;
  return digits < 10;
}

const isDigitAt = (text: string, at: number): boolean => {
  if (at >= text.length) return false;
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
};
