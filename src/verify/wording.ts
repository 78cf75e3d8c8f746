/**
 * Reads what several routes have in common: a recipient, and the fields that a text is made of.
 */
import { parseNumber, type Num } from "../sms/phone.ts";
import { refuse, type FieldError, type Outcome, type Refusal } from "../base/refusal.ts";
import { contextOf, finerThanUnit, type Context } from "./code/context.ts";
import type { WordingBody } from "./schemas.ts";
import type { Wishes } from "./settings/settings.ts";
import { hostOfOrigin, type Reader } from "./code/template.ts";
import type { Intent } from "./code/verification.ts";

/** A recipient of a body: a normalised number, or a token unchanged. */
export function numberOf(to: string | { token: string }): { number: Num | { token: string } } | Refusal {
  if (typeof to !== "string") return { number: to };
  const parsed = parseNumber(to);
  if ("number" in parsed) return parsed;
  const detail = parsed.detail ?? "Write it in E.164.";
  return refuse("invalid_number", { errors: [{ field: "to", code: "invalid_number", detail }] });
}

export type Wording = {
  intent: Intent;
  service: string | null;
  wishes: Wishes;
  context: Context | null;
  reader: Reader;
  variables: Record<string, string>;
};

/** The fields of the text, with the payment in canonical form and the origin as a host; or their refusal. */
export function wordingOf(body: WordingBody): Outcome<Wording> {
  const context = contextOf(body);
  const reader = readerOf(body);
  const errors: FieldError[] = [];
  const wrong = (field: string, detail: string) => errors.push({ field, code: "invalid_field", detail });
  if (context === "partial") wrong("amount", "A payment names amount, currency and payee together.");
  const finer = context === null || context === "partial" ? null : finerThanUnit(context);
  if (finer !== null) wrong("amount", finer);
  if (typeof reader === "string") wrong("origin", reader);
  if (context === "partial" || finer !== null || typeof reader === "string") return refuse("invalid_field", { errors });
  return {
    ok: {
      intent: body.intent,
      service: body.service ?? null,
      wishes: {
        codeLength: body.code_length ?? null,
        codeAlphabet: body.code_alphabet ?? null,
        ttlSeconds: body.ttl_seconds ?? null,
        brand: body.brand ?? null,
        template: body.template ?? null,
        locale: body.locale ?? null,
      },
      context,
      reader,
      variables: body.variables ?? {},
    },
  };
}

/** What the last line is for, or what is wrong with it. */
function readerOf({ origin, app_hash }: WordingBody): Reader | string {
  if (origin !== undefined && app_hash !== undefined)
    return "Give an origin or an app hash, not both: a text has one last line.";
  if (app_hash !== undefined) return { appHash: app_hash };
  if (origin === undefined) return null;
  const host = hostOfOrigin(origin);
  return host === null ? "Write an https origin with a public name and no port or path." : { origin: host };
}
