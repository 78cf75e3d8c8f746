/**
 * The doors of the sandbox: its clock and its handsets.
 */
import { z } from "zod";
import { routesOver, type Route } from "../base/route.ts";
import { ADVANCE_SECONDS_MAX, type SandboxVerbs } from "./verbs.ts";

const route = routesOver<SandboxVerbs>();
const tag = "Sandbox";

const TextView = z
  .object({
    id: z.string(),
    line: z.string(),
    number: z.string(),
    from: z.string().nullable(),
    text: z.string(),
    message_id: z.string(),
    received_at: z.string(),
  })
  .meta({
    id: "HandsetText",
    description: "A text as the person on the other side sees it: with its number and its words.",
  });

export const sandboxRoutes: Route[] = [
  route({
    method: "post",
    path: "/v1/sandbox/clock",
    verb: "sandbox.clock",
    summary: "Move the sandbox's clock forward",
    detail: "What has become due runs before the answer.",
    tag,
    body: z.strictObject({ advance_seconds: z.int().min(0).max(ADVANCE_SECONDS_MAX) }).meta({ id: "Clock" }),
    status: 200,
    answer: z.object({ now: z.string() }),
    example: { advance_seconds: 600 },
    input: ({ body }) => ({ ok: { advanceSeconds: body.advance_seconds } }),
  }),
  route({
    method: "get",
    path: "/v1/sandbox/handset/messages",
    verb: "sandbox.texts",
    summary: "Read the sandbox's handsets",
    detail: "The carrier's side of the sandbox: drama numbers only, sealed at rest.",
    tag,
    query: z.strictObject({
      line: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    status: 200,
    answer: z.object({ data: z.array(TextView) }),
    input: ({ query }) => ({ ok: { line: query.line ?? null, limit: query.limit } }),
  }),
  route({
    method: "get",
    path: "/v1/sandbox/handset/lines",
    verb: "sandbox.lines",
    summary: "List the sandbox's lines",
    tag,
    status: 200,
    answer: z.object({ data: z.array(z.object({ line: z.string(), number: z.string(), texts: z.int() })) }),
    input: () => ({ ok: null }),
  }),
];
