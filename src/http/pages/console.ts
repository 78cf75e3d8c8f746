/**
 * Mounts the console, and hands it what it asks with: the very routes of the API, as the person in the session.
 */
import type { Hono } from "hono";
import { operatorFault } from "../../access/operators.ts";
import { OPERATOR_CODE } from "../../base/ids.ts";
import { isRepeatable, type JobRoute, type OperatorRouteOf } from "../../contract/operator-route.ts";
import type { OperatorPresent, OperatorVerbs } from "../../rpc/operator.ts";
import { askOperatorRoute } from "../operator-handler.ts";
import { readClock } from "../../base/clock.ts";
import { isRefused, refuse } from "../../base/refusal.ts";
import { sha256 } from "../../base/seal.ts";
import { consoleRoutes } from "../../console/console.routes.tsx";
import type { Ask, ConsoleDeps, OperatorAsk, SessionKey } from "../../console/visit.ts";
import type { Repeatable } from "../../access/idempotency.ts";
import type { Route, RouteOf } from "../../contract/route.ts";
import type { TenantVerbs } from "../../rpc/tenant.ts";
import type { Bindings, C } from "../context.ts";
import type { Doors } from "../doors.ts";
import { problemResponse } from "../problem.ts";
import { queryOf } from "../request.ts";
import { askRoute, originOf } from "../tenant-handler.ts";

type TenantRoutes = readonly RouteOf<TenantVerbs>[];
type OperatorRoutes = readonly (OperatorRouteOf<OperatorVerbs> | JobRoute<Doors>)[];
type ConsolesRoutes = { tenant: TenantRoutes; operator: OperatorRoutes };

/** Mounts every door of the console. */
export function mountConsole(app: Hono<Bindings>, doorsFor: (env: Env) => Doors, routes: ConsolesRoutes): void {
  for (const { method, path, serve } of consoleRoutes) {
    app.on(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
      c.set("route", path);
      // An identity provider's answer is its own: a code may hold any run of digits.
      const query = path === "/console/callback" ? null : queryOf(c);
      if (query !== null && isRefused(query)) return problemResponse(c, query);
      return serve(c.req.raw, consoleDeps(c, doorsFor(c.env), routes), c.req.param());
    });
  }
}

function consoleDeps(c: C, doors: Doors, routes: ConsolesRoutes): ConsoleDeps {
  const inSession = ({ credential, owner }: SessionKey) => {
    c.set("tenant", owner.code);
    return { credential, origin: originOf(c) };
  };
  return {
    door: doors.door,
    now: readClock(),
    publicUrl: doors.publicUrl === "" ? new URL(c.req.url).origin : doors.publicUrl,
    oidc: { fetchLike: doors.fetchLike, policy: doors.policy, resolve: doors.resolve },
    log: doors.log,
    requestId: c.get("requestId"),
    tenant: (owner) => {
      if (owner.code === OPERATOR_CODE) return doors.operator(owner.jurisdiction);
      c.set("tenant", owner.code);
      return doors.tenant(owner);
    },
    operators: {
      present: ({ credential, owner }) => doors.operator(owner.jurisdiction).present(credential),
      signOut: ({ credential, owner }) => doors.operator(owner.jurisdiction).signOut(credential),
      askAs: (present, page) => askAsOperator(doors, routes.operator, present, page),
    },
    present: (session) => doors.tenant(session.owner).present(inSession(session)),
    signOut: (session) => doors.tenant(session.owner).signOut(inSession(session)),
    askAs: (session, page) => askAs(c, doors, routes.tenant, session, page),
  };
}

/** Asks by a route of the API: its row parses the question and makes the answer, its schema reads it. */
function askAs(c: C, doors: Doors, routes: TenantRoutes, session: SessionKey, page: string): Ask {
  return async (verb, { query = {}, params = {}, body, once }, view) => {
    const route = routes.find((each) => each.verb === verb);
    if (route === undefined) return refuse("route_not_found");
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const repeat = repeatOf(route, once, body);
    const asked = { query: Object.fromEntries(given), params, body, repeat, page };
    const { outcome } = await askRoute(c, route, session, asked, doors);
    return isRefused(outcome) ? outcome : { ok: view.parse(outcome.ok) };
  };
}

/**
 * Asks by an operators' route. Who asks was recognised by the operators' object at the beginning of this request; what their role, or
 * a sign-in that is not fresh, may not ask is refused here, by the route's own row.
 */
function askAsOperator(doors: Doors, routes: OperatorRoutes, present: OperatorPresent, page: string): OperatorAsk {
  const { person: id, role, session } = present;
  return async (verb, { query = {}, params = {}, body, once }, view) => {
    const route = routes.find((each) => each.verb === verb);
    if (route === undefined) return refuse("route_not_found");
    const fault = operatorFault(route, present);
    if (fault !== null) return fault;
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const raw = { query: Object.fromEntries(given), params, body: () => ({ ok: body }) };
    const repeat = { ok: once === undefined || !isRepeatable(route) ? null : repeatFor(route, once, body) };
    const outcome = await askOperatorRoute(route, { id, role, page, session }, raw, repeat, doors);
    return isRefused(outcome) ? outcome : { ok: view.parse(outcome.ok) };
  };
}

const repeatFor = ({ method, path }: { method: string; path: string }, key: string, body: unknown): Repeatable => ({
  route: `${method} ${path}`,
  key,
  bodyDigest: sha256(JSON.stringify(body ?? null)),
});

function repeatOf(route: Route, once: string | undefined, body: unknown): Repeatable | null {
  if (once === undefined || route.repeat === null) return null;
  return repeatFor(route, once, body);
}
