/**
 * Telephone numbers: reading one, saying what kind it is, and hiding it (in a mask, in a prefix, inside free text).
 * Called at the doors and by the vault. It never puts what the caller sent into a refusal, and never logs.
 */

import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import { refuse, type Refusal } from "../base/refusal.ts";

export type NumberKind =
  "mobile" | "drama" | "fixed" | "voip" | "personal" | "pager" | "premium" | "crown_mobile" | "other";

/** `country` is ISO 3166-1 alpha-2, or "001" for numbers of no country (satellites, international freephone). */
export type Num = { e164: string; country: string; kind: NumberKind; drama: boolean };

/** Longer input is refused unread: a number of 15 digits (E.164) fits with a separator after every digit and some more. */
export const NUMBER_INPUT_MAX = 40;

/** 15 digits of E.164, the `00` before them and the `(0)` inside them. */
const DIGITS_MAX = 18;

/**
 * Ofcom's numbers for drama, as seven national digits, each a block of 1,000 that is never allocated
 * (https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama). Only the mobile block is the kind
 * `drama`, because only it can stand for a person who reads texts; the others keep the kind they imitate.
 */
const DRAMA: ReadonlyMap<string, NumberKind> = new Map<string, NumberKind>([
  ["7700900", "drama"],
  ["1134960", "fixed"], // Leeds
  ["1144960", "fixed"], // Sheffield
  ["1154960", "fixed"], // Nottingham
  ["1164960", "fixed"], // Leicester
  ["1174960", "fixed"], // Bristol
  ["1184960", "fixed"], // Reading
  ["1214960", "fixed"], // Birmingham
  ["1314960", "fixed"], // Edinburgh
  ["1414960", "fixed"], // Glasgow
  ["1514960", "fixed"], // Liverpool
  ["1614960", "fixed"], // Manchester
  ["2079460", "fixed"], // London
  ["1914980", "fixed"], // Tyneside, Durham, Sunderland
  ["2896496", "fixed"], // Northern Ireland
  ["2920180", "fixed"], // Cardiff
  ["1632960", "fixed"], // no area
  ["8081570", "other"], // freephone
  ["3069990", "other"], // UK-wide
  ["9098790", "premium"],
]);

/** The countries that number under +44: three of them are not the United Kingdom, and texts to them are dearer. */
const UK_PLAN: ReadonlySet<string> = new Set(["GB", "GG", "JE", "IM"]);

/** Manx blocks that libphonenumber's British pattern claims too, and tests first: taken at its word, they would be GB. */
const MANX_CLAIMED_BY_GB = ["7924"];

const KINDS: Readonly<Record<string, NumberKind>> = {
  MOBILE: "mobile",
  FIXED_LINE_OR_MOBILE: "mobile", // North America does not tell them apart
  FIXED_LINE: "fixed",
  VOIP: "voip",
  PERSONAL_NUMBER: "personal",
  PAGER: "pager",
  PREMIUM_RATE: "premium",
  SHARED_COST: "premium", // 084 and 0870: the caller pays a service charge
};

/**
 * Reads a number as people write it: E.164, `00` or national form, with spaces, hyphens, full stops and balanced
 * brackets of ASCII. `country` is asked only for the national form. Everything else (letters, extensions, RFC 3966
 * parameters, slashes, other scripts' digits) is refused, since dropping a character could text a stranger.
 * Drama numbers are known here first: libphonenumber calls them invalid.
 */
export function parseNumber(input: string, country: string = "GB"): { number: Num } | Refusal {
  const compact = compactOf(input);
  if ("refused" in compact) return compact;
  const national = ukNationalOf(compact.digits, compact.international, country);
  const drama = national?.length === 10 ? DRAMA.get(national.slice(0, 7)) : undefined;
  if (drama !== undefined) return { number: { e164: `+44${national}`, country: "GB", kind: drama, drama: true } };
  if (national !== null) return ask(`+44${national}`);
  if (compact.international) return ask(`+${compact.digits}`);
  if (!isSupportedCountry(country)) {
    return refuse("invalid_number", { detail: "Write it in E.164, such as +447700900123: its country is not known." });
  }
  return ask(compact.digits, country);
}

/** Calling code and the last two digits in sight: `+44•••••••23`. Always seven dots, so that not even the length shows. */
export function maskOf(e164: string): string {
  const code = callingCodeOf(e164);
  return maskFrom(code, lastTwo(e164));
}

/** The mask from what a ledger may keep: calling code and last two digits. */
export function maskFrom(callingCode: string, lastTwoDigits: string): string {
  return `+${callingCode}•••••••${lastTwoDigits}`;
}

/** The last two digits, all that is ever shown of a subscriber's own. */
export function lastTwo(e164: string): string {
  return e164.slice(-2);
}

/** ITU-T E.164's country codes of two digits. `1` and `7` are the only ones of one digit; all others have three. */
const CODES_OF_TWO: ReadonlySet<string> = new Set(
  (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 " +
    "81 82 84 86 90 91 92 93 94 95 98"
  ).split(" "),
);

/** The country calling code without its plus: "44" of +447700900123. */
export function callingCodeOf(e164: string): string {
  if (e164[1] === "1" || e164[1] === "7") return e164.slice(1, 2);
  return e164.slice(1, CODES_OF_TWO.has(e164.slice(1, 3)) ? 3 : 4);
}

/**
 * Calling code and up to seven national digits: a block of 1,000 numbers under +44, whose numbers pumping attacks walk
 * through. Always leaves three digits off, so a prefix is never one person, also where numbers are shorter.
 */
export function prefixOf(e164: string): string {
  const code = callingCodeOf(e164).length + 1;
  return e164.slice(0, Math.max(code, Math.min(code + 7, e164.length - 3)));
}

/** Asks the library, once. Valid is having a type: with its full metadata the two are the same test. */
function ask(compact: string, defaultCountry?: CountryCode): { number: Num } | Refusal {
  const options = defaultCountry === undefined ? { extract: false } : { extract: false, defaultCountry };
  const found = parsePhoneNumberFromString(compact, options);
  const type = found?.getType();
  if (!found || !type) {
    return refuse("invalid_number", { detail: "No such number is in use. Write it in E.164, such as +447700900123." });
  }
  const kind = KINDS[type] ?? "other";
  const claimed = MANX_CLAIMED_BY_GB.some((block) => found.number.startsWith(`+44${block}`));
  const country = claimed ? "IM" : (found.country ?? "001");
  return { number: { e164: found.number, country, kind: kindIn(country, kind), drama: false } };
}

/** A mobile kind holds only on land that can be priced: Crown dependencies and satellites are no "mobile". */
function kindIn(country: string, kind: NumberKind): NumberKind {
  if (kind !== "mobile") return country === "001" && kind !== "premium" ? "other" : kind;
  if (country === "001") return "other";
  return country !== "GB" && UK_PLAN.has(country) ? "crown_mobile" : kind;
}

/** The ten (or nine) national digits, where the input is in the +44 plan; the `0` of `+44 (0)` is dropped. */
function ukNationalOf(digits: string, international: boolean, country: string): string | null {
  let rest = digits;
  if (international || (UK_PLAN.has(country) && digits.length >= 11)) {
    if (digits.startsWith("44")) rest = digits.slice(2);
    else if (international) return null;
  }
  if (!international && !UK_PLAN.has(country)) return null;
  return rest.startsWith("0") ? rest.slice(1) : rest;
}

/** Digits alone, and whether a plus or `00` came before them; one pass, no backtracking. */
function compactOf(input: string): { digits: string; international: boolean } | Refusal {
  if (input.length > NUMBER_INPUT_MAX)
    return refuse("invalid_number", { detail: "A number has at most 40 characters." });
  const text = input.replace(/^ +| +$/g, "");
  if (text.startsWith("tok_")) return refuse("invalid_number", { detail: TOKEN });
  let digits = "";
  let plus = false;
  let open = -1; // where the open bracket stands in `digits`
  for (const [at, char] of [...text].entries()) {
    if (char >= "0" && char <= "9") digits += char;
    else if (char === "+" && digits === "" && !plus && (at === 0 || (at === 1 && open === 0))) plus = true;
    else if (char === "(" && open < 0) open = digits.length;
    else if (char === ")" && open >= 0 && open < digits.length) open = -1;
    else if (!(at > 0 && (char === " " || char === "-" || char === ".")))
      return refuse("invalid_number", { detail: PLAIN });
  }
  if (open >= 0 || !/[0-9]$/.test(text)) return refuse("invalid_number", { detail: PLAIN });
  if (digits.length < 3 || digits.length > DIGITS_MAX) return refuse("invalid_number");
  if (!plus && digits.startsWith("00")) return { digits: digits.slice(2), international: true };
  return { digits, international: plus };
}

const TOKEN = 'This is a token, not a number. Where a recipient is named, send it as {"token": "tok_…"}.';
const PLAIN =
  "Use the digits 0 to 9, one plus at the start, spaces, hyphens, full stops and one pair of brackets at a time; " +
  "no letters, no extension.";

/** Where a number stands in a text (UTF-16 offsets, end exclusive) and what to write instead. */
export type FoundNumber = { start: number; end: number; mask: string };

/** Replaces whatever in a free text reads as a telephone number by its mask. Masking twice changes nothing more. */
export function maskNumbersIn(text: string): string {
  let out = "";
  let from = 0;
  for (const { start, end, mask } of findNumbers(text)) {
    out += text.slice(from, start) + mask;
    from = end;
  }
  return out + text.slice(from);
}

/**
 * Finds E.164, `00`, British national and bare `44…` numbers, with the separators people use and digits of common
 * scripts. Linear: each run of digits is a start at most once and looks at most 18 digits ahead. A guess, on the side of
 * hiding: an eleven-digit id that begins 07 is masked. Ten digits that begin with 7 are masked only when separated, and
 * UUIDs, ULIDs, our ids, digests and dates are left as they are.
 */
export function findNumbers(text: string): FoundNumber[] {
  const runs = digitRuns(text);
  const found: FoundNumber[] = [];
  for (let i = 0; i < runs.length; i++) {
    const match = matchAt(text, runs, i);
    if (!match) continue;
    found.push(match.found);
    i = match.last;
  }
  return found;
}

/** A run of digits. `joined`: only separators lie before it and the last run; `tight`: that is one hyphen or full stop. */
type Run = { start: number; end: number; digits: string; plus: boolean; joined: boolean; tight: boolean };

const SEPARATOR = /[\s().\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/;
const GAP_MAX = 4;
/** The zeros of digits that read as a number on a screen: ASCII, Arabic, Persian, Devanagari, Bengali, full-width. */
const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xff10];

function digitAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0x660) return code >= 0x30 && code <= 0x39 ? code - 0x30 : -1;
  for (const zero of ZEROS) if (code >= zero && code <= zero + 9) return code - zero;
  return -1;
}

function digitRuns(text: string): Run[] {
  const runs: Run[] = [];
  for (let at = 0; at < text.length; at++) {
    if (digitAt(text, at) < 0) continue;
    let end = at;
    let digits = "";
    for (let digit = digitAt(text, at); digit >= 0; digit = digitAt(text, ++end)) {
      if (digits.length <= DIGITS_MAX) digits += digit;
    }
    const plus = /[+\uff0b]/.test(text.charAt(at - 1));
    const before = runs.at(-1);
    const gap = before && !plus && at - before.end <= GAP_MAX ? text.slice(before.end, at) : "";
    const joined = gap !== "" && [...gap].every((char) => SEPARATOR.test(char));
    runs.push({ start: plus ? at - 1 : at, end, digits, plus, joined, tight: joined && /^[-.]$/.test(gap) });
    at = end;
  }
  return runs;
}

/** The first reading from run `i` that is surely a number, else the longest that may be one. */
function matchAt(text: string, runs: Run[], i: number): { found: FoundNumber; last: number } | null {
  const first = runs[i];
  if (!first) return null;
  let best: { e164: string; last: number } | null = null;
  let digits = "";
  for (let last = i; last < runs.length; last++) {
    const run = runs[last];
    if (!run || (last > i && !run.joined)) break;
    digits += run.digits;
    if (digits.length > DIGITS_MAX) break;
    const reading = readingOf(digits, first, last > i, text);
    if (!reading || !standsAlone(text, first, run, digits, last > i)) continue;
    best = { e164: reading.e164, last };
    if (reading.sure) break;
  }
  const end = best && runs[best.last]?.end;
  if (!best || end === null || end === undefined || isInId(text, first.start, end)) return null;
  const bracket = text[first.start - 1] === "(" && text.slice(first.start, end).includes(")");
  const start = bracket ? first.start - 1 : first.start;
  return { found: { start, end, mask: maskOf(best.e164) }, last: best.last };
}

/** What the digits would be as a number, and whether they surely are one; null where no number is written like this. */
function readingOf(
  digits: string,
  first: Run,
  separated: boolean,
  text: string,
): { e164: string; sure: boolean } | null {
  const known = (e164: string) => "number" in parseNumber(e164);
  const international = first.plus ? digits : /^00[1-9]/.test(digits) ? digits.slice(2) : null;
  const uk = /^440?([1-9]\d{9})$/.exec(international ?? digits)?.[1];
  if (uk !== undefined) {
    const sure = international !== null || uk.startsWith("7") || known(`+44${uk}`);
    return sure ? { e164: `+44${uk}`, sure } : null;
  }
  if (international !== null) {
    if (international.startsWith("44") || !/^[1-9]\d{6,14}$/.test(international)) return null;
    const sure = known(`+${international}`);
    return sure || (first.plus && international.length >= 10) ? { e164: `+${international}`, sure } : null;
  }
  const e164 = `+44${digits.replace(/^0/, "")}`;
  if (/^0[1-9]\d{9}$/.test(digits)) {
    const grouped = first.digits.length >= 3 || digits[1] === "7";
    return grouped && !isDateAt(text, first.start) ? { e164, sure: true } : null;
  }
  if (/^0[1-9]\d{8}$/.test(digits) && !isDateAt(text, first.start)) return known(e164) ? { e164, sure: false } : null;
  if (separated && /^7[1-9]\d{8}$/.test(digits) && /^\d{3,5}$/.test(first.digits)) {
    return known(e164) ? { e164, sure: true } : null;
  }
  return null;
}

/** False where letters or a tight separator run into weak digits: those are parts of ids, not numbers. */
function standsAlone(text: string, first: Run, last: Run, digits: string, separated: boolean): boolean {
  if (first.plus) return true;
  if (!separated && /^(07[1-9]\d{8}|447\d{9}|00447\d{9})$/.test(digits)) return true;
  const letter = /[\p{L}_•]/u;
  if (first.tight || letter.test(text.charAt(first.start - 1))) return false;
  return !letter.test(text.charAt(last.end)) || (separated && !last.tight);
}

function isDateAt(text: string, at: number): boolean {
  return /^\d{2}[-. ]\d{2}[-. ]\d{4}(?!\d)/.test(text.slice(at, at + 11));
}

const ID =
  /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=.*[a-z])[0-9a-hjkmnp-tv-z]{26}|(?=.*[a-f])[0-9a-f]{32,128}|[a-z]{3}_[eu][0-9a-z]{34,36})$/i;

/** True inside a UUID, a ULID, a hexadecimal digest or one of our ids; looks no further than such an id is long. */
function isInId(text: string, start: number, end: number): boolean {
  const before = /[\w-]*$/.exec(text.slice(Math.max(0, start - 130), start))?.[0] ?? "";
  const after = /^[\w-]*/.exec(text.slice(end, end + 130))?.[0] ?? "";
  return ID.test(before + text.slice(start, end) + after);
}
