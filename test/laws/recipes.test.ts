// The pages of docs/recipes show the code that test/recipes runs, to the letter, and lead somewhere.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CHECK_REASONS } from "../../src/verify/code/verification.ts";

const folder = "docs/recipes";
const pages = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
const read = (file: string): string => readFileSync(file, "utf8");

/** The examples that a page says it shows whole, with what it shows. */
const shown = (page: string): [file: string, code: string][] =>
  [...page.matchAll(/^The whole of it, \[(examples\/[\w.-]+)\].*:\n\n```ts\n([^]*?)```$/gm)].map((found) => [
    String(found[1]),
    String(found[2]),
  ]);

it.each(pages)("$name shows one example as it is", ({ text }) => {
  expect(shown(text)).toHaveLength(1);
  for (const [file, code] of shown(text)) expect(code).toBe(read(file));
});

it("every example is on a page, or is what the others call", () => {
  const files = pages.flatMap(({ text }) => shown(text).map(([file]) => file));
  const all = readdirSync("examples").map((name) => `examples/${name}`);
  expect([...files, "examples/maskline.ts"].toSorted()).toEqual(all.toSorted());
});

it.each(["login", "signup", "approval", "payout"])("%s says what to do on each reason of a check", (name) => {
  const table = read(`${folder}/${name}.md`).split("| `reason`")[1] ?? "";
  for (const reason of CHECK_REASONS) expect(table).toContain(`\`${reason}\``);
});

it.each(pages)("$name is reached from verify.md and the README, and its links lead to files", ({ name, text }) => {
  expect(read("docs/verify.md")).toContain(`(recipes/${name})`);
  expect(read("README.md")).toContain("(docs/recipes/");
  for (const [, link = ""] of text.matchAll(/\]\((?!https:)([^)#]+)(?:#[^)]*)?\)/g))
    expect(existsSync(join(folder, link)), link).toBe(true);
});
