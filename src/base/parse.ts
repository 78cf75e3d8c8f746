/**
 * Zod at the door, and its issues in the words of the contract: which field, what would be right. Never what was sent.
 */
import type { z } from "zod";
import { refuse, type FieldError, type Outcome, type Reason } from "./refusal.ts";

/** A body with a hundred wrong fields is told about the first of them. */
const ERRORS_MAX = 20;

/** The parsed value, or the refusal that names every wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Outcome<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: parsed.data };
  const errors = parsed.error.issues.flatMap(errorsOf).slice(0, ERRORS_MAX);
  return refuse(worst(errors), { errors });
}

/** `messages/3/to` for a path. A field name that the caller made up is not repeated. */
function fieldOf(path: readonly PropertyKey[]): string {
  return path.map(String).join("/");
}

function errorsOf(issue: z.core.$ZodIssue): FieldError[] {
  const field = fieldOf(issue.path);
  if (issue.code === "unrecognized_keys") {
    return [
      {
        field,
        code: "unknown_field",
        detail: `${issue.keys.length} field(s) here are not known; see the route's schema.`,
      },
    ];
  }
  if (issue.code === "invalid_type") {
    const missing = issue.input === undefined;
    const detail = missing
      ? `A value of type ${issue.expected} is required.`
      : `The value must be of type ${issue.expected}.`;
    return [{ field, code: missing ? "missing_field" : "wrong_type", detail }];
  }
  if (issue.code === "invalid_value") {
    return [{ field, code: "invalid_field", detail: `Use one of: ${issue.values.map(String).join(", ")}.` }];
  }
  return [{ field, code: "invalid_field", detail: detailOf(issue) }];
}

/** Zod's own sentences quote limits and patterns, never the value; ours replace those that would not help. */
function detailOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_union" ? "The value has none of the forms allowed here." : issue.message;
}

const ORDER: readonly Reason[] = ["unknown_field", "missing_field", "wrong_type", "invalid_field"];

function worst(errors: readonly FieldError[]): Reason {
  return ORDER.find((reason) => errors.some((error) => error.code === reason)) ?? "invalid_field";
}
