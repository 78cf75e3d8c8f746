// Codes: drawn fairly, kept whole, compared as people type them, and too few of them refused (T22).
import { describe, expect, test } from "vitest";
import { ALPHABETS, codesOf, contextText, digestText, drawCode, normaliseCode, strengthOf } from "../../../src/verify/code/code.ts"; // prettier-ignore
import { contextOf, finerThanUnit, isCurrency, payeeOf } from "../../../src/verify/code/context.ts";
import { judgeCode } from "../../../src/verify/settings/settings.ts";
import { chance, sized } from "../../support/run/seed.ts";

/** Chi-square beyond which p is under 0.001, by degrees of freedom. */
const CRITICAL: Record<number, number> = { 9: 27.88, 23: 49.73 };
const CODES = sized(100_000, 1_000_000);

/** Of each place: how far the counts are from equal. */
function chiSquares(codes: readonly string[], letters: string): number[] {
  const expected = codes.length / letters.length;
  return Array.from({ length: codes[0]?.length ?? 0 }, (_, place) => {
    const counts = new Map([...letters].map((letter) => [letter, 0]));
    for (const code of codes) counts.set(code.charAt(place), (counts.get(code.charAt(place)) ?? 0) + 1);
    return [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  });
}

describe("a code", () => {
  // A fair generator fails a given seed one time in a hundred; the seed is fixed unless SEED says otherwise.
  const random = chance("codes", Number(process.env["SEED"] ?? 20_261_125));
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.between(0, 255));

  test.each(["numeric", "alphanumeric"] as const)("of the %s alphabet has every character equally often at every place", (alphabet) => {
    const letters = ALPHABETS[alphabet];
    const codes = Array.from({ length: CODES }, () => drawCode(6, alphabet, bytes));
    const worst = Math.max(...chiSquares(codes, letters));
    console.log(`${alphabet}: ${CODES} codes, worst chi-square ${worst.toFixed(1)} of ${CRITICAL[letters.length - 1]}`);
    expect(worst).toBeLessThan(CRITICAL[letters.length - 1]!);
    expect(codes.every((code) => code.length === 6 && [...code].every((letter) => letters.includes(letter)))).toBe(true);
    expect(codes.some((code) => code.startsWith(letters.charAt(0)))).toBe(true); // leading zeros are kept
  }); // prettier-ignore

  test("discards bytes 250 to 255, which would favour low digits", () => {
    const given = [255, 250, 249, 0, 253, 19, 10, 9, 251, 248];
    let at = 0;
    const next = (length: number) => Uint8Array.from({ length }, () => given[at++ % given.length] ?? 0);
    expect(drawCode(4, "numeric", next)).toBe("9090");
  });

  test("has no characters that are mistaken for one another", () => {
    for (const letter of "0O1IL2Z5S8BU") expect(ALPHABETS.alphanumeric).not.toContain(letter);
    expect(new Set(ALPHABETS.alphanumeric).size).toBe(ALPHABETS.alphanumeric.length);
  });

  test.each([
    [" 012 345 ", "012345"],
    ["012-345", "012345"],
    ["ac\u00a0de\u2011fg", "ACDEFG"],
    ["", ""],
    ["０１２３４５", "012345"],
    ["١٢٣٤٥٦", "123456"],
    ["۱۲۳۴۵۶", "123456"],
    ["१२३४५६", "123456"],
    ["১২৩৪৫৬", "123456"],
    ["123456\u200b", "123456"],
    ["\u202a123456\u202c", "123456"],
    ["\u2068123\u2060456\u2069", "123456"],
    ["123\u2212456", "123456"],
    ["123456.", "123456"],
    ["“ab-cd”", "ABCD"],
    ["ａｂ１２", "AB12"],
    ["12345", "12345"],
    ["абвг", "АБВГ"], // Cyrillic letters are no Latin ones
  ])("typed as %j is %j", (typed, code) => expect(normaliseCode(typed)).toBe(code));

  test("of a kind with too few codes is not allowed, and six digits are the standard", () => {
    expect(codesOf(3, "numeric")).toBeNull();
    expect(codesOf(4, "numeric")).toBe(10_000);
    expect([strengthOf(5, "numeric", false), strengthOf(6, "numeric", false)]).toEqual([
      "restricted_short",
      "restricted",
    ]);
    expect([strengthOf(4, "alphanumeric", false), strengthOf(5, "alphanumeric", false)]).toEqual(["restricted_short", "restricted"]); // prettier-ignore
    expect(strengthOf(10, "numeric", true)).toBe("restricted_custom");
  });

  test("is valid for ten minutes at most: the rule refuses what the schema would", () => {
    const code = { codeLength: 6, codeAlphabet: "numeric", ttlSeconds: 600 } as const;
    expect(judgeCode(code)).toBeNull();
    for (const ttlSeconds of [601, 600.5, 59, 0, -1, Number.NaN, Infinity])
      expect(judgeCode({ ...code, ttlSeconds })).toMatchObject({ refused: "invalid_field" });
    for (const codeLength of [3, 11, 0, Number.NaN])
      expect(judgeCode({ ...code, codeLength })).toMatchObject({ refused: "invalid_field" });
  });
});

describe("the text that a digest covers", () => {
  const context = { amount: 1_000_000, currency: "GBP", payee: "Anna" };

  test("differs for another id, intent, amount, currency, payee or code", () => {
    const texts = [
      digestText("a", "login", null, "123456"),
      digestText("b", "login", null, "123456"),
      digestText("a", "payout", null, "123456"),
      digestText("a", "login", null, "123457"),
      digestText("a", "login", context, "123456"),
      digestText("a", "login", { ...context, amount: 1_000_001 }, "123456"),
      digestText("a", "login", { ...context, currency: "EUR" }, "123456"),
      digestText("a", "login", { ...context, payee: "Ann" }, "a123456"),
      digestText("a", "login", { ...context, payee: "Anna" }, "23456"),
      contextText("a", "login", context),
      contextText("a", "login", null),
    ];
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("is canonical: case, spaces, composition and hidden characters of a payment make no difference", () => {
    expect(contextOf({ amount: 1, currency: "gbp", payee: " Mu\u0308ller\u200b \n& Sons\u202e " })).toEqual({
      amount: 1, currency: "GBP", payee: "Müller & Sons",
    }); // prettier-ignore
    expect(payeeOf("a\u0000b\tc")).toBe("ab c");
    expect(contextOf({})).toBeNull();
    expect(contextOf({ amount: 1 })).toBe("partial");
    expect(contextOf({ amount: 1, currency: "GBP" })).toBe("partial");
    expect(["gbp", "JPY", "BHD", "XYZ", "ZZZ"].map(isCurrency)).toEqual([true, true, true, false, false]);
    expect(contextOf({ amount: 0, currency: "GBP", payee: "A" })).not.toBe("partial");
  });
});

describe("an amount that nobody could pay is refused, with the right one in the detail", () => {
  test.each([
    [
      12_500,
      "GBP",
      "Amounts are in micro-units; the smallest unit of GBP is 10000 of them. For 125.00 GBP write 125000000.",
    ],
    [5, "GBP", "Amounts are in micro-units; the smallest unit of GBP is 10000 of them. For 0.05 GBP write 50000."],
    [
      1_500,
      "JPY",
      "Amounts are in micro-units; the smallest unit of JPY is 1000000 of them. For 1500 JPY write 1500000000.",
    ],
    [
      12_345,
      "KWD",
      "Amounts are in micro-units; the smallest unit of KWD is 1000 of them. For 12.345 KWD write 12345000.",
    ],
    [Number.MAX_SAFE_INTEGER, "GBP", "Amounts are in micro-units; the smallest unit of GBP is 10000 of them."],
  ])("%d %s", (amount, currency, detail) => {
    expect(finerThanUnit({ amount, currency, payee: "A" })).toBe(detail);
  });

  test.each([
    [125_000_000, "GBP"],
    [10_000, "GBP"],
    [0, "GBP"],
    [1_000_000, "JPY"],
    [1_000, "KWD"],
    [100, "CLF"],
    [10_000, "XYZ"],
  ])("%d %s is an amount", (amount, currency) => {
    expect(finerThanUnit({ amount, currency, payee: "A" })).toBeNull();
  });
});
