/**
 * The code itself: how it is drawn, how two spellings of it are the same, and the keyed digest it is known by. Pure; random
 * bytes and the key are handed in. A code is never in a type that is stored, logged or answered.
 */
import { canonical } from "../../base/canonical.ts";
import { lettersAndDigits } from "../../sms/characters.ts";
import type { Context } from "./context.ts";

/**
 * Digits, or letters and digits that nobody takes for one another: no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V is one letter. Upper
 * case; compared without regard to case.
 */
export const ALPHABETS = { numeric: "0123456789", alphanumeric: "34679ACDEFGHJKMNPQRTVWXY" } as const;
export type Alphabet = keyof typeof ALPHABETS;

export const CODE_LENGTH = { min: 4, max: 10, default: 6 } as const;
/** Ten minutes, by NIST SP 800-63B-4 and ASVS 6.5.5. A constant: no schema, service or rule takes more. */
export const CODE_SECONDS = { min: 60, max: 600, default: 600 } as const;
/** Fewer codes than this are guessed too soon, whatever counts the guesses. */
const CODES_MIN = 10_000;
/** Six decimal digits: what NIST asks of a secret sent out of band. */
const CODES_STANDARD = 1_000_000;

/** A code, every one as likely as any other: bytes beyond a whole multiple of the alphabet are thrown away. */
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

/** How many codes there are of this kind; null when they are too few to be used at all. */
export function codesOf(length: number, alphabet: Alphabet): number | null {
  const codes = ALPHABETS[alphabet].length ** length;
  return codes < CODES_MIN ? null : codes;
}

/**
 * What the factor is worth. SMS is a restricted authenticator and never phishing-resistant (NIST SP 800-63B-4);
 * `restricted_short` has fewer codes than the six digits asked for, `restricted_custom` was chosen by the caller.
 */
export const STRENGTHS = ["restricted", "restricted_short", "restricted_custom"] as const;
export type Strength = (typeof STRENGTHS)[number];

/** The strength of a code of this kind. */
export function strengthOf(length: number, alphabet: Alphabet, custom: boolean): Strength {
  if (custom) return "restricted_custom";
  return (codesOf(length, alphabet) ?? 0) < CODES_STANDARD ? "restricted_short" : "restricted";
}

/**
 * A code as a person may type or paste it: digits of any script, letters in any case; spaces, dashes, punctuation and what
 * cannot be seen go, because nobody types them on purpose. What is no text is a wrong code too.
 */
export function normaliseCode(typed: string): string {
  return lettersAndDigits(typed.toWellFormed()).toUpperCase();
}

/** What the digest covers, in one spelling: another verification, intent, amount, currency or payee is another text. */
export function digestText(id: string, intent: string, context: Context | null, code: string): string {
  const { amount = null, currency = null, payee = null } = context ?? {};
  return canonical([id, intent, amount, currency, payee, code]);
}

/** As `digestText`, of the context alone: tells a wrong context from a wrong code. */
export function contextText(id: string, intent: string, context: Context | null): string {
  const { amount = null, currency = null, payee = null } = context ?? {};
  return canonical([id, intent, amount, currency, payee]);
}
