/**
 * What a code is for, when it is for a payment: amount, currency and payee, in one spelling (dynamic linking, SCA-RTS
 * article 5). The same function reads it at the start and at the check. Pure.
 */
export type Context = { amount: number; currency: string; payee: string };

/** What a caller gave; each part may be missing. */
export type GivenContext = { amount?: number | undefined; currency?: string | undefined; payee?: string | undefined };

/** Amounts are micro-units, whole and exact: beyond 2^53 they would not be. */
export const AMOUNT_MAX = Number.MAX_SAFE_INTEGER;
export const PAYEE_MAX = 70;

/** The context, null when none was given, or `"partial"` when something of it is missing. */
export function contextOf({ amount, currency, payee }: GivenContext): Context | "partial" | null {
  if (amount === undefined && currency === undefined && payee === undefined) return null;
  if (amount === undefined || currency === undefined || payee === undefined) return "partial";
  const name = payeeOf(payee);
  return name === "" ? "partial" : { amount, currency: currency.toUpperCase(), payee: name };
}

/** A payee's name in one spelling: composed (NFC), on one line, single spaces, no signs that are not to be seen. */
export function payeeOf(payee: string): string {
  return payee
    .normalize("NFC")
    .replaceAll(/[\s\u0085\p{Zs}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "")
    .trim();
}
