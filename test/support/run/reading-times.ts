/**
 * How long it takes to look for numbers in 500 characters, as a program of its own: what runs the tests wraps every call between
 * modules, and that would be most of what is measured. Prints JSON: microseconds by kind of text, and the floor.
 */
import { classOf } from "../../../src/sms/characters.ts";
import { maskNumbersIn } from "../../../src/sms/phone.ts";

const LENGTH = 500;
const WARM_UP = 1_000;
const ROUNDS = 60;
const TEXTS_A_ROUND = 20;

/** What texts are filled with: what people and programs write, and what is written to be slow. */
const PIECES = [
  "Your shift on Friday 12 November is confirmed at 18:30, Flat 12, LS1 4AB. ",
  '{"id":"a1","n":1,"at":"2026-01-15T07:30:00.000+01:00","v":[1,2,3,44,0.7]} ',
  "Bydd y meddyg yn eich gweld ddydd Mawrth 3 Rhagfyr am 10:40, ffoniwch 029 2018 0123. ",
  "550e8400-e29b-41d4-a716-446655440000 ",
  // Numbers, whole, in groups, glued, alike and nearly ones
  "07700900123 ", "07700 900 123 ", "0 7 7 0 0 9 0 0 1 2 3 ", "a02079460123b", "09098790123150p ", "42007700900123 ", "£42007700900123 ",
  "+447700900123", "+44 (0)7700 900123 ", "415 555 0132 ", "1 415-555-0132 ", "06 12 34 56 78 ", "7700 900 12 ", "07700900123-", "07700900",
  // Digits that a number may begin at, with every sign between
  "0", "7", "0 ", "7 ", "0-", "0.", "0/", "01 ", "07 ", "07-", "08 ", "0 1 ", "0 7 ", "0 8 ", "01 1 ", "01 07 0 ", "030 ", "030/", "0800 ",
  "44 ", "44 0 8 ", "44 1 ", "447 ", "4471 ", "71 ", "7123 ", "0 1 6 3 2 ", "01632 96 ", "1-", "(0", "(0)", "a0", "a07", "0_", "0\u200b", "0\u0301",
  "+", "+4", "+44", "+4 4 ", "+1 ", "+1-2", "+6 ", "+8 2 1 0", `+62${" 8 1".repeat(7)} `, `+800${" 1 2".repeat(4)} `, `+39${" 0 6 1".repeat(4)} `,
  "00 ", "001 ", "001 2 0 1 5 5 5 0 1 2 3 ", "0049 1 2 3 4 5 6 7 8 9 0 1 2 3 ", `007${" 9 1".repeat(5)} `, "0 0 4 9 1 2",
  // Dates, and what begins as one
  "2026-01-15 ", "01-01-2026", "01/02/", "1 1 2026 ", "12.12.",
  // Masks, and what hides
  "+44•••••••23 ", "•••0", "•",
  // Percent-encoding, whole, torn, more than once, of digits and of what is none
  "%", "%3", "%25", "%20", "%30 ", "%30%37%37", "%30 1", "%2530", "%252530", "%25%33%30", "0%20", "%c3%a9", "%ff", "%E0%A5%A6", "%f0%9d%9f%8e", "%07", "%250%3",
  // Odd signs between digits
  "1=", "0=", "0#", "0#7#", "07=", "01=", "0£", "0 x 7 ", "x 1 x 1 ", "1x", "0 #7 #7 ", "0% 7% ", "0:7:", "07:70:", "44=", "+44=7", "0=0=4=4=",
  "07700=900=123 ", "+44#7700900123 ", "0123456=", "01632=960=12 ", "£12.50 x 3 @ £7 = £37.50, ", "a=1&b=2&c=33&", "#1 #2 #3 ", "0＝", "0 ＃7 ",
  // References, tags and backslashes: whole, torn, encoded again, with digits and without
  "&", "0&", "&#", "&#160;", "0&#160;", "&#48;", "&#x30;", "&#48;1", "&amp;", "&amp;#48;", "&amp;amp;amp;#48;", "&nbsp;", "0&nbsp;", "&aaaaaaaaaaaaaaaa", "&a;", "&#0000048;",
  "<", "<a", "0<a", "<b>", "0<b>7</b>", "<a 12345>", "<a 12345", "<b", "</", "0<b 1>", "\\", "\\n", "0\\n", "\\u0031", "\\u003", "0\\u0031", "\\x31", "\\x3", "\\u{31}", "\\060", "0\\060",
  "\\ud835\\udfce", "Dw i'n mynd i'r dre i weld f'ewythr a'i wraig o'r diwedd, mae'n 5 o'r gloch. ", "07700900123² ", "07700900123[1] ", "0²",
  // Other scripts, and what Unicode has besides
  "٠٧٧٠٠٩٠٠١٢٣ ", "٠ ", "０ ", "𝟎 ", "0️⃣", "⓪ ", "😀", "漢", "\u200b", "\u0301",
]; // prettier-ignore

/** A text as a body brings it: in one piece of memory. */
const textOf = (piece: string): string => {
  const text: unknown = JSON.parse(JSON.stringify(piece.repeat(LENGTH).slice(0, LENGTH)));
  return String(text);
};

/** The least time of many short rounds: other programs take the machine away for longer than one lasts. */
function microseconds(read: (text: string) => unknown, text: string): number {
  for (let i = 0; i < WARM_UP; i++) read(text);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    for (let i = 0; i < TEXTS_A_ROUND; i++) read(text);
    best = Math.min(best, ((performance.now() - from) * 1_000) / TEXTS_A_ROUND);
  }
  return best;
}

/** The least that any reading of a text does: one look at the class of each character. */
function floor(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum += classOf(text.charCodeAt(at));
  return sum;
}

const [first = ""] = PIECES;
const floors: number[] = [];
const kinds: Record<string, number> = {};
for (const piece of PIECES) {
  floors.push(microseconds(floor, textOf(first)));
  kinds[piece] = microseconds(maskNumbersIn, textOf(piece));
}
console.log(JSON.stringify({ floor: floors.toSorted((a, b) => a - b)[floors.length >> 1], kinds }));
