/**
 * What a caller may write where it is kept in clear: names of tenants, keys and accounts, and URLs. It is shown in lists and
 * stored unsealed, so nothing that reads as a phone number may stand in it, and no character that is not to be seen.
 */
import { z } from "zod";
import { findNumbers } from "../sms/phone.ts";

const NO_NUMBER = "A phone number may not stand here: this is kept and shown in clear.";

/** Controls, lone surrogates, line separators, and what turns the reading direction. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** A name for people to recognise a thing by. */
export const Label = z
  .string()
  .min(1)
  .max(100)
  .refine((text) => !UNSEEN.test(text), "Use one line of visible characters.")
  .refine((text) => !holdsNumber(text), NO_NUMBER);

/** A sentence that a tenant sets once and that people are sent; kept in clear like a name. */
export const Wording = z
  .string()
  .min(1)
  .max(300)
  .refine((text) => !UNSEEN.test(text), "Use one line of visible characters.")
  .refine((text) => !holdsNumber(text), NO_NUMBER);

/** A URL's text; where it may lead is judged elsewhere. */
export const UrlText = z
  .string()
  .min(1)
  .max(2_000)
  .refine((text) => !holdsNumber(text), NO_NUMBER);

/** Whether a number stands in the text, as it is or percent-encoded. */
function holdsNumber(text: string): boolean {
  return findNumbers(text).length > 0 || findNumbers(decoded(text)).length > 0;
}

/** Every valid escape read, the others left as they stand. */
function decoded(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
