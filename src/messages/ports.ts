/**
 * What admission knows of the carrier accounts of a tenant: which there are, and what they cost. The accounts themselves,
 * with their secrets, live in their couriers.
 */
import type { Price } from "./message.ts";

export type AccountFacts = { mode: "test" | "live"; price: Price | null };

/** The account-related part of admission's dependencies. */
export function admitPort(accounts: () => Record<string, AccountFacts>): { price: (account: string) => Price | null } {
  return { price: (account) => accounts()[account]?.price ?? null };
}
