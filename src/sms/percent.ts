/**
 * Percent-encoded text, read as whoever gets the URL reads it. Pure.
 */

/** The decoded text, and for each of its UTF-16 units where it stands in the original; one more for the end. */
export type Decoded = { text: string; offsets: number[] };

/** Decodes valid escapes of UTF-8; null where there are none. What is no valid escape stays, a torn sequence becomes U+FFFD. */
export function decodePercent(text: string): Decoded | null {
  let first = text.indexOf("%");
  while (first >= 0 && byteAt(text, first) < 0) first = text.indexOf("%", first + 1);
  if (first < 0) return null;
  let out = "";
  const offsets: number[] = [];
  for (let at = 0; at < text.length;) {
    const byte = byteAt(text, at);
    if (byte < 0x80) {
      offsets.push(at);
      out += byte < 0 ? text.charAt(at) : String.fromCharCode(byte);
      at += byte < 0 ? 1 : 3;
      continue;
    }
    const { char, length } = sequenceAt(text, at, byte);
    for (let unit = 0; unit < char.length; unit++) offsets.push(at);
    out += char;
    at += length;
  }
  offsets.push(text.length);
  return { text: out, offsets };
}

/** The byte of the escape at this place, or -1. */
function byteAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== PERCENT) return -1;
  const high = hexOf(text.charCodeAt(at + 1));
  const low = hexOf(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

const PERCENT = 0x25;

/** The value of a hexadecimal digit, or -1; also of no character, which is NaN. */
function hexOf(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const letter = unit | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** A character of several bytes. */
function sequenceAt(text: string, at: number, lead: number): { char: string; length: number } {
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const bytes = [lead];
  while (bytes.length < size && (byteAt(text, at + bytes.length * 3) & 0xc0) === 0x80)
    bytes.push(byteAt(text, at + bytes.length * 3));
  const char = utf8.decode(Uint8Array.from(bytes));
  return char.length > 0 && !char.includes("\ufffd")
    ? { char, length: bytes.length * 3 }
    : { char: "\ufffd", length: 3 };
}

const utf8 = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
