/**
 * Which codes a route may answer: those of its handler, depending on what the row takes, and those of the row. The
 * document is made from this, and law tests compare real answers with it.
 */
import { z } from "zod";
import type { Reason } from "../../base/refusal.ts";
import type { OpenRoute, Route } from "../../contract/route.ts";
import { isRepeatable, type OperatorRoute } from "../../contract/operator-route.ts";

/** Any route may answer these: the deployment is misconfigured, storage does not answer, or our code has a fault. */
const ANY: readonly Reason[] = ["not_serving", "storage_unavailable", "internal"];
const CALLER: readonly Reason[] = [
  "unauthenticated",
  "missing_scope",
  "tenant_suspended",
  "rate_limited",
  "keys_unavailable",
];
const VALUES: readonly Reason[] = ["missing_field", "wrong_type", "invalid_field"];
/** No 409: a tenant's verb awaits nothing, so a repeated request always finds the first one's answer. */
const REPEATED: readonly Reason[] = ["idempotency_key_invalid", "idempotency_key_reused"];

/** Names of the fields of a strict object; none when it takes nothing. */
export function fieldsOf(schema: z.ZodType): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The codes of a tenant's route. */
export function codesOf(route: Route): Reason[] {
  const params = fieldsOf(route.params);
  return unique([
    ...CALLER,
    "malformed_body",
    "unknown_field",
    "body_too_large",
    "body_too_slow",
    ...(route.body === null ? [] : (["unsupported_media_type"] as const)),
    ...(route.body === null && fieldsOf(route.query).length === 0 ? [] : VALUES),
    ...(params.length === 0 ? [] : (["not_found"] as const)),
    ...(params.includes("token") ? (["token_unknown"] as const) : []),
    ...(route.repeat === null ? [] : REPEATED),
    ...route.refuses,
    ...ANY,
  ]);
}

/** The codes of an operators' route. */
export function operatorCodesOf(route: OperatorRoute): Reason[] {
  const hasId = fieldsOf(route.params).length > 0;
  return unique([
    "unauthenticated",
    "unknown_field",
    ...(route.body === null ? [] : (["malformed_body", "body_too_large", "body_too_slow"] as const)),
    ...(route.body === null && fieldsOf(route.query).length === 0 ? [] : VALUES),
    ...(hasId ? (["not_found"] as const) : []),
    ...(hasId && route.path.includes("/tenants/") ? (["keys_unavailable"] as const) : []),
    ...(isRepeatable(route) ? ([...REPEATED, "idempotency_in_progress"] as const) : []),
    ...(route.refuses ?? []),
    ...ANY,
  ]);
}

/** The codes of a route without a credential. */
export function openCodesOf(route: OpenRoute): Reason[] {
  return route.refuses.length === 0 ? [] : unique([...route.refuses, ...ANY]);
}

const unique = (codes: readonly Reason[]): Reason[] => [...new Set(codes)];
