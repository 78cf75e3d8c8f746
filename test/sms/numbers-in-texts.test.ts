// How many of the numbers in texts are found, and how much of what is found is a number: on sets that were written after the
// rules were frozen, and on texts that are put together at random from other parts than the rules' own tests.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { findNumbers } from "../../src/sms/phone.ts";
import { seedOfRun } from "../support/run/seed.ts";
import { markedTexts } from "../support/run/sms-texts.ts";

type Marked = { text: string; numbers: { start: number; end: number }[] };
type Count = { numbers: number; found: number; right: number; wrong: string[] };

const RECALL_MIN = 0.99;
const PRECISION_MIN = 0.98;

/** A line of the file: `[[…]]` round each number. */
function unmark(line: string): Marked {
  let text = "";
  const numbers: Marked["numbers"] = [];
  for (const [piece] of line.matchAll(/\[\[.*?\]\]|(?:(?!\[\[).)+/gsu)) {
    const inner = piece.startsWith("[[") ? piece.slice(2, -2) : null;
    if (inner !== null) numbers.push({ start: text.length, end: text.length + inner.length });
    text += inner ?? piece;
  }
  return { text, numbers };
}

/** A number counts as found when it is covered whole; what is found counts as right when it covers one. */
function count(lines: readonly Marked[]): Count {
  const total: Count = { numbers: 0, found: 0, right: 0, wrong: [] };
  for (const { text, numbers } of lines) {
    const found = findNumbers(text);
    total.numbers += numbers.length;
    for (const number of numbers) {
      if (found.some(({ start, end }) => start <= number.start && end >= number.end)) total.found++;
      else total.wrong.push(`missed in: ${text}`);
    }
    for (const { start, end } of found) {
      if (numbers.some((number) => start < number.end && number.start < end)) total.right++;
      else total.wrong.push(`no number: ${text}`);
    }
  }
  return total;
}

function judge(name: string, lines: readonly Marked[]): void {
  const { numbers, found, right, wrong } = count(lines);
  const all = right + wrong.filter((line) => line.startsWith("no number")).length;
  const [recall, precision] = [found / numbers, right / all];
  const figures = `recall ${(recall * 100).toFixed(2)} % of ${numbers}, precision ${(precision * 100).toFixed(2)} % of ${all}`;
  console.log(`${name}: ${lines.length} texts, ${figures}`);
  expect(recall, wrong.join("\n")).toBeGreaterThanOrEqual(RECALL_MIN);
  expect(precision, wrong.join("\n")).toBeGreaterThanOrEqual(PRECISION_MIN);
}

const linesOf = (file: string): Marked[] =>
  readFileSync(`${import.meta.dirname}/${file}`, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("# "))
    .map(unmark);

it.each(["numbers-in-texts-first.txt", "numbers-in-texts-second.txt", "numbers-in-texts-third.txt"])(
  "numbers in the texts of %s are found, and little else",
  (file) => {
    judge(file, linesOf(file));
  },
);

// Measured at first sight on each set, before anything was mended on it: 2,500 texts of the first list of sentences, recall 99.95 % of
// 2,189 numbers at a precision of 96.94 % (accounts, orders and parcels read as mobiles without their 0); then, after the second
// freeze, on 3,000 texts of a longer list that the rules had not met, 100 % of 2,726 at 99.02 %. What is left are ten digits that
// begin as a mobile does and stand alone, as in `UTR 7345309252`: hidden rather than shown.
it("numbers in texts of businesses, English and Welsh, are found, and little else", () => {
  judge("texts of businesses", markedTexts(3_000, seedOfRun()).map(unmark));
});

const BLOCKS = ["7700900", "1632960", "2079460", "8081570", "3069990", "9098790", "1134960", "2920180"];
const WORDS = (
  "call ring txt phone us now today tomorrow please thanks ok your order is ready mum dad taxi plumber dentist at on for the " +
  "claim prize free cust care help line mob tel box ref a b x xx lol"
).split(" ");
const OTHERS = (
  "£4.99|12:30|7pm|2 for 1|12/11/2026|2026-11-12|code 482910|order 10293847|80488|50%|1st|24/7|0.5 miles|9-5|£1,250.00|T&Cs|" +
  "SW1A 0AA|18+|150p|#4471|v2.0.1|3 x 4|no. 7|01-02-03|10.30am|A1234567|4929 1234 5678 9012|+1|07:15"
).split("|");

it("numbers in texts put together at random are found, and little else", () => {
  const number = fc
    .tuple(
      fc.constantFrom(...BLOCKS),
      fc.integer({ min: 0, max: 999 }),
      fc.constantFrom("0", "+44", "0044", "+44 ", "+44 (0)", "(0)", "44"),
      fc.constantFrom("", "", "", " ", "-", ".", " - ", "\u00a0", "/"),
      fc.constantFrom([4], [3, 6], [4, 7], [2, 6], [5], [2, 4, 6, 8]),
    )
    .map(([block, n, lead, gap, cuts]) => {
      const digits = block + String(n).padStart(3, "0");
      const groups = [...cuts, 10].map((end, at, ends) => digits.slice(at === 0 ? 0 : ends[at - 1], end));
      return `[[${lead}${groups.join(gap)}]]`;
    });
  const word = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...WORDS) }, fc.constantFrom(...OTHERS));
  const glue = fc.constantFrom("", "", " ", " ", " ", ". ", ": ", ",", "-", "/", "!", " (", ") ");
  const price = fc.constantFrom("", "", "", "150p", "10p/min", "18+", "p per min", "ppm", "now", "ok", "x");
  const text = fc
    .tuple(
      fc.array(word, { maxLength: 6 }),
      glue,
      fc.option(number, { nil: "" }),
      price,
      glue,
      fc.array(word, { maxLength: 6 }),
    )
    .map(([before, g1, one, run, g2, after]) => {
      // A digit right before a number that is written with 0 makes another number; people put something between.
      const apart = /\d$/.test(before.at(-1) ?? "") || /^\d/.test(after[0] ?? "");
      return `${before.join(" ")}${apart ? " " : g1}${one}${one === "" ? "" : run}${apart ? " " : g2}${after.join(" ")}`;
    });
  const seed = seedOfRun();
  console.log(`numbers in texts: SEED=${seed}`);
  judge("at random", fc.sample(text, { numRuns: 5_000, seed }).map(unmark));
});
