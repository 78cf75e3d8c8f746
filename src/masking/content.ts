/**
 * Contact details in a text, by which people could bypass masking: telephone numbers, e-mail addresses, links, and digits spelled out
 * as words. Heuristic, tuned to finding what people write on purpose; the labelled texts in its test measure it. Pure.
 */
import { findEmails, findHandles, findLinks, type Place } from "../sms/links.ts";
import { findNumbers } from "../sms/phone.ts";
import { SLIPS, type ContentPolicy, type Slip } from "./session.ts";

/** A place in a text (UTF-16 offsets, end exclusive). */
export type Found = { slip: Slip; start: number; end: number };

/** Replaces what was removed. */
export const REMOVED = "[removed]";

const DIGIT_WORDS: Readonly<Record<string, string>> = {
  zero: "0", oh: "0", o: "0", nought: "0", nil: "0", one: "1", two: "2", three: "3", four: "4", five: "5", six: "6",
  seven: "7", eight: "8", nine: "9", dim: "0", sero: "0", un: "1", dau: "2", dwy: "2", tri: "3", tair: "3", pedwar: "4",
  pump: "5", chwech: "6", chwe: "6", saith: "7", wyth: "8", naw: "9",
}; // prettier-ignore
const TIMES: Readonly<Record<string, number>> = { double: 2, triple: 3, treble: 3, dwbl: 2 };
/** So many digits in a row read as a telephone number; a date, a time or a price has fewer. */
const SPELLED_MIN = 7;
/** Words between digits that do not end the row. */
const FILLERS: ReadonlySet<string> = new Set(["and", "then", "plus", "a", "wedyn"]);

/** Finders of each kind, the most reliable first: of two finds that overlap, the first is kept. */
const FINDERS: readonly [Slip, (text: string) => Place[]][] = [
  ["emails", findEmails],
  ["links", findLinks],
  ["numbers", findNumbers],
  ["links", findHandles],
  ["spelled_digits", spelled],
];

/** Contact details of these kinds in the text, in order, without overlaps. */
export function findSlips(text: string, kinds: readonly Slip[] = SLIPS): Found[] {
  const taken = new Uint8Array(text.length);
  const found: Found[] = [];
  for (const [slip, find] of FINDERS) {
    if (!kinds.includes(slip)) continue;
    for (const { start, end } of find(text)) {
      if (taken.subarray(start, end).includes(1)) continue;
      taken.fill(1, start, end);
      found.push({ slip, start, end });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/**
 * The text to relay, and the kinds found in it that the policy strips or warns of. Each kind is searched on its own, so a number in a
 * link is stripped where links pass.
 */
export function applyContent(text: string, policy: ContentPolicy): { text: string; slips: Slip[] } {
  const stripped = SLIPS.filter((slip) => policy[slip] === "strip");
  const warned = SLIPS.filter((slip) => policy[slip] === "warn");
  const removed = stripped.length === 0 ? [] : findSlips(text, stripped);
  const slips = new Set(removed.map(({ slip }) => slip));
  for (const slip of warned) if (findSlips(text, [slip]).length > 0) slips.add(slip);
  let out = "";
  let from = 0;
  for (const { start, end } of removed) {
    out += text.slice(from, start) + REMOVED;
    from = end;
  }
  return { text: out + text.slice(from), slips: SLIPS.filter((slip) => slips.has(slip)) };
}

type Word = { digits: string; start: number; end: number };

/** Runs of digits in words, or in words and figures mixed, long enough to be a number. */
function spelled(text: string): Place[] {
  const found: Place[] = [];
  let row: { digits: string; words: number; start: number; end: number } | null = null;
  let times = 1;
  const close = () => {
    if (row !== null && row.digits.length >= SPELLED_MIN && row.words > 0)
      found.push({ start: row.start, end: row.end });
    row = null;
    times = 1;
  };
  for (const match of text.matchAll(/[\p{L}]+|\d+|[^\p{L}\d\s.,;:/*_|()-]/gu)) {
    const word = match[0].toLowerCase();
    if (TIMES[word] !== undefined) {
      times = TIMES[word];
      continue;
    }
    const digits = DIGIT_WORDS[word] ?? (/^\d+$/.test(word) ? word : null);
    if (digits === null) {
      if (row === null || !FILLERS.has(word)) close();
      continue;
    }
    const one: Word = { digits: digits.repeat(times), start: match.index, end: match.index + match[0].length };
    const worded = /\d/.test(word) ? 0 : 1;
    times = 1;
    row = row === null
      ? { ...one, words: worded }
      : { digits: row.digits + one.digits, words: row.words + worded, start: row.start, end: one.end }; // prettier-ignore
  }
  close();
  return found;
}
