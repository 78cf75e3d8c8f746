// A fresh clone has no packages yet: what a command loads before it has installed them is Node's own or the project's.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const IMPORT = /^\s*(?:import|export)\s(?:[^"';]*?from\s*)?"([^"]+)"/gm;

/** The packages that a script loads statically, itself or by what it imports, each with the file that names it. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return [...readFileSync(file, "utf8").matchAll(IMPORT)].flatMap(([, name = ""]) => {
    if (name.startsWith("node:")) return [];
    if (name.startsWith(".")) return packagesOf(join(dirname(file), name), seen);
    return [`${file.slice(root.length + 1)}: ${name}`];
  });
}

const commands = Object.entries(manifest.scripts).flatMap(([name, command]) => {
  const file = /^node (scripts\/\S+\.mjs)/.exec(command)?.[1];
  return file === undefined ? [] : [[name, join(root, file)] as const];
});

test("every command that runs a script of ours is here", () => {
  expect(commands.map(([name]) => name)).toEqual(expect.arrayContaining(["start", "test", "bench", "keys", "deploy"]));
  expect(commands.every(([, file]) => existsSync(file))).toBe(true);
});

test.each(commands)("npm run %s loads no package before it has installed them", (_name, file) => {
  expect(packagesOf(file)).toEqual([]);
});
