/**
 * Which jurisdiction's operator object a question about a tenant is for.
 */
import { parseTenantId } from "../base/ids.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import type { Placed } from "../contract/operator-route.ts";

/** The question, with the tenant's jurisdiction; an id that names no tenant is `not_found`. */
export function ofTenant<Input extends object>(id: string, input: Input): Outcome<Placed<{ id: string } & Input>> {
  const owner = parseTenantId(id);
  return owner === null ? refuse("not_found") : { ok: { where: owner.jurisdiction, input: { id, ...input } } };
}
