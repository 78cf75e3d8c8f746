/**
 * The texts in a callback, by the owners of the dialled numbers. Pure.
 */
import { parseNumber } from "../../sms/phone.ts";
import type { Inbound } from "../carrier.ts";

/**
 * The texts of each owner of a dialled number. `silent`: the callback is answered without a body. `secret` counts how
 * often the secret that authenticates them was replaced.
 */
export type Brought = { owned: { tenant: string; texts: Inbound[] }[]; silent: boolean; secret: number };

/** The texts by owner, with the dialled number in E.164; texts to numbers without an owner are dropped. */
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
