import fc from "fast-check";
import { expect, test } from "vitest";
import { pack, unpack } from "../../src/base/packed.ts";

test("what is packed is the same again, to the byte", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "grapheme", minLength: 1_500 }),
    fc.constant(`~${"x".repeat(10)}`),
  );
  fc.assert(
    fc.property(text, (each) => {
      expect(unpack(pack(each))).toBe(each);
    }),
  );
});

test("an answer from before anything was packed is read as it is", () => {
  const long = JSON.stringify({ ok: "x".repeat(5_000) });
  expect(unpack(long)).toBe(long);
});

test("a short text is kept as it is, a thousand times the same takes next to nothing", () => {
  expect(pack(`{"ok":null}`)).toBe(`{"ok":null}`);
  const refusals = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ index, problem: "p".repeat(400) })));
  expect(pack(refusals).length).toBeLessThan(refusals.length / 30);
});
