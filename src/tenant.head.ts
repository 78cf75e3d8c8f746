/**
 * Once a day the tenant is told where its audit stands: the signed head, as an event. Who keeps these events can show later
 * that the log was not cut or rewritten, by nothing but `npm run audit:verify`. Called by the night's run.
 */
import { DAY_MS, readClock } from "./base/clock.ts";
import type { TenantHome } from "./tenant.home.ts";
import type { TenantParts } from "./wiring.ts";

/** Tells the head, unless it was told today. A log that contradicts an earlier head is not signed, and a person must look. */
export async function tellHead(home: TenantHome, parts: TenantParts): Promise<void> {
  if (parts.auditKey === null) return;
  const today = String(Math.floor(readClock() / DAY_MS));
  const told = home.transaction((mind) => {
    if (!home.isFirst("head_day", today)) return true;
    const head = mind.signHead();
    if (head === null) return false;
    mind.emit("audit.head", parts.tenantId, { head, public_key: mind.publicKey() });
    return true;
  });
  if (!told) parts.log({ level: "error", what: "the audit contradicts a signed head", tenant: parts.tenantId, code: "audit_contradicted" }); // prettier-ignore
  await home.settled();
  await parts.outside(home.after());
}
