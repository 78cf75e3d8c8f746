/**
 * The routes of endpoints and events. A URL in `urlIn` is judged, with its name resolved, before the object is asked.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { UrlText } from "../contract/label.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { eventFilterSchema } from "./event.ts";
import type { WebhooksVerbs } from "./verbs.ts";

const route = routesOver<WebhooksVerbs>();
const tag = "Webhooks";
const Id = z.strictObject({ id: z.string().max(64) });

const EXAMPLE = {
  id: exampleId("wbh"),
  url: "https://hooks.example.com/maskline",
  events: ["message.*"],
  state: "active",
  reason: null,
  created_at: EXAMPLE_TIME,
  health: { state: "ok", retrying: 0, given_up: 0, next_attempt_at: null, last_failure: null },
} as const;

/** What the result of a call can be. */
export const AttemptResults = z.enum([
  "delivered",
  "gone",
  "throttled",
  "failed",
  "timeout",
  "connection",
  "redirect",
  "refused_url",
]);

export const EndpointView = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    state: z.enum(["active", "disabled"]),
    reason: z.string().nullable(),
    created_at: z.string(),
    health: z.object({
      state: z.enum(["ok", "failing"]),
      retrying: z.int().meta({ description: "Events that failed and are tried again." }),
      given_up: z.int().meta({ description: "Events that failed ten times; a replay sends them again." }),
      next_attempt_at: z.string().nullable(),
      last_failure: z
        .object({ at: z.string(), result: AttemptResults, status: z.int().nullable() })
        .nullable()
        .meta({ description: "The newest failed call of the last seven days." }),
    }),
  })
  .meta({ id: "Endpoint", examples: [EXAMPLE] });
export const IssuedEndpointView = EndpointView.extend({
  secret: z.string().optional().meta({ description: "Shown once; a repeated answer leaves it out." }),
}).meta({ id: "IssuedEndpoint", examples: [{ ...EXAMPLE, secret: "whsec_…" }] });

export const EventView = z
  .object({
    id: z.string(),
    type: z.string(),
    sequence: z.int(),
    resource: z.string(),
    occurred_at: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({
    id: "Event",
    examples: [
      {
        id: exampleId("evt"),
        type: "endpoint.disabled",
        sequence: 17,
        resource: exampleId("wbh"),
        occurred_at: EXAMPLE_TIME,
        data: { endpoint: exampleId("wbh"), reason: "gone" },
      },
    ],
  });

export const webhooksRoutes: RouteOver<WebhooksVerbs>[] = [
  route({
    method: "post",
    path: "/v1/webhooks",
    verb: "webhooks.create",
    scope: "webhooks:manage",
    summary: "Register an endpoint",
    detail: "The signing secret is in this answer and never shown again. Calls are signed by Standard Webhooks v1.",
    tag,
    body: z.strictObject({ url: UrlText, events: eventFilterSchema }).meta({ id: "NewEndpoint" }),
    status: 201,
    answer: IssuedEndpointView,
    refuses: ["url_refused", "too_many_endpoints"],
    repeat: { secret: ["secret"] },
    example: { url: "https://hooks.example.com/maskline", events: ["message.*"] },
    input: ({ body }) => ({ ok: body }),
    urlIn: ({ url }) => url,
  }),
  route({
    method: "get",
    path: "/v1/webhooks",
    verb: "webhooks.list",
    scope: "webhooks:manage",
    summary: "List endpoints",
    tag,
    status: 200,
    answer: pageOf(EndpointView),
    input: () => ({ ok: null }),
  }),
  route({
    method: "get",
    path: "/v1/webhooks/{id}",
    verb: "webhooks.get",
    scope: "webhooks:manage",
    summary: "Read an endpoint",
    tag,
    params: Id,
    status: 200,
    answer: EndpointView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/webhooks/{id}",
    verb: "webhooks.change",
    scope: "webhooks:manage",
    summary: "Change an endpoint, or switch it on again",
    tag,
    params: Id,
    body: z
      .strictObject({
        url: UrlText.optional(),
        events: eventFilterSchema.optional(),
        state: z.enum(["active", "disabled"]).optional(),
      })
      .meta({ id: "ChangeEndpoint" }),
    status: 200,
    answer: EndpointView,
    refuses: ["url_refused"],
    example: { events: ["message.delivered", "message.failed"] },
    input: ({ params, body }) => ({
      ok: {
        id: params.id,
        ...(body.url === undefined ? {} : { url: body.url }),
        ...(body.events === undefined ? {} : { events: body.events }),
        ...(body.state === undefined ? {} : { state: body.state }),
      },
    }),
    urlIn: ({ url }) => url,
  }),
  route({
    method: "delete",
    path: "/v1/webhooks/{id}",
    verb: "webhooks.delete",
    scope: "webhooks:manage",
    summary: "Delete an endpoint",
    tag,
    params: Id,
    status: 204,
    answer: null,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/webhooks/{id}/rotate",
    verb: "webhooks.rotate",
    scope: "webhooks:manage",
    summary: "Replace the signing secret, with an overlap",
    detail: "Until the overlap ends every call carries a signature by the new and by the old secret.",
    tag,
    params: Id,
    body: z.strictObject({ overlap_hours: z.int().min(0).max(168).default(24) }).meta({ id: "RotateSecret" }),
    status: 200,
    answer: IssuedEndpointView,
    repeat: { secret: ["secret"] },
    example: { overlap_hours: 24 },
    input: ({ params, body }) => ({ ok: { id: params.id, overlapHours: body.overlap_hours } }),
  }),
  route({
    method: "get",
    path: "/v1/events",
    verb: "events.list",
    scope: "events:read",
    summary: "List events, oldest or newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("evt"),
      order: z.enum(["oldest", "newest"]).default("oldest"),
      type: z.string().max(64).optional(),
    }),
    status: 200,
    answer: pageOf(EventView),
    refuses: ["invalid_cursor"],
    input: ({ query }) => ({
      ok: { limit: query.limit, newest: query.order === "newest", ...given({ after: query.cursor, type: query.type }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/events/{id}",
    verb: "events.get",
    scope: "events:read",
    summary: "Read an event",
    tag,
    params: Id,
    status: 200,
    answer: EventView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/events/{id}/replay",
    verb: "events.replay",
    scope: "webhooks:manage",
    summary: "Send an event again",
    detail: "With the same id, to one endpoint or to all that are active.",
    tag,
    params: Id,
    body: z.strictObject({ endpoint: z.string().max(64).optional() }).meta({ id: "Replay" }),
    status: 202,
    answer: z.object({ endpoints: z.array(z.string()).meta({ examples: [[exampleId("wbh")]] }) }),
    repeat: {},
    example: {},
    input: ({ params, body }) => ({ ok: { id: params.id, endpoint: body.endpoint ?? null } }),
  }),
];
