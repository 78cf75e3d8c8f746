// Every refusal is explained once: src/base/refusal.ts, refusal-help.ts and docs/errors.md name the same codes, statuses and words.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { z } from "zod";
import { routes } from "../../src/http/routes.ts";
import { CAUSES } from "../../src/contract/refusal-causes.ts";
import { HELP } from "../../src/contract/refusal-help.ts";
import { REASONS } from "../../src/base/refusal.ts";

const rows = readFileSync("docs/errors.md", "utf8").matchAll(
  /^\| <a id="(\w+)"><\/a>`(\w+)` *\| (\d{3}) *\| (.+?) *\| (.+?) *\|$/gm,
);
const documented = [...rows].map(([, anchor, code, status, when, what]) => ({ anchor, code, status, when, what }));

it("every code has exactly one row, and every row a code, with its status", () => {
  const inDocs = documented.map(({ code, status }) => `${code} ${status}`);
  const inCode = Object.entries(REASONS).map(([code, { status }]) => `${code} ${status}`);
  const order = (a: string, b: string) => a.localeCompare(b);
  expect(inDocs.sort(order)).toEqual(inCode.sort(order));
});

it("every row says when it happens and what to do, and can be linked to", () => {
  for (const { anchor, code, when, what } of documented) {
    expect(anchor).toBe(code);
    expect(`${when}${what}`.length, code).toBeGreaterThan(30);
  }
});

it("the pages and the document say the same, word for word, in the same order", () => {
  expect(documented.map(({ code, when, what }) => [code, when, what])).toEqual(
    Object.keys(REASONS).map((code) => [
      code,
      HELP[code as keyof typeof REASONS].when,
      HELP[code as keyof typeof REASONS].what,
    ]),
  );
});

const ALL = [...routes.tenant, ...routes.operator, ...routes.open];
const plain = (text: string) =>
  text
    .replaceAll(/[^a-z ]/gi, "")
    .toLowerCase()
    .trim();

it("no page says its title twice: when it happens, what to do and the causes each add something", () => {
  for (const [code, { title, detail }] of Object.entries(REASONS)) {
    const { when, what } = HELP[code as keyof typeof REASONS];
    const { causes } = CAUSES[code as keyof typeof REASONS];
    expect(causes.length, code).toBeGreaterThan(0);
    const said = [title, when, what, ...causes].map(plain);
    expect(new Set(said).size, code).toBe(said.length);
    expect(detail, code).not.toBe(title);
  }
});

it("every request that is said to work is one: its route is there, and the route's schemas take it", () => {
  for (const [code, { mended }] of Object.entries(CAUSES)) {
    if (mended === null) continue;
    const [method = "", url = ""] = mended.request.split(" ");
    const { pathname, searchParams } = new URL(url, "https://sms.example.com");
    const route = ALL.find(
      (each) =>
        each.method === method.toLowerCase() &&
        new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname) &&
        (each.path === pathname || !ALL.some((other) => other.path === pathname)),
    );
    expect(route, `${code}: ${mended.request}`).toBeDefined();
    const judge = (schema: unknown, value: unknown) =>
      schema === null || schema === undefined ? value === undefined : (schema as z.ZodType).safeParse(value).success;
    expect(judge(route?.body, mended.body), `${code}: the body of ${mended.request}`).toBe(true);
    if (searchParams.size > 0)
      expect(judge((route as { query?: unknown }).query, Object.fromEntries(searchParams)), code).toBe(true);
  }
});
