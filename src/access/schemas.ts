/**
 * API keys in requests and answers, of tenants and of operators.
 */
import { z } from "zod";
import { millisecondsOf } from "../base/clock.ts";
import { refuse, type FieldError, type Outcome } from "../base/refusal.ts";
import { EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Label } from "../contract/label.ts";
import { parseCidr } from "../net/address.ts";
import { SCOPES } from "./caller.ts";
import type { KeySettings } from "./keys.ts";

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

/** A key's settings from a body: networks in canonical spelling, times as milliseconds. */
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
