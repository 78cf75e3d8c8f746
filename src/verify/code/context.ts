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

/** Decimal places of the currencies that have other than two (ISO 4217). */
const PLACES: ReadonlyMap<string, number> = new Map([
  ...placesOf(0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
  ...placesOf(3, "BHD IQD JOD KWD LYD OMR TND"),
  ...placesOf(4, "CLF UYW"),
]);

function placesOf(places: number, currencies: string): [string, number][] {
  return currencies.split(" ").map((currency) => [currency, places]);
}

/** The currencies that the runtime's ICU data names (ISO 4217, former ones included). */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** Whether these three letters, in any case, are a currency. */
export const isCurrency = (letters: string): boolean => CURRENCIES.has(letters.toUpperCase());

/** Decimal places of a micro-unit. */
const MICRO_PLACES = 6;

/**
 * Why nobody could pay this amount, or null: it is finer than the currency's smallest unit. Who counts in pence sends such an
 * amount, so the detail says what the same number of smallest units is in micro-units.
 */
export function finerThanUnit({ amount, currency }: Context): string | null {
  const places = PLACES.get(currency) ?? 2;
  const unit = 10 ** (MICRO_PLACES - places);
  if (amount % unit === 0) return null;
  const meant =
    amount * unit <= AMOUNT_MAX ? ` For ${decimalOf(amount, places)} ${currency} write ${amount * unit}.` : "";
  return `Amounts are in micro-units; the smallest unit of ${currency} is ${unit} of them.${meant}`;
}

/** A count of smallest units as people write it. */
function decimalOf(units: number, places: number): string {
  if (places === 0) return String(units);
  const text = String(units).padStart(places + 1, "0");
  return `${text.slice(0, -places)}.${text.slice(-places)}`;
}

/** The context, null when none was given, or `"partial"` when something of it is missing. */
export function contextOf({ amount, currency, payee }: GivenContext): Context | "partial" | null {
  if (amount === undefined && currency === undefined && payee === undefined) return null;
  if (amount === undefined || currency === undefined || payee === undefined) return "partial";
  return { amount, currency: currency.toUpperCase(), payee: payeeOf(payee) };
}

/** A payee's name in one spelling: composed (NFC), on one line, single spaces, no signs that are not to be seen. */
export function payeeOf(payee: string): string {
  return payee
    .normalize("NFC")
    .replaceAll(/[\s\u0085\p{Zs}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "")
    .trim();
}
