/**
 * Which of a carrier's own message ids may be stored: forms that can hold neither a number nor a word of the text. Any
 * other id is dropped, because a gateway may echo anything in it.
 */

/** UUID, ULID, 16 to 64 hexadecimal digits with an optional prefix of two letters, or an id of our own. */
const OPAQUE = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}|(?:[A-Z]{2})?[0-9a-fA-F]{16,64}|msg_[0-9a-z]{36})$/; // prettier-ignore
/** Enough for the ten ids of a text of ten parts. */
export const REFERENCE_LENGTH_MAX = 400;

/** Whether it may be stored, put on a queue and shown. Several, for the parts of one text, are joined by commas. */
export function isOpaque(reference: string): boolean {
  return reference.length <= REFERENCE_LENGTH_MAX && reference.split(",").every((part) => OPAQUE.test(part));
}
