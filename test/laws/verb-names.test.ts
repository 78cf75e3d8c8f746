// Handlers, objects and ports treat every verb alike: none of them knows one by its name.
import { expect, it } from "vitest";
import { routes } from "../../src/http/routes.ts";
import { readTree } from "../support/source/tree.ts";
import { namedVerbs, verbNames } from "./verb-names.ts";

const files = readTree("src");

it("generic code names no verb", () => {
  expect(namedVerbs(files)).toEqual([]);
});

it("the law knows every verb that a route asks, and the two that no route asks", () => {
  const names = verbNames(files);
  const asked = new Set([...routes.tenant, ...routes.operator].map(({ verb }) => verb));
  expect([...asked].filter((verb) => !names.has(verb))).toEqual([]);
  expect([...names].filter((name) => !asked.has(name)).sort((a, b) => a.localeCompare(b))).toEqual([
    "messages.notes",
    "verify.notes",
  ]);
});

it.each([
  ["src/http/tenant-handler.ts", 'await tenant.ask({ ...call, verb: "webhooks.list", input: null });'],
  ["src/tenant/service.ts", "if (call.verb === 'messages.send') return;"],
  ["src/worker/operator.object.ts", "if (verb === `purge.run`) return;"],
  ["src/contract/route.ts", 'const FINISHERS = { "messages.get": 1 };'],
  ["src/rpc/tenant.ts", 'export const first = "tenants.list";'],
])("finds a verb's name in %s", (path, breach) => {
  const planted = { ...files, [path]: `${files[path] ?? ""}\n${breach}\n` };
  expect(namedVerbs(planted)).toHaveLength(1);
});

it("finds none in a room, in a declaration, and in what only looks like one", () => {
  const fine =
    'export type T = {\n  "tenants.list": 1;\n};\n/** As `messages.send`. */\nexport const event = "message.delivered";\n';
  expect(namedVerbs({ ...files, "src/rpc/zz.ts": fine, "src/verify/zz.ts": 'ask("verify.notes")' })).toEqual([]);
});
