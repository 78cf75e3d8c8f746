/**
 * The doors of operators, as data: each names the verb of the operator object and where that object is.
 */
import { z } from "zod";
import { EXAMPLE_TENANT, EXAMPLE_TIME, exampleId } from "./base/example.ts";
import { Label, UrlText } from "./base/label.ts";
import { judgeUrl } from "./base/outside-url.ts";
import type { UrlPolicy } from "./base/outside-url.ts";
import { parseId, parseTenantId, type Jurisdiction } from "./base/ids.ts";
import { isRefused, refuse, type Outcome, type Reason, type Refusal } from "./base/refusal.ts";
import type { Method } from "./base/route.ts";
import { fromBase64 } from "./base/seal.ts";
import { weaknessOf } from "./base/weak-key.ts";
import { AuditEntryView } from "./audit/audit.routes.ts";
import { IssuedKeyView, KeyBody, KeyView, keySettings } from "./access/keys.routes.ts";
import { PolicyChange } from "./messages/policy.ts";

type Parsed = { body: never; query: never; params: never };

/** One door of operators. `where` is a jurisdiction, or "both" for lists and jobs that walk every one. */
export type OperatorRoute = {
  method: Method;
  path: string;
  verb: string;
  summary: string;
  tag: string;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | null;
  status: 200 | 201;
  answer: z.ZodType;
  /** Reasons beyond those that every route of operators may give. */
  refuses?: readonly Reason[];
  example?: unknown;
  ask: (parsed: Parsed, policy: UrlPolicy) => Outcome<{ where: Jurisdiction | "both"; input: unknown }>;
};

/** Whether the route takes an Idempotency-Key: those that create do. */
export const isRepeatable = ({ method, status }: OperatorRoute): boolean => method === "post" && status === 201;

const Nothing = z.strictObject({});
const tag = "Operators";
const JURISDICTION = z.enum(["eu", "us"]);
const ENVIRONMENT = z.enum(["sandbox", "live"]);
const TenantParam = z.strictObject({ id: z.string().max(64) });

const TenantView = z
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

const AccountView = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    mode: z.enum(["test", "live"]),
    url: z.string().nullable(),
    per_second: z.number().nullable(),
    price: z.object({ amount: z.int(), currency: z.string() }).nullable(),
    created_at: z.string(),
  })
  .meta({
    id: "CarrierAccount",
    examples: [
      {
        id: exampleId("car"),
        name: "Our gateway",
        kind: "http",
        mode: "live",
        url: "https://gateway.example.com/sms",
        per_second: 30,
        price: { amount: 38_000, currency: "GBP" },
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const SECRET_FORM = "whsec_ and 24 to 64 random bytes in base64.";
const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, SECRET_FORM);

/** A secret that is printed somewhere lets anybody write receipts; the one of our own example is. */
function weakSecret(secret: string | undefined): Refusal | null {
  if (secret === undefined) return null;
  const key = fromBase64(secret.slice("whsec_".length));
  const weakness = key === null ? "not base64" : weaknessOf(key, 24);
  if (weakness === null) return null;
  const detail = `The secret is ${weakness}. Use ${SECRET_FORM}`;
  return refuse("invalid_field", { errors: [{ field: "secret", code: "invalid_field", detail }] });
}

function door<
  B extends z.ZodType = typeof Nothing,
  Q extends z.ZodType = typeof Nothing,
  P extends z.ZodType = typeof Nothing,
>(
  spec: Omit<OperatorRoute, "tag" | "params" | "query" | "body" | "ask"> & {
    params?: P;
    query?: Q;
    body?: B;
    ask: (
      parsed: { body: z.output<B>; query: z.output<Q>; params: z.output<P> },
      policy: UrlPolicy,
    ) => Outcome<{ where: Jurisdiction | "both"; input: unknown }>;
  },
): OperatorRoute {
  return {
    ...spec,
    tag,
    params: spec.params ?? Nothing,
    query: spec.query ?? Nothing,
    body: spec.body ?? null,
    ask: spec.ask,
  };
}

/** The question to the tenant's jurisdiction; an id that names none is not found. */
function ofTenant(id: string, input: object): Outcome<{ where: Jurisdiction; input: unknown }> {
  const owner = parseTenantId(id);
  return owner === null ? refuse("not_found") : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

function ofAccount(id: string, input: object): Outcome<{ where: Jurisdiction; input: unknown }> {
  const owner = parseId(id);
  return owner === null || owner.prefix !== "car"
    ? refuse("not_found")
    : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}

const tenants: OperatorRoute[] = [
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
    summary: "List tenants",
    query: z.strictObject({
      jurisdiction: JURISDICTION.default("eu"),
      limit: z.coerce.number().int().min(1).max(100).default(50),
      cursor: z.string().max(64).default(""),
    }),
    status: 200,
    answer: z.object({ data: z.array(TenantView), next_cursor: z.string().nullable() }),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: { after: query.cursor, limit: query.limit } } }),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}",
    verb: "tenants.get",
    summary: "Read a tenant and its policy",
    params: TenantParam,
    status: 200,
    answer: TenantView,
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "patch",
    path: "/admin/v1/tenants/{id}",
    verb: "tenants.change",
    summary: "Change a tenant's policy",
    params: TenantParam,
    body: z.strictObject({ policy: PolicyChange }).meta({ id: "ChangeTenant" }),
    status: 200,
    answer: TenantView,
    example: { policy: { countries: ["GB", "IE"] } },
    ask: ({ params, body }) => ofTenant(params.id, { policy: body.policy }),
  }),
  ...(["suspend", "resume"] as const).map((act) =>
    door({
      method: "post",
      path: `/admin/v1/tenants/{id}/${act}`,
      verb: `tenants.${act}`,
      summary: act === "suspend" ? "Suspend a tenant at once" : "Resume a suspended tenant",
      params: TenantParam,
      status: 200,
      answer: TenantView,
      ask: ({ params }) => ofTenant(params.id, {}),
    }),
  ),
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/keys",
    verb: "tenant_keys.create",
    summary: "Create an API key for a tenant",
    params: TenantParam,
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
    params: TenantParam,
    status: 200,
    answer: z.object({ data: z.array(KeyView) }),
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
];

const carriers: OperatorRoute[] = [
  door({
    method: "post",
    path: "/admin/v1/carriers",
    verb: "carriers.create",
    summary: "Create a carrier account",
    body: z
      .strictObject({
        name: Label,
        jurisdiction: JURISDICTION.default("eu"),
        kind: z.literal("http"),
        mode: z.enum(["test", "live"]),
        url: UrlText,
        secret: Secret,
        per_second: z.number().positive().max(100_000).nullable().default(null),
        price: z
          .strictObject({ amount: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) })
          .nullable()
          .default(null),
      })
      .meta({ id: "NewCarrierAccount" }),
    status: 201,
    answer: AccountView,
    refuses: ["url_refused"],
    example: {
      name: "Our gateway",
      kind: "http",
      mode: "live",
      url: "https://gateway.example.com/sms",
      secret: "whsec_c2VjcmV0LWZvci10aGUtZXhhbXBsZS1vbmx5",
      per_second: 30,
    },
    ask: ({ body }, policy) => {
      const judged = judgeUrl(body.url, policy);
      if ("refused" in judged) return judged;
      const weak = weakSecret(body.secret);
      if (weak !== null) return weak;
      const { kind, mode, price } = body;
      const config = { kind, mode, url: judged.url.href, perSecond: body.per_second, price };
      return { ok: { where: body.jurisdiction, input: { name: body.name, config, secret: body.secret } } };
    },
  }),
  door({
    method: "get",
    path: "/admin/v1/carriers",
    verb: "carriers.list",
    summary: "List carrier accounts",
    query: z.strictObject({ jurisdiction: JURISDICTION.default("eu") }),
    status: 200,
    answer: z.object({ data: z.array(AccountView) }),
    ask: ({ query }) => ({ ok: { where: query.jurisdiction, input: null } }),
  }),
  door({
    method: "patch",
    path: "/admin/v1/carriers/{id}",
    verb: "carriers.change",
    summary: "Change a carrier account",
    params: TenantParam,
    body: z
      .strictObject({
        name: Label,
        url: UrlText,
        secret: Secret,
        per_second: z.number().positive().max(100_000).nullable(),
      })
      .partial()
      .meta({ id: "ChangeCarrierAccount" }),
    status: 200,
    answer: AccountView,
    refuses: ["url_refused"],
    example: { per_second: 50 },
    ask: ({ params, body }, policy) => {
      const judged = body.url === undefined ? null : judgeUrl(body.url, policy);
      if (judged !== null && "refused" in judged) return judged;
      const weak = weakSecret(body.secret);
      if (weak !== null) return weak;
      return ofAccount(params.id, {
        ...(body.name === undefined ? {} : { name: body.name }),
        ...(judged === null ? {} : { url: judged.url.href }),
        ...(body.secret === undefined ? {} : { secret: body.secret }),
        ...(body.per_second === undefined ? {} : { perSecond: body.per_second }),
      });
    },
  }),
];

const jobs: OperatorRoute[] = [
  door({
    method: "post",
    path: "/admin/v1/purge",
    verb: "purge.run",
    summary: "Purge what has passed its time, now",
    status: 200,
    answer: z.object({ tenants: z.int(), gone: z.record(z.string(), z.int()).meta({ examples: [{ texts: 120 }] }) }),
    ask: () => ({ ok: { where: "both", input: null } }),
  }),
  door({
    method: "get",
    path: "/admin/v1/keys",
    verb: "keys.uses",
    summary: "Root key versions, and how many records need each",
    status: 200,
    answer: z.object({ data: z.array(z.object({ version: z.int(), uses: z.int() })) }),
    ask: () => ({ ok: { where: "both", input: null } }),
  }),
  door({
    method: "post",
    path: "/admin/v1/keys/rewrap",
    verb: "keys.rewrap",
    summary: "Wrap everything under the newest root key",
    status: 200,
    answer: z.object({ rewrapped: z.int(), remaining: z.int() }),
    ask: () => ({ ok: { where: "both", input: null } }),
  }),
  door({
    method: "get",
    path: "/admin/v1/audit",
    verb: "audit.list",
    summary: "The operators' own audit",
    query: z.strictObject({
      jurisdiction: JURISDICTION.default("eu"),
      limit: z.coerce.number().int().min(1).max(500).default(50),
      cursor: z
        .string()
        .regex(/^\d{1,15}$/)
        .default("0"),
    }),
    status: 200,
    answer: z.object({ data: z.array(AuditEntryView), next_cursor: z.string().nullable() }),
    ask: ({ query }) => ({
      ok: { where: query.jurisdiction, input: { after: Number(query.cursor), limit: query.limit } },
    }),
  }),
];

export const operatorRoutes: OperatorRoute[] = [...tenants, ...carriers, ...jobs];
