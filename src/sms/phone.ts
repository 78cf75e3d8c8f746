/**
 * Telephone numbers: reading one, saying what kind it is, and hiding it (in a mask, in a prefix, inside free text).
 * Called at the doors and by the vault. It never puts what the caller sent into a refusal, and never logs.
 */

import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/max";
import { refuse, type Refusal } from "../base/refusal.ts";
import { CLASS, classOf, valueOf } from "./characters.ts";
import { DIGITS_MAX, findNumbers } from "./find-numbers.ts";
import { DRAMA, isDrama, type NumberKind } from "./number-plan.ts";

export { findNumbers, maskNumbersIn } from "./find-numbers.ts";
export { callingCodeOf, lastTwo, maskFrom, maskOf, prefixOf } from "./mask.ts";
export { NUMBER_KINDS, type NumberKind } from "./number-plan.ts";

/** `country` is ISO 3166-1 alpha-2, or "001" for numbers of no country (satellites, international freephone). */
export type Num = { e164: string; country: string; kind: NumberKind; drama: boolean };

/** Longer input is refused unread: a number of 15 digits (E.164) fits with a separator after every digit and some more. */
export const NUMBER_INPUT_MAX = 40;

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
 * Reads a number as people write or paste it: E.164, `00` or national form, `tel:` before it, digits of any script, with spaces,
 * dashes, full stops, slashes and brackets between the groups; what cannot be seen is passed over. `country` is asked only for
 * the national form. Everything else (letters, extensions, RFC 3966 parameters, a second number) is refused, since dropping a
 * character could text a stranger. So is what `findNumbers` would not find: no number is taken that could not be masked.
 * Drama numbers are known here first: libphonenumber calls them invalid.
 */
export function parseNumber(input: string, country: string = "GB"): { number: Num } | Refusal {
  const compact = compactOf(input);
  if ("refused" in compact) return compact;
  const isOurs = compact.international || UK_PLAN.has(country);
  if (isOurs && !isFoundWhole(compact.text)) return NOT_IN_USE;
  const national = ukNationalOf(compact.digits, compact.international, country);
  if (national !== null && isDrama(national)) {
    const kind = DRAMA.get(national.slice(0, 7)) ?? "other";
    return { number: { e164: `+44${national}`, country: "GB", kind, drama: true } };
  }
  if (national !== null) return ask(`+44${national}`);
  if (compact.international) return ask(`+${compact.digits}`);
  if (!isSupportedCountry(country)) {
    return refuse("invalid_number", { detail: "Write it in E.164, such as +447700900123: its country is not known." });
  }
  return ask(compact.digits, country);
}

const NOT_IN_USE = refuse("invalid_number", {
  detail: "No such number is in use. Write it in E.164, such as +447700900123.",
});

/** Whether the finder takes all of it for one number. */
function isFoundWhole(text: string): boolean {
  const [found, ...more] = findNumbers(text);
  return found !== undefined && more.length === 0 && !/[0-9]/.test(text.slice(0, found.start) + text.slice(found.end));
}

/** Asks the library, once. Valid is having a type: with its full metadata the two are the same test. */
function ask(compact: string, defaultCountry?: CountryCode): { number: Num } | Refusal {
  const options = defaultCountry === undefined ? { extract: false } : { extract: false, defaultCountry };
  const found = parsePhoneNumberFromString(compact, options);
  const type = found?.getType();
  if (!found || !type) return NOT_IN_USE;
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

type Compact = {
  /** Digits alone, in ASCII, without the `00` of an international form. */
  digits: string;
  international: boolean;
  /** The input as the finder is to read it: in ASCII, without what cannot be seen. */
  text: string;
};

const TEL = /^tel(?:[.:]| )* */i;
/** A comma, semicolon or full stop that was copied with a number. */
const COPIED_WITH = /[ .,;]+$/;

/** Digits alone, and whether a plus or `00` came before them; one pass, no backtracking. */
function compactOf(input: string): Compact | Refusal {
  if (input.length > NUMBER_INPUT_MAX)
    return refuse("invalid_number", { detail: "A number has at most 40 characters." });
  const text = plainOf(input).trim().replace(TEL, "").replace(COPIED_WITH, "");
  if (text.startsWith("tok_")) return refuse("invalid_number", { detail: TOKEN });
  let digits = "";
  let plus = false;
  let open = -1; // where the open bracket stands in `digits`
  for (const [at, char] of [...text].entries()) {
    if (char >= "0" && char <= "9") digits += char;
    else if (char === "+" && digits === "" && !plus && (at === 0 || (at === 1 && open === 0))) plus = true;
    else if (char === "(" && open < 0) open = digits.length;
    else if (char === ")" && open >= 0 && open < digits.length) open = -1;
    else if (!(at > 0 && /[ \-./]/.test(char))) return refuse("invalid_number", { detail: PLAIN });
  }
  if (open >= 0 || !/[0-9)]$/.test(text)) return refuse("invalid_number", { detail: PLAIN });
  if (digits.length < 3 || digits.length > DIGITS_MAX) return refuse("invalid_number");
  if (!plus && digits.startsWith("00")) return { digits: digits.slice(2), international: true, text };
  return { digits, international: plus, text };
}

/** What stands for a class of characters, once folded. */
const PLAIN_SIGNS: ReadonlyMap<number, string> = new Map([
  [CLASS.format, ""],
  [CLASS.mark, ""],
  [CLASS.space, " "],
  [CLASS.dash, "-"],
  [CLASS.plus, "+"],
  [CLASS.open, "("],
  [CLASS.close, ")"],
  [CLASS.dot, "."],
  [CLASS.slash, "/"],
  [CLASS.colon, ":"],
]);

/** The input with each character as the ASCII sign or letter that stands for it; other letters and signs stay. */
function plainOf(input: string): string {
  let out = "";
  for (const char of input) {
    const kind = classOf(char.codePointAt(0) ?? 0);
    const value = valueOf(kind);
    out += value >= 0 ? String(value) : (PLAIN_SIGNS.get(kind) ?? letterOf(char));
  }
  return out;
}

/** A letter of full width or of another style as the letter of ASCII it is. */
function letterOf(char: string): string {
  const plain = char.normalize("NFKC");
  return /^[a-z]$/i.test(plain) ? plain : char;
}

const TOKEN = 'This is a token, not a number. Where a recipient is named, send it as {"token": "tok_…"}.';
const PLAIN =
  "Use digits, one plus at the start, and spaces, hyphens, full stops, slashes and one pair of brackets at a time; " +
  "no letters, no extension.";
