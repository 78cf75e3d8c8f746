/**
 * Characters that are written as others: percent-encoded, as references and tags of HTML, or behind a backslash, read where they
 * stand as whoever decodes the text reads them. Each sign is looked at with a bounded number of characters behind it. Pure.
 */
import { escape, hexOf, percentAt, REPLACEMENT, type Escape } from "./percent.ts";

export const PERCENT = 0x25;
export const BACKSLASH = 0x5c;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const HASH = 0x23;
const LESS = 0x3c;
const GREATER = 0x3e;
const BRACE = 0x7b;
const SPACE = 0x20;

/** Whether an escape may begin with a UTF-16 unit of ASCII: 1 or 0. */
export const BEGINS_ESCAPE = new Uint8Array(0x80);
for (const unit of [PERCENT, AMPERSAND, LESS, BACKSLASH]) BEGINS_ESCAPE[unit] = 1;

/** The escape at a place, or null where none is: what stands there then is itself. Used again for the next escape. */
export function escapeAt(text: string, at: number): Escape | null {
  escape.digits = true;
  switch (text.charCodeAt(at)) {
    case PERCENT:
      return percentAt(text, at);
    case AMPERSAND:
      return referenceAt(text, at + 1);
    case LESS:
      return tagAt(text, at + 1);
    case BACKSLASH:
      return backslashAt(text, at + 1);
    default:
      return null;
  }
}

function found(codePoint: number, next: number): Escape {
  const isScalar = codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
  escape.codePoint = isScalar ? codePoint : REPLACEMENT;
  escape.next = next;
  return escape;
}

/** So often a reference may have been encoded again: `&amp;#48;`. */
const AMPERSANDS_MAX = 4;
const NAME_MAX = 16;
/** What references by name stand for; other names stand for a sign that may separate digits. */
const NAMED: ReadonlyMap<string, number> = new Map([
  ...named("nbsp ensp emsp emsp13 emsp14 numsp puncsp thinsp hairsp tab newline mediumspace", SPACE),
  ...named("shy zwj zwnj lrm rlm nobreak zerowidthspace", 0x200b),
  ...named("hyphen dash ndash mdash minus horbar", 0x2d),
  ...named("plus", 0x2b),
  ...named("num", HASH),
  ...named("equals", 0x3d),
  ...named("period", 0x2e),
  ...named("comma", 0x2c),
  ...named("sol", 0x2f),
  ...named("lpar", 0x28),
  ...named("rpar", 0x29),
]);
/** Names that browsers read without a semicolon too. */
const OPEN_NAMES: ReadonlySet<string> = new Set(["nbsp", "shy"]);
const OPEN_NAME_MAX = 4;

function named(names: string, codePoint: number): [string, number][] {
  return names.split(" ").map((name) => [name, codePoint]);
}

/** A reference of HTML behind its `&`: `#48;`, `#x30;`, `nbsp;`. */
function referenceAt(text: string, behind: number): Escape | null {
  const first = text.charCodeAt(behind);
  if (first === HASH) return numericAt(text, behind + 1);
  if (!isLetter(first)) return null;
  let at = behind;
  for (let count = 0; count < AMPERSANDS_MAX && text.startsWith("amp;", at); count++) at += 4;
  if (at > behind && text.charCodeAt(at) === HASH) return numericAt(text, at + 1) ?? found(AMPERSAND, at);
  escape.digits = false;
  let end = at;
  while (end < at + NAME_MAX && isLetter(text.charCodeAt(end))) end++;
  if (end <= at + OPEN_NAME_MAX && OPEN_NAMES.has(text.slice(at, end).toLowerCase()))
    return found(
      NAMED.get(text.slice(at, end).toLowerCase()) ?? SPACE,
      text.charCodeAt(end) === SEMICOLON ? end + 1 : end,
    );
  while (end < at + NAME_MAX && isDigit(text.charCodeAt(end))) end++;
  if (end > at && text.charCodeAt(end) === SEMICOLON)
    return found(NAMED.get(text.slice(at, end).toLowerCase()) ?? REPLACEMENT, end + 1);
  return at === behind ? null : found(AMPERSAND, at);
}

/** Digits of a reference with all zeros that anybody puts before them. */
const NUMERIC_MAX = 8;

/** A reference by number behind its `&#`; without a semicolon where nothing goes on behind it that could belong to it. */
function numericAt(text: string, from: number): Escape | null {
  const isHex = (text.charCodeAt(from) | 0x20) === 0x78;
  const first = isHex ? from + 1 : from;
  let value = 0;
  let at = first;
  for (; at < first + NUMERIC_MAX; at++) {
    const digit = hexOf(text.charCodeAt(at));
    if (digit < 0 || (!isHex && digit > 9)) break;
    value = value * (isHex ? 16 : 10) + digit;
  }
  if (at === first) return null;
  const behind = text.charCodeAt(at);
  if (behind === SEMICOLON) return found(value, at + 1);
  return isAlphanumeric(behind) ? null : found(value, at);
}

const TAG_MAX = 128;
/** What a tag is read as: an equals sign of full width, which is odd between digits and nothing before words. */
export const TAG = 0xff1d;
/** So few digits in a tag are no number. */
const TAG_DIGITS_MAX = 6;

/** A tag behind its `<`: a sign that shows nothing. One that may have a number in it is left to be read. */
function tagAt(text: string, from: number): Escape | null {
  const first = text.charCodeAt(from);
  if (first !== 0x2f && first !== 0x21 && first !== 0x3f && !isLetter(first)) return null;
  let digits = 0;
  const end = Math.min(text.length, from + TAG_MAX);
  for (let at = from + 1; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit === GREATER) {
      escape.digits = digits > 0;
      return found(TAG, at + 1);
    }
    if (isDigit(unit)) digits++;
    else if (unit >= 0x80 || unit === LESS || unit === PERCENT || unit === BACKSLASH) return null;
    else if (unit === HASH && text.charCodeAt(at - 1) === AMPERSAND) return null;
    if (digits > TAG_DIGITS_MAX) return null;
  }
  return null;
}

/** What programs write behind a backslash: `\n`, `\u0037`, `\u{37}`, `\x37`, `\067`. */
function backslashAt(text: string, from: number): Escape | null {
  switch (text.charCodeAt(from)) {
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
    case 0x66: // f
    case 0x76: // v
      escape.digits = false;
      return found(SPACE, from + 1);
    case 0x78: // x
      return hexAt(text, from + 1, 2);
    case 0x75: // u
      return text.charCodeAt(from + 1) === BRACE ? bracedAt(text, from + 2) : pairAt(text, from + 1);
    case 0x55: // U
      return hexAt(text, from + 1, 8);
    case 0x30: // 0
      return octalAt(text, from);
    default:
      return null;
  }
}

/** So many hexadecimal digits. */
function hexAt(text: string, from: number, count: number): Escape | null {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = hexOf(text.charCodeAt(at));
    if (digit < 0) return null;
    value = value * 16 + digit;
  }
  return found(value, from + count);
}

function bracedAt(text: string, from: number): Escape | null {
  let value = 0;
  for (let at = from; at < from + NUMERIC_MAX; at++) {
    const unit = text.charCodeAt(at);
    const digit = hexOf(unit);
    if (digit < 0) return unit === 0x7d && at > from ? found(value, at + 1) : null;
    value = value * 16 + digit;
  }
  return null;
}

/** Four hexadecimal digits, or two such escapes that are a surrogate pair. */
function pairAt(text: string, from: number): Escape | null {
  const lead = unitAt(text, from);
  if (lead < 0) return null;
  if (lead >= 0xd800 && lead < 0xdc00 && text.startsWith("\\u", from + 4)) {
    const trail = unitAt(text, from + 6);
    if (trail >= 0xdc00 && trail < 0xe000)
      return found(0x1_0000 + ((lead - 0xd800) << 10) + (trail - 0xdc00), from + 10);
  }
  return found(lead, from + 4);
}

/** The value of four hexadecimal digits, or -1. */
function unitAt(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + 4; at++) {
    const digit = hexOf(text.charCodeAt(at));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/** A digit as three octal ones, `060` to `071`, where no more follow: else they are a number's own, as in `\07700900123`. */
function octalAt(text: string, from: number): Escape | null {
  const six = text.charCodeAt(from + 1) - 0x30;
  const low = text.charCodeAt(from + 2) - 0x30;
  const value = six * 8 + low;
  const isDigitOfAscii = low >= 0 && low <= 7 && value >= 0x30 && value <= 0x39;
  escape.digits = false;
  return isDigitOfAscii && !isDigit(text.charCodeAt(from + 3)) ? found(value, from + 3) : null;
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;
const isLetter = (unit: number): boolean => (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
const isAlphanumeric = (unit: number): boolean => isDigit(unit) || isLetter(unit);
