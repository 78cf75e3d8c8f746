/**
 * The doors of API keys, for tenants. Operators have the same under /admin/v1.
 */
import { z } from "zod";
import { parseCidr } from "../base/address.ts";
import { millisecondsOf } from "../base/clock.ts";
import { EXAMPLE_TIME, exampleId } from "../base/example.ts";
import { Label } from "../base/label.ts";
import { refuse, type FieldError, type Outcome } from "../base/refusal.ts";
import { routesOver, type Route } from "../base/route.ts";
import { SCOPES } from "./caller.ts";
import type { KeySettings } from "./keys.ts";
import type { KeysVerbs } from "./verbs.ts";

const route = routesOver<KeysVerbs>();
const tag = "Keys";
const Id = z.strictObject({ id: z.string().max(64) });

export const KeyBody = z
  .strictObject({
    name: Label,
    scopes: z
      .array(z.enum([...SCOPES, "*"]))
      .min(1)
      .max(SCOPES.length + 1),
    ip_allowlist: z.array(z.string().max(50)).max(50).optional(),
    certificate_sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "64 characters of lower-case hex.")
      .optional(),
    expires_at: z.string().max(40).optional(),
  })
  .meta({ id: "NewKey" });

const EXAMPLE = {
  id: exampleId("key"),
  name: "Sender of codes",
  scopes: ["messages:send", "messages:read"],
  ip_allowlist: ["192.0.2.0/24"],
  certificate_sha256: null,
  created_at: EXAMPLE_TIME,
  expires_at: null,
  revoked_at: null,
  replaced_by: null,
};

export const KeyView = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    ip_allowlist: z.array(z.string()),
    certificate_sha256: z.string().nullable(),
    created_at: z.string(),
    expires_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
    replaced_by: z.string().nullable(),
  })
  .meta({ id: "Key", examples: [EXAMPLE] });

/** The key with its secret, shown once. */
export const IssuedKeyView = KeyView.extend({
  secret: z.string().optional().meta({ description: "The key itself; a repeated answer leaves it out." }),
}).meta({ id: "IssuedKey", examples: [{ ...EXAMPLE, secret: "mk_test_…" }] });

/** A key's settings from a body: networks in their one spelling, times as milliseconds. */
export function keySettings(body: z.infer<typeof KeyBody>): Outcome<KeySettings> {
  const errors: FieldError[] = [];
  const networks = (body.ip_allowlist ?? []).map((text, at) => {
    const parsed = parseCidr(text);
    if ("cidr" in parsed) return parsed.cidr;
    errors.push({ field: `ip_allowlist/${at}`, code: "invalid_field", detail: parsed.invalid });
    return text;
  });
  const expiresAt = body.expires_at === undefined ? null : millisecondsOf(body.expires_at);
  if (body.expires_at !== undefined && expiresAt === null) {
    errors.push({ field: "expires_at", code: "invalid_field", detail: "Write an RFC 3339 time with an offset." });
  }
  if (errors.length > 0) return refuse("invalid_field", { errors });
  const { name, scopes } = body;
  return { ok: { name, scopes, ipAllowlist: networks, certificate: body.certificate_sha256 ?? null, expiresAt } };
}

export const keysRoutes: Route[] = [
  route({
    method: "post",
    path: "/v1/keys",
    verb: "keys.create",
    scope: "keys:manage",
    summary: "Create an API key",
    detail: "The secret is in this answer and never shown again. A key can give away only the scopes it holds itself.",
    tag,
    body: KeyBody,
    status: 201,
    answer: IssuedKeyView,
    refuses: ["state_conflict"],
    repeat: { secret: ["secret"] },
    example: { name: "Sender of codes", scopes: ["messages:send", "messages:read"], ip_allowlist: ["192.0.2.0/24"] },
    input: ({ body }) => keySettings(body),
  }),
  route({
    method: "get",
    path: "/v1/keys",
    verb: "keys.list",
    scope: "keys:manage",
    summary: "List API keys",
    tag,
    status: 200,
    answer: z.object({ data: z.array(KeyView) }),
    input: () => ({ ok: null }),
  }),
  route({
    method: "post",
    path: "/v1/keys/{id}/rotate",
    verb: "keys.rotate",
    scope: "keys:manage",
    summary: "Replace a key, with an overlap",
    detail: "The old key works until the overlap ends; the new one from now on.",
    tag,
    params: Id,
    body: z.strictObject({ overlap_seconds: z.int().min(0).max(604_800).default(3_600) }).meta({ id: "RotateKey" }),
    status: 201,
    answer: IssuedKeyView,
    refuses: ["state_conflict"],
    repeat: { secret: ["secret"] },
    example: { overlap_seconds: 3_600 },
    input: ({ params, body }) => ({ ok: { id: params.id, overlapSeconds: body.overlap_seconds } }),
  }),
  route({
    method: "delete",
    path: "/v1/keys/{id}",
    verb: "keys.revoke",
    scope: "keys:manage",
    summary: "Revoke a key at once",
    tag,
    params: Id,
    status: 200,
    answer: KeyView,
    input: ({ params }) => ({ ok: params }),
  }),
];
