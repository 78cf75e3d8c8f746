/**
 * Carriers' prices.
 */

/** Integer micro-units. */
export type Price = { amount: number; currency: string };

/** One price of an account: for a country, or for numbers that begin with a prefix. The longest prefix counts first. */
export type PriceRow = { country: string | null; prefix: string | null; amount: number; currency: string };
