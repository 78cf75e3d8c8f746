/**
 * Ways round the mask in a text: telephone numbers, e-mail addresses, links, and digits spelled out as words. A guess, on the side
 * of what people do on purpose; the labelled texts in its test say how good it is. Pure.
 */
import { findNumbers } from "../sms/phone.ts";
import { SLIPS, type ContentPolicy, type Slip } from "./session.ts";

/** Where something stands in a text (UTF-16 offsets, end exclusive). */
export type Found = { slip: Slip; start: number; end: number };

/** What stands where something was taken out. */
export const REMOVED = "[removed]";

/** As people write it, and as they write it round a filter: `name (at) host (dot) com`. */
const EMAIL = new RegExp(
  [
    String.raw`[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\s?(?:@|[([{]\s?at\s?[)\]}])\s?[\p{L}\p{N}-]{2,63}(?:(?:\.|\s?[([{]\s?dot\s?[)\]}]\s?|\sdot\s)[\p{L}]{2,24}){1,3}(?![\p{L}])`,
    String.raw`[\p{L}\p{N}][\p{L}\p{N}._%+-]{0,63}\sat\s[\p{L}\p{N}-]{2,63}(?:\s?(?:[([{]\s?dot\s?[)\]}]|\bdot\b)\s?[\p{L}]{2,24}){1,3}(?![\p{L}])`,
  ].join("|"),
  "giu",
);

const SCHEME = /\b(?:https?|ftp):\/\/[^\s<>"]{2,500}/giu;
/** Host names without a scheme, by the endings that are used in links; `e.g.` and `p.m.` have none of them. */
const BARE_LINK =
  /(?<![\p{L}\p{N}@.-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?:com|net|org|info|biz|io|me|ly|gl|app|dev|link|site|shop|online|uk|ie|eu|de|fr|es|nl|us|ca|au|in|pk|ng|gg|tv|to|cc|co|wales|cymru|scot|london)(?:\/[^\s<>"]{0,500})?(?![\p{L}\p{N}-])/giu;
/** Names in other networks: `@name` alone, or behind the network's word. */
const HANDLE =
  /(?<![\p{L}\p{N}._%+-])@[a-z0-9_][a-z0-9_.]{2,30}|\b(?:whats\s?app|telegram|insta(?:gram)?|snap(?:chat)?|signal)\s{0,2}(?:me\b\s{0,2})?(?:is|:|-|@)\s{0,2}[\w.@]{3,40}/giu;

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

/** Everything in the text that could lead round the mask, in order, each place once. */
export function findSlips(text: string): Found[] {
  const all: Found[] = [
    ...matchesOf(text, EMAIL, "emails"),
    ...matchesOf(text, SCHEME, "links"),
    ...findNumbers(text).map(({ start, end }): Found => ({ slip: "numbers", start, end })),
    ...matchesOf(text, BARE_LINK, "links"),
    ...matchesOf(text, HANDLE, "links"),
    ...spelled(text),
  ];
  const taken: Found[] = [];
  for (const one of all) if (!taken.some((other) => one.start < other.end && other.start < one.end)) taken.push(one);
  return taken.sort((a, b) => a.start - b.start);
}

/** The text as it may go on, and what was in it that the policy does not simply let pass. */
export function applyContent(text: string, policy: ContentPolicy): { text: string; slips: Slip[] } {
  if (SLIPS.every((slip) => policy[slip] === "pass")) return { text, slips: [] };
  let out = "";
  let from = 0;
  const slips = new Set<Slip>();
  for (const { slip, start, end } of findSlips(text)) {
    if (policy[slip] === "pass") continue;
    slips.add(slip);
    if (policy[slip] === "warn") continue;
    out += text.slice(from, start) + REMOVED;
    from = end;
  }
  return { text: out + text.slice(from), slips: SLIPS.filter((slip) => slips.has(slip)) };
}

function matchesOf(text: string, pattern: RegExp, slip: Slip): Found[] {
  return [...text.matchAll(pattern)].map((match) => ({ slip, start: match.index, end: match.index + match[0].length }));
}

type Word = { digits: string; start: number; end: number };

/** Rows of digits in words, or in words and figures mixed, long enough to be a number. */
function spelled(text: string): Found[] {
  const found: Found[] = [];
  let row: { digits: string; words: number; start: number; end: number } | null = null;
  let times = 1;
  const close = () => {
    if (row !== null && row.digits.length >= SPELLED_MIN && row.words > 0)
      found.push({ slip: "spelled_digits", start: row.start, end: row.end });
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
