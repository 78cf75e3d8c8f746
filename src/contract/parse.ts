/**
 * Parses requests with Zod and words its issues for the contract: which field is wrong, and what would be right. Never
 * repeats what was sent; an unknown field name is repeated only if it looks like a field name (unknown-field.ts).
 */
import { z } from "zod";
import { looksLikeField, unknownDetail, unnamedDetail } from "./unknown-field.ts";
import { refuse, type FieldError, type Outcome, type Reason } from "../base/refusal.ts";

/** Of a body with more wrong fields than this, only the first ones are listed. */
const ERRORS_MAX = 20;

/** The parsed value, or the refusal that names every wrong field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): Outcome<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: parsed.data };
  const at: Place = { schema, value, path: [] };
  const errors: FieldError[] = [];
  for (const issue of parsed.error.issues) {
    if (errors.length >= ERRORS_MAX) break; // the rest is not read
    errors.push(...errorsOf(issue, at));
  }
  return refuse(worst(errors), { errors: errors.slice(0, ERRORS_MAX) });
}

/** `messages/3/to` for a path. A name that the caller made up (in a map of free names) is not repeated. */
function fieldOf(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  const names = namesOf(schema);
  return path.map((step) => (typeof step === "number" || names.has(String(step)) ? String(step) : "…")).join("/");
}

const namesKnown = new WeakMap<z.core.$ZodType, ReadonlySet<string>>();

/** Every field name in the schema. */
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
    else if (isWrapped(each)) visit(each.unwrap());
  };
  visit(schema);
  namesKnown.set(schema, names);
  return names;
}

type Wrapped = z.ZodOptional | z.ZodNullable | z.ZodDefault | z.ZodPrefault;

/** A schema around another that changes no name. */
const isWrapped = (schema: z.core.$ZodType): schema is Wrapped =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodNullable ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault;

/** The caller's value at a path; undefined when there is none. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null | undefined)?.[step], value);
}

/** The schema and value at the root, and the path at which an issue of one member of a union begins. */
type Place = { schema: z.core.$ZodType; value: unknown; path: readonly PropertyKey[] };

function errorsOf(issue: z.core.$ZodIssue, at: Place): FieldError[] {
  const path = [...at.path, ...issue.path];
  const field = fieldOf(at.schema, path);
  if (issue.code === "unrecognized_keys") return unknownErrors(field, issue.keys, at, path);
  const missing = valueAt(at.value, path) === undefined;
  if (issue.code === "invalid_type") {
    const detail = missing
      ? `A value of type ${issue.expected} is required.`
      : `The value must be of type ${issue.expected}.`;
    return [{ field, code: missing ? "missing_field" : "wrong_type", detail }];
  }
  if (issue.code === "custom" && issue.params?.["reason"] === "invalid_cursor")
    return [{ field, code: "invalid_cursor", detail: issue.message }];
  const code = missing ? "missing_field" : "invalid_field";
  if (issue.code === "invalid_union" && !missing) {
    const meant = issue.errors.filter((form) => !form.some(isOfAnotherForm));
    if (meant.length === 1 && meant[0] !== undefined)
      return meant[0].flatMap((inner) => errorsOf(inner, { ...at, path }));
    return [{ field, code, detail: choicesOf(issue) ?? "The value has none of the forms allowed here." }];
  }
  if (issue.code === "invalid_value") return [{ field, code, detail: oneOf(issue.values) }];
  return [{ field, code, detail: detailOf(issue) }];
}

const oneOf = (values: readonly unknown[]): string => `Use one of: ${values.map(String).join(", ")}.`;

/** Whether the issue is of a union member with another JSON type or another fixed word than the value. */
const isOfAnotherForm = (issue: z.core.$ZodIssue): boolean =>
  issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");

/** A union of fixed words lists all of them. */
function choicesOf(issue: z.core.$ZodIssueInvalidUnion): string | null {
  const forms = issue.errors.map(([first]) => first);
  const values = forms.flatMap((form) => (form?.code === "invalid_value" && form.path.length === 0 ? form.values : []));
  return values.length === 0 || forms.some((form) => form?.code !== "invalid_value") ? null : oneOf(values);
}

/** One error for each unknown name that looks like a field name; the others are only counted. */
function unknownErrors(field: string, keys: readonly string[], at: Place, path: readonly PropertyKey[]): FieldError[] {
  const known = fieldsAt(at.schema, path);
  const value = valueAt(at.value, path);
  const given = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const code = "unknown_field";
  const named = keys.filter(looksLikeField);
  const errors: FieldError[] = named.slice(0, ERRORS_MAX).map((name) => {
    const detail = unknownDetail(name, known, given);
    return { field: field === "" ? name : `${field}/${name}`, code, detail };
  });
  const unnamed = keys.length - named.length;
  return unnamed === 0 ? errors : [...errors, { field, code, detail: unnamedDetail(unnamed, known) }];
}

/** The schema's field names at a path of a value; of every object member of a union. */
function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => fieldsAt(option, path));
  if (isWrapped(schema)) return fieldsAt(schema.unwrap(), path);
  const [step, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(schema.shape);
    const field = Object.entries(schema.shape).find(([name]) => name === step)?.[1];
    return field === undefined ? [] : fieldsAt(field, rest);
  }
  return schema instanceof z.ZodArray && step !== undefined ? fieldsAt(schema.element, rest) : [];
}

/** Zod's sentences quote limits and patterns, never the value; those that would not help are replaced. */
function detailOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union") return "The value has none of the forms allowed here.";
  if (issue.code === "too_small") return limitOf("at least", "more than", issue, issue.minimum);
  if (issue.code === "too_big") return limitOf("at most", "less than", issue, issue.maximum);
  return issue.message;
}

const COUNTED: Readonly<Record<string, string>> = { string: "character", array: "item", set: "item", map: "item" };

/** Words a limit, as in `Give at least 1 character.` A sentence of the schema's own is kept. */
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
