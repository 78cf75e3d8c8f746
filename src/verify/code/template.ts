/**
 * The text of a code message: placeholders parsed, values cleaned, the sentence against sharing, and the last line that phones read
 * for autofill. A template is parsed when it is written and when it is used; a value never becomes a placeholder. Pure.
 */
import type { FieldError } from "../../base/refusal.ts";
import { checkText, measure } from "../../sms/sms-text.ts";
import { findNumbers } from "../../sms/phone.ts";
import type { Context } from "./context.ts";

/** Placeholders that Maskline fills; any other name is a variable of the caller's. */
export const OWN_NAMES = ["code", "brand", "minutes", "amount", "payee"] as const;
type OwnName = (typeof OWN_NAMES)[number];

/** A parsed template: a list of texts and names. */
export type Pattern = readonly ({ text: string } | { name: string })[];

export const TEMPLATE_CHARS_MAX = 400;
export const VARIABLES_MAX = 10;
export const VARIABLE_CHARS_MAX = 100;

const HOLE = /\{\{ ?([a-z][a-z_]{0,29}) ?\}\}/g;

/** The parts of a template's text. */
export function parsePattern(text: string): Pattern {
  const parts: ({ text: string } | { name: string })[] = [];
  let from = 0;
  for (const match of text.matchAll(HOLE)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    parts.push({ name: match[1] ?? "" });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** The names of a template's placeholders. */
export function namesOf(pattern: Pattern): string[] {
  return [...new Set(pattern.flatMap((part) => ("name" in part ? [part.name] : [])))];
}

/** The names a caller must give. */
export function variablesOf(pattern: Pattern): string[] {
  const own: readonly string[] = OWN_NAMES;
  return namesOf(pattern).filter((name) => !own.includes(name));
}

/** What is wrong with a template's text, or null. `detail` never quotes it. */
export function judgePattern(text: string): Omit<FieldError, "field"> | null {
  const no = (detail: string) => ({ code: "template_invalid", detail });
  const pattern = parsePattern(text);
  const plain = pattern.map((part) => ("text" in part ? part.text : "x")).join("");
  const wrong = checkText(plain);
  if (wrong !== null) return wrong;
  if (/[{}]/.test(pattern.map((part) => ("text" in part ? part.text : "")).join("")))
    return no("Write placeholders as {{name}}, in lower-case letters, and no other braces.");
  if (pattern.filter((part) => "name" in part && part.name === "code").length !== 1)
    return no("Use {{code}} exactly once.");
  if (variablesOf(pattern).length > VARIABLES_MAX) return no(`Use at most ${VARIABLES_MAX} variables.`);
  if (/[\p{Cf}\u2028\u2029]/u.test(plain)) return no("Remove invisible characters.");
  if (plain.split(/[\r\n]/).some((line) => isCodeLine(line)))
    return no("A line must not begin with @: Maskline writes that line itself; use `origin`.");
  if (findNumbers(plain).length > 0) return no("A template must have no phone number: it is stored in plaintext.");
  return null;
}

/** Whether a phone could read the line as `@host #code`. */
function isCodeLine(line: string): boolean {
  return /^\s*[@\uff20\ufe6b]/.test(line);
}

/**
 * A value as it may be in a text: one line, no control, format or bidirectional characters, nothing that begins a machine-readable
 * line.
 */
export function cleanValue(value: string): string {
  const line = value
    .normalize("NFC")
    .replaceAll(/[\s\u0085\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "")
    .trim();
  return line.replaceAll(/[@\uff20\ufe6b](?=\s*\S+\s+[#\uff03])/g, "").trim();
}

export type Values = { own: Record<OwnName, string>; variables: Record<string, string> };

/**
 * The template with its values. Missing values are empty; the caller has refused them before. Whatever the values are, no line
 * begins like a machine-readable one.
 */
export function fill(pattern: Pattern, values: Values): string {
  const text = pattern
    .map((part) => {
      if ("text" in part) return part.text;
      const own = given(values.own, part.name);
      return cleanValue(own ?? given(values.variables, part.name) ?? "");
    })
    .join("");
  return text.replaceAll(/^[\s@\uff20\ufe6b]*[@\uff20\ufe6b]/gmu, "");
}

/** The value of this name; only own properties count, so `constructor` is a name like any other. */
const given = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** What the last line is for: a website, or an Android app by its hash; never both. */
export type Reader = { origin: string } | { appHash: string } | null;

/** The longest text that the Android SMS Retriever reads. */
export const RETRIEVER_BYTES_MAX = 140;

/** The whole text: the body, the sentence, and the last line (WICG, origin-bound one-time codes). */
export function compose(body: string, sentence: string | null, reader: Reader, code: string): string {
  const text = sentence === null ? body : `${body} ${sentence}`;
  if (reader === null) return text;
  return "origin" in reader ? `${text}\n\n@${reader.origin} #${code}` : `${text}\n\n${reader.appHash}`;
}

/** Whether the Android SMS Retriever reads the text. */
export function fitsRetriever(text: string): boolean {
  return new TextEncoder().encode(text).length <= RETRIEVER_BYTES_MAX;
}

/** The host of an https origin for the last line; null for another scheme, a port, a path or an IP address. */
export function hostOfOrigin(origin: string): string | null {
  if (!URL.canParse(origin)) return null;
  const url = new URL(origin);
  const bare = url.protocol === "https:" && url.port === "" && url.pathname === "/" && url.search + url.hash === "";
  const plain = url.username + url.password === "" && /^([a-z0-9-]+\.)+[a-z][a-z0-9-]*$/.test(url.hostname);
  return bare && plain ? url.hostname : null;
}

/** No-break spaces, which are not in the GSM 7-bit alphabet, become spaces. */
const plainSpaces = (text: string): string => text.replaceAll(/[\u00a0\u202f\u2009]/g, " ");

/** Formatters by locale, currency and form, kept because making one costs a hundred times as much as using it. */
const formatters = new Map<string, Intl.NumberFormat>();
const FORMATTERS_MAX = 200;

function formatterOf(locale: string, currency: string, currencyDisplay: "symbol" | "code"): Intl.NumberFormat {
  const name = `${locale}|${currency}|${currencyDisplay}`;
  const known = formatters.get(name);
  if (known !== undefined) return known;
  const options = { style: "currency", currency, currencyDisplay } as const;
  const digits = new Intl.NumberFormat(locale, options).resolvedOptions().maximumFractionDigits ?? 2;
  const made = new Intl.NumberFormat(locale, {
    ...options,
    minimumFractionDigits: digits,
    maximumFractionDigits: Math.max(digits, 6),
  });
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(name, made);
  return made;
}

/**
 * An amount in micro-units as the locale writes it, with all its digits: what is shown is what is paid. A currency symbol outside the
 * GSM 7-bit alphabet is replaced by the currency's code.
 */
export function moneyText({ amount, currency }: Pick<Context, "amount" | "currency">, locale: string): string {
  const write = (display: "symbol" | "code") =>
    plainSpaces(formatterOf(locale, currency, display).format(decimalOf(amount)));
  const symbol = write("symbol");
  return measure(symbol).encoding === "gsm7" ? symbol : write("code");
}

/** Micro-units as a decimal text, which the formatter reads without rounding. */
function decimalOf(amount: number): Intl.StringNumericLiteral {
  const text = String(amount).padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6)}` as Intl.StringNumericLiteral;
}
