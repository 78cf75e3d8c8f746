/**
 * The Hono app. Middleware around every route gives the request an id, refuses to serve from a misconfigured
 * deployment, logs one line, and answers an unexpected error with a 500 without details.
 */
import { Hono } from "hono";
import { readClock } from "../base/clock.ts";
import { nameOfError, writeLog } from "../base/log.ts";
import { randomText } from "../base/random.ts";
import { refuse } from "../base/refusal.ts";
import { isStorageFault } from "../storage/sql.ts";
import { mountCarrierDoors } from "./carrier-doors.ts";
import type { Bindings, C } from "./context.ts";
import type { Platform } from "./doors.ts";
import { serveOperator } from "./operator-handler.ts";
import { mountConsole } from "./pages/console.ts";
import { mountPages } from "./pages/pages.routes.ts";
import { problemResponse } from "./problem.ts";
import { healthRoute, pathOf, routes } from "./routes.ts";
import { serveTenant } from "./tenant-handler.ts";

/** The app over what the platform supplies. */
export function makeApp(platform: Platform): Hono<Bindings> {
  const app = new Hono<Bindings>();
  app.use((c, next) => frame(c, next, platform));
  app.get(healthRoute.path, (c) => health(c, platform.unfit(c.env)));
  for (const route of routes.tenant) {
    app.on(route.method.toUpperCase(), pathOf(route.path), (c) => {
      c.set("route", route.path);
      return serveTenant(c, route, platform.doors(c.env));
    });
  }
  for (const route of routes.operator) {
    app.on(route.method.toUpperCase(), pathOf(route.path), (c) => {
      c.set("route", route.path);
      return serveOperator(c, route, platform.doors(c.env));
    });
  }
  mountCarrierDoors(app, platform.doors);
  mountPages(app, platform.doors, routes);
  mountConsole(app, platform.doors, routes);
  app.notFound((c) => problemResponse(c, refuse("route_not_found")));
  app.onError((error, c) => {
    writeLog({ level: "error", what: nameOfError(error), request_id: c.get("requestId"), route: c.get("route") });
    const storage = isStorageFault(error);
    return problemResponse(c, storage ? refuse("storage_unavailable", { retryAfterSeconds: 5 }) : refuse("internal"));
  });
  return app;
}

async function frame(c: C, next: () => Promise<void>, platform: Platform): Promise<void> {
  const started = readClock();
  c.set("requestId", `req_${randomText(20)}`);
  c.set("site", platform.site(c.env, c.req.url));
  c.set("tenant", null);
  c.set("code", null);
  c.set("route", "none");
  const unfitness = platform.unfit(c.env);
  if (unfitness !== null && c.req.path !== healthRoute.path) c.res = problemResponse(c, refuse("not_serving"));
  else await next();
  c.res.headers.set("x-request-id", c.get("requestId"));
  c.res.headers.set("x-content-type-options", "nosniff");
  const meter = unfitness === null ? platform.meter(c.env) : null;
  if (meter !== null) {
    meter.requests += 1;
    c.res.headers.set("x-meter", JSON.stringify(meter));
  }
  logRequest(c, readClock() - started);
}

/** One line for each request, with its route's pattern; never its path or query. */
function logRequest(c: C, ms: number): void {
  const { status } = c.res;
  const tenant = c.get("tenant");
  const code = c.get("code");
  writeLog({
    level: status >= 500 ? "error" : "info",
    what: "request",
    request_id: c.get("requestId"),
    method: c.req.method,
    route: c.get("route"),
    status,
    ms,
    ...(tenant === null ? {} : { tenant }),
    ...(code === null ? {} : { code }),
  });
}

function health(c: C, unfitness: string | null): Response {
  c.set("route", healthRoute.path);
  if (unfitness === null) return c.json({ status: "ok" }, 200);
  return c.json({ status: "unfit", reason: unfitness }, 503);
}
