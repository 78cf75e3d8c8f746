/**
 * Zod at the door, and its issues in the words of the contract: which field, what would be right. Never what was sent.
 */
import { z } from "zod";
import { refuse, type FieldError, type Outcome, type Reason } from "./refusal.ts";

/** A body with a hundred wrong fields is told about the first of them. */
const ERRORS_MAX = 20;

/** The parsed value, or the refusal that names every wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Outcome<T> {
  // The input is asked for only to tell a missing value from one of the wrong type; no sentence repeats it.
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { ok: parsed.data };
  const errors = parsed.error.issues.flatMap((issue) => errorsOf(schema, issue)).slice(0, ERRORS_MAX);
  return refuse(worst(errors), { errors });
}

/** `messages/3/to` for a path. A name that the schema does not know was made up by the caller and is not repeated. */
function fieldOf(schema: z.ZodType, path: readonly PropertyKey[]): string {
  let here: readonly z.core.$ZodType[] = [schema];
  const names = path.map((segment) => {
    const forms = here.flatMap(formsOf);
    if (typeof segment !== "string") {
      here = forms.flatMap((form) => (form instanceof z.ZodArray ? [form.element] : []));
      return String(segment);
    }
    here = forms.flatMap((form) => {
      const next = form instanceof z.ZodObject && Object.hasOwn(form.shape, segment) ? form.shape[segment] : undefined;
      return next === undefined ? [] : [next];
    });
    return here.length > 0 ? segment : "*";
  });
  return names.join("/");
}

/** A schema without its wrappings; a choice is each of its forms. */
function formsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return formsOf(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(formsOf);
  return [schema];
}

function errorsOf(schema: z.ZodType, issue: z.core.$ZodIssue): FieldError[] {
  const field = fieldOf(schema, issue.path);
  if (issue.code === "unrecognized_keys") {
    return [
      {
        field,
        code: "unknown_field",
        detail: `${issue.keys.length} field(s) here are not known; see the route's schema.`,
      },
    ];
  }
  if (issue.input === undefined && MISSING.has(issue.code))
    return [{ field, code: "missing_field", detail: missingDetail(issue) }];
  if (issue.code === "invalid_type")
    return [{ field, code: "wrong_type", detail: `The value must be of type ${issue.expected}.` }];
  if (issue.code === "invalid_value") {
    return [{ field, code: "invalid_field", detail: `Use one of: ${issue.values.map(String).join(", ")}.` }];
  }
  return [{ field, code: "invalid_field", detail: detailOf(issue) }];
}

/** The codes with which a value that is not there at all comes. */
const MISSING: ReadonlySet<z.core.$ZodIssue["code"]> = new Set(["invalid_type", "invalid_value", "invalid_union"]);

function missingDetail(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `A value of type ${issue.expected} is required.`;
  if (issue.code === "invalid_value") return `A value is required, one of: ${issue.values.map(String).join(", ")}.`;
  return "A value is required.";
}

/** Zod's own sentences quote limits and patterns, never the value; ours replace those that would not help. */
function detailOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_union" ? "The value has none of the forms allowed here." : issue.message;
}

const ORDER: readonly Reason[] = ["unknown_field", "missing_field", "wrong_type", "invalid_field"];

function worst(errors: readonly FieldError[]): Reason {
  return ORDER.find((reason) => errors.some((error) => error.code === reason)) ?? "invalid_field";
}
