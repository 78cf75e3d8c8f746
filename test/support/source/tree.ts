// The project's own files as text, for laws that read them. Nothing that git ignores, nothing that tools made.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of each file, by its path from the root with forward slashes. */
export type Files = Record<string, string>;

const root = join(import.meta.dirname, "..", "..", "..");
const notOurs = /^(node_modules|\.git|\.dev|\.dev\.vars|\.wrangler|dist|coverage)$|\.log$/;
const notText = /\.(png|jpg|ico|woff2?|wasm|gz)$/;

/** Reads everything below the given places (all of the project when none is given). */
export function readTree(...places: string[]): Files {
  const files: Files = {};
  const visit = (path: string) => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      if (notOurs.test(entry.name) || notText.test(entry.name)) continue;
      const below = path === "" ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) visit(below);
      else if (entry.isFile()) files[below] = readFileSync(join(root, below), "utf8");
    }
  };
  for (const place of places.length > 0 ? places : [""]) visit(place);
  return files;
}
