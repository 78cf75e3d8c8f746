// The laws of structure as a pure function over {path: text}: what each file may import, read and hold.
// Sizes (400 lines a file, 60 a function) are oxlint's; see .oxlintrc.json and the proof in tidy.test.ts.
import { posix } from "node:path";
import { codeOnly } from "../support/source/code.ts";
import type { Files } from "../support/source/tree.ts";

/** The floors of folders that are no tenant's rooms; those stand in the list of src/tenant/rooms.ts. A file belongs on the lowest floor that has all it needs. */
const FLOORS: Record<string, number> = {
  base: 1,
  storage: 1,
  net: 2,
  sms: 2,
  contract: 3,
  look: 3,
  screening: 3,
  carriers: 5,
  rpc: 10,
  operator: 11,
  console: 12,
  tenant: 12,
  http: 13,
  worker: 14,
};
/** The one file that stands in no room. */
const ROOT = "src/index.ts";
const ROOT_FLOOR = 15;

/** The list of tenants' rooms. */
const LIST = "src/tenant/rooms.ts";

/** The rooms of the list with their floors: `.add(5, jobsRoom)`, beside the import that says whose room that is. */
function listedIn(files: Files): Record<string, number> {
  const list = files[LIST] ?? "";
  const imports = [...list.matchAll(/import \{ (\w+)[^}]*\} from "\.\.\/(\w+)\/room\.ts"/g)];
  const folders = new Map(imports.map(([, name = "", folder = ""]) => [name, folder]));
  const added = [...list.matchAll(/\.add\((\d+), (\w+)\)/g)];
  return Object.fromEntries(added.map(([, floor, name = ""]) => [folders.get(name) ?? name, Number(floor)]));
}

/** The floor of each folder. */
const floorsOf = (files: Files): Record<string, number> => ({ ...FLOORS, ...listedIn(files) });

const isSource = (path: string) => /^src\/.*\.tsx?$/.test(path);
const roomOf = (path: string) => path.split("/").slice(1, -1)[0];
/** Files in one folder; more of them want rooms of their own. */
const FILES_MAX = 20;
const floorOf = (path: string, floors: Record<string, number>) => {
  const room = roomOf(path);
  return room === undefined ? ROOT_FLOOR : floors[room];
};

/** Each import of a source file that leads to a source file, types included. */
function importsOf(path: string, files: Files): string[] {
  const found = (files[path] ?? "").matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map((match) => {
    const target = posix.join(posix.dirname(path), match[1] ?? "");
    return [target, `${target}.ts`, `${target}.tsx`, `${target}/index.ts`].find((each) => each in files) ?? target;
  });
}

/** What a file imports to use at run time, and not only its types. */
function valuesOf(path: string, files: Files): Set<string> {
  const found = (files[path] ?? "").matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?\bfrom\s+"(\.[^"]+)"/gm);
  return new Set([...found].map((match) => posix.join(posix.dirname(path), match[1] ?? "")));
}

/** The operators' own tables in rooms that tenants have as well, and shapes that both sides' doors share. */
const OPERATORS_OWN =
  /^src\/(access\/(tenants|idempotency)|audit\/ledger|numbers\/(stock|number)|policy\/policy|[\w/]+\/schemas)\.ts$/;

/** Whoever joins rooms knows their faces and types, never their inside. */
function faceBreaches(path: string, target: string, files: Files): string[] {
  const [from, to = ""] = [roomOf(path) ?? "", roomOf(target)];
  if (!["tenant", "operator"].includes(from) || !(to in listedIn(files))) return [];
  if (posix.basename(target) === "room.ts" || !valuesOf(path, files).has(target)) return [];
  if (from === "operator" && OPERATORS_OWN.test(target)) return [];
  return [`${path} imports ${target}: the inside of a room; import its room.ts, or types`];
}

/** Where a file may not reach: floors, doors, stores. */
function importBreaches(path: string, target: string, floors: Record<string, number>): string[] {
  const says = (why: string) => [`${path} imports ${target}: ${why}`];
  if (!target.startsWith("src/")) return says("src imports nothing outside src; move what it needs into a room");
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === undefined || from === to) return [];
  const [here, there] = [floorOf(path, floors), floorOf(target, floors)];
  if (here === undefined || there === undefined) return []; // told once, as a room without a floor
  if (there > here) return says("imports go down; take what you need as a function, from whoever joins the rooms");
  if (there === here)
    return says(
      "rooms of one floor do not import each other; take what you need as a function, from whoever joins the rooms",
    );
  if (/\.routes\.tsx?$/.test(target) && !["http", "console", "compat"].includes(from))
    return says("only http/, console/ and compat/ import doors; import the verb it calls");
  if (/\.(queue|cron|object)\.tsx?$/.test(target) && from !== "worker")
    return says("only worker/ imports a file that the platform wakes; import the verb it calls");
  if (posix.basename(target) === "store.ts" && from !== "http")
    return says("a store is private to its room; call one of the room's verbs");
  return [];
}

/** What a line of code may not hold, where, and what to do instead. */
const FORBIDDEN: { what: RegExp; allowed?: string[]; instead: string }[] = [
  {
    what: /\benv\.[A-Z]|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*"cloudflare:workers"/,
    allowed: ["src/worker/placement.ts"],
    instead: "only worker/placement.ts reads bindings; declare what you need and be handed the thing",
  },
  {
    what: /\bDate\.now\b|\bnew Date(?:\(\)|(?!\s*[(\w]))|\bperformance\.now\b/,
    allowed: ["src/base/clock.ts"],
    instead: "only base/clock.ts reads the clock; take `now` as an argument",
  },
  { what: /\bMath\.random\b/, instead: "use crypto.getRandomValues, or take the randomness as an argument" },
  {
    what: /\.jurisdiction\(/,
    allowed: ["src/worker/placement.ts"],
    instead: "only the helper in worker/placement.ts places objects",
  },
  {
    what: /(?<![/\w])console\./,
    allowed: ["src/base/log.ts"],
    instead: "log through base/log.ts, which knows what may be logged",
  },
];

function lineBreaches(path: string, text: string): string[] {
  // Texts are blanked, but the law on bindings needs the module's name.
  const code = codeOnly(text).split("\n");
  const raw = text.split("\n");
  return code.flatMap((line, index) => {
    const where = `${path}:${index + 1}`;
    const seen = /^\s*import\b/.test(line) ? (raw[index] ?? "") : line;
    const forbidden = FORBIDDEN.filter(({ what, allowed }) => !allowed?.includes(path) && what.test(seen));
    const told = forbidden.map(({ what, instead }) => `${where}: ${what.exec(seen)?.[0]}: ${instead}`);
    if (/\b(TODO|FIXME|XXX)\b/.test(raw[index] ?? ""))
      told.push(`${where}: do it now, or open an issue and leave no mark`);
    if (/\b(ox|es)lint-disable/.test(raw[index] ?? "") && !/ -- \S/.test(raw[index] ?? ""))
      told.push(`${where}: a lint rule is switched off without a reason; write " -- why" behind it, or obey it`);
    return told;
  });
}

/** Exported functions and classes that nothing is said about. */
function docBreaches(path: string, text: string): string[] {
  const lines = text.split("\n");
  const exported =
    /^export (?:default )?(?:abstract )?(?:async )?(?:function\*? |class |const \w+(?:: [^=]+)? = (?:async )?(?:function|\([^)]*\)(?:: [^=]+)? =>|\w+ =>))/;
  return lines.flatMap((line, index) => {
    if (!exported.test(line) || /\*\/\s*$/.test(lines[index - 1] ?? "")) return [];
    const name = /(?:function\*?|class|const) (\w+)/.exec(line)?.[1];
    const overload = name !== undefined && new RegExp(`^export .*\\b${name}\\b.*;$`).test(lines[index - 1] ?? "");
    return overload
      ? []
      : [`${path}:${index + 1}: ${name ?? "an export"} says nothing of what it guarantees; add a docstring`];
  });
}

/** Circles of imports, each told once, from its first file in the order of the alphabet. */
function circles(graph: Map<string, string[]>): string[] {
  const told = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: string[]) => {
    const back = trail.indexOf(path);
    if (back >= 0) {
      const circle = trail.slice(back);
      const first = circle.indexOf([...circle].sort((a, b) => a.localeCompare(b))[0] ?? "");
      told.add([...circle.slice(first), ...circle.slice(0, first)].join(" → "));
    }
    if (back >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) walk(path, []);
  return [...told].map((circle) => `${circle}: a circle; move what both need into a file below them`);
}

/** What the scripts load of src by themselves: the offline verifier shares the chain with the service. */
const SCRIPT_ENTRIES = ["src/audit/export.ts"];

/** Files that neither the Worker nor a script loads. */
function deadFiles(graph: Map<string, string[]>): string[] {
  const alive = new Set<string>();
  const visit = (path: string) => {
    if (alive.has(path)) return;
    alive.add(path);
    for (const next of graph.get(path) ?? []) visit(next);
  };
  for (const entry of ["src/index.ts", ...SCRIPT_ENTRIES]) visit(entry);
  const dead = [...graph.keys()].filter((path) => !alive.has(path));
  return dead.map((path) => `${path}: nothing that src/index.ts reaches imports it; use it or delete it`);
}

/** Files that stand in no room, and folders with too many. */
function folderBreaches(sources: string[]): string[] {
  const folders = new Map<string, number>();
  for (const path of sources) folders.set(posix.dirname(path), (folders.get(posix.dirname(path)) ?? 0) + 1);
  const loose = sources.filter((path) => roomOf(path) === undefined && path !== ROOT);
  return [
    ...loose.map((path) => `${path}: a file in no room; only index.ts is loose`),
    ...[...folders]
      .filter(([, files]) => files > FILES_MAX)
      .map(([folder, files]) => `${folder}: ${files} files; at most ${FILES_MAX}, give it rooms of its own`),
  ];
}

/** Every breach of the laws of structure, each with what to do instead. */
export function breaches(files: Files): string[] {
  const sources = Object.keys(files).filter(isSource);
  const graph = new Map(sources.map((path) => [path, importsOf(path, files)]));
  const floors = floorsOf(files);
  const homeless = new Set(sources.filter((path) => floorOf(path, floors) === undefined).map(roomOf));
  return [
    ...[...homeless].map((room) => `src/${room}: a room without a floor; give it one in the list of ${LIST}`),
    ...[...graph].flatMap(([path, targets]) =>
      targets.flatMap((target) => [...importBreaches(path, target, floors), ...faceBreaches(path, target, files)]),
    ),
    ...folderBreaches(sources),
    ...circles(graph),
    ...deadFiles(graph),
    ...sources.flatMap((path) => [...lineBreaches(path, files[path] ?? ""), ...docBreaches(path, files[path] ?? "")]),
  ];
}
