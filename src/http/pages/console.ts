/**
 * Mounts the console, and hands it what it asks with: the very routes of the API, as the person in the session.
 */
import type { Hono } from "hono";
import { readClock } from "../../base/clock.ts";
import { isRefused, refuse } from "../../base/refusal.ts";
import { sha256 } from "../../base/seal.ts";
import { consoleRoutes } from "../../console/console.routes.tsx";
import type { Ask, ConsoleDeps, SessionKey } from "../../console/visit.ts";
import type { Repeatable } from "../../access/idempotency.ts";
import type { Route, RouteOf } from "../../contract/route.ts";
import type { TenantVerbs } from "../../rpc/tenant.ts";
import type { Bindings, C } from "../context.ts";
import type { Doors } from "../doors.ts";
import { problemResponse } from "../problem.ts";
import { queryOf } from "../request.ts";
import { askRoute, originOf } from "../tenant-handler.ts";

type TenantRoutes = readonly RouteOf<TenantVerbs>[];

/** Mounts every door of the console. */
export function mountConsole(app: Hono<Bindings>, doorsFor: (env: Env) => Doors, routes: TenantRoutes): void {
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

function consoleDeps(c: C, doors: Doors, routes: TenantRoutes): ConsoleDeps {
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
      c.set("tenant", owner.code);
      return doors.tenant(owner);
    },
    present: (session) => doors.tenant(session.owner).present(inSession(session)),
    signOut: (session) => doors.tenant(session.owner).signOut(inSession(session)),
    askAs: (session, page) => askAs(c, doors, routes, session, page),
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

function repeatOf(route: Route, once: string | undefined, body: unknown): Repeatable | null {
  if (once === undefined || route.repeat === null) return null;
  return { route: `${route.method} ${route.path}`, key: once, bodyDigest: sha256(JSON.stringify(body ?? null)) };
}
