/**
 * How a verification is done: what the request says, else what its service says, else what is built in. Pure. Here stand
 * the rules that no setting passes: the lifetime, the number of codes, amount and payee in a payment's text.
 */
import { refuse, type Refusal } from "../../base/refusal.ts";
import { CODE_LENGTH, CODE_SECONDS, codesOf, type Alphabet } from "../code/code.ts";

/** One bucket of a limit that a caller names: so many starts in so many seconds, for each value of the name. */
export type Bucket = { name: string; max: number; seconds: number };

/** A service as it is kept; its own name and brand hold no number. */
export type Service = {
  id: string;
  name: string;
  version: number;
  codeLength: number;
  codeAlphabet: Alphabet;
  ttlSeconds: number;
  brand: string | null;
  template: string | null;
  locales: string[];
  limits: Bucket[];
  countries: string[] | null;
  channels: "sms"[];
  customCode: boolean;
  doNotShare: boolean;
  createdAt: number;
  updatedAt: number;
};

/** What a request may say for itself. */
export type Wishes = {
  codeLength: number | null;
  codeAlphabet: Alphabet | null;
  ttlSeconds: number | null;
  brand: string | null;
  template: string | null;
  locale: string | null;
};

export type Settings = {
  codeLength: number;
  codeAlphabet: Alphabet;
  ttlSeconds: number;
  brand: string;
  template: string | null;
  locale: string;
  doNotShare: boolean;
};

/** The settings of one verification, or why they cannot be. `tenant` is the name a text bears when nobody gives a brand. */
export function settingsOf(wishes: Wishes, service: Service | null, tenant: string): Settings | Refusal {
  const codeLength = wishes.codeLength ?? service?.codeLength ?? CODE_LENGTH.default;
  const codeAlphabet = wishes.codeAlphabet ?? service?.codeAlphabet ?? "numeric";
  const ttlSeconds = wishes.ttlSeconds ?? service?.ttlSeconds ?? CODE_SECONDS.default;
  const wrong = judgeCode({ codeLength, codeAlphabet, ttlSeconds });
  if (wrong !== null) return wrong;
  return {
    codeLength,
    codeAlphabet,
    ttlSeconds,
    brand: wishes.brand ?? service?.brand ?? tenant,
    template: wishes.template ?? service?.template ?? null,
    locale: localeAmong(wishes.locale, service?.locales ?? []),
    doNotShare: service?.doNotShare ?? true,
  };
}

/** Why no code can be like this, or null. The schema says so first; this holds whoever calls. */
export function judgeCode(code: { codeLength: number; codeAlphabet: Alphabet; ttlSeconds: number }): Refusal | null {
  const { codeLength, codeAlphabet, ttlSeconds } = code;
  const field = (name: string, detail: string) =>
    refuse("invalid_field", { errors: [{ field: name, code: "invalid_field", detail }] });
  if (!(ttlSeconds >= CODE_SECONDS.min && ttlSeconds <= CODE_SECONDS.max))
    return field(
      "ttl_seconds",
      `A code lives ${CODE_SECONDS.min} to ${CODE_SECONDS.max} seconds; no setting raises that.`,
    );
  if (!(codeLength >= CODE_LENGTH.min && codeLength <= CODE_LENGTH.max) || codesOf(codeLength, codeAlphabet) === null)
    return field("code_length", `A code has ${CODE_LENGTH.min} to ${CODE_LENGTH.max} characters.`);
  return null;
}

/** The locale asked for when the service speaks it (or names none), else the service's first, else English. */
function localeAmong(asked: string | null, spoken: readonly string[]): string {
  if (asked !== null && (spoken.length === 0 || spoken.includes(asked))) return asked;
  return spoken[0] ?? "en-GB";
}
