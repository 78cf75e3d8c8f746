/**
 * What of an account's configuration a tenant may know, and needs in order to choose a route: never a setting, never a secret.
 */
import type { Account } from "./carrier.ts";
import type { Price, PriceRow } from "./price.ts";

export type AccountFacts = {
  mode: "test" | "live";
  /** Of one segment, where the table of prices says nothing. */
  price: Price | null;
  /** Absent in facts that were stored before there were any. */
  prices?: readonly PriceRow[];
  /** Countries it may be used for; null is any. */
  countries?: readonly string[] | null;
  /** Whether its carrier is asked to forget what it sent. */
  redact?: boolean;
};

/** The facts of an account. */
export function factsOf({ mode, price, prices, countries, redact }: Omit<Account, "secrets">): AccountFacts {
  return { mode, price, prices, countries, redact };
}
