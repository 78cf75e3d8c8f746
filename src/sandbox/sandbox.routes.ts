/**
 * The routes of the sandbox: its clock and its handsets.
 */
import { z } from "zod";
import { parseNumber } from "../sms/phone.ts";
import { refuse } from "../base/refusal.ts";
import { checkText } from "../sms/sms-text.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { AnsweredView, ClockView, LineView, TextView } from "./schemas.ts";
import { ADVANCE_SECONDS_MAX, type SandboxVerbs } from "./verbs.ts";

const route = routesOver<SandboxVerbs>();
const tag = "Sandbox";

export const sandboxRoutes: RouteOver<SandboxVerbs>[] = [
  route({
    method: "post",
    path: "/v1/sandbox/clock",
    verb: "sandbox.clock",
    scope: "sandbox:use",
    summary: "Move the sandbox's clock forward",
    detail: "Due work runs before the answer.",
    tag,
    body: z.strictObject({ advance_seconds: z.int().min(0).max(ADVANCE_SECONDS_MAX) }).meta({ id: "AdvanceClock" }),
    status: 200,
    answer: ClockView,
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
    answer: ClockView,
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
      limit: limitUpTo(200, 50),
      cursor: cursorOf("evt"),
    }),
    status: 200,
    answer: pageOf(TextView),
    refuses: ["invalid_cursor", "not_found"],
    input: ({ query: { limit, line, cursor } }) => ({ ok: { limit, ...given({ line, before: cursor }) } }),
  }),
  route({
    method: "post",
    path: "/v1/sandbox/handset/messages",
    verb: "sandbox.answer",
    scope: "sandbox:use",
    summary: "Text a virtual number, as the person on a line",
    detail:
      "The person is named by a line, or by a drama number that has none yet. The outcome: `relayed`, `received` (into the inbox), `answered` (by the tombstone), `vetoed` (by a block or a mute).",
    tag,
    body: z
      .strictObject({
        line: z.string().max(64).optional(),
        number: z.string().min(1).max(40).optional(),
        to: z.string().min(1).max(40),
        text: z.string().min(1).max(1_600),
      })
      .meta({ id: "AnswerFromHandset" }),
    status: 202,
    answer: AnsweredView,
    refuses: ["not_found", "invalid_number", "real_number_in_sandbox", "number_unusable", "new_numbers_exceeded"],
    example: { number: "+447700900123", to: "+447700900871", text: "I am at the door." },
    input: ({ body: { line, number, to, text } }) => {
      if ((line === undefined) === (number === undefined))
        return refuse("invalid_field", {
          errors: [{ field: "line", code: "invalid_field", detail: "Send either `line` or `number`." }],
        });
      const wrong = checkText(text);
      if (wrong !== null)
        return refuse("invalid_field", { errors: [{ field: "text", code: wrong.code, detail: wrong.detail }] });
      if (line !== undefined) return { ok: { from: { line }, to, text } };
      const parsed = parseNumber(number ?? "");
      if ("refused" in parsed)
        return refuse("invalid_number", {
          errors: [{ field: "number", code: "invalid_number", detail: parsed.detail ?? "Write it in E.164." }],
        });
      return parsed.number.drama
        ? { ok: { from: { number: parsed.number }, to, text } }
        : refuse("real_number_in_sandbox");
    },
  }),
  route({
    method: "get",
    path: "/v1/sandbox/handset/lines",
    verb: "sandbox.lines",
    scope: "sandbox:use",
    summary: "List the sandbox's lines",
    tag,
    status: 200,
    answer: pageOf(LineView),
    refuses: ["not_found"],
    input: () => ({ ok: null }),
  }),
];
