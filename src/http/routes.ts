/**
 * Every route, in the order of the documentation.
 */
import { z } from "zod";
import type { OpenRoute, RouteOf } from "../contract/route.ts";
import { alertsRoutes } from "../alerts/alerts.routes.ts";
import { auditRoutes } from "../audit/audit.routes.ts";
import { consentRoutes } from "../consent/consents.routes.ts";
import { keysRoutes } from "../access/keys.routes.ts";
import { peopleRoutes } from "../access/people/people.routes.ts";
import { inboundRoute, inboxRoutes } from "../inbound/inbound.routes.ts";
import { sessionsRoutes } from "../masking/sessions.routes.ts";
import { relaysRoutes } from "../masking/relays/relays.routes.ts";
import { budgetsRoutes } from "../risk/budgets/budgets.routes.ts";
import { jobsRoutes } from "../jobs/jobs.routes.ts";
import { maskingSettingsRoutes } from "../masking/settings/settings.routes.ts";
import { numbersRoutes } from "../numbers/numbers.routes.ts";
import { messagesRoutes } from "../messages/messages.routes.ts";
import { quarantineRoutes } from "../quarantine/quarantine.routes.ts";
import { policyRoutes } from "../policy/policy.routes.ts";
import { receiptRoute } from "../messages/receipts.routes.ts";
import { documentRoute } from "./pages/pages.routes.ts";
import type { Routes } from "./openapi/document.ts";
import { operatorRoutes } from "../operator/tenants.routes.ts";
import { statsRoutes } from "../stats/stats.routes.ts";
import type { TenantVerbs } from "../rpc/tenant.ts";
import { sandboxRoutes } from "../sandbox/sandbox.routes.ts";
import { locksRoutes } from "../verify/locks/locks.routes.ts";
import { servicesRoutes } from "../verify/settings/services.routes.ts";
import { templatesRoutes } from "../verify/settings/templates.routes.ts";
import { verifyRoutes } from "../verify/verify.routes.ts";
import { tokensRoutes } from "../vault/tokens.routes.ts";
import { debugRoutes } from "../webhooks/debug.routes.ts";
import { webhooksRoutes } from "../webhooks/webhooks.routes.ts";

/** Every route of tenants. */
export const tenantRoutes: readonly RouteOf<TenantVerbs>[] = [
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
  ...debugRoutes,
  ...keysRoutes,
  ...peopleRoutes,
  ...auditRoutes,
  ...alertsRoutes,
  ...jobsRoutes,
  ...budgetsRoutes,
  ...statsRoutes,
  ...policyRoutes,
  ...quarantineRoutes,
  ...sandboxRoutes,
];

/** Whether this deployment serves. */
export const healthRoute: OpenRoute = {
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
export const routes = {
  tenant: tenantRoutes,
  operator: operatorRoutes,
  open: [healthRoute, documentRoute, receiptRoute, inboundRoute],
} satisfies Routes;

/** `{id}` of the documents is `:id` of the router. */
export const pathOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");
