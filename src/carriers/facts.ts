/**
 * What of an account's configuration a tenant may know, and needs in order to choose a route: who sends, and no other setting,
 * never a secret.
 */
import { e164Of } from "./adapters/call.ts";
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
  /** Who sends by it when a message names nobody; null where the carrier itself chooses. */
  sender?: string | null;
};

/** The facts of an account. */
export function factsOf({ mode, price, prices, countries, redact, settings }: Omit<Account, "secrets">): AccountFacts {
  const { sender } = settings;
  return { mode, price, prices, countries, redact, sender: sender === undefined ? null : e164Of(sender) };
}
