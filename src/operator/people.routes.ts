/**
 * The operators' routes for who signs in at their console: the same verbs that its page asks.
 */
import { z } from "zod";
import { OPERATORS_HOME } from "../access/room.ts";
import {
  OperatorPersonView,
  OperatorSignInBody,
  OperatorSignInView,
  OperatorChangeRoleBody,
  PersonSessionView,
  SIGN_IN_EXAMPLE,
} from "../access/people/schemas.ts";
import type { Outcome } from "../base/refusal.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { doorsOver, IdParam, type OperatorRouteOf, type Placed } from "../contract/operator-route.ts";
import { judgeUrl } from "../net/outside-url.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

const door = doorsOver<OperatorVerbs>();

/** Operators sign in at one place, whichever jurisdiction they work in. */
const atHome = <Input>(input: Input): Outcome<Placed<Input>> => ({
  ok: { where: OPERATORS_HOME.jurisdiction, input },
});

export const operatorPeopleRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "get",
    path: "/admin/v1/sign-in",
    verb: "sign_in.get",
    summary: "How operators sign in to their console",
    status: 200,
    answer: OperatorSignInView,
    ask: () => atHome(null),
  }),
  door({
    method: "put",
    path: "/admin/v1/sign-in",
    verb: "sign_in.change",
    summary: "Set how operators sign in to their console",
    detail:
      "Every session but the caller's own ends. Refused with `state_conflict` where the deployment's variable `OPERATOR_SIGN_IN` says it. The issuer's URL is judged like every address outside.",
    body: OperatorSignInBody,
    status: 200,
    answer: OperatorSignInView,
    refuses: ["url_refused", "state_conflict", "missing_scope", "fresh_sign_in_needed"],
    sensitive: true,
    example: { ...SIGN_IN_EXAMPLE, roles: [{ value: "maskline-operators", role: "operator" }] },
    ask: ({ body: { client_id, client_secret, ...body } }, policy) => {
      const judged = judgeUrl(body.issuer, policy);
      if ("refused" in judged) return judged;
      return atHome({ ...body, clientId: client_id, ...given({ clientSecret: client_secret }) });
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/operators",
    verb: "operators.list",
    summary: "List the operators who signed in",
    query: z.strictObject({ limit: limitUpTo(), cursor: cursorOf("per") }),
    status: 200,
    answer: pageOf(OperatorPersonView),
    refuses: ["invalid_cursor"],
    ask: ({ query }) => atHome({ limit: query.limit, ...given({ before: query.cursor }) }),
  }),
  door({
    method: "patch",
    path: "/admin/v1/operators/{id}",
    verb: "operators.change_role",
    summary: "Change an operator's role",
    detail: "Counts from their next request on. Nobody changes their own.",
    params: IdParam,
    body: OperatorChangeRoleBody,
    status: 200,
    answer: OperatorPersonView,
    refuses: ["state_conflict", "missing_scope", "fresh_sign_in_needed"],
    sensitive: true,
    example: { role: "observer" },
    ask: ({ params, body }) => atHome({ id: params.id, role: body.role }),
  }),
  door({
    method: "get",
    path: "/admin/v1/operator-sessions",
    verb: "operator_sessions.list",
    summary: "List the sessions of operators that live",
    query: z.strictObject({ person: z.string().max(64).optional() }),
    status: 200,
    answer: pageOf(PersonSessionView),
    ask: ({ query }) => atHome(given({ person: query.person })),
  }),
  door({
    method: "delete",
    path: "/admin/v1/operator-sessions/{id}",
    verb: "operator_sessions.end",
    summary: "End an operator's session at once",
    params: IdParam,
    status: 200,
    answer: PersonSessionView,
    ask: ({ params }) => atHome(params),
  }),
];
