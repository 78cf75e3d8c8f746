/**
 * The doors of the sandbox: its clock and its handsets.
 */
import { z } from "zod";
import { EXAMPLE_TIME, exampleId } from "../base/example.ts";
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
    examples: [
      {
        id: exampleId("evt"),
        line: exampleId("lin"),
        number: "+447700900123",
        from: "Shifts",
        text: "Your shift on Friday is confirmed.",
        message_id: exampleId("msg"),
        received_at: EXAMPLE_TIME,
      },
    ],
  });

const LineView = z.object({ line: z.string(), number: z.string(), texts: z.int() }).meta({
  id: "HandsetLine",
  description: "A drama number that was texted, by its opaque id.",
  examples: [{ line: exampleId("lin"), number: "+447700900123", texts: 3 }],
});

const Clock = z.object({ now: z.string().meta({ examples: [EXAMPLE_TIME] }) });

export const sandboxRoutes: Route[] = [
  route({
    method: "post",
    path: "/v1/sandbox/clock",
    verb: "sandbox.clock",
    scope: "sandbox:use",
    summary: "Move the sandbox's clock forward",
    detail: "What has become due runs before the answer.",
    tag,
    body: z.strictObject({ advance_seconds: z.int().min(0).max(ADVANCE_SECONDS_MAX) }).meta({ id: "AdvanceClock" }),
    status: 200,
    answer: Clock,
    refuses: ["not_found"],
    example: { advance_seconds: 600 },
    input: ({ body }) => ({ ok: { advanceSeconds: body.advance_seconds } }),
  }),
  route({
    method: "get",
    path: "/v1/sandbox/clock",
    verb: "sandbox.time",
    scope: "sandbox:use",
    summary: "Read the sandbox's clock",
    tag,
    status: 200,
    answer: Clock,
    refuses: ["not_found"],
    input: () => ({ ok: null }),
  }),
  route({
    method: "get",
    path: "/v1/sandbox/handset/messages",
    verb: "sandbox.texts",
    scope: "sandbox:use",
    summary: "Read the sandbox's handsets",
    detail: "The carrier's side of the sandbox: drama numbers only, sealed at rest.",
    tag,
    query: z.strictObject({
      line: z.string().max(64).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    status: 200,
    answer: z.object({ data: z.array(TextView) }),
    refuses: ["not_found"],
    input: ({ query }) => ({ ok: { line: query.line ?? null, limit: query.limit } }),
  }),
  route({
    method: "get",
    path: "/v1/sandbox/handset/lines",
    verb: "sandbox.lines",
    scope: "sandbox:use",
    summary: "List the sandbox's lines",
    tag,
    status: 200,
    answer: z.object({ data: z.array(LineView) }),
    refuses: ["not_found"],
    input: () => ({ ok: null }),
  }),
];
