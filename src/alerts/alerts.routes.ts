/**
 * The routes of a tenant's alerts.
 */
import { z } from "zod";
import { cursorOf, given, limitUpTo, pageOf, timeOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { AlertState, AlertView, SilenceBody } from "./schemas.ts";
import type { AlertsVerbs } from "./verbs.ts";

const route = routesOver<AlertsVerbs>();
const tag = "Alerts";
const Id = z.strictObject({ id: z.string().max(64) });

export const alertsRoutes: RouteOver<AlertsVerbs>[] = [
  route({
    method: "get",
    path: "/v1/alerts",
    verb: "alerts.list",
    scope: "alerts:read",
    summary: "List alerts, the open ones unless asked otherwise, newest first",
    detail:
      "The same alert raised again while it is open counts and is no further one. It closes when its cause has ended, or after its time without being raised. Closed ones are kept for thirty days. To be told, filter a webhook by `alert.*`.",
    tag,
    query: z.strictObject({ state: AlertState, limit: limitUpTo(), cursor: cursorOf("alr") }),
    status: 200,
    answer: pageOf(AlertView),
    refuses: ["invalid_cursor"],
    input: ({ query: { state, limit, cursor } }) => ({ ok: { state, limit, ...given({ before: cursor }) } }),
  }),
  route({
    method: "post",
    path: "/v1/alerts/{id}/acknowledge",
    verb: "alerts.acknowledge",
    scope: "alerts:write",
    summary: "Say that somebody has taken the alert",
    detail: "It is not sent again while it is open. Entered in the audit, by whom.",
    tag,
    params: Id,
    status: 200,
    answer: AlertView,
    refuses: ["state_conflict"],
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/alerts/{id}/silence",
    verb: "alerts.silence",
    scope: "alerts:write",
    summary: "Silence the alert until a time",
    detail: "It counts on and is not sent, also where it closes and opens again before then. Entered in the audit.",
    tag,
    params: Id,
    body: SilenceBody,
    status: 200,
    answer: AlertView,
    refuses: ["state_conflict"],
    example: { until: null },
    input: ({ params, body }) => ({
      ok: { id: params.id, until: body.until === null ? null : (timeOf(body.until) ?? null) },
    }),
  }),
];
