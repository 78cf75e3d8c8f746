// The structure of src, and the proof that each law can fail: a planted breach for every one.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";
import { codeOnly } from "../support/source/code.ts";
import { readTree, type Files } from "../support/source/tree.ts";
import { breaches } from "./tidy.ts";

it("src keeps the laws of structure", () => {
  expect(breaches(readTree("src"))).toEqual([]);
});

const sound: Files = {
  "src/index.ts":
    'import { app } from "./worker/app.ts";\nimport "./tenant/rooms.ts";\nexport default { fetch: app };\n',
  "src/tenant/rooms.ts":
    'import { messagesRoom } from "../messages/room.ts";\nimport { auditRoom } from "../audit/room.ts";\nimport { riskRoom } from "../risk/room.ts";\nimport type { Send } from "../messages/send.ts";\nexport const ROOMS = list\n  .add(4, auditRoom)\n  .add(5, riskRoom)\n  .add(7, messagesRoom);\n',
  "src/messages/room.ts": 'import "./send.ts";\nexport const messagesRoom = 1;\n',
  "src/worker/app.ts":
    'import "./placement.ts";\nimport "../http/app.ts";\n/** The app. */\nexport function app() {\n  return 1;\n}\n',
  "src/worker/placement.ts": "/** The database. */\nexport const db = (env: { DB_EU: D1Database }) => env.DB_EU;\n",
  "src/http/app.ts": 'import { routes } from "../messages/send.routes.ts";\nimport "../carriers/carrier.ts";\n',
  "src/messages/send.routes.ts": 'import { send } from "./send.ts";\nexport const routes = [send];\n',
  "src/messages/send.ts":
    'import type { Id } from "../base/ids.ts";\nimport "./store.ts";\n/** Sends. Math.random, Date.now and console.log stay out. */\nexport function send(id: Id, at: string) {\n  return [id, new Date(at), "Date.now()"];\n}\n',
  "src/messages/store.ts": 'import "../base/clock.ts";\nimport "../base/log.ts";\n',
  "src/carriers/carrier.ts": 'import type { Id } from "../base/ids.ts";\nexport type Carrier = { id: Id };\n',
  "src/base/ids.ts": "export type Id = string;\n",
  "src/base/clock.ts": "/** Now. */\nexport const now = () => Date.now();\n",
  "src/base/log.ts": "/** Logs. */\nexport function log(line: string) {\n  console.log(line);\n}\n",
};

it("sound code breaks no law", () => {
  expect(breaches(sound)).toEqual([]);
});

const send = sound["src/messages/send.ts"] ?? "";
const added = (code: string) => ({ "src/messages/send.ts": `${send}${code}\n` });

it.each<[string, Files, RegExp]>([
  ["a room imports a room above", { "src/base/ids.ts": 'import "../messages/send.ts";' }, /imports go down/],
  [
    "a type import counts as well",
    { "src/base/ids.ts": 'import type { X } from "../audit/entry.ts";', "src/audit/entry.ts": "" },
    /imports go down/,
  ],
  [
    "an export from counts as well",
    { "src/base/ids.ts": 'export { send } from "../messages/send.ts";' },
    /imports go down/,
  ],
  [
    "an import at run time counts as well",
    { "src/base/ids.ts": 'const x = await import("../messages/send.ts");' },
    /imports go down/,
  ],
  [
    "a room imports its neighbour",
    { "src/carriers/carrier.ts": 'import "../risk/caps.ts";', "src/risk/caps.ts": "" },
    /one floor/,
  ],
  ["a room imports the platform", added('import "../worker/placement.ts";'), /imports go down/],
  ["src imports a test", added('import "../../test/support/source/tree.ts";'), /nothing outside src/],
  [
    "two files import each other",
    { "src/base/ids.ts": 'import "./clock.ts";', "src/base/clock.ts": 'import "./ids.ts";' },
    /src\/base\/clock.ts → src\/base\/ids.ts: a circle/,
  ],
  ["a room imports a door", added('import "../carriers/carrier.routes.ts";'), /import doors/],
  ["a room imports what the platform wakes", added('import "../carriers/courier.object.ts";'), /platform wakes/],
  ["a file stands in no room", { "src/index.ts": 'import "./loose.ts";', "src/loose.ts": "" }, /in no room/],
  [
    "a folder has too many files",
    Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`src/risk/file-${at}.ts`, ""])),
    /src\/risk: 21 files; at most 20/,
  ],
  ["a room imports another room's store", added('import "../carriers/store.ts";'), /private to its room/],
  [
    "whoever joins rooms imports the inside of one",
    { "src/tenant/alarm.ts": 'import { send } from "../messages/send.ts";' },
    /inside of a room/,
  ],
  [
    "operators import the inside of a room that is not their own",
    { "src/operator/x.ts": 'import { send, type Id } from "../messages/send.ts";' },
    /inside of a room/,
  ],
  [
    "a room stands in the list on too high a floor",
    { "src/tenant/rooms.ts": (sound["src/tenant/rooms.ts"] ?? "").replace(".add(7,", ".add(13,") },
    /src\/tenant\/rooms.ts imports src\/messages\/room.ts: imports go down/,
  ],
  [
    "a room has no floor",
    { "src/index.ts": 'import "./attic/a.ts";', "src/attic/a.ts": "" },
    /src\/attic: a room without a floor/,
  ],
  ["a file is dead", { "src/base/old.ts": "" }, /src\/base\/old.ts: nothing/],
  ["a verb reads a binding", added("const db = this.env.DB_EU;"), /only worker\/placement.ts reads bindings/],
  [
    "a verb imports env",
    added('import { env } from "cloudflare:workers";'),
    /only worker\/placement.ts reads bindings/,
  ],
  ["a rule reads the clock", added("const at = Date.now();"), /take `now`/],
  ["a rule makes a date of now", added("const at = new Date();"), /take `now`/],
  ["a rule measures time", added("const at = performance.now();"), /take `now`/],
  ["the clock hides in a template", added("const at = `${Date.now()}`;"), /take `now`/],
  ["chance comes from Math", added("const at = Math.random();"), /getRandomValues/],
  ["a room chooses a place", added('namespace.jurisdiction("eu");'), /placement.ts places objects/],
  ["a room writes to the console", added("console.log(1);"), /base\/log.ts/],
  ["a mark is left for later", added(`// ${"TO"}DO: later`), /open an issue/],
  ["a lint rule is off without a reason", added(`// oxlint-${"disable"}-next-line no-eval`), /without a reason/],
  ["an exported function has no docstring", added("export async function go() {}"), /go says nothing/],
  ["an exported arrow has no docstring", added("export const go = (a: number): number => a;"), /go says nothing/],
  ["an exported class has no docstring", added("export class Go {}"), /Go says nothing/],
])("is refused: %s", (_, planted, told) => {
  expect(breaches({ ...sound, ...planted }).join("\n")).toMatch(told);
});

it("texts, comments and patterns are not read as code", () => {
  const source =
    'a("Math.random"); // console.log\nb = /["\'`]/g; `x ${c ? `Date.now ${d}` : "e"} y`; f = g / h; /* env.A\n */ k;';
  const code = codeOnly(source);
  expect(code).not.toMatch(/Math|console|Date|env|["'`]/);
  for (const kept of ["a(", "b =", "c ?", "d", "f = g / h;", "k;"]) expect(code).toContain(kept);
  expect(code.split("\n")).toHaveLength(source.split("\n").length);
});

const longFile = `export const a = 1;\n`.replace("a", "b") + "// line\n".repeat(400);
const longFunction = `export function a() {\n${"  void 0;\n".repeat(60)}}\n`;

it.each([
  ["max-lines", longFile],
  ["max-lines-per-function", longFunction],
  ["no-explicit-any", "export const a = (b: any) => b;\n"],
  ["no-floating-promises", "const a = async () => 1;\na();\n"],
])("the linter refuses a breach of %s in src", (rule, source) => {
  expect(lint(source)).toContain(rule);
  expect(lint("export const a = 1;\n")).not.toContain(rule);
});

/** Runs the project's own lint configuration over one file of an otherwise empty src. */
function lint(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), "maskline-lint-"));
  try {
    for (const file of [".oxlintrc.json", "tsconfig.json"]) copyFileSync(file, join(folder, file));
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
    const planted = join(folder, "src/planted.ts");
    mkdirSync(dirname(planted));
    writeFileSync(planted, source);
    const oxlint = resolve("node_modules/oxlint/bin/oxlint");
    return spawnSync(process.execPath, [oxlint, "--type-aware", "--format=unix"], { cwd: folder, encoding: "utf8" })
      .stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
