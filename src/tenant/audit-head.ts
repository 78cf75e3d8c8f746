/**
 * Sends the tenant the signed head of its audit once a day, as an event. A tenant that keeps these events can prove
 * with `npm run audit:verify` that the log was not cut or rewritten. Called by the nightly run.
 */
import { DAY_MS, readClock } from "../base/clock.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/**
 * Emits the head, at most once a day. A log that contradicts an earlier head is not signed; an error is logged for the
 * operator.
 */
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
