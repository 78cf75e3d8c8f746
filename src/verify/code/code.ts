/**
 * The code itself: how it is drawn, which spellings of it are equal, and the text of its keyed digest. A code is never in a type that
 * is stored, logged or answered. Pure; random bytes are passed in.
 */
import { canonical } from "../../base/canonical.ts";
import { lettersAndDigits } from "../../sms/characters.ts";
import type { Context } from "./context.ts";

/**
 * Digits, or letters and digits that are not mistaken for one another: without 0 O, 1 I L, 2 Z, 5 S, 8 B and U. Upper case; compared
 * without regard to case.
 */
export const ALPHABETS = { numeric: "0123456789", alphanumeric: "34679ACDEFGHJKMNPQRTVWXY" } as const;
export type Alphabet = keyof typeof ALPHABETS;

export const CODE_LENGTH = { min: 4, max: 10, default: 6 } as const;
/** Ten minutes, by NIST SP 800-63B-4 and ASVS 6.5.5. A constant: no schema, service or rule takes more. */
export const CODE_SECONDS = { min: 60, max: 600, default: 600 } as const;
/** With fewer possible codes a guess succeeds too easily, whatever the limits on guesses. */
const CODES_MIN = 10_000;
/** Six decimal digits: what NIST requires of an out-of-band secret. */
const CODES_STANDARD = 1_000_000;

/** A random code; all are equally likely, because bytes beyond a whole multiple of the alphabet's size are discarded. */
export function drawCode(length: number, alphabet: Alphabet, randomBytes: (length: number) => Uint8Array): string {
  const letters = ALPHABETS[alphabet];
  const fair = 256 - (256 % letters.length);
  let code = "";
  while (code.length < length) {
    for (const byte of randomBytes(length - code.length)) {
      if (byte < fair) code += letters.charAt(byte % letters.length);
    }
  }
  return code;
}

/** How many codes of this kind there are; null if too few to be allowed. */
export function codesOf(length: number, alphabet: Alphabet): number | null {
  const codes = ALPHABETS[alphabet].length ** length;
  return codes < CODES_MIN ? null : codes;
}

/**
 * The strength of the factor. SMS is a restricted authenticator and never phishing-resistant (NIST SP 800-63B-4);
 * `restricted_short`: fewer possible codes than six digits have; `restricted_custom`: the caller chose the code.
 */
export const STRENGTHS = ["restricted", "restricted_short", "restricted_custom"] as const;
export type Strength = (typeof STRENGTHS)[number];

/** The strength of a code of this kind. */
export function strengthOf(length: number, alphabet: Alphabet, custom: boolean): Strength {
  if (custom) return "restricted_custom";
  return (codesOf(length, alphabet) ?? 0) < CODES_STANDARD ? "restricted_short" : "restricted";
}

/**
 * A code as it is compared: digits of any script become ASCII, letters upper case; spaces, dashes, punctuation and invisible
 * characters are dropped, because nobody types them on purpose. Text without any code left is a wrong code.
 */
export function normaliseCode(typed: string): string {
  return lettersAndDigits(typed.toWellFormed()).toUpperCase();
}

/** The canonical text that the digest covers: it differs for another verification, intent, amount, currency or payee. */
export function digestText(id: string, intent: string, context: Context | null, code: string): string {
  const { amount = null, currency = null, payee = null } = context ?? {};
  return canonical([id, intent, amount, currency, payee, code]);
}

/** As `digestText`, of the context alone: tells a wrong context from a wrong code. */
export function contextText(id: string, intent: string, context: Context | null): string {
  const { amount = null, currency = null, payee = null } = context ?? {};
  return canonical([id, intent, amount, currency, payee]);
}
