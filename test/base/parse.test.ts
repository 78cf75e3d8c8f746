import { expect, test } from "vitest";
import { z } from "zod";
import { parseWith } from "../../src/base/parse.ts";
import { isRefused, type Refusal } from "../../src/base/refusal.ts";
import { SendBody } from "../../src/messages/schemas.ts";

const good = { to: "+447700900123", text: "Hello", purpose: "service" };

function refusalOf(schema: z.ZodType, value: unknown): Refusal {
  const outcome = parseWith(schema, value);
  if (!isRefused(outcome)) throw new Error("it was accepted");
  return outcome;
}

test("a name that the caller made up is never repeated, a field of ours is", () => {
  for (const secret of ["+447700900123", "my secret", "purpose ", "constructor"]) {
    const refusal = refusalOf(SendBody, { ...good, metadata: { [secret]: 5 } });
    expect(JSON.stringify(refusal)).not.toContain(secret);
    expect(refusal.errors).toEqual([
      { field: "metadata/*", code: "wrong_type", detail: "The value must be of type string." },
    ]);
    expect(JSON.stringify(refusalOf(SendBody, { ...good, [secret]: 5 }))).not.toContain(secret);
  }
  const long = "x".repeat(65);
  expect(JSON.stringify(refusalOf(SendBody, { ...good, metadata: { [long]: "y" } }))).not.toContain(long);
  const nested = z.strictObject({ list: z.array(z.strictObject({ inner: z.int() }).optional()) });
  expect(refusalOf(nested, { list: [{ inner: 1 }, { inner: "x" }] }).errors?.[0]?.field).toBe("list/1/inner");
});

test("a missing value and a value of the wrong type are told apart, for plain types and for choices", () => {
  expect(refusalOf(SendBody, { ...good, text: 5 })).toMatchObject({ refused: "wrong_type" });
  expect(refusalOf(SendBody, { to: good.to, purpose: good.purpose })).toMatchObject({
    refused: "missing_field",
    errors: [{ field: "text", code: "missing_field" }],
  });
  expect(refusalOf(SendBody, { to: good.to, text: "x" })).toMatchObject({
    refused: "missing_field",
    errors: [{ field: "purpose", code: "missing_field" }],
  });
  expect(refusalOf(SendBody, { text: "x", purpose: "otp" })).toMatchObject({ errors: [{ code: "missing_field" }] });
  expect(refusalOf(SendBody, { ...good, purpose: "spam" })).toMatchObject({ refused: "invalid_field" });
});

test("a field inside a choice of forms that is not known is an unknown field", () => {
  const refusal = refusalOf(SendBody, { ...good, to: { token: "tok_e", tenant: "x" } });
  expect(refusal).toMatchObject({ refused: "unknown_field", errors: [{ field: "to" }] });
});
