/**
 * The payment that a code is for: amount, currency and payee, in canonical form (dynamic linking, SCA-RTS article 5). Start and check
 * read it with the same function. Pure.
 */
export type Context = { amount: number; currency: string; payee: string };

/** What a caller gave; each part may be missing. */
export type GivenContext = { amount?: number | undefined; currency?: string | undefined; payee?: string | undefined };

/** Amounts are whole micro-units; beyond 2^53 they would not be exact. */
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
 * Why this amount cannot be paid, or null: it is finer than the currency's smallest unit. A caller that counts in pence sends such
 * amounts, so the detail says what that number of pence is in micro-units.
 */
export function finerThanUnit({ amount, currency }: Context): string | null {
  const places = PLACES.get(currency) ?? 2;
  const unit = 10 ** (MICRO_PLACES - places);
  if (amount % unit === 0) return null;
  const meant =
    amount * unit <= AMOUNT_MAX ? ` For ${decimalOf(amount, places)} ${currency} write ${amount * unit}.` : "";
  return `Amounts are in micro-units; the smallest unit of ${currency} is ${unit} of them.${meant}`;
}

/** A number of smallest units in decimal notation. */
function decimalOf(units: number, places: number): string {
  if (places === 0) return String(units);
  const text = String(units).padStart(places + 1, "0");
  return `${text.slice(0, -places)}.${text.slice(-places)}`;
}

/** The context; null when none was given, `"partial"` when a part is missing. */
export function contextOf({ amount, currency, payee }: GivenContext): Context | "partial" | null {
  if (amount === undefined && currency === undefined && payee === undefined) return null;
  if (amount === undefined || currency === undefined || payee === undefined) return "partial";
  return { amount, currency: currency.toUpperCase(), payee: payeeOf(payee) };
}

/** A payee's name in canonical form: NFC, one line, single spaces, no invisible characters. */
export function payeeOf(payee: string): string {
  return payee
    .normalize("NFC")
    .replaceAll(/[\s\u0085\p{Zs}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "")
    .trim();
}
