import { execFileSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { patience } from "../support/run/patience.ts";
import { findNumbers, maskNumbersIn, maskOf } from "../../src/sms/phone.ts";

const MASK = "+44•••••••23";
const root = join(import.meta.dirname, "../..");

/** What reading-times.ts prints, in microseconds. */
const Times = z.object({ floor: z.number().positive(), kinds: z.record(z.string(), z.number().positive()) });
/** What the floor takes on the machine that the bound was written on, when it is quiet. */
const FLOOR_MICROSECONDS = 1.3;
/** 20 µs, and some more since caches are shared with what else runs. */
const FLOORS_MAX = (20 / FLOOR_MICROSECONDS) * 1.25;

describe("a number in a free text is masked", () => {
  it.each([
    ["+447700900123", MASK],
    ["call 07700 900123 now", `call ${MASK} now`],
    ["to:+447700900123,", `to:${MASK},`],
    ["(07700) 900123 please", `${MASK} please`],
    ["(07700 900123)", `(${MASK})`],
    ["+44 (0)7700 900123", MASK],
    ["0044 (0) 7700 900123", MASK],
    ["00447700900123", MASK],
    ["447700900123", MASK],
    ["44 7700 900123", MASK],
    ["7700 900123", MASK],
    ["0 7 7 0 0 9 0 0 1 2 3", MASK],
    ["07 70 09 00 12 3", MASK],
    ["07700.900.123.", `${MASK}.`],
    ["07700\u2011900123", MASK],
    ["07700\u200b900123", MASK],
    ["０７７００９００１２３", MASK],
    ["٠٧٧٠٠٩٠٠١٢٣", MASK],
    ["tel07700900123", `tel${MASK}`],
    ["user+447700900123x@example.com", `user${MASK}x@example.com`],
    ["1-07700900123", `1-${MASK}`],
    ["07700900123 07700900456", `${MASK} +44•••••••56`],
    ["07700900123/07700900456", `${MASK}/+44•••••••56`],
    ["+447700900123 12", `${MASK} 12`],
    ["020 7946 0123", MASK],
    ['{"a":"07700900123"}', `{"a":"${MASK}"}`],
  ])("%s", (text, masked) => {
    expect(maskNumbersIn(text)).toBe(masked);
  });

  it("up to its own end: digits that follow a foreign number are left", () => {
    const french = getExampleNumber("FR", examples)?.number ?? "";
    const mask = maskOf(french);
    expect(maskNumbersIn(`${french} 2024`)).toBe(`${mask} 2024`);
    expect(maskNumbersIn(`00${french.slice(1)} 20`)).toBe(`${mask} 20`);
  });

  it("in any spelling, between any words; masking again changes nothing", () => {
    const separator = fc.constantFrom("", " ", "-", ".", "\u00a0", "  ", " - ");
    const lead = fc.constantFrom("+44", "0044", "44", "0", "(0)", "+44 (0)");
    const word = fc.string({ unit: fc.constantFrom(..."abcé ,:;!?\n🙂") });
    const tail = fc.integer({ min: 100, max: 999 });
    fc.assert(
      fc.property(word, lead, separator, separator, tail, word, (before, start, one, two, n, after) => {
        const masked = maskNumbersIn(`${before} ${start}${one}7700${one}900${two}${n} ${after}`);
        expect(masked).not.toMatch(/900/);
        expect(masked).toContain(`+44•••••••${String(n).slice(1)}`);
        expect(maskNumbersIn(masked)).toBe(masked);
      }),
      { numRuns: 1_000 },
    );
  });

  it("and what is found lies in order, in bounds, without overlap", () => {
    const piece = fc.constantFrom(
      "+44",
      "7700",
      "900123",
      "07700900123",
      " ",
      "-",
      "(",
      ")",
      "0",
      "447",
      "a",
      "00",
      "•",
      "+",
      "😀",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join("");
        let from = 0;
        for (const { start, end } of findNumbers(text)) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(text.length);
          from = end;
        }
      }),
    );
  });
});

describe("a number glued to letters, to a price or to another number is masked", () => {
  it.each([
    ["call01632960123 now", `call${MASK} now`],
    ["ring02079460123", `ring${MASK}`],
    ["02079460123ok", `${MASK}ok`],
    ["cust02079460123", `cust${MASK}`],
    ["ref_02079460123_b", `ref_${MASK}_b`],
    ["INV-01632960123-2", `INV-${MASK}-2`],
    ["09098790123150p per msg", `${MASK}150p per msg`],
    ["0163296012310p/min", `${MASK}10p/min`],
    ["0163296012318+", `${MASK}18+`],
    ["016329601231.50", `${MASK}1.50`],
    ["+441632960123150p", `${MASK}150p`],
    ["020 7946 0123150p", `${MASK}150p`],
    ["£1.01632960123 SP", `£1.${MASK} SP`],
    ["0163296012307700900123", `${MASK}${MASK}`],
    ["now+441632960123call", `now${MASK}call`],
    ["tel442079460123x", `tel${MASK}x`],
    ["@01632960123", `@${MASK}`],
  ])("%s", (text, masked) => {
    expect(maskNumbersIn(text)).toBe(masked);
    expect(maskNumbersIn(masked)).toBe(masked);
  });

  it.each([
    "01632960123150", // fourteen digits and no price
    "INV016329601",
    "A01-23-45 12345678",
    "acct 01-02-03 12345678",
    "2024/07/12 1234567",
    "07/11/2024 100",
    "lat -0.12780, 51.507",
    "08:00:00.12345",
    "7,500,000,000",
    "0,1,2,3,4,5,6,7,8,9,10",
    "01HV16329601230000000000ab",
  ])("but %s is left", (text) => {
    expect(maskNumbersIn(text)).toBe(text);
  });
});

describe("what is no number is left as it is", () => {
  it.each([
    "",
    "2024-01-15",
    "01-02-2024 10:30",
    "07-08-2024 100",
    "07.08.2024 100",
    "2024-01-15T07:30:00.000+01:00",
    "2024-07-12 1234567",
    "20240115103000",
    "1700000000",
    "1700000000000",
    "£1,234,567.89",
    "+1000000.00",
    "+100",
    "GMT+0100",
    "1234567890",
    "order 4929 1234 5678 9012",
    "447-1234567-1234567",
    "978-0-306-40615-7",
    "0306406152",
    "192.168.100.200",
    "12-34-56 12345678",
    "550e8400-e29b-41d4-a716-446655440000",
    "550e8400-e29b-41d4-a716-447700900123",
    "01HV0770090012300000000000",
    "msg_e0abcdefg001hv07700900123000000000zz",
    "da39a3ee5e6b4b0d3255bfef07700900123aabbc",
    "v1.2.3-rc.4",
  ])("%s", (text) => {
    expect(maskNumbersIn(text)).toBe(text);
  });

  it("UUIDs, ULIDs, dates and amounts of every value", () => {
    const money = fc.integer({ min: 0, max: 99_999_999 }).map((n) => `£${(n / 100).toFixed(2)}`);
    const date = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((d) => d.toISOString());
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), fc.ulid(), money, date), (text) => {
        expect(maskNumbersIn(text)).toBe(text);
        expect(maskNumbersIn(`ref ${text}, thanks`)).toBe(`ref ${text}, thanks`);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("time is linear in the text", () => {
  it.each(["+12345678 07 ", "0 ", "(((", "0-", "07700900123", "+", "01 01 0101 ", "a-", "\u200b"])("of %j", (piece) => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length));
      const from = process.cpuUsage();
      maskNumbersIn(text);
      const { user, system } = process.cpuUsage(from); // other programs' time does not count
      return (user + system) / 1_000;
    };
    time(20_000);
    // Ten times the text: a quadratic scan takes a hundred times as long.
    expect(time(200_000)).toBeLessThan(Math.max(500, 40 * time(20_000)));
  });
});

/** Times by kind of text, as multiples of the floor that was timed in the same run. */
function readingTimes(): [string, number][] {
  // A program of its own, since what runs the tests wraps every call between modules.
  const script = join(root, "test/support/run/reading-times.ts");
  const printed = execFileSync(join(root, "node_modules/.bin/node"), [script], { encoding: "utf8" });
  const { floor, kinds } = Times.parse(JSON.parse(printed));
  return Object.entries(kinds).map(([piece, time]) => [piece, time / floor]);
}

it(
  "500 characters are read in 20 microseconds, whatever stands in them",
  () => {
    const least = new Map(readingTimes());
    const slow = () => [...least].filter(([, time]) => time > FLOORS_MAX);
    // What the machine was busy with is gone when it is timed again; what is slow is slow each time.
    for (let again = 0; again < 2 && slow().length > 0; again++)
      for (const [piece, time] of readingTimes()) least.set(piece, Math.min(least.get(piece) ?? time, time));
    const figures = [...least]
      .toSorted(([, a], [, b]) => b - a)
      .map(([piece, time]) => `${JSON.stringify(piece)} ${(time * FLOOR_MICROSECONDS).toFixed(1)}`);
    console.log(`µs per 500 characters, at the speed of a quiet machine: ${figures.join(", ")}`);
    expect(least.size).toBeGreaterThan(80);
    expect(slow()).toEqual([]);
  },
  patience(60_000),
);
