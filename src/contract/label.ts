/**
 * Text that callers write and that is kept in clear: names of tenants, keys and accounts, and URLs. It is stored
 * unsealed and shown in lists, so it may hold nothing that reads as a phone number and no invisible character.
 */
import { z } from "zod";
import { millisecondsOf } from "../base/clock.ts";
import { isBlank } from "../sms/characters.ts";
import { findNumbers } from "../sms/phone.ts";

const NO_NUMBER = "A phone number may not stand here: this is kept and shown in clear.";
const VISIBLE = "Write at least one visible character.";

/** A time in a body or a query: RFC 3339 with an offset. */
export const Time = z
  .string()
  .max(40)
  .refine((text) => millisecondsOf(text) !== null, "Write an RFC 3339 time with an offset.")
  .meta({ description: "An RFC 3339 time with an offset." });

/** Controls, lone surrogates, line separators, and characters that change the reading direction. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** One line of visible text. It may hold a number, so use it only for fields that are sealed and shown masked. */
export const oneLine = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((text) => !UNSEEN.test(text), "Use one line of visible characters.")
    .refine((text) => !isBlank(text), VISIBLE);

/** A line that is kept in clear and may hold no number. */
export const clearLine = (lengthMax: number) => oneLine(lengthMax).refine((text) => !holdsNumber(text), NO_NUMBER);

/** A name by which people recognise a resource. */
export const Label = clearLine(100);

/** A sentence that a tenant sets once and that is sent to people; kept in clear like a name. */
export const Wording = clearLine(300);

/** A URL's text; `net/outside-url.ts` judges where it leads. */
export const UrlText = z
  .string()
  .min(1)
  .max(2_000)
  .refine((text) => !holdsNumber(text), NO_NUMBER);

/** Whether the text holds a phone number, plain or percent-encoded. */
function holdsNumber(text: string): boolean {
  return findNumbers(text).length > 0;
}
