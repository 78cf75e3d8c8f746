// Every refusal is explained once: src/base/refusal.ts, refusal-help.ts and docs/errors.md name the same codes, statuses and words.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { HELP } from "../../src/contract/refusal-help.ts";
import { REASONS } from "../../src/base/refusal.ts";

const rows = readFileSync("docs/errors.md", "utf8").matchAll(
  /^\| <a id="(\w+)"><\/a>`(\w+)` *\| (\d{3}) *\| (.+?) *\| (.+?) *\|$/gm,
);
const documented = [...rows].map(([, anchor, code, status, when, what]) => ({ anchor, code, status, when, what }));

it("every code has exactly one row, and every row a code, with its status", () => {
  const inDocs = documented.map(({ code, status }) => `${code} ${status}`);
  const inCode = Object.entries(REASONS).map(([code, { status }]) => `${code} ${status}`);
  const order = (a: string, b: string) => a.localeCompare(b);
  expect(inDocs.sort(order)).toEqual(inCode.sort(order));
});

it("every row says when it happens and what to do, and can be linked to", () => {
  for (const { anchor, code, when, what } of documented) {
    expect(anchor).toBe(code);
    expect(`${when}${what}`.length, code).toBeGreaterThan(30);
  }
});

it("the pages and the document say the same, word for word, in the same order", () => {
  expect(documented.map(({ code, when, what }) => [code, when, what])).toEqual(
    Object.keys(REASONS).map((code) => [
      code,
      HELP[code as keyof typeof REASONS].when,
      HELP[code as keyof typeof REASONS].what,
    ]),
  );
});
