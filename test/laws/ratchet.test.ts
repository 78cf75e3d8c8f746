// Casts, lines that the formatter leaves alone and dead exports only become fewer. ratchet.json holds the counts of today.
import { expect, it } from "vitest";
import { readTree } from "../support/source/tree.ts";
import { castsIn, countsOf, deadExports, type Counts } from "./ratchet.ts";
import allowed from "./ratchet.json" with { type: "json" };

const counted = countsOf(readTree("src", "test", "scripts", "examples"));

it.each(Object.keys(allowed) as (keyof Counts)[])("%s are no more than ratchet.json allows", (what) => {
  expect(
    counted[what],
    `${what}: write the lower count into test/laws/ratchet.json, never a higher one`,
  ).toBeLessThanOrEqual(allowed[what]);
});

it("counts a cast, and neither a constant, an import's new name, a text nor a comment", () => {
  expect(castsIn("const a = b as C;\nconst d = (e as F).g;\nconst h = [] as string[];\n")).toBe(3);
  expect(castsIn('import { a as b } from "./c.ts";\nconst d = [1] as const;\nconst e = "f as G"; // h as I\n')).toBe(0);
});

it("finds an export that nobody names, and none that somebody does", () => {
  const files = {
    "src/a.ts": "export const used = 1;\nexport const unused = 2;\nexport type Own = 1;\nconst b: Own = 1;\n",
    "test/a.test.ts": "used;\n",
  };
  expect(deadExports(files)).toEqual(["src/a.ts: unused"]);
});
