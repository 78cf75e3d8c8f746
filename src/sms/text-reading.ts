/**
 * The characters of a text one at a time, as they are shown or as they stand: whoever decodes a text sees one number, and whoever
 * does not may see another. Pure.
 */
import { CLASS, classOf, valueOf } from "./characters.ts";
import { BEGINS_ESCAPE, escapeAt, PERCENT } from "./escapes.ts";

/**
 * Where the character that was read last ends, and the last escape; and how many characters escapes have taken up that have digits
 * in and beside them.
 */
export const character = { next: 0, escapeEnd: 0, taken: 0 };

/** The code point at a place, decoded where it is an escape, if asked to; half of a surrogate pair where it stands alone. */
export function characterAt(text: string, at: number, decodes: boolean): number {
  const unit = text.charCodeAt(at);
  character.next = at + 1;
  if (unit < 0x80) {
    const escape = decodes && BEGINS_ESCAPE[unit] === 1 ? escapeAt(text, at) : null;
    if (escape === null) return unit;
    character.next = escape.next;
    const behindDigit = at !== character.escapeEnd && isDigit(text, at - 1);
    const beforeDigit = isDigit(text, escape.next);
    // An encoded per cent sign among single digits is no number's: it is what URLs have that were encoded twice.
    const isLone = escape.codePoint === PERCENT && !isDigit(text, at - 2) && !isDigit(text, escape.next + 1);
    if (escape.digits && (behindDigit || beforeDigit) && !isLone) character.taken += escape.next - at;
    character.escapeEnd = escape.next;
    return escape.codePoint;
  }
  if (unit < 0xd800 || unit >= 0xdc00) return unit;
  const codePoint = text.codePointAt(at) ?? unit;
  if (codePoint > 0xffff) character.next++;
  return codePoint;
}

function isDigit(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
}

/** Where the `count`th digit from a place on ends in the text. */
export function endOfDigit(text: string, start: number, count: number, decodes: boolean): number {
  let left = count;
  for (let at = start; at < text.length;) {
    const value = isDigit(text, at) ? 0 : valueOf(classOf(characterAt(text, at, decodes)));
    at = isDigit(text, at) ? at + 1 : character.next;
    if (value >= 0 && --left === 0) return at;
  }
  return text.length;
}

/** Whether a bracket closes between two places of a text. */
export function closesIn(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at = character.next)
    if (classOf(characterAt(text, at, true)) === CLASS.close) return true;
  return false;
}
