/**
 * The end user behind a request, as a keyed fingerprint and nothing else: the device when the caller names one, else the
 * network the request came from (with the browser's name, when given, so that a shared network is not one person). Neither
 * address nor device is ever kept.
 */
import { neighbourhoodOf } from "../net/address.ts";
import type { VaultLedger } from "../vault/ledger.ts";

export type EndUser = { deviceId: string | null; ip: string | null; userAgent: string | null };

const FINGERPRINT_BYTES = 12;

/** The keyed fingerprint, or null when nothing was given to make it of. The first letter says of what: d or n. */
export function fingerprintOf(vault: Pick<VaultLedger, "keyedName">, user: EndUser | null): string | null {
  if (user === null) return null;
  if (user.deviceId !== null) return named(vault, "device", user.deviceId);
  const network = user.ip === null ? null : neighbourhoodOf(user.ip);
  return network === null ? null : named(vault, "network", `${network}|${user.userAgent ?? ""}`);
}

function named(vault: Pick<VaultLedger, "keyedName">, kind: "device" | "network", text: string): string {
  const name = vault.keyedName(`print-${kind}`, text).subarray(0, FINGERPRINT_BYTES);
  return `${kind.charAt(0)}${Buffer.from(name).toString("base64url")}`;
}
