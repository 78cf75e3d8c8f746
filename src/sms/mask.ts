/**
 * What of a number may be shown: its calling code, its last two digits, and the block it is in. Pure.
 */

/** Calling code and the last two digits in sight: `+44•••••••23`. Always seven dots, so that not even the length shows. */
export function maskOf(e164: string): string {
  return maskFrom(callingCodeOf(e164), lastTwo(e164));
}

/** The mask from what a ledger may keep: calling code and last two digits. */
export function maskFrom(callingCode: string, lastTwoDigits: string): string {
  return `+${callingCode}${DOTS}${lastTwoDigits}`;
}

/** What stands for the hidden digits. */
export const DOTS = "•••••••";

/** The last two digits, all that is ever shown of a subscriber's own. */
export function lastTwo(e164: string): string {
  return e164.slice(-2);
}

/** ITU-T E.164's country codes of two digits. `1` and `7` are the only ones of one digit; all others have three. */
const CODES_OF_TWO: ReadonlySet<number> = new Set(
  (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 " +
    "81 82 84 86 90 91 92 93 94 95 98"
  )
    .split(" ")
    .map(Number),
);

/** Whether a number of two digits is a calling code. */
export const isCodeOfTwo = (pair: number): boolean => CODES_OF_TWO.has(pair);

/** The country calling code without its plus: "44" of +447700900123. */
export function callingCodeOf(e164: string): string {
  const first = e164.charAt(1);
  if (first === "1" || first === "7") return first;
  return e164.slice(1, isCodeOfTwo(Number(e164.slice(1, 3))) ? 3 : 4);
}

/**
 * Calling code and up to seven national digits: a block of 1,000 numbers under +44, whose numbers pumping attacks walk
 * through. Always leaves three digits off, so a prefix is never one person, also where numbers are shorter.
 */
export function prefixOf(e164: string): string {
  const code = callingCodeOf(e164).length + 1;
  return e164.slice(0, Math.max(code, Math.min(code + 7, e164.length - 3)));
}
