/**
 * The operators' routes for tenants, their keys, and jobs.
 */
import { z } from "zod";
import { AuditEntryView } from "../audit/schemas.ts";
import { IssuedKeyView, KeyBody, KeyView, keySettings } from "../access/schemas.ts";
import { EXAMPLE_TENANT, EXAMPLE_TIME } from "../contract/example.ts";
import { parseTenantId } from "../base/ids.ts";
import { Label } from "../contract/label.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { PolicyChange } from "../policy/policy.ts";
import { cursorLike, limitUpTo, numberCursor, pageOf } from "../contract/list.ts";
import {
  doorsOver,
  IdParam,
  jobDoor,
  JURISDICTION,
  type JobRoute,
  type OperatorRouteOf,
  type Placed,
} from "../contract/operator-route.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";

import { KEY_USES, PURGE, REWRAP, SIZES, type JobDeps } from "./jobs.ts";
import { numberStockRoutes } from "./numbers.routes.ts";
import { alertsRoutes } from "./alerts.routes.ts";
import { oversightRoutes } from "./oversight.routes.ts";
import { operatorPeopleRoutes } from "./people.routes.ts";
import { carrierRoutes } from "./carriers.routes.ts";
import { SequenceRead, TemplateView } from "../verify/settings/schemas.ts";

const door = doorsOver<OperatorVerbs>();
const ENVIRONMENT = z.enum(["sandbox", "live"]);

export const TenantView = z
  .object({
    id: z.string(),
    name: z.string(),
    jurisdiction: JURISDICTION,
    environment: ENVIRONMENT,
    state: z.enum(["active", "suspended"]),
    created_at: z.string(),
    policy: z.record(z.string(), z.unknown()).optional(),
    clock_offset_seconds: z.int().optional(),
  })
  .meta({
    id: "Tenant",
    examples: [
      {
        id: EXAMPLE_TENANT,
        name: "Northern Shifts",
        jurisdiction: "eu",
        environment: "sandbox",
        state: "active",
        created_at: EXAMPLE_TIME,
      },
    ],
  });

/** The question, with the tenant's jurisdiction; an id that names no tenant is `not_found`. */
function ofTenant<Input extends object>(id: string, input: Input): Outcome<Placed<{ id: string } & Input>> {
  const owner = parseTenantId(id);
  return owner === null ? refuse("not_found") : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

const tenants: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "post",
    path: "/admin/v1/tenants",
    verb: "tenants.create",
    summary: "Create a tenant",
    body: z
      .strictObject({
        name: Label,
        jurisdiction: JURISDICTION.default("eu"),
        environment: ENVIRONMENT,
      })
      .meta({ id: "NewTenant" }),
    status: 201,
    answer: TenantView,
    example: { name: "Northern Shifts", jurisdiction: "eu", environment: "sandbox" },
    ask: ({ body }) => ({
      ok: { where: body.jurisdiction, input: { name: body.name, environment: body.environment } },
    }),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants",
    verb: "tenants.list",
    summary: "List tenants, or search them by name",
    query: z.strictObject({
      name: z.string().max(100).default("").meta({ description: "A part of the name, in upper or lower case." }),
      jurisdiction: JURISDICTION.default("eu"),
      limit: limitUpTo(100, 50),
      cursor: cursorLike((text) => parseTenantId(text) !== null).optional(),
    }),
    status: 200,
    answer: pageOf(TenantView),
    refuses: ["invalid_cursor"],
    ask: ({ query }) => ({
      ok: { where: query.jurisdiction, input: { after: query.cursor ?? "", limit: query.limit, name: query.name } },
    }),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}",
    verb: "tenants.get",
    summary: "Read a tenant and its policy",
    params: IdParam,
    status: 200,
    answer: TenantView,
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "patch",
    path: "/admin/v1/tenants/{id}",
    verb: "tenants.change",
    summary: "Change a tenant's policy, or rename it",
    detail: "Fields left out stay unchanged. The audit names the old and the new values of the policy.",
    params: IdParam,
    body: z.strictObject({ name: Label.optional(), policy: PolicyChange.optional() }).meta({ id: "ChangeTenant" }),
    status: 200,
    answer: TenantView,
    example: { policy: { countries: ["GB", "IE"] } },
    ask: ({ params, body }) => {
      if (body.name !== undefined || body.policy !== undefined) return ofTenant(params.id, body);
      const detail = "Send `name`, `policy` or both.";
      return refuse("missing_field", { errors: [{ field: "policy", code: "missing_field", detail }] });
    },
  }),
  ...(["suspend", "resume"] as const).map((act) =>
    door({
      method: "post",
      path: `/admin/v1/tenants/{id}/${act}`,
      verb: `tenants.${act}`,
      sensitive: true,
      summary: act === "suspend" ? "Suspend a tenant at once" : "Resume a suspended tenant",
      params: IdParam,
      status: 200,
      answer: TenantView,
      ask: ({ params }) => ofTenant(params.id, {}),
    }),
  ),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/keys",
    verb: "tenant_keys.create",
    sensitive: true,
    summary: "Create an API key for a tenant",
    params: IdParam,
    body: KeyBody,
    status: 201,
    answer: IssuedKeyView,
    refuses: ["state_conflict"],
    example: { name: "First key", scopes: ["*"] },
    ask: ({ params, body }) => {
      const settings = keySettings(body);
      return isRefused(settings) ? settings : ofTenant(params.id, { settings: settings.ok });
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}/keys",
    verb: "tenant_keys.list",
    summary: "List a tenant's API keys",
    params: IdParam,
    status: 200,
    answer: pageOf(KeyView),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/keys/revoke",
    verb: "tenant_keys.revoke_all",
    sensitive: true,
    summary: "Revoke all of a tenant's API keys at once",
    detail: "For a leak of unknown extent. No key works until an operator creates a new one.",
    params: IdParam,
    status: 200,
    answer: z.object({ revoked: z.int().meta({ examples: [3] }) }),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "delete",
    path: "/admin/v1/tenants/{id}/keys/{key}",
    verb: "tenant_keys.revoke",
    summary: "Revoke a tenant's API key at once",
    params: z.strictObject({ id: z.string().max(64), key: z.string().max(64) }),
    status: 200,
    answer: KeyView,
    ask: ({ params }) => ofTenant(params.id, { key: params.key }),
  }),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/sign-in/reset",
    verb: "tenant_sign_in.reset",
    sensitive: true,
    summary: "Drop a tenant's sign-in and end every session of its console",
    detail:
      "The way out when the tenant's identity provider is broken or in wrong hands. A key of the tenant then sets the sign-in anew. Both audits name it, and the tenant hears `alert.sign_in_reset`.",
    params: IdParam,
    status: 200,
    answer: z.object({ had_sign_in: z.boolean().meta({ examples: [true] }), ended: z.int().meta({ examples: [3] }) }),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}/templates",
    verb: "tenant_templates.list",
    summary: "List a tenant's templates of codes",
    params: IdParam,
    status: 200,
    answer: pageOf(TemplateView),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/templates/{template}/decide",
    verb: "tenant_templates.decide",
    summary: "Approve or refuse a tenant's template",
    params: z.strictObject({ id: z.string().max(64), template: z.string().max(64) }),
    body: z
      .strictObject({
        state: z.enum(["approved", "refused"]),
        reason: Label.nullable().default(null),
        sequence: SequenceRead.nullable().default(null),
      })
      .meta({ id: "DecideTemplate" }),
    status: 200,
    answer: TemplateView,
    refuses: ["state_conflict"],
    example: { state: "approved", sequence: 1 },
    ask: ({ params, body }) => ofTenant(params.id, { template: params.template, ...body }),
  }),
];

export const SizeView = z.object({
  store: z.enum(["d1", "operator_object", "tenant_object", "kv"]),
  jurisdiction: JURISDICTION,
  id: z.string().nullable().meta({ description: "The tenant, of a tenant's object." }),
  bytes: z.int(),
  bytes_max: z.int().nullable().meta({ description: "Null where the platform sets no bound." }),
  share: z.number().nullable(),
  alert: z.boolean(),
});

const jobs: JobRoute<JobDeps>[] = [
  jobDoor({
    method: "post",
    path: "/admin/v1/purge",
    job: PURGE,
    summary: "Purge expired data now",
    status: 200,
    detail:
      "`gone` counts rows by class. `failed` counts tenants by the class that could not be purged; the others were.",
    answer: z.object({
      tenants: z.int(),
      gone: z.record(z.string(), z.int()).meta({ examples: [{ events: 120 }] }),
      failed: z.record(z.string(), z.int()).meta({ examples: [{}] }),
    }),
  }),
  jobDoor({
    method: "get",
    path: "/admin/v1/keys",
    job: KEY_USES,
    summary: "Root key versions, and how many records need each",
    status: 200,
    answer: pageOf(z.object({ version: z.int(), uses: z.int() })),
  }),
  jobDoor({
    method: "get",
    path: "/admin/v1/storage",
    job: SIZES,
    summary: "How full the stores are",
    detail:
      "Bytes of each jurisdiction's D1, of the operators' objects, of the largest tenants' objects, and of the key store. `alert` says that 70 percent of the platform's bound are reached; the night's run writes it into the log as `storage_alert`.",
    status: 200,
    answer: pageOf(SizeView),
  }),
  jobDoor({
    method: "post",
    path: "/admin/v1/keys/rewrap",
    job: REWRAP,
    summary: "Wrap everything under the newest root key",
    status: 200,
    answer: z.object({ rewrapped: z.int(), remaining: z.int() }),
  }),
];

const audit: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "get",
    path: "/admin/v1/audit",
    verb: "audit.list",
    summary: "The operators' own audit",
    query: z.strictObject({
      jurisdiction: JURISDICTION.default("eu"),
      limit: limitUpTo(500, 50),
      cursor: numberCursor(),
      order: z.enum(["oldest", "newest"]).default("oldest"),
    }),
    status: 200,
    answer: pageOf(AuditEntryView),
    refuses: ["invalid_cursor"],
    ask: ({ query }) => ({
      ok: {
        where: query.jurisdiction,
        input: { after: Number(query.cursor ?? 0), limit: query.limit, newest: query.order === "newest" },
      },
    }),
  }),
];

/** Every route of operators. */
export const operatorRoutes: (OperatorRouteOf<OperatorVerbs> | JobRoute<JobDeps>)[] = [
  ...tenants,
  ...oversightRoutes,
  ...alertsRoutes,
  ...operatorPeopleRoutes,
  ...carrierRoutes,
  ...numberStockRoutes,
  ...jobs,
  ...audit,
];
