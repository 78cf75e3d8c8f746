/**
 * The settings of a verification: those of the request, else of its service, else the defaults. Also the rules that no setting
 * overrides: the lifetime and the number of possible codes. Pure.
 */
import { refuse, type Refusal } from "../../base/refusal.ts";
import { CODE_LENGTH, CODE_SECONDS, codesOf, type Alphabet } from "../code/code.ts";

/** One bucket of a named limit: at most `max` starts in `seconds` for each value of the name. */
export type Bucket = { name: string; max: number; seconds: number };

/** A service as stored; its name and brand hold no number. */
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

/** Settings that a request may override. */
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

/** The settings of one verification, or their refusal. `tenant`: the name in a text when no brand is given. */
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

/** The refusal of such a code, or null. Schemas refuse it before; this holds for every caller. */
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

/** The locale asked for if the service has it (or lists none), else the service's first, else English. */
function localeAmong(asked: string | null, spoken: readonly string[]): string {
  if (asked !== null && (spoken.length === 0 || spoken.includes(asked))) return asked;
  return spoken[0] ?? "en-GB";
}
