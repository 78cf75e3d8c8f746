/**
 * Zod at the door, and its issues in the words of the contract: which field, what would be right. Never what was sent.
 */
import { z } from "zod";
import { refuse, type FieldError, type Outcome, type Reason } from "../base/refusal.ts";

/** A body with a hundred wrong fields is told about the first of them. */
const ERRORS_MAX = 20;

/** The parsed value, or the refusal that names every wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Outcome<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: parsed.data };
  const errors = parsed.error.issues.map((issue) => errorOf(issue, schema, value)).slice(0, ERRORS_MAX);
  return refuse(worst(errors), { errors });
}

/** `messages/3/to` for a path. A name that the caller made up (in a map of free names) is not repeated. */
function fieldOf(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const names = namesOf(schema);
  return path.map((step) => (typeof step === "number" || names.has(String(step)) ? String(step) : "…")).join("/");
}

const namesKnown = new WeakMap<z.core.$ZodType, ReadonlySet<string>>();

/** Every field name that the schema itself has. */
function namesOf(schema: z.core.$ZodType): ReadonlySet<string> {
  const known = namesKnown.get(schema);
  if (known !== undefined) return known;
  const names = new Set<string>();
  const visit = (each: z.core.$ZodType): void => {
    if (each instanceof z.ZodObject) {
      for (const [name, field] of Object.entries(each.shape)) {
        names.add(name);
        visit(field);
      }
    } else if (each instanceof z.ZodArray) visit(each.element);
    else if (each instanceof z.ZodUnion) each.options.forEach(visit);
    else if (each instanceof z.ZodOptional || each instanceof z.ZodNullable || each instanceof z.ZodDefault)
      visit(each.unwrap());
  };
  visit(schema);
  namesKnown.set(schema, names);
  return names;
}

/** What stands at a path of the caller's value; undefined when nothing does. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], value);
}

function errorOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): FieldError {
  const field = fieldOf(schema, issue.path);
  if (issue.code === "unrecognized_keys") {
    const detail = `${issue.keys.length} field(s) here are not known; see the route's schema.`;
    return { field, code: "unknown_field", detail };
  }
  const missing = valueAt(value, issue.path) === undefined;
  if (issue.code === "invalid_type") {
    const detail = missing
      ? `A value of type ${issue.expected} is required.`
      : `The value must be of type ${issue.expected}.`;
    return { field, code: missing ? "missing_field" : "wrong_type", detail };
  }
  if (issue.code === "custom" && issue.params?.["reason"] === "invalid_cursor")
    return { field, code: "invalid_cursor", detail: issue.message };
  const code = missing ? "missing_field" : "invalid_field";
  if (issue.code === "invalid_value") {
    return { field, code, detail: `Use one of: ${issue.values.map(String).join(", ")}.` };
  }
  return { field, code, detail: detailOf(issue) };
}

/** Zod's own sentences quote limits and patterns, never the value; ours replace those that would not help. */
function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union") return "The value has none of the forms allowed here.";
  if (issue.code === "too_small") return limitOf("at least", "more than", issue, issue.minimum);
  if (issue.code === "too_big") return limitOf("at most", "less than", issue, issue.maximum);
  return issue.message;
}

const COUNTED: Readonly<Record<string, string>> = { string: "character", array: "item", set: "item", map: "item" };

/** `Give at least 1 character.` A sentence that the schema has of its own stays. */
function limitOf(
  within: string,
  beyond: string,
  { message, origin, inclusive = true }: { message: string; origin: string; inclusive?: boolean | undefined },
  limit: number | bigint,
): string {
  if (!message.startsWith("Too ")) return message;
  const counted = COUNTED[origin];
  const unit = counted === undefined ? "" : ` ${counted}${Number(limit) === 1 ? "" : "s"}`;
  return `Give ${counted === undefined ? "a number of " : ""}${inclusive ? within : beyond} ${limit}${unit}.`;
}

const ORDER: readonly Reason[] = ["unknown_field", "missing_field", "wrong_type", "invalid_cursor", "invalid_field"];

function worst(errors: readonly FieldError[]): Reason {
  return ORDER.find((reason) => errors.some((error) => error.code === reason)) ?? "invalid_field";
}
