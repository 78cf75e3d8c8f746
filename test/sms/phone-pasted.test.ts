// Numbers as people paste them, and the one definition of a number: whatever `to` takes, the mask finds, in any field.
import fc from "fast-check";
import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { findNumbers, maskNumbersIn, parseNumber } from "../../src/sms/phone.ts";

const MASK = "+44•••••••23";
const read = (input: string) => {
  const result = parseNumber(input);
  return "number" in result ? result.number.e164 : result.refused;
};

/** The digits of every numbering system that the runtime knows, 0 to 9. */
const SCRIPTS: [string, string[]][] = Intl.supportedValuesOf("numberingSystem").flatMap((name) => {
  const all = Array.from(new Intl.NumberFormat(`en-u-nu-${name}`, { useGrouping: false }).format(1_234_567_890));
  const digits = [...all.slice(9), ...all.slice(0, 9)];
  return all.length === 10 && digits.every((digit) => /\p{Nd}/u.test(digit)) ? [[name, digits]] : [];
});

describe("a number is read as it is pasted", () => {
  it.each([
    "07700\u00a0900\u00a0123",
    "07700\u202f900123",
    "\u202d+447700900123\u202c",
    "\u2068+44 7700 900123\u2069",
    "\u200e07700 900123",
    "\ufeff07700900123",
    "07700\u200b900123",
    "07700\u2011900\u2011123",
    "07700–900123",
    "07700—900—123",
    "07700−900123",
    "07700\t900123",
    "07700 900123\n",
    "+44\ufe0d7700900123",
    "０７７００９００１２３",
    "＋447700900123",
    "（07700）900123",
    "٠٧٧٠٠٩٠٠١٢٣",
    "07700 900123,",
    "07700 900123;",
    "07700900123.",
    "tel:+447700900123",
    "TEL:07700900123",
    "Tel. 07700 900123",
    "tel7700900123",
    "ｔｅｌ：＋４４７７００９００１２３",
    "ＴＥＬ：07700900123",
    "ｔｅｌ：07700 900123",
    "07700/900123",
    "07700~900123",
    "[07700] 900123",
    "7700900123",
    "0⁠7⁠700900123",
  ])("%j", (input) => {
    expect(read(input)).toBe("+447700900123");
    expect(maskNumbersIn(input)).toContain(MASK);
    expect(findNumbers(input)).toHaveLength(1);
  });

  it.each(SCRIPTS)("in the digits of %s", (_name, digits) => {
    const number = Array.from("07700900123", (digit) => digits[Number(digit)]).join("");
    expect(read(number)).toBe("+447700900123");
    expect(maskNumbersIn(`ring ${number} now`)).toBe(`ring ${MASK} now`);
  });

  it("of every country, with a plus and with 00", () => {
    for (const country of getCountries()) {
      const e164 = getExampleNumber(country, examples)?.number ?? "";
      expect(read(`\u2068${e164}\u2069`), country).toBe(e164);
      expect(read(`00${e164.slice(1)}`), country).toBe(e164);
      expect(maskNumbersIn(`00${e164.slice(1)}`), country).toMatch(/^\+\d{1,3}•{7}\d\d$/);
    }
  });
});

describe("what `to` does not take is masked too, where it reads as a number", () => {
  it.each([
    ["7700900123", MASK],
    ["tel7700900123", `tel${MASK}`],
    ["id=7700900123;", `id=${MASK};`],
    ["(415) 555-0132", "+1•••••••32"],
    ["415-555-0132", "+1•••••••32"],
    ["06 12 34 56 78", "•••••••78"],
    ["06.12.34.56.78", "•••••••78"],
    ["030/1234567", "•••••••67"],
    ["07700·900·123", MASK],
    ["07700•900•123", MASK],
    ["0_7700_900_123", MASK],
    ["07700,900,123", MASK],
    ["07700|900|123", MASK],
    ["07700*900*123", MASK],
    ["07700:900:123", MASK],
    ["07700\n900123", MASK],
    ["07700+900+123", MASK],
    ["07700 . . . 900123", MASK],
    ["+44/7700/900123", MASK],
    ["+ 44 7700 900123", MASK],
    ["+(44) 7700 900123", MASK],
    ["+44%207700%20900123", MASK],
    ["%2B447700900123", MASK],
    ["%2B44%207700%C2%A0900123", MASK],
    ["%30%37%37%30%30%39%30%30%31%32%33", MASK],
    ["07700%2520900123", MASK],
    ["100%07700900123", `100%${MASK}`],
    ["๐๗๗๐๐๙๐๐๑๒๓", MASK],
    ["੦੭੭੦੦੯੦੦੧੨੩", MASK],
    ["0️⃣7️⃣7️⃣0️⃣0️⃣9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣", MASK],
    ["𝟎𝟕𝟕𝟎𝟎𝟗𝟎𝟎𝟏𝟐𝟑", MASK],
    ["⓪⑦⑦⓪⓪⑨⓪⓪①②③", MASK],
    ["⓿❼❼⓿⓿❾⓿⓿❶❷❸", MASK],
    ["⁰⁷⁷⁰⁰⁹⁰⁰¹²³", MASK],
    ["0\u03367\u03367\u03360\u0336 0900123", MASK],
  ])("%s", (text, masked) => {
    expect(maskNumbersIn(text)).toBe(masked);
    expect(maskNumbersIn(masked)).toBe(masked);
  });
});

describe("one definition of a number", () => {
  const part = fc.oneof(
    fc.constantFrom(
      "+",
      "44",
      "0",
      "00",
      "(",
      ")",
      "(0)",
      " ",
      "-",
      ".",
      "/",
      "\u00a0",
      "\u200b",
      "–",
      "~",
      "[",
      "]",
      "\t",
    ),
    fc.constantFrom("7700", "900123", "77 00", "9", "7", "1632", "960123", "20", "7946", "0123", "１", "٠", "tel:"),
    fc.constantFrom("33", "612345678", "1", "415"),
  );
  const spelling = fc.array(part, { maxLength: 10 }).map((parts) => parts.join(""));
  const drama = fc.integer({ min: 0, max: 999 }).map((n) => `7700900${String(n).padStart(3, "0")}`);
  const gap = fc.constantFrom("", " ", "  ", "-", " - ", ".", "/", "\u00a0", "\u2011", "\u200b", "~", ") ", " (");
  const lead = fc.constantFrom("+44", "0044", "44", "0", "", "(0)", "+44 (0)", "+(44)", "+ 44", "tel:0", "\u202d+44");
  const spelled = fc
    .tuple(drama, lead, fc.array(gap, { minLength: 10, maxLength: 10 }))
    .map(([digits, start, gaps]) => start + Array.from(digits, (digit, at) => (gaps[at] ?? "") + digit).join(""));
  const word = fc.string({ unit: fc.constantFrom(..."abcé ,:;!?\n🙂") });

  it("whatever `to` takes, the mask hides whole, alone and inside a text", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(spelling, spelled), word, word, (input, before, after) => {
        if (!("number" in parseNumber(input))) return;
        taken++;
        expect(maskNumbersIn(input).replace(/\+\d{1,3}•{7}\d\d/, "")).not.toMatch(/\p{Nd}/u);
        const inside = maskNumbersIn(`${before} ${input} ${after}`);
        expect(inside.replace(/\+\d{1,3}•{7}\d\d/, "")).not.toMatch(/\p{Nd}/u);
        expect(maskNumbersIn(inside)).toBe(inside);
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(1_000);
  });
});
