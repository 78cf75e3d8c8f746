// The document tells the truth: every route that is mounted and nothing else, every code from the table, examples that the
// schemas take, and a public linter finds nothing.
import { readFileSync } from "node:fs";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { expect, it } from "vitest";
import type { z } from "zod";
import { routes } from "../../src/http/routes.ts";
import { app } from "../../src/worker/app.ts";
import { REASONS } from "../../src/base/refusal.ts";
import { codesOf } from "../../src/http/openapi/codes.ts";
import { eventShape } from "../../src/http/openapi/events.ts";
import { isRepeatable } from "../../src/contract/operator-route.ts";
import { openApiDocument } from "../../src/http/openapi/document.ts";
import { pageRoutes } from "../../src/http/pages/pages.routes.ts";
import { EVENT_TYPES } from "../../src/webhooks/event.ts";

type Media = { schema: unknown; example?: unknown; examples?: Record<string, { $ref: string }> };
type Part = { content?: Record<string, Media>; headers?: Record<string, unknown> };
type Operation = {
  operationId: string;
  description?: string;
  security?: Record<string, string[]>[];
  parameters?: ({ $ref: string } | { name: string })[];
  requestBody?: Part;
  responses: Record<string, Part>;
};
type Document = {
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, { post: Operation }>;
  components: { examples: Record<string, { value: { code: string; status: number } }> };
};

const built = openApiDocument(routes, "https://sms.example.net");
const document = JSON.parse(JSON.stringify(built)) as Document;
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
);
const byName = new Map(operations.map(({ name, operation }) => [name, operation]));
it("the reference page is given no idempotency key to fill in: one for every request would repeat the first", () => {
  const { IdempotencyKey: parameter } = built.components?.parameters ?? {};
  expect(parameter).toMatchObject({ name: "Idempotency-Key", in: "header" });
  expect(JSON.stringify(parameter)).not.toMatch(/"(example|examples|default)":/);
});

const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const isKeyed = ({ parameters = [] }: Operation) =>
  parameters.some((each) => "$ref" in each && each.$ref.endsWith("/IdempotencyKey"));
const codesAt = (operation: Operation, status: string) =>
  Object.keys(operation.responses[status]?.content?.["application/problem+json"]?.examples ?? {});

it("names every mounted route, and none that is not", () => {
  const mounted = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const pages = pageRoutes.map(nameOf);
  const order = (a: string, b: string) => a.localeCompare(b);
  expect(mounted.sort(order)).toEqual([...byName.keys(), ...pages].sort(order));
});

it("names only codes that there are, each under its own status", () => {
  for (const { name, operation } of operations) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      for (const [code, { $ref }] of Object.entries(content?.["application/problem+json"]?.examples ?? {})) {
        expect(REASONS, name).toHaveProperty(code);
        expect(String(REASONS[code as keyof typeof REASONS].status), `${name} ${code}`).toBe(status);
        expect($ref).toBe(`#/components/examples/${code}`);
        expect(document.components.examples[code]?.value).toMatchObject({ code, status: Number(status) });
      }
    }
  }
});

it("names every code of the table, but for those that no route answers", () => {
  const named = new Set(
    operations.flatMap(({ operation: of }) => Object.keys(of.responses).flatMap((at) => codesAt(of, at))),
  );
  const unnamed = Object.keys(REASONS).filter((code) => !named.has(code));
  expect(unnamed).toEqual(["route_not_found"]); // the answer where there is no route
});

it("a tenant's route says who may call it, how it is repeated and what its limits are", () => {
  for (const route of routes.tenant) {
    const operation = byName.get(nameOf(route))!;
    expect(operation.security).toEqual([{ apiKey: [route.scope] }]);
    expect(operation.description).toContain(`\`${route.scope}\``);
    const keyed =
      operation.parameters?.some((each) => "$ref" in each && each.$ref.endsWith("/IdempotencyKey")) ?? false;
    expect(keyed, nameOf(route)).toBe(route.repeat !== null);
    expect(Object.keys(operation.responses[route.status]?.headers ?? {})).toContain("RateLimit");
    expect(codesOf(route)).toEqual(expect.arrayContaining([...route.refuses, "unauthenticated", "missing_scope"]));
  }
});

it("operators' routes take an operator, the rest say that they take nobody or a carrier", () => {
  for (const route of routes.operator) {
    const operation = byName.get(nameOf(route))!;
    expect(operation.security).toEqual([{ access: [] }, { adminToken: [] }]);
    expect(isKeyed(operation), nameOf(route)).toBe(isRepeatable(route));
  }
  for (const route of routes.open)
    expect(byName.get(nameOf(route))?.security).toEqual(route.headers === null ? [] : [{ carrierSignature: [] }]);
});

const takes = (schema: z.ZodType | null, example: unknown, what: string) => {
  const parsed = schema?.safeParse(example);
  expect(parsed?.error?.issues, what).toBeUndefined();
};

it("the schemas that validate take every example", () => {
  for (const route of [...routes.tenant, ...routes.operator, ...routes.open]) {
    const operation = byName.get(nameOf(route))!;
    const asked = operation.requestBody?.content?.["application/json"];
    expect(asked === undefined, nameOf(route)).toBe(route.body === null);
    if (route.body !== null) {
      expect(route.example, `${nameOf(route)}: give the row an example`).toBeDefined();
      expect(asked?.example).toEqual(route.example);
      takes(route.body, asked?.example, nameOf(route));
    }
    const status = "status" in route ? route.status : 200;
    const answered = operation.responses[status]?.content?.["application/json"];
    expect(answered === undefined).toBe(route.answer === null);
    if (route.answer !== null) takes(route.answer, answered?.example, nameOf(route));
  }
});

it("every event that can be sent has its webhook, with an example of its body", () => {
  expect(Object.keys(document.webhooks)).toEqual([...EVENT_TYPES]);
  for (const type of EVENT_TYPES) {
    const media = document.webhooks[type]?.post.requestBody?.content?.["application/json"];
    expect(media?.example).toMatchObject({ type });
    takes(eventShape(type).body, media?.example, type);
  }
});

it("carries the version of the package", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(document.info.version).toBe(version);
});

async function lint(of: Document): Promise<string[]> {
  const config = await createConfig({
    extends: ["recommended"],
    rules: {
      // `GET /healthz` and `GET /openapi.json` take nothing from the caller, so they have nothing to refuse him for.
      "operation-4xx-response": "off",
    },
  });
  const problems = await lintFromString({ source: JSON.stringify(of), config });
  return problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer ?? ""}: ${message}`);
}

it("is clean by the recommended rules of a public linter, which does find what is wrong", async () => {
  expect(await lint(document)).toEqual([]);
  const broken = structuredClone(document);
  const media = broken.paths["/v1/messages"]?.["post"]?.requestBody?.content?.["application/json"];
  media!.example = { to: 7 };
  expect((await lint(broken)).join("\n")).toMatch(/no-invalid-media-type-examples/);
});
