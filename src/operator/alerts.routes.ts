/**
 * The operators' routes for alerts, and for the on-call service that is told of them.
 */
import { z } from "zod";
import { AlertState, AlertView, SilenceBody } from "../alerts/schemas.ts";
import { parseId } from "../base/ids.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { EXAMPLE_TIME } from "../contract/example.ts";
import { cursorOf, given, limitUpTo, pageOf, timeOf } from "../contract/list.ts";
import { doorsOver, IdParam, JURISDICTION, type OperatorRouteOf, type Placed } from "../contract/operator-route.ts";
import { judgeUrl, URL_CHARS_MAX } from "../net/outside-url.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

const door = doorsOver<OperatorVerbs>();

function ofAlert<Input extends object>(id: string, input: Input): Outcome<Placed<{ id: string } & Input>> {
  const owner = parseId(id);
  return owner === null || owner.prefix !== "alr"
    ? refuse("not_found")
    : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

const Where = z.strictObject({ jurisdiction: JURISDICTION.default("eu") });
const ON_CALL_EXAMPLE = { url: "https://on-call.example.com/maskline", changed_at: EXAMPLE_TIME, waiting: 0 };

export const OnCallView = z
  .object({
    url: z.string().nullable().meta({ description: "Null where nobody is called." }),
    changed_at: z.string().nullable(),
    waiting: z.int().meta({ description: "Calls that it has not taken yet." }),
  })
  .meta({ id: "OnCall", examples: [ON_CALL_EXAMPLE] });

export const IssuedOnCallView = z
  .object({ ...OnCallView.shape, secret: z.string().meta({ description: "Shown once." }) })
  .meta({
    id: "IssuedOnCall",
    examples: [{ ...ON_CALL_EXAMPLE, secret: "whsec_c2VjcmV0LWZvci10aGUtZXhhbXBsZS1vbmx5" }],
  });

export const alertsRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "get",
    path: "/admin/v1/alerts",
    verb: "alerts.list",
    summary: "List the operators' alerts, the open ones unless asked otherwise, newest first",
    detail:
      "Carriers, stores, the night's purge and the admin token. The same alert raised again while it is open counts and is no further one. Tenants' own alerts are theirs; `GET /admin/v1/usage` counts them.",
    query: z.strictObject({ ...Where.shape, state: AlertState, limit: limitUpTo(), cursor: cursorOf("alr") }),
    status: 200,
    answer: pageOf(AlertView),
    refuses: ["invalid_cursor"],
    ask: ({ query: { jurisdiction, state, limit, cursor } }) => ({
      ok: { where: jurisdiction, input: { state, limit, ...given({ before: cursor }) } },
    }),
  }),
  door({
    method: "post",
    path: "/admin/v1/alerts/{id}/acknowledge",
    verb: "alerts.acknowledge",
    summary: "Say that somebody has taken the alert",
    params: IdParam,
    status: 200,
    answer: AlertView,
    refuses: ["state_conflict"],
    ask: ({ params }) => ofAlert(params.id, {}),
  }),
  door({
    method: "post",
    path: "/admin/v1/alerts/{id}/silence",
    verb: "alerts.silence",
    summary: "Silence the alert until a time",
    params: IdParam,
    body: SilenceBody,
    status: 200,
    answer: AlertView,
    refuses: ["state_conflict"],
    example: { until: null },
    ask: ({ params, body }) => ofAlert(params.id, { until: body.until === null ? null : (timeOf(body.until) ?? null) }),
  }),
  door({
    method: "get",
    path: "/admin/v1/on-call",
    verb: "on_call.get",
    summary: "Where alerts are sent",
    query: Where,
    status: 200,
    answer: OnCallView,
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
  door({
    method: "put",
    path: "/admin/v1/on-call",
    verb: "on_call.set",
    summary: "Send this jurisdiction's alerts to an on-call service",
    detail:
      "By calls signed as webhooks are (Standard Webhooks). Answers a new secret, once. The URL is judged like every address outside, now and before each call. A call that is not taken is tried again by the schedule of webhooks.",
    body: z.strictObject({ ...Where.shape, url: z.string().min(1).max(URL_CHARS_MAX) }).meta({ id: "SetOnCall" }),
    status: 200,
    answer: IssuedOnCallView,
    refuses: ["url_refused"],
    sensitive: true,
    example: { url: "https://on-call.example.com/maskline" },
    ask: ({ body }, policy) => {
      const judged = judgeUrl(body.url, policy);
      return "refused" in judged ? judged : { ok: { where: body.jurisdiction, input: { url: judged.url.href } } };
    },
  }),
  door({
    method: "delete",
    path: "/admin/v1/on-call",
    verb: "on_call.remove",
    summary: "Send alerts nowhere",
    query: Where,
    status: 200,
    answer: z.object({ removed: z.boolean().meta({ examples: [true] }) }),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
];
