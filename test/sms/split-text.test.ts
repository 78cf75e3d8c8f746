/** A long text becomes several that are the text, each as long as may be, without a character or a word cut where that can be helped. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isBlank } from "../../src/sms/characters.ts";
import { measure, splitText } from "../../src/sms/sms-text.ts";

const pieces = (text: string, segments = 10) => [...splitText(text, segments)];

it("the pieces are the text, each within its segments, whatever it is made of", () => {
  const units = fc.constantFrom("a", "word ", "€", "ŵ", "😀", "👨‍👩‍👧", "e\u0301", " ", "\n", "🇬🇧", "{");
  fc.assert(
    fc.property(fc.array(units, { maxLength: 400 }), fc.integer({ min: 1, max: 3 }), (made, segments) => {
      const text = made.join("");
      const cut = pieces(text, segments);
      for (const piece of cut) {
        expect(measure(piece).segments).toBeLessThanOrEqual(segments);
        expect([piece.isWellFormed(), isBlank(piece)]).toEqual([true, false]);
      }
      if (!/\s{60}/.test(text)) expect(cut.join("").trimEnd()).toBe(isBlank(text) ? "" : text.trimEnd());
    }),
    { numRuns: 300 },
  );
});

it.each([
  ["1,530 characters are one", "x".repeat(1_530), [1_530]],
  ["1,531 are two", "x".repeat(1_531), [1_530, 1]],
  ["an emoji far behind makes only its own piece UCS-2", `${"x".repeat(1_600)}😀`, [1_530, 72]],
  ["a pair of ESC is not cut", "€".repeat(766), [760, 6]],
  ["words stay whole", "twelve signs ".repeat(120), [1_528, 32]],
  ["of a character that is longer than a piece what shows is sent", `e${"\u0301".repeat(1_000)}`, [670]],
])("%s", (_what, text, lengths) => {
  expect(pieces(text).map(({ length }) => length)).toEqual(lengths);
});

it("a text that shows nothing has no piece, and nothing is measured that nobody asks for", () => {
  expect(pieces(" \n\u200b")).toEqual([]);
  const before = performance.now();
  const { value } = splitText("ŵ".repeat(250_000), 10).next();
  expect(value).toHaveLength(670);
  expect(performance.now() - before).toBeLessThan(1_000);
});
