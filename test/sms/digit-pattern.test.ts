// The automaton reads the patterns of every numbering plan as a regular expression would, digit for digit.
import fc from "fast-check";
import metadata from "libphonenumber-js/max/metadata";
import { describe, expect, it } from "vitest";
import { DEAD, DigitPattern } from "../../src/sms/digit-pattern.ts";

/** Every pattern of the metadata: a plan's general one, and its types'. */
const PATTERNS = [...Object.values(metadata.countries), ...Object.values(metadata.nonGeographic)].flatMap(
  (plan: unknown) =>
    Array.isArray(plan)
      ? [
          plan[2],
          ...(Array.isArray(plan[11]) ? plan[11].map((type: unknown) => (Array.isArray(type) ? type[0] : null)) : []),
        ].filter((pattern): pattern is string => typeof pattern === "string")
      : [],
);

/** Digits that a pattern's own characters suggest, so that many of them match it or nearly do. */
const digitsFor = (pattern: string) => {
  const own = pattern.replaceAll(/\{[^}]*\}|[^0-9]/g, "").slice(0, 40) || "0";
  const digit = fc.oneof(fc.constantFrom(...own), fc.constantFrom(..."0123456789"));
  return fc.array(digit, { minLength: 1, maxLength: 15 }).map((digits) => digits.join(""));
};

const matches = (pattern: DigitPattern, digits: string): boolean =>
  pattern.accepts(pattern.read(Uint8Array.from(digits, Number), 0, digits.length));

describe("patterns of digits", () => {
  it("match what a regular expression of the same text matches, for every plan of the metadata", () => {
    expect(PATTERNS.length).toBeGreaterThan(1_000);
    let matched = 0;
    for (const text of PATTERNS) {
      const [pattern, regular] = [new DigitPattern([text]), new RegExp(`^(?:${text})$`)];
      for (const digits of fc.sample(digitsFor(text), 60)) {
        const is = regular.test(digits);
        if (is) matched++;
        expect(matches(pattern, digits), `${text} of ${digits}`).toBe(is);
      }
    }
    expect(matched).toBeGreaterThan(1_000);
  });

  it("of several, match what one of them matches", () => {
    const list = ["7(?:[1-3]\\d\\d|624)\\d{6}", "80[08]\\d{7}|800\\d{6}", "2\\d{2,4}", "1?9"];
    const [pattern, regular] = [new DigitPattern(list), new RegExp(`^(?:${list.join("|")})$`)];
    fc.assert(
      fc.property(fc.oneof(...list.map(digitsFor)), (digits) => {
        expect(matches(pattern, digits)).toBe(regular.test(digits));
      }),
      { numRuns: 5_000 },
    );
  });

  it("say at once where no more digits make a match", () => {
    const pattern = new DigitPattern(["7\\d{9}"]);
    expect(pattern.step(pattern.start, 8)).toBe(DEAD);
    expect(pattern.step(DEAD, 7)).toBe(DEAD);
    expect(pattern.accepts(DEAD)).toBe(false);
  });

  it.each(["7+", "7*", "(7)", "[^7]", "7{2,}", "7|(?:8", "a", "^7", "?"])(
    "written otherwise are not guessed at: %s",
    (text) => {
      expect(() => new DigitPattern([text])).toThrow();
    },
  );
});
