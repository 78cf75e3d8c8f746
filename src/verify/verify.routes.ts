/**
 * The routes of verifications. A route parses, and normalises the number, the payment and the origin; the verb does the rest.
 */
import { z } from "zod";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { cursorOf, given, limitUpTo, pageOf, timeOf } from "../contract/list.ts";
import { completedRoutesOver, routesOver, type RouteOver } from "../contract/route.ts";
import { Time } from "../contract/label.ts";
import { COUNTS_KEPT_DAYS, DIMENSIONS, PREFIX_STARTS_MIN } from "./counts.ts";
import { finishCheck, finishEnded, finishGet, finishList } from "./finish.ts";
import type { EndUser } from "./person.ts";
import {
  CheckBody,
  CheckToBody,
  CheckToView,
  CheckView,
  StartBody,
  SummaryView,
  VerificationView,
  type EndUserBody,
} from "./schemas.ts";
import type { StartInput } from "./start.ts";
import { numberOf, wordingOf } from "./wording.ts";
import type { VerifyVerbs } from "./verbs.ts";
import { STATES } from "./code/verification.ts";

const route = routesOver<VerifyVerbs>();
const completed = completedRoutesOver<VerifyVerbs>();
const tag = "Verifications";
const Id = z.strictObject({ id: z.string().max(64) });

const STARTS = [
  "invalid_number",
  "number_kind_refused",
  "country_not_allowed",
  "drama_number_on_live",
  "real_number_in_sandbox",
  "token_unknown",
  "text_too_long",
  "template_unusable",
  "service_unknown",
  "rate_limited",
  "new_numbers_exceeded",
  "sends_exceeded",
  "carrier_unavailable",
] as const;

export const verifyRoutes: RouteOver<VerifyVerbs>[] = [
  route({
    method: "post",
    path: "/v1/verifications",
    verb: "verify.start",
    scope: "verify:start",
    summary: "Start a verification: a code is drawn and sent",
    detail:
      "The answer is the same whether the number is known, new, locked or blocked; `GET` and events show what became of it. A start with the same end user, service, intent, payment and variables continues the pending verification; one with a code of your own never does.",
    tag,
    body: StartBody,
    status: 201,
    answer: VerificationView,
    refuses: STARTS,
    repeat: {},
    example: { to: "+447700900123", intent: "login", end_user: { device_id: "a-device-of-yours" } },
    input: ({ body }) => startInput(body),
  }),
  route({
    method: "post",
    path: "/v1/verifications/check",
    verb: "verify.check_to",
    scope: "verify:check",
    summary: "Check a code by number",
    detail:
      "Finds the newest pending verification of the number. Without `end_user` a wrong code counts against the budget of unknown devices.",
    tag,
    body: CheckToBody,
    status: 200,
    answer: CheckToView,
    refuses: ["invalid_number", "token_unknown", "verification_unknown"],
    example: { to: "+447700900123", code: "493817" },
    input: ({ body }) => {
      const to = numberOf(body.to);
      if ("refused" in to) return to;
      const { service = null, intent = null } = body;
      return { ok: { ...guessOf(body), to: to.number, service, intent } };
    },
  }),
  route({
    method: "post",
    path: "/v1/verifications/{id}/check",
    verb: "verify.check",
    scope: "verify:check",
    summary: "Check a code",
    detail:
      "A wrong code is no error: `valid` is false and `reason` says why. A payment's check names the same amount, currency and payee as its start.",
    tag,
    params: Id,
    body: CheckBody,
    status: 200,
    answer: CheckView,
    example: { code: "493817" },
    whenRecorded: ({ id }, help) => finishCheck(help, id),
    input: ({ params, body }) => ({ ok: { ...guessOf(body), id: params.id } }),
  }),
  route({
    method: "post",
    path: "/v1/verifications/{id}/resend",
    verb: "verify.resend",
    scope: "verify:start",
    summary: "Send the same code again",
    detail:
      "Waits between sends are 30, 60, 120 and 300 seconds. A code without a receipt may be sent by another carrier.",
    tag,
    params: Id,
    status: 200,
    answer: VerificationView,
    refuses: [
      "verification_ended",
      "resend_too_early",
      "sends_exceeded",
      "text_too_long",
      "rate_limited",
      "new_numbers_exceeded",
      "storage_quota_reached",
      "number_kind_refused",
      "country_not_allowed",
      "token_unknown",
      "carrier_unavailable",
    ],
    repeat: {},
    whenRecorded: ({ id }, help) => finishEnded(help, id),
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/verifications/{id}/cancel",
    verb: "verify.cancel",
    scope: "verify:start",
    summary: "Cancel a pending verification",
    tag,
    params: Id,
    status: 200,
    answer: VerificationView,
    refuses: ["verification_ended"],
    repeat: {},
    whenRecorded: ({ id }, help) => finishEnded(help, id),
    input: ({ params }) => ({ ok: params }),
  }),
  completed({
    method: "get",
    path: "/v1/verifications",
    verb: "verify.list",
    scope: "verify:read",
    summary: "List verifications, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("ver"),
      state: z.enum(STATES).optional(),
      token: z.string().max(64).optional(),
      created_from: Time.optional(),
      created_to: Time.optional(),
    }),
    status: 200,
    answer: pageOf(VerificationView),
    refuses: ["invalid_cursor"],
    complete: (part, _input, help) => finishList(help, part),
    input: ({ query }) => ({
      ok: {
        limit: query.limit,
        ...given({
          before: query.cursor,
          state: query.state,
          token: query.token,
          createdFrom: timeOf(query.created_from),
          createdTo: timeOf(query.created_to),
        }),
      },
    }),
  }),
  route({
    method: "get",
    path: "/v1/verifications/summary",
    verb: "verify.summary",
    scope: "verify:read",
    summary: "Conversion, by country, prefix, carrier, template or hour",
    detail: `Whole hours of the last ${COUNTS_KEPT_DAYS} days, seven days unless \`from\` says otherwise. A prefix with fewer than ${PREFIX_STARTS_MIN} starts is not named.`,
    tag,
    query: z.strictObject({ by: z.enum(DIMENSIONS).default("country"), from: Time.optional(), to: Time.optional() }),
    status: 200,
    answer: SummaryView,
    input: ({ query }) => ({
      ok: { by: query.by, ...given({ from: timeOf(query.from), to: timeOf(query.to) }) },
    }),
  }),
  completed({
    method: "get",
    path: "/v1/verifications/{id}",
    verb: "verify.get",
    scope: "verify:read",
    summary: "Read one verification, with its true state",
    tag,
    params: Id,
    status: 200,
    answer: VerificationView,
    complete: (part, { id }, help) => finishGet(help, id, part),
    input: ({ params }) => ({ ok: params }),
  }),
];

function endUserOf(body: z.infer<typeof EndUserBody> | undefined): EndUser | null {
  if (body === undefined) return null;
  return { deviceId: body.device_id ?? null, ip: body.ip ?? null, userAgent: body.user_agent ?? null };
}

function guessOf({ code, amount, currency, payee, end_user }: z.infer<typeof CheckBody>) {
  return { code, context: { amount, currency, payee }, endUser: endUserOf(end_user) };
}

/** A start as the verb's input. */
function startInput(body: StartBody): Outcome<StartInput> {
  const to = numberOf(body.to);
  if ("refused" in to) return to;
  const wording = wordingOf(body);
  if (isRefused(wording)) return wording;
  return {
    ok: {
      ...wording.ok,
      to: to.number,
      channel: body.channel ?? null,
      endUser: endUserOf(body.end_user),
      metadata: body.metadata ?? null,
      customCode: body.custom_code ?? null,
      limits: body.limits ?? {},
    },
  };
}
