/**
 * The doors of signing in, for programs: the same verbs that the console's page asks.
 */
import { z } from "zod";
import { cursorOf, given, limitUpTo, pageOf } from "../../contract/list.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { ChangeRoleBody, PersonSessionView, PersonView, SIGN_IN_EXAMPLE, SignInBody, SignInView } from "./schemas.ts";
import type { PeopleVerbs } from "./verbs.ts";

const route = routesOver<PeopleVerbs>();
const tag = "People";
const scope = "signin:manage";
const Id = z.strictObject({ id: z.string().max(64) });

export const peopleRoutes: RouteOver<PeopleVerbs>[] = [
  route({
    method: "get",
    path: "/v1/sign-in",
    verb: "signin.get",
    scope,
    summary: "How people sign in to the console",
    tag,
    status: 200,
    answer: SignInView,
    input: () => ({ ok: null }),
  }),
  route({
    method: "put",
    path: "/v1/sign-in",
    verb: "signin.change",
    scope,
    summary: "Set how people sign in to the console",
    detail:
      "A key may set the first sign-in; from then on only an owner who has just signed in. Everybody else's sessions end. The issuer's URL is judged like every address of a tenant.",
    tag,
    body: SignInBody,
    status: 200,
    answer: SignInView,
    refuses: ["url_refused", "fresh_sign_in_needed"],
    example: SIGN_IN_EXAMPLE,
    urlIn: ({ issuer }) => issuer,
    input: ({ body: { client_id, client_secret, ...body } }) => ({
      ok: { ...body, clientId: client_id, ...given({ clientSecret: client_secret }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/people",
    verb: "people.list",
    scope,
    summary: "List the people who signed in",
    tag,
    query: z.strictObject({ limit: limitUpTo(), cursor: cursorOf("per") }),
    status: 200,
    answer: pageOf(PersonView),
    refuses: ["invalid_cursor"],
    input: ({ query }) => ({ ok: { limit: query.limit, ...given({ before: query.cursor }) } }),
  }),
  route({
    method: "patch",
    path: "/v1/people/{id}",
    verb: "people.change_role",
    scope,
    summary: "Change a person's role",
    detail:
      "Counts from the person's next request on. Only a person who has just signed in may; nobody their own role.",
    tag,
    params: Id,
    body: ChangeRoleBody,
    status: 200,
    answer: PersonView,
    refuses: ["state_conflict", "fresh_sign_in_needed"],
    example: { role: "viewer" },
    input: ({ params, body }) => ({ ok: { id: params.id, role: body.role } }),
  }),
  route({
    method: "get",
    path: "/v1/people-sessions",
    verb: "people.sessions",
    scope,
    summary: "List the sessions that live",
    tag,
    query: z.strictObject({ person: z.string().max(64).optional() }),
    status: 200,
    answer: pageOf(PersonSessionView),
    input: ({ query }) => ({ ok: given({ person: query.person }) }),
  }),
  route({
    method: "delete",
    path: "/v1/people-sessions/{id}",
    verb: "people.end_session",
    scope,
    summary: "End a person's session at once",
    tag,
    params: Id,
    status: 200,
    answer: PersonSessionView,
    input: ({ params }) => ({ ok: params }),
  }),
];
