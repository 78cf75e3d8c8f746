// No verb's name in generic code, as a pure function over {path: text}: what a route needs is an attribute of its row.
import type { Files } from "../support/source/tree.ts";

const GENERIC = /^src\/(?:contract|http|rpc|tenant|worker)\/.*\.tsx?$/;
const NAME = String.raw`"([a-z_]+\.[a-z_]+)"`;
/** A room's table of verbs, and the table of the operators' verbs, which stands in rpc/. */
const IN_A_ROOM = new RegExp(String.raw`^\s*${NAME}: (?:adding|verb|change)\(`, "gm");
const IN_RPC = new RegExp(String.raw`^\s*${NAME}:`, "gm");

/** Every verb's name, read where it is declared. */
export function verbNames(files: Files): Set<string> {
  const names = new Set<string>();
  for (const [path, text] of Object.entries(files)) {
    if (!path.startsWith("src/")) continue;
    const declared = path.startsWith("src/rpc/") ? IN_RPC : IN_A_ROOM;
    for (const [, name = ""] of text.matchAll(declared)) names.add(name);
  }
  return names;
}

/** Where generic code knows a verb by its name; what rpc/ declares is no such place. */
export function namedVerbs(files: Files): string[] {
  const names = verbNames(files);
  return Object.entries(files)
    .filter(([path]) => GENERIC.test(path))
    .flatMap(([path, text]) => {
      const said = text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, ""); // a comment may name one
      const code = path.startsWith("src/rpc/") ? said.replace(IN_RPC, "") : said;
      return [...code.matchAll(new RegExp(`["'\`]([a-z_]+\\.[a-z_]+)["'\`]`, "g"))]
        .filter(([, name = ""]) => names.has(name))
        .map(([, name]) => `${path}: names ${name}; make what it needs an attribute of the route's row`);
    });
}
