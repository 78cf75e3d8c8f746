/**
 * How a text travels: its alphabet, its segments, and what may not travel at all (3GPP TS 23.038 and 23.040).
 * Called by admission and by preview, so that both count alike. It never changes a text unless asked to.
 */

import type { FieldError } from "../base/refusal.ts";
import { isBlank } from "./characters.ts";

export type Encoding = "gsm7" | "ucs2";

/** `units` are septets (gsm7, an escape pair is two) or UTF-16 code units (ucs2), without padding at segment ends. */
export type Measure = { encoding: Encoding; segments: number; units: number; unitsPerSegment: number };

/** Carriers take ten parts (Telnyx) or 1,600 characters (Twilio, AWS), which is about ten and a half. */
export const SEGMENTS_MAX = 10;

/** 140 octets in one message; each part of several gives 6 of them to the concatenation header (TS 23.040, 9.2.3.24). */
const UNITS = { gsm7: { single: 160, part: 153 }, ucs2: { single: 70, part: 67 } } as const;

/**
 * The default alphabet of TS 23.038, 6.2.1, in the order of its table, without ESC. The sign at 0x09 is capital Ç:
 * Unicode's mapping file says small ç and notes the doubt, but carriers count ç as UCS-2.
 */
const DEFAULT_ALPHABET =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** The extension table of TS 23.038, 6.2.1.1: each is sent as ESC and a second septet. */
const EXTENSION = "\f^{}\\[~]|€";

/** Septets by UTF-16 code unit; nothing beyond € is in the alphabet. */
const SEPTETS = new Uint8Array("€".charCodeAt(0) + 1);
for (const char of DEFAULT_ALPHABET) SEPTETS[char.charCodeAt(0)] = 1;
for (const char of EXTENSION) SEPTETS[char.charCodeAt(0)] = 2;

/** Counts a text as a handset's network counts it; an empty text has no segments. A text in GSM 7-bit is not copied. */
export function measure(text: string): Measure {
  const septets = septetsOf(text);
  if (septets === null) return measured("ucs2", text.length, text);
  return measured("gsm7", septets, text);
}

function measured(encoding: Encoding, units: number, text: string): Measure {
  const { single, part } = UNITS[encoding];
  if (units <= single) return { encoding, segments: units === 0 ? 0 : 1, units, unitsPerSegment: single };
  const segments = encoding === "gsm7" ? gsmSegments(text, part) : ucs2Segments(text, part);
  return { encoding, segments, units, unitsPerSegment: part };
}

/** Septets of the whole text, or null as soon as one character is outside the alphabet. */
function septetsOf(text: string): number | null {
  let septets = 0;
  for (let i = 0; i < text.length; i++) {
    const cost = SEPTETS[text.charCodeAt(i)] ?? 0;
    if (cost === 0) return null;
    septets += cost;
  }
  return septets;
}

/** An escape pair never straddles two segments: the septet before it stays empty (TS 23.038, 6.2.1). */
function gsmSegments(text: string, part: number): number {
  let segments = 1;
  let used = 0;
  for (let i = 0; i < text.length; i++) {
    const cost = SEPTETS[text.charCodeAt(i)] ?? 0;
    if (used + cost > part) {
      segments++;
      used = 0;
    }
    used += cost;
  }
  return segments;
}

/**
 * What may make one character of several code units: marks, surrogates, joiners and other format signs, CR before LF,
 * Hangul jamo, and the letters that Unicode's Annex 29 joins to a neighbour all the same.
 */
const MAY_CLUSTER =
  /[\p{M}\p{Cs}\p{Cf}\u{10000}-\u{10ffff}\r\u0d4e\u0e33\u0eb3\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff\uff9e\uff9f]/u;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Whole characters (a flag, a family) stay in one segment where they fit in one; a longer one is cut between code points. */
function ucs2Segments(text: string, part: number): number {
  if (!MAY_CLUSTER.test(text)) return Math.ceil(text.length / part);
  let segments = 1;
  let used = 0;
  const place = (size: number) => {
    if (used + size > part) {
      segments++;
      used = 0;
    }
    used += size;
  };
  for (const { segment } of graphemes.segment(text)) {
    if (segment.length <= part) place(segment.length);
    else for (const char of segment) place(char.length);
  }
  return segments;
}

/** Signs that editors and phones put in by themselves, and what was meant; never a digit, never a letter. */
const PLAIN: ReadonlyMap<string, string> = new Map(
  [
    ["'", "\u2018\u2019\u201a\u201b\u2032\u2035\u02bc`\u00b4\u1fef\u1ffd"],
    ['"', "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb"],
    ["-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"],
    ["...", "\u2026"],
    [" ", "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"],
    ["<", "\u2039"],
    [">", "\u203a"],
    ["/", "\u2044"],
    ["", "\u00ad\u200b\u2060\ufeff"],
    ["\n", "\u2028\u2029"],
  ].flatMap(([to = "", from = ""]) => [...from].map((char): [string, string] => [char, to])),
);

/** One sign that smart encoding would replace, and how often it occurs. */
export type Replacement = { from: string; to: string; count: number };

/** What `smartEncode` would replace, in order of first occurrence; changes nothing. */
export function replacements(text: string): Replacement[] {
  const counts = new Map<string, Replacement>();
  for (const sign of signsOf(text)) {
    const to = plainOf(sign);
    if (to === sign) continue;
    const row = counts.get(sign) ?? { from: sign, to, count: 0 };
    row.count++;
    counts.set(sign, row);
  }
  return [...counts.values()];
}

/** The characters of a text; where accents are written by themselves, each with its letter. */
function signsOf(text: string): Iterable<string> {
  if (text.normalize("NFC") === text) return text;
  return Array.from(graphemes.segment(text), ({ segment }) =>
    segment.normalize("NFC") === segment ? [...segment] : segment,
  ).flat();
}

/** What is composed: letters with accents of their own, and Korean syllables. Ideographs have other compositions, which show. */
const COMPOSES = /[\p{M}\u1100-\u11ff]/u;

/** A character, or a letter with its accents, as smart encoding writes it. */
function plainOf(sign: string): string {
  const nfc = sign.normalize("NFC");
  const composed = nfc !== sign && (COMPOSES.test(sign) || septetsOf(nfc) !== null) ? nfc : sign;
  let out = "";
  for (const char of composed) out += PLAIN.get(char) ?? char;
  return out;
}

const encodeOnce = (text: string): string => Array.from(signsOf(text), plainOf).join("");

/**
 * The text with accents composed (NFC, which nobody can see) and typographic signs replaced by GSM 7-bit ones, and the list of
 * what was replaced. Digits and letters, accented or not, are left: a name or a code never changes, even where it costs UCS-2.
 * Zero-width joiners are left too, since emoji are made with them.
 */
export function smartEncode(text: string): { text: string; replacements: Replacement[] } {
  const list = replacements(text);
  if (list.length === 0) return { text, replacements: list };
  // What was taken out may have stood between a letter and its accent.
  return { text: encodeOnce(encodeOnce(text)), replacements: list };
}

/** C0, DEL and C1, but for line feed and carriage return. */
const CONTROL = /[^\P{Cc}\n\r]/u;

/**
 * What a person wrote as it may be sent: a tab becomes a space, other control characters but line feed and carriage return go, and
 * halves of surrogate pairs too. What is left passes `checkText` but for its length and where nothing is left to see.
 */
export function stripControls(text: string): string {
  return text.replaceAll("\t", " ").replace(/[^\P{Cc}\n\r]|\p{Cs}/gu, "");
}

/**
 * A text as several of at most `segmentsMax` segments each, in order; put together they are the text. Whole characters stay whole,
 * and words where that leaves no piece much shorter. Pieces that show nothing are left out. Lazy: who stops asking pays no more.
 */
export function* splitText(text: string, segmentsMax: number): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = at + fitting(text.slice(at, at + segmentsMax * UNITS.gsm7.single + 1), segmentsMax);
    const piece = text.slice(at, end);
    if (!isBlank(piece)) yield piece;
    at = end;
  }
}

/** How many code units of a text fit, to the end of a character, and of a word where one ends in the last fifth. */
function fitting(text: string, segmentsMax: number): number {
  if (measure(text).segments <= segmentsMax) return text.length;
  const ends = [...graphemes.segment(text)].map(({ index, segment }) => index + segment.length);
  const most = longest(ends, text, segmentsMax) ?? longest(codePointEnds(text), text, segmentsMax) ?? 1;
  const word = ends.findLast((end) => end <= most && /\s/.test(text.charAt(end - 1)));
  return word !== undefined && word >= most * 0.8 ? word : most;
}

/** The last of the ends up to which the text fits: segments only become more with every character. */
function longest(ends: readonly number[], text: string, segmentsMax: number): number | null {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (measure(text.slice(0, ends[middle])).segments <= segmentsMax) low = middle + 1;
    else high = middle;
  }
  return ends[low - 1] ?? null;
}

function codePointEnds(text: string): number[] {
  let end = 0;
  return Array.from(text, (char) => (end += char.length));
}

/** A name that is put before texts: one line, single spaces, no characters that are not to be seen; null where nothing is left. */
export function nameBefore(name: string): string | null {
  const line = name
    .replaceAll(/[\s\u0085\p{Z}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, "")
    .trim();
  return isBlank(line) ? null : line;
}

/** What is wrong with a text; the caller adds the field's name. */
export type TextProblem = Omit<FieldError, "field">;

/**
 * Why a text cannot be sent, or null. Nothing is repaired in silence: a lone surrogate would become another character
 * on the way. Far too long a text is refused by its length alone, before it is read. `detail` never quotes the text.
 */
export function checkText(text: string, maxSegments: number = SEGMENTS_MAX): TextProblem | null {
  if (text.length > maxSegments * UNITS.gsm7.single) {
    return { code: "text_too_long", detail: `Use at most ${maxSegments} segments; this is ${text.length} characters.` };
  }
  if (!text.isWellFormed()) {
    return { code: "lone_surrogate", detail: "Send whole characters: half of a surrogate pair stands alone." };
  }
  if (isBlank(text)) return { code: "empty_text", detail: "Write at least one visible character." };
  const control = text.search(CONTROL);
  if (control >= 0) {
    const detail = `Remove the control character at position ${control + 1}; only line feed and carriage return are sent.`;
    return { code: "control_character", detail };
  }
  const { segments, encoding } = measure(text);
  if (segments <= maxSegments) return null;
  const detail = `Use at most ${maxSegments} segments; this takes ${segments} in ${encoding}. Preview shows the count.`;
  return { code: "text_too_long", detail };
}
