/**
 * What a caller may write where it is kept in clear: names of tenants, keys and accounts, and URLs. It is shown in lists and
 * stored unsealed, so nothing that reads as a phone number may stand in it, and no character that is not to be seen.
 */
import { z } from "zod";
import { isBlank } from "../sms/characters.ts";
import { findNumbers } from "../sms/phone.ts";

const NO_NUMBER = "A phone number may not stand here: this is kept and shown in clear.";
const VISIBLE = "Write at least one visible character.";

/** Controls, lone surrogates, line separators, and what turns the reading direction. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Text of one line in which something can be seen. It may hold a number: for what is kept sealed and shown masked. */
export const oneLine = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((text) => !UNSEEN.test(text), "Use one line of visible characters.")
    .refine((text) => !isBlank(text), VISIBLE);

/** A name for people to recognise a thing by. */
export const Label = oneLine(100).refine((text) => !holdsNumber(text), NO_NUMBER);

/** A sentence that a tenant sets once and that people are sent; kept in clear like a name. */
export const Wording = oneLine(300).refine((text) => !holdsNumber(text), NO_NUMBER);

/** A URL's text; where it may lead is judged elsewhere. */
export const UrlText = z
  .string()
  .min(1)
  .max(2_000)
  .refine((text) => !holdsNumber(text), NO_NUMBER);

/** Whether a number stands in the text, as it is or percent-encoded. */
function holdsNumber(text: string): boolean {
  return findNumbers(text).length > 0;
}
