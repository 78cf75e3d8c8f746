/**
 * The endpoints that carriers call, for receipts and inbound texts. The courier checks the signature; the tenant's
 * object stores the content.
 */
import type { Hono } from "hono";
import { parseTenantId } from "../base/ids.ts";
import { isRefused, refuse } from "../base/refusal.ts";
import { inboundRoute, receiveInbound } from "../inbound/inbound.routes.ts";
import { receiptRoute, receiveReceipt } from "../messages/receipts.routes.ts";
import type { Bindings, C } from "./context.ts";
import type { Doors } from "./doors.ts";
import { doAfterwards } from "./effects.ts";
import { problemResponse } from "./problem.ts";
import { pathOf } from "./routes.ts";

/** Mounts both doors. */
export function mountCarrierDoors(app: Hono<Bindings>, doorsOf: (env: Env) => Doors): void {
  app.post(pathOf(receiptRoute.path), (c) => serveReceipt(c, doorsOf(c.env)));
  app.post(pathOf(inboundRoute.path), (c) => serveInbound(c, doorsOf(c.env)));
}

async function serveReceipt(c: C, doors: Doors): Promise<Response> {
  c.set("route", receiptRoute.path);
  const { door, publicUrl, courier, tenant } = doors;
  const outcome = await receiveReceipt(
    {
      door,
      publicUrl,
      verify: (account, callback) => courier(account).readReceipts(callback),
      settle: async (owner, account, reports) => {
        const reported = await tenant(owner).reports(account, reports);
        if (isRefused(reported)) return reported;
        doAfterwards(c, doors, owner, reported.ok.effects);
        return { ok: reported.ok.applied };
      },
    },
    c.req.param("account") ?? "",
    c.req.param("name") ?? "",
    c.req.raw,
  );
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return c.json({ applied: outcome.ok });
}

async function serveInbound(c: C, doors: Doors): Promise<Response> {
  c.set("route", inboundRoute.path);
  const { publicUrl, courier, tenant } = doors;
  const outcome = await receiveInbound(
    {
      publicUrl,
      verify: (account, callback) => courier(account).readInbound(callback),
      take: async (id, account, texts, secret) => {
        const owner = parseTenantId(id);
        if (owner === null) return refuse("not_found");
        const taken = await tenant(owner).inbound(account, texts, secret);
        if (!isRefused(taken)) doAfterwards(c, doors, owner, taken.ok);
        return taken;
      },
    },
    c.req.param("account") ?? "",
    c.req.raw,
  );
  if (isRefused(outcome)) return problemResponse(c, outcome);
  return outcome.ok.silent ? c.body(null, 204) : c.json({ taken: outcome.ok.taken });
}
