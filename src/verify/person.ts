/**
 * The end user behind a request, as a keyed fingerprint only: of the device if the caller names one, else of the end user's network
 * (with the browser's name, if given, so that a shared network is not one person). Neither address nor device is stored.
 */
import { neighbourhoodOf } from "../net/address.ts";
import type { VaultLedger } from "../vault/ledger.ts";

export type EndUser = { deviceId: string | null; ip: string | null; userAgent: string | null };

const FINGERPRINT_BYTES = 12;

/** The keyed fingerprint, or null without device and address. Its first letter is `d` for a device, `n` for a network. */
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
