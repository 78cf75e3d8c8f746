/**
 * Telephone numbers whose digits are spelled out as words, in English and Welsh, or in words and figures mixed. A guess, on the side
 * of what people do on purpose. Linear. Pure.
 */
import type { Place } from "./links.ts";

const DIGIT_WORDS: ReadonlySet<string> = new Set(
  (
    "zero oh o nought nil one two three four five six seven eight nine dim sero un dau dwy tri tair pedwar pump chwech chwe saith " +
    "wyth naw"
  ).split(" "),
);
/** Whether a word in lower case is a digit's. */
export const isDigitWord = (word: string): boolean => DIGIT_WORDS.has(word);

const TIMES: ReadonlyMap<string, number> = new Map([
  ["double", 2],
  ["triple", 3],
  ["treble", 3],
  ["dwbl", 2],
]);
/** So many digits in a row read as a telephone number; a date, a time or a price has fewer. */
const SPELLED_MIN = 7;
/** Words between digits that do not end the row. */
const FILLERS: ReadonlySet<string> = new Set(["and", "then", "plus", "a", "wedyn"]);

type Row = Place & { digits: number; words: number };

/** Rows of digits in words, or in words and figures mixed, long enough to be a number. */
export function findSpelledNumbers(text: string): Place[] {
  const found: Place[] = [];
  let row: Row | null = null;
  let times = 1;
  const close = () => {
    if (row !== null && row.digits >= SPELLED_MIN && row.words > 0) found.push({ start: row.start, end: row.end });
    row = null;
    times = 1;
  };
  for (const match of text.matchAll(/[\p{L}]+|\d+|[^\p{L}\d\s.,;:/*_|()-]/gu)) {
    const word = match[0].toLowerCase();
    const repeated = TIMES.get(word);
    if (repeated !== undefined) {
      times = repeated;
      continue;
    }
    const isFigures = /^\d+$/.test(word);
    if (!isFigures && !DIGIT_WORDS.has(word)) {
      if (row === null || !FILLERS.has(word)) close();
      continue;
    }
    const before: Row = row ?? { digits: 0, words: 0, start: match.index, end: 0 };
    row = {
      digits: before.digits + (isFigures ? word.length : 1) * times,
      words: before.words + (isFigures ? 0 : 1),
      start: before.start,
      end: match.index + match[0].length,
    };
    times = 1;
  }
  close();
  return found;
}
