// What may only become fewer, counted over {path: text}: type casts, lines that the formatter leaves alone, dead exports.
import { codeOnly } from "../support/source/code.ts";
import type { Files } from "../support/source/tree.ts";

export type Counts = {
  casts: number;
  prettierIgnoresInSrc: number;
  prettierIgnoresInTests: number;
  deadExports: number;
};

const CAST = /(?<=[\w)\]}] +|[\])}] *)as (?!const\b)[A-Za-z{([]/g;
const EXPORTED = /^export (?:abstract )?(?:async )?(?:function\*?|class|const|let|type|interface|enum) (\w+)/gm;

/** Counts all four over the project's files. */
export function countsOf(files: Files): Counts {
  const sources = Object.entries(files).filter(([path]) => /^src\/.*\.tsx?$/.test(path));
  const tests = Object.entries(files).filter(
    ([path]) => path.startsWith("test/") && !path.startsWith("test/laws/ratchet"),
  );
  return {
    casts: sources.reduce((sum, [, text]) => sum + castsIn(text), 0),
    prettierIgnoresInSrc: ignoresIn(sources),
    prettierIgnoresInTests: ignoresIn(tests),
    deadExports: deadExports(files).length,
  };
}

/** Casts of a source file, without `as const` and without names that an import or an export changes. */
export function castsIn(text: string): number {
  const lines = codeOnly(text).replace(/^(?:import|export)\s*(?:type\s*)?\{[^}]*\}/gm, "");
  return lines.match(CAST)?.length ?? 0;
}

/** Exports whose name stands nowhere else: neither in their own file nor in any other of the project. */
export function deadExports(files: Files): string[] {
  const uses = new Map<string, number>();
  for (const text of Object.values(files))
    for (const [name] of text.matchAll(/\b[A-Za-z_$][\w$]*\b/g)) uses.set(name, (uses.get(name) ?? 0) + 1);
  return Object.entries(files)
    .filter(([path]) => /^src\/.*\.tsx?$/.test(path))
    .flatMap(([path, text]) => [...text.matchAll(EXPORTED)].map(([, name = ""]) => ({ path, name })))
    .filter(({ name }) => uses.get(name) === 1)
    .map(({ path, name }) => `${path}: ${name}`);
}

function ignoresIn(files: [string, string][]): number {
  return files.reduce((sum, [, text]) => sum + (text.match(/prettier-ignore/g)?.length ?? 0), 0);
}
