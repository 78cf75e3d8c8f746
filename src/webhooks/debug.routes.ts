/**
 * The routes for debugging an endpoint.
 */
import { z } from "zod";
import { EXAMPLE_LATER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import type { DebugVerbs } from "./debug.ts";
import { AttemptResults, EventView } from "./webhooks.routes.ts";

const route = routesOver<DebugVerbs>();
const tag = "Webhooks";
const Id = z.strictObject({ id: z.string().max(64) });
const State = z.enum(["waiting", "retrying", "delivered", "given_up"]);

const AttemptView = z.object({
  attempt: z.int(),
  at: z.string(),
  result: AttemptResults,
  status: z.int().nullable(),
  latency_ms: z.number().nullable(),
  answer: z.string().nullable().meta({
    description:
      "Of a failure the first 200 characters, if they are text; numbers are masked. Kept sealed for seven days.",
  }),
});

export const DeliveryView = z
  .object({
    id: z.string().meta({ description: "The event, and the `webhook-id` of its calls." }),
    type: z.string(),
    resource: z.string(),
    occurred_at: z.string(),
    state: State,
    next_attempt_at: z.string().nullable(),
    attempts: z.array(AttemptView),
  })
  .meta({
    id: "Delivery",
    examples: [
      {
        id: exampleId("evt"),
        type: "message.delivered",
        resource: exampleId("msg"),
        occurred_at: EXAMPLE_TIME,
        state: "retrying",
        next_attempt_at: EXAMPLE_LATER,
        attempts: [
          {
            attempt: 1,
            at: EXAMPLE_TIME,
            result: "failed",
            status: 500,
            latency_ms: 83,
            answer: "Internal Server Error",
          },
        ],
      },
    ],
  });

const Signed = z
  .strictObject({
    webhook_id: z.string().max(200).meta({ description: "The header `webhook-id` as it was received." }),
    webhook_timestamp: z.string().max(32),
    webhook_signature: z.string().max(2_000),
    body: z
      .string()
      .max(60_000)
      .meta({ description: "The body's bytes as they were received, before any JSON parser." }),
  })
  .meta({ id: "ReceivedCall" });

export const SignatureVerdict = z
  .object({
    valid: z.boolean(),
    reason: z
      .enum([
        "malformed_timestamp",
        "too_old",
        "too_new",
        "malformed_signature",
        "body_changed",
        "other_endpoint",
        "no_match",
      ])
      .nullable(),
  })
  .meta({ id: "SignatureVerdict", examples: [{ valid: false, reason: "body_changed" }] });

export const debugRoutes: RouteOver<DebugVerbs>[] = [
  route({
    method: "get",
    path: "/v1/webhooks/{id}/deliveries",
    verb: "webhooks.deliveries",
    scope: "webhooks:manage",
    summary: "List an endpoint's deliveries, newest first",
    detail:
      "Each event that goes to this endpoint, what became of it, every failed call of the last seven days (the newest 200), and when it is tried next. A call that went well is shown while the service remembers it; its delivery stays `delivered`. A filtered page may be short or empty and still have a `next_cursor`.",
    tag,
    params: Id,
    query: z.strictObject({ limit: limitUpTo(), cursor: cursorOf("evt"), state: State.optional() }),
    status: 200,
    answer: pageOf(DeliveryView),
    refuses: ["invalid_cursor"],
    input: ({ params, query }) => ({
      ok: { id: params.id, limit: query.limit, ...given({ before: query.cursor, state: query.state }) },
    }),
  }),
  route({
    method: "post",
    path: "/v1/webhooks/{id}/test",
    verb: "webhooks.test",
    scope: "webhooks:manage",
    summary: "Send a test event",
    detail:
      "An event `endpoint.test` goes to this endpoint alone, whatever it listens to, signed and retried like any other. Its delivery is in the list of deliveries within seconds.",
    tag,
    params: Id,
    status: 202,
    answer: EventView,
    refuses: ["state_conflict"],
    repeat: {},
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/webhooks/{id}/check-signature",
    verb: "webhooks.check_signature",
    scope: "webhooks:manage",
    summary: "Ask what is wrong with a signature",
    detail:
      "Give a call as your receiver got it. `reason` says why it does not verify: `too_old` or `too_new` (five minutes; check your clock), `malformed_timestamp`, `malformed_signature` (not `v1,` and base64), `body_changed` (we sent this event with another body: it was parsed and written anew before it was checked), `other_endpoint` (signed with the secret of another of your endpoints), `no_match`.",
    tag,
    params: Id,
    body: Signed,
    status: 200,
    answer: SignatureVerdict,
    example: {
      webhook_id: exampleId("evt"),
      webhook_timestamp: "1795463885",
      webhook_signature: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
      body: '{"id": "…"}',
    },
    input: ({ params, body }) => ({
      ok: {
        id: params.id,
        webhookId: body.webhook_id,
        timestamp: body.webhook_timestamp,
        signature: body.webhook_signature,
        body: body.body,
      },
    }),
  }),
];
