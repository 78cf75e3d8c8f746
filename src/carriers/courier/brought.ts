/**
 * Texts that a callback brought, by who owns the numbers that were dialled. Pure.
 */
import { parseNumber } from "../../sms/phone.ts";
import type { Inbound } from "../carrier.ts";

/**
 * For each owner of a dialled number its texts; `silent`: the carrier is to be answered without words. `secret` counts how often the
 * secret that proves them was exchanged.
 */
export type Brought = { owned: { tenant: string; texts: Inbound[] }[]; silent: boolean; secret: number };

/** The texts by owner, the number dialled in E.164; what nobody owns is dropped. */
export function byOwner(texts: readonly Inbound[], ownerOf: (e164: string) => string | null): Brought["owned"] {
  const owned = new Map<string, Inbound[]>();
  for (const text of texts) {
    const dialled = parseNumber(text.to);
    const to = "refused" in dialled ? text.to : dialled.number.e164;
    const tenant = ownerOf(to);
    if (tenant !== null) owned.set(tenant, [...(owned.get(tenant) ?? []), { ...text, to }]);
  }
  return [...owned].map(([tenant, ofTenant]) => ({ tenant, texts: ofTenant }));
}
