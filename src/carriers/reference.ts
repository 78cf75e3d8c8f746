/**
 * A carrier's own id of a message, as far as it may be kept: a form that can hold neither a number nor a word of the text. What a
 * gateway invents beyond that is dropped, because it may echo anything.
 */

/** UUID, ULID, hexadecimal of 16 to 64 digits with the two letters some carriers put before it, or an id of our own. */
const OPAQUE = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}|(?:[A-Z]{2})?[0-9a-fA-F]{16,64}|msg_[0-9a-z]{36})$/; // prettier-ignore
/** A text of ten parts has ten of them. */
export const REFERENCE_LENGTH_MAX = 400;

/** Whether it may be stored, put on a queue and shown. Several, for the parts of one text, are joined by commas. */
export function isOpaque(reference: string): boolean {
  return reference.length <= REFERENCE_LENGTH_MAX && reference.split(",").every((part) => OPAQUE.test(part));
}
