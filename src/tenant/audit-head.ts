/**
 * Once a day the tenant is told where its audit stands: the signed head, as an event. Who keeps these events can show later
 * that the log was not cut or rewritten, by nothing but `npm run audit:verify`. Called by the night's run.
 */
import { DAY_MS, readClock } from "../base/clock.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/** Tells the head, unless it was told today. A log that contradicts an earlier head is not signed, and a person must look. */
export async function tellHead(host: TenantHost, parts: TenantParts): Promise<void> {
  if (parts.auditKey === null) return;
  const today = String(Math.floor(readClock() / DAY_MS));
  const emitted = host.transaction((rooms) => {
    if (!host.isFirst("head_day", today)) return true;
    const { audit, webhooks } = rooms.room;
    const head = audit.signHead();
    if (head === null) return false;
    webhooks.emit("audit.head", parts.tenantId, { head, public_key: audit.publicKey() });
    return true;
  });
  if (!emitted) parts.log({ level: "error", what: "the audit contradicts a signed head", tenant: parts.tenantId, code: "audit_contradicted" }); // prettier-ignore
  await host.settled();
  await parts.outside(host.takeEffects());
}
