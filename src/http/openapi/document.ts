/**
 * The OpenAPI document, made from the routes and the schemas that validate. Pure; `pages.routes.ts` serves it, and a
 * law test compares it with the mounted routes.
 */
import { OpenApiGeneratorV31, OpenAPIRegistry, type RouteConfig } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { ProblemView } from "../../contract/problem-view.ts";
import { REASONS, type Reason } from "../../base/refusal.ts";
import type { OpenRoute, Route } from "../../contract/route.ts";
import { codesOf, openCodesOf, operatorCodesOf } from "./codes.ts";
import { eventShape } from "./events.ts";
import { headers, INFO, registerParts, TAGS } from "./parts.ts";
import { sampleOf, type Json } from "./samples.ts";
import { isRepeatable, type OperatorRoute } from "../../contract/operator-route.ts";
import { EVENT_TYPES } from "../../webhooks/event.ts";

export type Routes = {
  tenant: readonly Route[];
  operator: readonly OperatorRoute[];
  open: readonly OpenRoute[];
};

type Responses = RouteConfig["responses"];

/** The document of these routes, served at `origin`. */
export function openApiDocument(routes: Routes, origin: string) {
  const registry = new OpenAPIRegistry();
  const codes = new Set([
    ...routes.tenant.flatMap(codesOf),
    ...routes.operator.flatMap(operatorCodesOf),
    ...routes.open.flatMap(openCodesOf),
  ]);
  registerParts(registry, codes, origin);
  for (const route of routes.tenant) registry.registerPath(tenantPath(route));
  for (const route of routes.operator) registry.registerPath(operatorPath(route));
  for (const route of routes.open) registry.registerPath(openPath(route));
  for (const type of EVENT_TYPES) registry.registerWebhook(webhook(type));
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.1",
    info: INFO,
    servers: [{ url: origin }],
    tags: TAGS,
  });
  addExamples(document as unknown as Json);
  return document;
}

const REPEATABLE = { parameters: [{ $ref: "#/components/parameters/IdempotencyKey" }] };

function tenantPath(route: Route): RouteConfig {
  const good = headers(
    "RequestId",
    "RateLimit",
    "RateLimitPolicy",
    ...(route.repeat === null ? [] : (["IdempotencyReplayed"] as const)),
  );
  return {
    ...common(route, camel(route.verb)),
    description: `${route.detail === undefined ? "" : `${route.detail}\n\n`}Needs the scope \`${route.scope}\`.`,
    security: [{ apiKey: [route.scope] }],
    request: request(route),
    ...(route.repeat === null ? {} : REPEATABLE),
    responses: {
      [route.status]: withCsv(route, answer(route.status, route.answer, good)),
      ...problems(codesOf(route)),
    },
  };
}

/** The answer, which some lists also give as CSV. */
function withCsv({ csv }: Route, response: Responses[string]): Responses[string] {
  if (!csv || !("content" in response)) return response;
  return { ...response, content: { ...response.content, "text/csv": { schema: z.string() } } };
}

function operatorPath(route: OperatorRoute): RouteConfig {
  return {
    ...common(route, camel(`operators.${route.verb}`)),
    security: [{ access: [] }, { adminToken: [] }],
    request: request(route),
    ...(isRepeatable(route) ? REPEATABLE : {}),
    responses: {
      [route.status]: answer(route.status, route.answer, headers("RequestId")),
      ...problems(operatorCodesOf(route)),
    },
  };
}

function openPath(route: OpenRoute): RouteConfig {
  const others = Object.entries(route.others ?? {}).map(([status, { what, answer: schema }]) => [
    status,
    { description: what, headers: headers("RequestId"), ...(schema === null ? {} : content(schema)) },
  ]);
  return {
    ...common(route, route.name),
    security: route.headers === null ? [] : [{ carrierSignature: [] }],
    request: {
      ...request({ ...route, query: null }),
      ...(route.headers === null ? {} : { headers: asObject(route.headers) }),
    },
    responses: {
      200: answer(200, route.answer, headers("RequestId")),
      ...(Object.fromEntries(others) as Responses),
      ...problems(openCodesOf(route)),
    },
  };
}

const SIGNED =
  "Signed by Standard Webhooks v1: check `webhook-signature` over `webhook-id`, `webhook-timestamp` and the body's bytes before you trust it. Events may arrive twice and out of order: compare `id` and `sequence`.";

function webhook(type: (typeof EVENT_TYPES)[number]): RouteConfig {
  const { body, says } = eventShape(type);
  return {
    method: "post",
    path: type,
    operationId: camel(`event.${type}`),
    summary: type,
    description: `${says}\n\n${SIGNED}`,
    tags: ["Events"],
    security: [],
    request: { body: { required: true, content: { "application/json": { schema: body } } } },
    responses: {
      "2XX": { description: "Accepted. Any other status is tried again, with growing delays." },
      410: { description: "Gone: the endpoint is switched off at once." },
    },
  };
}

function common(
  route: { method: Route["method"]; path: string; summary: string; detail?: string; tag: string },
  id: string,
) {
  const { method, path, summary, detail, tag } = route;
  return {
    method,
    path,
    operationId: id,
    summary,
    tags: [tag],
    ...(detail === undefined ? {} : { description: detail }),
  };
}

function request(route: {
  params: z.ZodType | null;
  query: z.ZodType | null;
  body: z.ZodType | null;
  example?: unknown;
}): NonNullable<RouteConfig["request"]> {
  const example = route.example === undefined ? {} : { example: route.example };
  return {
    ...(route.params === null ? {} : { params: asObject(route.params) }),
    ...(route.query === null ? {} : { query: asObject(route.query) }),
    ...(route.body === null
      ? {}
      : { body: { required: true, content: { "application/json": { schema: route.body, ...example } } } }),
  };
}

/** Parameters are objects in every row, although the row's type does not say so. */
const asObject = (schema: z.ZodType) => schema as z.ZodObject;

function content(schema: z.ZodType) {
  return { content: { "application/json": { schema } } };
}

const SAYS: Record<number, string> = { 200: "Done.", 201: "Created.", 202: "Accepted: stored durably.", 204: "Done." };

function answer(status: number, schema: z.ZodType | null, named: ReturnType<typeof headers>): Responses[string] {
  return { description: SAYS[status] ?? "Done.", headers: named, ...(schema === null ? {} : content(schema)) };
}

/** One response for each status, naming its codes. */
function problems(codes: readonly Reason[]): Responses {
  const byStatus = Map.groupBy(codes, (code) => REASONS[code].status);
  const entries = [...byStatus].sort(([a], [b]) => a - b).map(([status, of]) => [status, problem(status, of)]);
  return Object.fromEntries(entries) as Responses;
}

function problem(status: number, codes: readonly Reason[]): Responses[string] {
  const later = status === 429 || status === 503 ? (["RetryAfter"] as const) : [];
  return {
    description: codes.map((code) => `\`${code}\`: ${REASONS[code].title}.`).join("\n\n"),
    headers: headers("RequestId", ...later),
    content: {
      "application/problem+json": {
        schema: ProblemView,
        examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
      },
    },
  };
}

/** `messages.send` as programs name it: `messagesSend`. */
const camel = (verb: string) => verb.replaceAll(/[._](\w)/g, (_, letter: string) => letter.toUpperCase());

/** Gives every good answer and every event an example. */
function addExamples(document: Json): void {
  const components = (document["components"] as { schemas: Json }).schemas;
  for (const group of ["paths", "webhooks"] as const) {
    for (const item of Object.values(document[group] as Json)) {
      for (const operation of Object.values(item as Json)) {
        const { responses, requestBody } = operation as { responses: Json; requestBody?: unknown };
        for (const part of [requestBody, ...Object.values(responses)]) addExample(part, components);
      }
    }
  }
}

function addExample(part: unknown, components: Json): void {
  const media = (part as { content?: Record<string, Json> } | undefined)?.content?.["application/json"];
  if (media === undefined || media["example"] !== undefined) return;
  media["example"] = sampleOf(media["schema"], components);
}
