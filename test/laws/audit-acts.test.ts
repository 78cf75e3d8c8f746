// No act stands in the source that docs/audit.md does not name (test/laws/audit.worker.test.ts does each of those it names).
import { expect, test } from "vitest";
import { readTree } from "../support/source/tree.ts";

/** The acts that a source text enters: names of the form `thing.was_done` on a line that makes an entry. */
const actsIn = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => /\bact\b|#?enter\(|\bchange\(/.test(line))
    .flatMap((line) => [...line.matchAll(/"([a-z]+\.[a-z_]+)"(?!:)/g)].flatMap(([, act]) => act ?? []));

test("every act in the source is in docs/audit.md", () => {
  const named = readTree("docs")["docs/audit.md"] ?? "";
  const acts = Object.entries(readTree("src")).flatMap(([path, text]) => actsIn(text).map((act) => ({ act, path })));
  expect(acts.length).toBeGreaterThan(50);
  expect(acts.filter(({ act }) => !named.includes(`| \`${act}\``))).toEqual([]);
});
