/**
 * The part of an account's configuration that a tenant may know and needs for routing: of the settings only the sender,
 * and never a secret.
 */
import { e164Of } from "./adapters/call.ts";
import type { Account } from "./carrier.ts";
import type { Price, PriceRow } from "./price.ts";

export type AccountFacts = {
  mode: "test" | "live";
  /** Of one segment, if no row of `prices` applies. */
  price: Price | null;
  /** Absent in facts stored before prices existed. */
  prices?: readonly PriceRow[];
  /** Countries that it may be used for; null: any. */
  countries?: readonly string[] | null;
  /** Whether its carrier is asked to delete texts and numbers. */
  redact?: boolean;
  /** The sender when a message names none; null if the carrier chooses. */
  sender?: string | null;
};

/** The facts of an account. */
export function factsOf({ mode, price, prices, countries, redact, settings }: Omit<Account, "secrets">): AccountFacts {
  const { sender } = settings;
  return { mode, price, prices, countries, redact, sender: sender === undefined ? null : e164Of(sender) };
}
