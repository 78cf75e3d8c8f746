/**
 * Whether a sender ID will pass the networks of a country. Called when a sender is registered and by preview.
 * It judges the spelling only; whether a tenant may use a brand's name is decided elsewhere.
 */

import { parseNumber, type NumberKind } from "../sms/phone.ts";
import type { FieldError } from "../base/refusal.ts";

export type SenderKind = "alphanumeric" | "short_code" | "number";

/** One rule that the sender breaks and what would be right; the caller adds the field's name. */
export type SenderError = Omit<FieldError, "field">;

/** The originating address of TS 23.040, 9.1.2.5, holds eleven septet characters. */
export const SENDER_LENGTH_MAX = 11;

/** UK networks block shorter names; so does GOV.UK Notify. Two handsets of one person may show them, and most do not. */
const UK_NAME_LENGTH_MIN = 3;

/** Longer input is judged by its length alone; it is more than any spelling of a number. */
const SENDER_INPUT_MAX = 40;

/** Kinds of number that a person can answer; a text from a premium or personal number is a trap (A6). */
const ANSWERABLE: ReadonlySet<NumberKind> = new Set<NumberKind>([
  "mobile",
  "drama",
  "crown_mobile",
  "fixed",
  "voip",
  "other",
]);

/** Countries that number under +44; to the networks that block foreign numeric senders, all of it is home. */
const UK_PLAN: ReadonlySet<string> = new Set(["GB", "GG", "JE", "IM"]);

/** Words that say what a text is and not who sends it; UK networks have blocked them since autumn 2023. */
const GENERIC = (
  "sms text txt msg message messages info information alert alerts verify verified verifyme verifier code codes " +
  "otp auth authmsg pin passcode password notice notices notify update updates security secure service"
).split(" ");

/** Words that make a generic word no more of a name. */
const FILLERS = "a my me us your our the new now online uk gb for by to".split(" ");

/** Spellings that read alike in a sender field: digits for letters, and small l for capital I. */
const CONFUSABLES: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "l",
  "2": "z",
  "3": "e",
  "4": "a",
  "5": "s",
  "6": "g",
  "7": "t",
  "8": "b",
  "9": "g",
  i: "l",
  "-": "",
  _: "",
  " ": "",
  ".": "",
};

/** What the eye reads: two senders with one skeleton cannot be told apart at a glance. Only the safe set is read. */
export function skeletonOf(sender: string): string {
  return [...sender.toLowerCase()].map((char) => CONFUSABLES[char] ?? char).join("");
}

const GENERIC_SKELETONS: ReadonlySet<string> = new Set(GENERIC.map(skeletonOf));
const FILLER_SKELETONS: ReadonlySet<string> = new Set(FILLERS.map(skeletonOf));

/**
 * The kind of a sender that may be used towards `country` (ISO 3166-1), or every rule it breaks. The generic words hold
 * everywhere. Names to numbers of +44 obey GOV.UK Notify's rule, which all UK networks deliver: letters, digits, space and
 * `& . - _`, three to eleven. Names elsewhere keep to the set that every network takes; the rules for numeric senders are those
 * of the UK networks and bind for GB alone.
 */
export function lintSender(sender: string, country: string): { kind: SenderKind } | { errors: SenderError[] } {
  if (sender === "")
    return broken("sender_empty", "Give a name of 1 to 11 characters, a short code, or a number in E.164.");
  if (sender.length > SENDER_INPUT_MAX) return broken("sender_too_long", TOO_LONG);
  if (/^[+(]?[0-9][0-9 ().-]*$/.test(sender)) return lintNumeric(sender, country);
  return lintName(sender, UK_PLAN.has(country));
}

/** Whether numbers of the country are of +44. */
export function isUkPlan(country: string): boolean {
  return UK_PLAN.has(country);
}

/** What every network takes in a name. */
const SAFE = /^[A-Za-z0-9_-]+$/;
/** What UK networks take beside it. */
const UK_MORE = /^[ .&]$/;

const TOO_LONG = `Use at most ${SENDER_LENGTH_MAX} characters: handsets are sent no more.`;

function broken(code: string, detail: string): { errors: SenderError[] } {
  return { errors: [{ code, detail }] };
}

function lintName(sender: string, isUk: boolean): { kind: SenderKind } | { errors: SenderError[] } {
  const errors: SenderError[] = [];
  const chars = [...sender];
  if (chars.length > SENDER_LENGTH_MAX) errors.push({ code: "sender_too_long", detail: TOO_LONG });
  const outside = chars.findIndex((char) => !SAFE.test(char) && !(isUk && UK_MORE.test(char)));
  if (outside >= 0) errors.push(outsideSafeSet(chars[outside] ?? "", outside + 1, isUk));
  else if (/^ | $|  /.test(sender)) {
    const detail = "A name begins and ends with a character that shows, and has one space between two words.";
    errors.push({ code: "sender_character", detail });
  }
  if (isUk && chars.length < UK_NAME_LENGTH_MIN) {
    const detail = `Use at least ${UK_NAME_LENGTH_MIN} characters: UK networks block shorter names.`;
    errors.push({ code: "sender_too_short", detail });
  }
  if (!/[A-Za-z]/.test(sender)) {
    errors.push({
      code: "sender_without_letter",
      detail: "A name needs at least one letter from A to Z; without one it reads as a number.",
    });
  }
  if (chars.length <= SENDER_LENGTH_MAX && isGeneric(sender)) {
    const detail = "Use the name of your brand: networks block words such as INFO, ALERT or CODE, in any spelling.";
    errors.push({ code: "sender_generic", detail });
  }
  return errors.length > 0 ? { errors } : { kind: "alphanumeric" };
}

/** Says which character and what kind of thing it is, never the character itself: it may be there to deceive. */
function outsideSafeSet(char: string, position: number, isUk: boolean): SenderError {
  const safe = isUk
    ? "Use A to Z, a to z, 0 to 9, space, ampersand, full stop, hyphen and underscore."
    : "Use A to Z, a to z, 0 to 9, hyphen and underscore, which every network takes.";
  if (UK_MORE.test(char)) {
    const detail = `Character ${position} is a space, full stop or ampersand, which only some networks take. ${safe}`;
    return { code: "sender_character", detail };
  }
  if (/[\p{L}\p{M}\p{N}]/u.test(char)) {
    const detail = `Character ${position} is no letter or digit of basic Latin, though it may look like one. ${safe}`;
    return { code: "sender_confusable", detail };
  }
  const what = /[\p{C}\p{Z}]/u.test(char) ? "is invisible" : "is a sign that networks drop or refuse";
  return { code: "sender_character", detail: `Character ${position} ${what}. ${safe}` };
}

function lintNumeric(sender: string, country: string): { kind: SenderKind } | { errors: SenderError[] } {
  const digits = sender.replace(/[^0-9]/g, "");
  if (digits === sender && digits.length <= 8) return lintShortCode(sender, country);
  const result = parseNumber(sender, "GB");
  const number = "number" in result ? result.number : null;
  if (!number) {
    const detail = "Use a number in E.164, such as +447700900123, a five-digit short code, or a name with a letter.";
    return broken("sender_number_invalid", detail);
  }
  const errors: SenderError[] = [];
  if (number.e164 !== sender) {
    errors.push({
      code: "sender_number_not_e164",
      detail: "Write the number in E.164: a plus, the country code, and digits only.",
    });
  }
  if (country === "GB" && !UK_PLAN.has(number.country)) {
    errors.push({
      code: "sender_number_foreign",
      detail: "UK networks block numeric senders from abroad: use a +44 number or a name.",
    });
  }
  if (!ANSWERABLE.has(number.kind)) {
    const detail = "Premium, personal and pager numbers may not send: use a virtual mobile number.";
    errors.push({ code: "sender_number_kind", detail });
  }
  return errors.length > 0 ? { errors } : { kind: "number" };
}

/** Five digits starting 6, 7 or 8 for GB; elsewhere three to eight digits, since no one rule is known. */
function lintShortCode(sender: string, country: string): { kind: SenderKind } | { errors: SenderError[] } {
  const fits = country === "GB" ? /^[678][0-9]{4}$/.test(sender) : /^[0-9]{3,8}$/.test(sender);
  if (fits) return { kind: "short_code" };
  const right = country === "GB" ? "five digits starting with 6, 7 or 8" : "three to eight digits";
  return broken("sender_short_code", `A short code has ${right}; a longer number is written in E.164, with a plus.`);
}

/**
 * True when nothing but generic words is left to read, with or without digits at either end. A digit at an end may be a
 * letter in disguise or a mere number (INF0-24 has both), so every cut is tried: at most 11 by 11.
 */
function isGeneric(sender: string): boolean {
  const bare = sender.replace(/[-_ .&]/g, "");
  const leading = /^[0-9]*/.exec(bare)?.[0].length ?? 0;
  const trailing = /[0-9]*$/.exec(bare)?.[0].length ?? 0;
  for (let start = 0; start <= leading; start++) {
    for (let end = bare.length - trailing; end <= bare.length; end++) {
      if (isMadeOfWords(skeletonOf(bare.slice(start, end)))) return true;
    }
  }
  return false;
}

/** Whether the skeleton splits into fillers and at least one generic word; at most eleven characters, so few splits. */
function isMadeOfWords(skeleton: string): boolean {
  const ways: { plain: boolean; generic: boolean }[] = [{ plain: true, generic: false }];
  for (let end = 1; end <= skeleton.length; end++) {
    const way = { plain: false, generic: false };
    for (let start = 0; start < end; start++) {
      const word = skeleton.slice(start, end);
      const before = ways[start] ?? { plain: false, generic: false };
      if (GENERIC_SKELETONS.has(word)) way.generic ||= before.plain || before.generic;
      if (!FILLER_SKELETONS.has(word)) continue;
      way.plain ||= before.plain;
      way.generic ||= before.generic;
    }
    ways.push(way);
  }
  return ways.at(-1)?.generic ?? false;
}
