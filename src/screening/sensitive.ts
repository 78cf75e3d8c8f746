/**
 * Things that should not stand in a text message: card numbers, bank accounts, National Insurance and NHS numbers, passwords. Each is
 * found by its form and its check digits, in the folded text. Linear. Pure.
 */

export type SensitiveKind = "card_number" | "bank_account" | "national_insurance" | "nhs_number" | "password" | "code";
/** Offsets in the folded text. */
export type Sensitive = { kind: SensitiveKind; start: number; end: number };

const CARD_MIN = 13;
const CARD_MAX = 19;
/** Groups of digits, with a space or hyphen between. */
const GROUPS = /(?<![\d+])\d{1,19}(?:[ -]\d{1,19}){0,7}(?!\d)/g;
/** Two letters that are given out, six digits, a letter. */
const NI =
  /(?<![a-z0-9])(?!bg|gb|nk|kn|tn|nt|zz)[a-ceghj-prtw-z][a-ceghj-nprtw-z] ?\d{2} ?\d{2} ?\d{2} ?[a-d](?![a-z0-9])/g;
const NHS = /(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)|(?<=\bnhs (?:no\.?|number|num)(?: is)?:? ?)\d{10}(?!\d)/g;
const SORT_CODE = /(?<![\d-])\d{2}([ -])\d{2}\1\d{2}(?![\d-])|(?<=sort code:? ?)\d{6}(?!\d)/g;
const ACCOUNT = /(?<!\d)\d{8}(?!\d)/g;
/** A sort code and its account stand within so many characters. */
const ACCOUNT_NEAR = 60;
const PASSWORD =
  /\b(?:password|passcode|passwd|pass word|pin|pin number|pwd)(?: is| was|:| =|=| -)? {0,2}["']?(?=\S{0,29}\d)[^\s"',]{4,30}/g;
const CODE =
  /\b(?:code|otp|passcode|one time password|verification number)\b[^\d\n]{0,24}(\d{4,8}|\d{3}[ -]\d{3})(?![\d/:.])|(?<![\d£$€/:.+-])(\d{4,8}|\d{3}[ -]\d{3})(?= (?:is|as) (?:your|the|a)\b[^.\n]{0,40}\b(?:code|otp|passcode|pin)\b)/g;

const TEN_DIGITS = /\d{3}[ -]\d{3}[ -]\d{4}|\d{10}/;
const SECRET_WORD = /code|otp|pass|pin|pwd|verification/;

/** Everything of these kinds, in order. */
export function sensitiveIn(text: string): Sensitive[] {
  if (!/\d/.test(text)) return [];
  const found: Sensitive[] = [
    ...cards(text),
    ...accounts(text),
    ...placesOf(text, NI, "national_insurance"),
    ...(TEN_DIGITS.test(text) ? placesOf(text, NHS, "nhs_number") : []).filter(({ start, end }) =>
      isNhs(digitsOf(text.slice(start, end))),
    ),
    ...(SECRET_WORD.test(text) ? [...placesOf(text, PASSWORD, "password"), ...codes(text)] : []),
  ];
  return found.toSorted((a, b) => a.start - b.start);
}

const digitsOf = (text: string): string => text.replaceAll(/\D/g, "");

function placesOf(text: string, pattern: RegExp, kind: SensitiveKind): Sensitive[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => ({ kind, start: index, end: index + found.length }));
}

/** Card numbers: as many groups as make 13 to 19 digits that pass the check. */
function cards(text: string): Sensitive[] {
  return [...text.matchAll(GROUPS)].flatMap(({ index, 0: run }) => {
    const groups = [...run.matchAll(/\d+/g)].map((group) => ({ start: group.index, digits: group[0] }));
    for (let first = 0; first < groups.length; first++) {
      let digits = "";
      for (const { start, digits: more } of groups.slice(first)) {
        digits += more;
        if (digits.length > CARD_MAX) break;
        const from = index + (groups[first]?.start ?? 0);
        if (isCard(digits)) return [{ kind: "card_number" as const, start: from, end: index + start + more.length }];
      }
    }
    return [];
  });
}

/** ISO/IEC 7812: the first digit of a bank's card, and Luhn's check digit. */
function isCard(digits: string): boolean {
  if (digits.length < CARD_MIN || digits.length > CARD_MAX || !/^[2-6]/.test(digits) || /^(\d)\1+$/.test(digits))
    return false;
  let sum = 0;
  for (let back = 0; back < digits.length; back++) {
    const digit = digits.charCodeAt(digits.length - 1 - back) - 48;
    const doubled = digit * 2;
    sum += back % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** NHS numbers end in a check digit, modulo 11. */
function isNhs(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < 9; at++) sum += (10 - at) * (digits.charCodeAt(at) - 48);
  const check = (11 - (sum % 11)) % 11;
  return digits.length === 10 && check !== 10 && check === digits.charCodeAt(9) - 48;
}

function accounts(text: string): Sensitive[] {
  const numbers = [...text.matchAll(ACCOUNT)].map(({ index }) => index);
  if (numbers.length === 0) return [];
  const found: Sensitive[] = [];
  let next = 0;
  for (const { index: start, 0: code } of text.matchAll(SORT_CODE)) {
    while ((numbers[next] ?? Infinity) < start - ACCOUNT_NEAR) next++;
    const near = numbers[next];
    if (near === undefined || near > start + code.length + ACCOUNT_NEAR) continue;
    found.push({ kind: "bank_account", start: Math.min(start, near), end: Math.max(start + code.length, near + 8) });
    next++;
  }
  return found;
}

function codes(text: string): Sensitive[] {
  return [...text.matchAll(CODE)].map((match) => {
    const digits = match[1] ?? match[2] ?? "";
    const start = match.index + match[0].lastIndexOf(digits);
    return { kind: "code" as const, start, end: start + digits.length };
  });
}
