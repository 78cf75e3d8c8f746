/**
 * The routes of messages. A route parses, normalises the number and lints the sender; whatever depends on the tenant is up to the
 * verb.
 */
import { Time } from "../contract/label.ts";
import { z } from "zod";
import { millisecondsOf } from "../base/clock.ts";
import { exampleId } from "../contract/example.ts";
import { findNumbers, parseNumber } from "../sms/phone.ts";
import { parseWith } from "../contract/parse.ts";
import { cursorOf, given, limitUpTo, pageOf, timeOf } from "../contract/list.ts";
import { ProblemView } from "../contract/problem-view.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { completedRoutesOver, routesOver, type RouteOver } from "../contract/route.ts";
import { checkText, smartEncode } from "../sms/sms-text.ts";
import { lintSender } from "../policy/sender-id.ts";
import type { SendInput } from "./admit.ts";
import { finishCancel, finishGet, finishList } from "./finish.ts";
import { BatchBody, MessageView, PreviewView, SendBody } from "./schemas.ts";
import { STATES } from "./message.ts";
import type { MessagesVerbs } from "./verbs.ts";

const route = routesOver<MessagesVerbs>();
const completed = completedRoutesOver<MessagesVerbs>();
const tag = "Messages";
const Id = z.strictObject({ id: z.string().max(64) });
const SENDS = [
  "invalid_number",
  "number_kind_refused",
  "country_not_allowed",
  "drama_number_on_live",
  "real_number_in_sandbox",
  "text_too_long",
  "screened",
  "sender_refused",
  "recipient_opted_out",
  "token_unknown",
  "schedule_out_of_range",
  "rate_limited",
  "new_numbers_exceeded",
  "budget_exceeded",
  "storage_quota_reached",
  "carrier_unavailable",
] as const;

const example = { to: "+447700900123", purpose: "service", text: "Your shift on Friday is confirmed." };

/** A batch of a thousand texts of ten segments, with room for their other fields. */
const BATCH_BYTES_MAX = 4 * 1_024 * 1_024;

export const messagesRoutes: RouteOver<MessagesVerbs>[] = [
  route({
    method: "post",
    path: "/v1/messages",
    verb: "messages.send",
    scope: "messages:send",
    summary: "Send one message",
    detail: "202 means that the message is stored durably; watch its state by webhook or by `GET`.",
    tag,
    body: SendBody,
    status: 202,
    answer: MessageView,
    refuses: SENDS,
    repeat: {},
    example,
    input: ({ body }) => sendInput(body),
  }),
  completed({
    method: "post",
    path: "/v1/messages/batch",
    verb: "messages.batch",
    scope: "messages:send",
    summary: "Send up to 1,000 messages",
    detail: "Each message is judged by itself: the answer names, by index, the message or the problem.",
    tag,
    body: BatchBody,
    bodyBytesMax: BATCH_BYTES_MAX,
    status: 202,
    answer: z.object({
      batch_id: z.string().meta({ examples: [exampleId("bat")] }),
      data: z.array(
        z.union([
          z.object({ index: z.int(), message: MessageView }),
          z.object({ index: z.int(), problem: ProblemView }),
        ]),
      ),
    }),
    refuses: ["batch_too_large", "storage_quota_reached"],
    repeat: {},
    example: { messages: [example, { ...example, to: "+447700900124" }] },
    input: ({ body }) => ({ ok: { items: body.messages.map(itemOf) } }),
    complete: (batch, _input, { problemOf }) => ({
      ok: {
        ...batch,
        data: batch.data.map((item) => ("problem" in item ? { ...item, problem: problemOf(item.problem) } : item)),
      },
    }),
  }),
  route({
    method: "post",
    path: "/v1/messages/preview",
    verb: "messages.preview",
    scope: "messages:send",
    summary: "See what sending would do",
    detail: "Stores nothing about the person and gives no token. The number counts as named, as when sending.",
    tag,
    body: SendBody,
    status: 200,
    answer: PreviewView,
    refuses: ["invalid_number", "token_unknown", "sender_refused", "new_numbers_exceeded"],
    example,
    input: ({ body }) => {
      // Judged as it would be sent; the original text is passed on, so that the answer can list replacements.
      const input = sendInput(body);
      return isRefused(input) ? input : { ok: { ...input.ok, text: body.text, smart: body.smart_encoding === true } };
    },
  }),
  completed({
    method: "get",
    path: "/v1/messages",
    verb: "messages.list",
    scope: "messages:read",
    summary: "List messages, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("msg"),
      state: z.enum(STATES).optional(),
      token: z.string().max(64).optional(),
      reference: z.string().max(200).optional(),
      created_from: Time.optional(),
      created_to: Time.optional(),
    }),
    status: 200,
    answer: pageOf(MessageView),
    refuses: ["invalid_cursor", "number_in_query"],
    complete: (part, _input, help) => finishList(help, part),
    input: ({ query }) => {
      if (query.reference !== undefined && findNumbers(query.reference).length > 0) return refuse("number_in_query");
      return {
        ok: {
          limit: query.limit,
          ...given({
            before: query.cursor,
            state: query.state,
            token: query.token,
            reference: query.reference,
            createdFrom: timeOf(query.created_from),
            createdTo: timeOf(query.created_to),
          }),
        },
      };
    },
  }),
  completed({
    method: "get",
    path: "/v1/messages/{id}",
    verb: "messages.get",
    scope: "messages:read",
    summary: "Read one message",
    tag,
    params: Id,
    status: 200,
    answer: MessageView,
    complete: (part, { id }, help) => finishGet(help, id, part),
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/messages/{id}/cancel",
    verb: "messages.cancel",
    scope: "messages:send",
    summary: "Cancel a message that has not left",
    tag,
    params: Id,
    status: 200,
    answer: MessageView,
    refuses: ["not_cancelable"],
    repeat: {},
    whenRecorded: ({ id }, help) => finishCancel(help, id),
    input: ({ params }) => ({ ok: params }),
  }),
];

/** One message of a batch, or its refusal, which does not affect the others. */
function itemOf(item: unknown): SendInput | Refusal {
  const parsed = parseWith(SendBody, item);
  if (isRefused(parsed)) return parsed;
  const input = sendInput(parsed.ok);
  return isRefused(input) ? input : input.ok;
}

/** The message as the verb takes it: number normalised, sender linted, text checked. */
function sendInput(body: SendBody): Outcome<SendInput> {
  const to = typeof body.to === "string" ? parseNumber(body.to) : { number: body.to };
  if ("refused" in to)
    return refuse("invalid_number", {
      errors: [{ field: "to", code: "invalid_number", detail: to.detail ?? "Write it in E.164." }],
    });
  const text = body.smart_encoding === true ? smartEncode(body.text).text : body.text;
  const wrong = checkText(text);
  if (wrong !== null) {
    const reason = wrong.code === "text_too_long" ? "text_too_long" : "invalid_field";
    return refuse(reason, { errors: [{ field: "text", code: wrong.code, detail: wrong.detail }] });
  }
  if (body.from !== undefined) {
    const country = "token" in to.number ? "GB" : to.number.country;
    const linted = lintSender(body.from, country);
    if ("errors" in linted) {
      return refuse("sender_refused", {
        errors: linted.errors.map(({ code, detail }) => ({ field: "from", code, detail })),
      });
    }
  }
  return {
    ok: {
      to: to.number,
      from: body.from ?? null,
      text,
      purpose: body.purpose,
      reference: body.reference ?? null,
      metadata: body.metadata ?? null,
      scheduleAt: body.schedule_at === undefined ? null : millisecondsOf(body.schedule_at),
      expiresAt: body.expires_at === undefined ? null : millisecondsOf(body.expires_at),
      ttlSeconds: body.ttl_seconds ?? null,
    },
  };
}
