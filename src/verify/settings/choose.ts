/**
 * Chooses the text of a verification: the tenant's approved template, in the language asked for, or a built-in one.
 */
import { refuse, type FieldError, type Refusal } from "../../base/refusal.ts";
import { BUILTINS, DO_NOT_SHARE, localeOf, TEXTS, type Builtin } from "../code/builtin.ts";
import type { Context } from "../code/context.ts";
import { namesOf, parsePattern, variablesOf } from "../code/template.ts";
import type { Intent } from "../code/verification.ts";

/** A tenant's template as stored. */
export type Template = {
  id: string;
  name: string;
  version: number;
  state: "draft" | "approved" | "refused";
  reason: string | null;
  /** Texts by locale. */
  texts: Record<string, string>;
  createdAt: number;
  updatedAt: number;
};

export type Chosen = { name: string; text: string; locale: string; sentence: string };

export type Wish = {
  /** A template's id, the name of a built-in one, or null for the intent's own. */
  template: string | null;
  intent: Intent;
  locale: string;
  context: Context | null;
  variables: Record<string, string>;
};

/** The text, or the refusal. `find` answers a tenant's template by its id. */
export function choose(wish: Wish, find: (id: string) => Template | null): Chosen | Refusal {
  const builtin = BUILTINS.find((name) => name === wish.template) ?? (wish.template === null ? ofIntent(wish) : null);
  const chosen = builtin === null ? ofTenant(wish, find(wish.template ?? "")) : ofBuiltin(builtin, wish.locale);
  if ("refused" in chosen) return chosen;
  const wrong = judgeUse(chosen.text, wish);
  return wrong === null ? chosen : refuse("template_unusable", { errors: wrong });
}

function ofIntent({ intent, context }: Wish): Builtin {
  if (context !== null) return "payment";
  return intent === "login" || intent === "signup" ? intent : "generic";
}

function ofBuiltin(name: Builtin, asked: string): Chosen {
  const locale = localeOf(asked);
  return { name, text: TEXTS[name][locale], locale, sentence: DO_NOT_SHARE[locale] };
}

function ofTenant(wish: Wish, template: Template | null): Chosen | Refusal {
  if (template === null) return refuse("template_unusable", { detail: "Template not found." });
  if (template.state !== "approved")
    return refuse("template_unusable", { detail: `The template is ${template.state}, not approved.` });
  const locale = spoken(wish.locale, Object.keys(template.texts));
  const text = template.texts[locale];
  if (text === undefined) return refuse("template_unusable", { detail: "The template has no text in any language." });
  return { name: template.id, text, locale, sentence: DO_NOT_SHARE[localeOf(locale)] };
}

/** The locale itself, one of the same language, or the template's first. */
function spoken(asked: string, locales: readonly string[]): string {
  const language = asked.split("-", 1)[0] ?? "";
  return locales.find((locale) => locale === asked) ?? locales.find((locale) => locale.split("-", 1)[0] === language) ?? locales[0] ?? ""; // prettier-ignore
}

/** What is wrong with the use, or null: a payment's text must show amount and payee, any other must not; all variables must be given. */
function judgeUse(text: string, { context, variables }: Wish): FieldError[] | null {
  const pattern = parsePattern(text);
  const names = namesOf(pattern);
  const errors: FieldError[] = [];
  const wrong = (field: string, detail: string) => errors.push({ field, code: "template_unusable", detail });
  for (const name of ["amount", "payee"]) {
    if (context !== null && !names.includes(name)) wrong("template", `A payment's text must show {{${name}}}.`);
    if (context === null && names.includes(name)) wrong(name, `The template shows {{${name}}}; give it.`);
  }
  const wanted = variablesOf(pattern);
  for (const name of wanted) {
    if (!Object.hasOwn(variables, name)) wrong("variables", `The template needs the variable ${name}.`);
  }
  if (Object.keys(variables).some((name) => !wanted.includes(name)))
    wrong("variables", "The template has no place for one of the variables.");
  return errors.length === 0 ? null : errors;
}
