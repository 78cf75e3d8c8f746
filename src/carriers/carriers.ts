/**
 * The carriers there are, in one table.
 */
import type { Account, Carrier } from "./carrier.ts";
import { httpCarrier } from "./http.ts";
import { sandboxCarrier } from "./sandbox.ts";

const CARRIERS: Record<Account["kind"], Carrier> = { sandbox: sandboxCarrier, http: httpCarrier };

/** The adapter that speaks an account's wire format. */
export function carrierOf(kind: Account["kind"]): Carrier {
  return CARRIERS[kind];
}
