/**
 * The routes of screening.
 */
import { z } from "zod";
import { exampleId } from "../contract/example.ts";
import { given, limitUpTo, pageOf, cursorLike } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { DEFAULT_WARNING } from "../screening/policy.ts";
import { HELD_STATES } from "./ledger.ts";
import {
  DecideBody,
  isHeldId,
  DecidedView,
  HeldView,
  JudgeBody,
  JudgedView,
  PolicyBody,
  ReadHeldView,
  ScreeningPolicyView,
} from "./schemas.ts";
import type { QuarantineVerbs } from "./verbs.ts";

const route = routesOver<QuarantineVerbs>();
const tag = "Screening";
const Id = z.strictObject({ id: z.string().max(64) });

export const quarantineRoutes: RouteOver<QuarantineVerbs>[] = [
  route({
    method: "get",
    path: "/v1/screening/policy",
    verb: "screening.policy",
    scope: "policy:read",
    summary: "Read the screening policy",
    tag,
    status: 200,
    answer: ScreeningPolicyView,
    input: () => ({ ok: null }),
  }),
  route({
    method: "put",
    path: "/v1/screening/policy",
    verb: "screening.set_policy",
    scope: "screening:manage",
    summary: "Set the screening policy",
    detail: "Replaces it as a whole. Entered in the audit. It counts for texts that come or leave from now on.",
    tag,
    body: PolicyBody,
    status: 200,
    answer: ScreeningPolicyView,
    repeat: {},
    example: {
      enforced: true,
      domains: ["example.com"],
      hold_hours: 12,
      code_warning: DEFAULT_WARNING,
      rules: [{ direction: "outbound", class: "short_links", action: "hold" }],
    },
    input: ({ body }) => ({ ok: body }),
  }),
  route({
    method: "post",
    path: "/v1/screening/judge",
    verb: "screening.judge",
    scope: "screening:judge",
    summary: "Judge a text without sending it",
    detail: "Nothing of it is stored or logged. Each call is counted: 300 a minute for a caller.",
    tag,
    body: JudgeBody,
    status: 200,
    answer: JudgedView,
    refuses: ["rate_limited"],
    example: { text: "Your table is booked for Saturday.", direction: "outbound", purpose: "service" },
    input: ({ body }) => ({ ok: { ...body, from: body.from ?? null } }),
  }),
  route({
    method: "get",
    path: "/v1/screening/held",
    verb: "screening.list_held",
    scope: "screening:read",
    summary: "List texts that are held, newest first",
    detail: "By which rules and where they fired; never the words.",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorLike(isHeldId).optional(),
      state: z.enum(HELD_STATES).optional(),
    }),
    status: 200,
    answer: pageOf(HeldView),
    input: ({ query: { limit, cursor, state } }) => ({
      ok: { limit, state: state ?? "held", ...given({ before: cursor }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/screening/held/{id}",
    verb: "screening.read_held",
    scope: "screening:read_held",
    summary: "Read a held text, with its words",
    detail: "Entered in the audit.",
    tag,
    params: Id,
    status: 200,
    answer: ReadHeldView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/screening/held/decide",
    verb: "screening.decide",
    scope: "screening:decide",
    summary: "Release or block texts that are held",
    detail:
      "Up to a hundred at once; each decision is entered in the audit. A released text goes on as if it had not been held.",
    tag,
    body: DecideBody,
    status: 200,
    answer: DecidedView.meta({ examples: [{ data: [{ id: exampleId("msg"), done: true }] }] }),
    repeat: {},
    example: { ids: [exampleId("msg")], decision: "release" },
    input: ({ body }) => ({ ok: { ...body, reason: body.reason ?? null } }),
  }),
];
