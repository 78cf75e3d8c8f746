/**
 * The Hono app: every route there is, in reading order, behind one frame that gives the request an id, refuses to serve from
 * a deployment that is not fit, logs one line, and turns whatever was not expected into a bare 500.
 */
import { Hono } from "hono";
import { z } from "zod";
import { auditRoutes } from "./audit/audit.routes.ts";
import { consentRoutes } from "./consent/consents.routes.ts";
import { keysRoutes } from "./access/keys.routes.ts";
import { readClock } from "./base/clock.ts";
import { nameOfError, writeLog } from "./base/log.ts";
import { randomText } from "./base/random.ts";
import { isRefused, refuse } from "./base/refusal.ts";
import type { OpenRoute, Route } from "./base/route.ts";
import { isStorageFault } from "./base/sql.ts";
import type { Bindings } from "./context.ts";
import { serveTenant } from "./door.ts";
import { inboundRoute, inboxRoutes, receiveInbound } from "./inbound/inbound.routes.ts";
import { sessionsRoutes } from "./masking/sessions.routes.ts";
import { relaysRoutes } from "./masking/addresses.routes.ts";
import { maskingSettingsRoutes } from "./masking/settings.routes.ts";
import { numbersRoutes } from "./numbers/numbers.routes.ts";
import { messagesRoutes } from "./messages/messages.routes.ts";
import { receiptRoute, receiveReceipt } from "./messages/receipts.routes.ts";
import { documentRoute, mountPages } from "./pages.routes.ts";
import { serveOperator } from "./operator-door.ts";
import type { Routes } from "./openapi.ts";
import { operatorRoutes } from "./operators.routes.ts";
import { problemResponse } from "./problem.ts";
import { sandboxRoutes } from "./sandbox/sandbox.routes.ts";
import { locksRoutes } from "./verify/locks.routes.ts";
import { servicesRoutes } from "./verify/services.routes.ts";
import { templatesRoutes } from "./verify/templates.routes.ts";
import { verifyRoutes } from "./verify/verify.routes.ts";
import { tokensRoutes } from "./vault/tokens.routes.ts";
import { webhooksRoutes } from "./webhooks/webhooks.routes.ts";
import { parseTenantId } from "./base/ids.ts";
import { benchMeter, doorsOf, siteOf, unfit } from "./wiring.ts";

/** Every route of tenants. */
export const tenantRoutes: readonly Route[] = [
  ...messagesRoutes,
  ...verifyRoutes,
  ...servicesRoutes,
  ...templatesRoutes,
  ...locksRoutes,
  ...tokensRoutes,
  ...consentRoutes,
  ...sessionsRoutes,
  ...maskingSettingsRoutes,
  ...relaysRoutes,
  ...numbersRoutes,
  ...inboxRoutes,
  ...webhooksRoutes,
  ...keysRoutes,
  ...auditRoutes,
  ...sandboxRoutes,
];

const healthRoute: OpenRoute = {
  name: "healthz",
  method: "get",
  path: "/healthz",
  summary: "Whether this deployment is fit to serve",
  tag: "Service",
  params: null,
  headers: null,
  body: null,
  answer: z.object({ status: z.literal("ok") }),
  others: {
    503: {
      what: "Not fit to serve, and why.",
      answer: z.object({
        status: z.literal("unfit"),
        reason: z.string().meta({ examples: ["DO_JURISDICTIONS is off"] }),
      }),
    },
  },
  refuses: [],
};

/** Every route that the document names. */
export const routes: Routes = {
  tenant: tenantRoutes,
  operator: operatorRoutes,
  open: [healthRoute, documentRoute, receiptRoute, inboundRoute],
};

export const app = new Hono<Bindings>();

app.use(async (c, next) => {
  const started = readClock();
  const requestId = `req_${randomText(20)}`;
  c.set("requestId", requestId);
  c.set("site", siteOf(c.env, c.req.url));
  c.set("tenant", null);
  c.set("code", null);
  c.set("route", "none");
  const unfitness = unfit(c.env);
  if (unfitness !== null && c.req.path !== "/healthz") c.res = problemResponse(c, refuse("not_serving"));
  else await next();
  c.res.headers.set("x-request-id", requestId);
  c.res.headers.set("x-content-type-options", "nosniff");
  const meter = unfitness === null ? benchMeter(c.env) : null;
  if (meter !== null) {
    meter.requests += 1;
    c.res.headers.set("x-meter", JSON.stringify(meter));
  }
  const { status } = c.res;
  const tenant = c.get("tenant");
  const code = c.get("code");
  writeLog({
    level: status >= 500 ? "error" : "info",
    what: "request",
    request_id: requestId,
    method: c.req.method,
    route: c.get("route"),
    status,
    ms: readClock() - started,
    ...(tenant === null ? {} : { tenant }),
    ...(code === null ? {} : { code }),
  });
});

app.get(healthRoute.path, (c) => {
  c.set("route", healthRoute.path);
  const unfitness = unfit(c.env);
  return c.json(
    unfitness === null ? { status: "ok" } : { status: "unfit", reason: unfitness },
    unfitness === null ? 200 : 503,
  );
});

/** `{id}` of the documents is `:id` of the router. */
const pathOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

for (const route of tenantRoutes) {
  app.on(route.method.toUpperCase(), pathOf(route.path), (c) => {
    c.set("route", route.path);
    return serveTenant(c, route, doorsOf(c.env));
  });
}

for (const route of operatorRoutes) {
  app.on(route.method.toUpperCase(), pathOf(route.path), (c) => {
    c.set("route", route.path);
    return serveOperator(c, route, doorsOf(c.env));
  });
}

app.post(pathOf(receiptRoute.path), async (c) => {
  c.set("route", receiptRoute.path);
  const { door, publicUrl, courier, tenant, outside } = doorsOf(c.env);
  const outcome = await receiveReceipt(
    {
      door,
      publicUrl,
      verify: (account, callback) => courier(account).readReceipts(callback),
      settle: async (owner, account, reports) => {
        const reported = await tenant(owner).reports(account, reports);
        if (isRefused(reported)) return reported;
        const { applied, after } = reported.ok;
        if (after.wake.length + after.dispatch.length > 0)
          c.executionCtx.waitUntil(outside(owner, after).catch(() => undefined));
        return { ok: applied };
      },
    },
    c.req.param("account") ?? "",
    c.req.param("name") ?? "",
    c.req.raw,
  );
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return c.json({ applied: outcome.ok });
});

app.post(pathOf(inboundRoute.path), async (c) => {
  c.set("route", inboundRoute.path);
  const { publicUrl, courier, tenant, outside } = doorsOf(c.env);
  const outcome = await receiveInbound(
    {
      publicUrl,
      verify: (account, callback) => courier(account).readInbound(callback),
      take: async (id, account, texts) => {
        const owner = parseTenantId(id);
        if (owner === null) return refuse("not_found");
        const taken = await tenant(owner).inbound(account, texts);
        if (isRefused(taken)) return taken;
        if (taken.ok.wake.length + taken.ok.dispatch.length > 0)
          c.executionCtx.waitUntil(outside(owner, taken.ok).catch(() => undefined)); // the rows are there; the alarm finds them
        return taken;
      },
    },
    c.req.param("account") ?? "",
    c.req.raw,
  );
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return outcome.ok.silent ? c.body(null, 204) : c.json({ taken: outcome.ok.taken });
});

mountPages(app, doorsOf, routes);

app.notFound((c) => problemResponse(c, refuse("route_not_found")));

app.onError((error, c) => {
  writeLog({ level: "error", what: nameOfError(error), request_id: c.get("requestId"), route: c.get("route") });
  return problemResponse(
    c,
    isStorageFault(error) ? refuse("storage_unavailable", { retryAfterSeconds: 5 }) : refuse("internal"),
  );
});
