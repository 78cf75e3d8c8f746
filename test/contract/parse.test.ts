import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseWith } from "../../src/contract/parse.ts";
import { REASONS } from "../../src/base/refusal.ts";
import { SendBody } from "../../src/messages/schemas.ts";
import { KeyBody } from "../../src/access/schemas.ts";
import { PolicyChange } from "../../src/policy/policy.ts";

const Body = z.strictObject({
  to: z.union([z.string().max(5), z.strictObject({ token: z.string() })]),
  count: z.int().min(1).max(9),
  purpose: z.enum(["otp", "service"]),
  list: z.array(z.strictObject({ name: z.string().max(3) })).optional(),
});
const good = { to: "a", count: 1, purpose: "otp" };
const errorsOf = (value: unknown) => {
  const parsed = parseWith(Body, value);
  if (!("refused" in parsed)) throw new Error("was not refused");
  return { refused: parsed.refused, errors: parsed.errors?.map(({ field, code }) => [field, code]) };
};

describe("a body that does not fit its schema", () => {
  it.each([
    ["an unknown field", { ...good, extra: 1 }, "unknown_field", ["extra", "unknown_field"]],
    [
      "an unknown field of one form of a union",
      { ...good, to: { token: "t", tokn: 1 } },
      "unknown_field",
      ["to/tokn", "unknown_field"],
    ],
    ["a union's field that is not there", { ...good, to: {} }, "missing_field", ["to/token", "missing_field"]],
    [
      "an unknown field of an item",
      { ...good, list: [{ name: "a" }, { name: "b", nme: 1 }] },
      "unknown_field",
      ["list/1/nme", "unknown_field"],
    ],
    ["a missing choice", { to: "a", count: 1 }, "missing_field", ["purpose", "missing_field"]],
    ["a missing union", { count: 1, purpose: "otp" }, "missing_field", ["to", "missing_field"]],
    ["a missing number", { to: "a", purpose: "otp" }, "missing_field", ["count", "missing_field"]],
    ["a wrong type", { ...good, count: "1" }, "wrong_type", ["count", "wrong_type"]],
    ["a value beyond its limit", { ...good, count: 10 }, "invalid_field", ["count", "invalid_field"]],
    ["a value of no list", { ...good, purpose: "spam" }, "invalid_field", ["purpose", "invalid_field"]],
    ["a form that is not allowed", { ...good, to: 7 }, "invalid_field", ["to", "invalid_field"]],
    [
      "a field of an item",
      { ...good, list: [{ name: "abc" }, { name: "abcd" }] },
      "invalid_field",
      ["list/1/name", "invalid_field"],
    ],
    ["no object at all", [], "wrong_type", ["", "wrong_type"]],
  ])("%s is refused as what it is, and the field is named", (_, value, refused, error) => {
    expect(errorsOf(value)).toEqual({ refused, errors: [error] });
  });

  it("is told all its faults at once, up to twenty, the gravest as the code", () => {
    expect(errorsOf({ count: "x", extra: 1 }).refused).toBe("unknown_field");
    const list = Array.from({ length: 100 }, () => ({ name: "long" }));
    expect(errorsOf({ ...good, list }).errors).toHaveLength(20);
  });

  it("never comes back in the refusal: not a value, not a name the caller made up", () => {
    const canary = "07700900123 Canary";
    const wrong = fc.constantFrom<unknown>(
      canary,
      [canary],
      { [canary]: canary },
      1e30,
      null,
      true,
      canary.repeat(300),
    );
    const fields = fc.constantFrom("to", "text", "purpose", "from", "reference", "metadata", "schedule_at", "ttl_seconds", "smart_encoding", "name", "scopes", "ip_allowlist", "expires_at", "certificate_sha256", "limits", "countries", "routes", canary); // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(fields, wrong), (body) => {
        for (const schema of [SendBody, KeyBody, PolicyChange] as z.ZodType[]) {
          const parsed = parseWith(schema, body);
          if (!("refused" in parsed)) continue;
          expect(JSON.stringify(parsed)).not.toMatch(/Canary|900123/);
          expect(Object.keys(REASONS)).toContain(parsed.refused);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("inside a map with free names, the name is not repeated", () => {
    const parsed = parseWith(SendBody, { to: "x", text: "x", purpose: "otp", metadata: { "07700900123": 5 } });
    expect(JSON.stringify(parsed)).not.toContain("0770");
    expect(parsed).toMatchObject({ refused: "wrong_type", errors: [{ field: "metadata/…", code: "wrong_type" }] });
  });
});

it("a body that fits is handed on, without anything else", () => {
  expect(parseWith(Body, good)).toEqual({ ok: good });
});

it.each<[z.ZodType, unknown, string]>([
  [z.string().min(1), "", "Give at least 1 character."],
  [z.string().max(200), "x".repeat(201), "Give at most 200 characters."],
  [z.array(z.string()).min(2), ["x"], "Give at least 2 items."],
  [z.int().min(4), 3, "Give a number of at least 4."],
  [z.int().max(10), 11, "Give a number of at most 10."],
  [z.number().positive(), 0, "Give a number of more than 0."],
  [z.string().min(8, "A password has 8 characters or more."), "x", "A password has 8 characters or more."],
])("a limit that is not met is said in plain words: %#", (schema, value, detail) => {
  expect(parseWith(z.strictObject({ field: schema }), { field: value })).toMatchObject({
    refused: "invalid_field",
    errors: [{ field: "field", detail }],
  });
});

describe("an unknown field", () => {
  const details = (schema: z.ZodType, value: unknown) => {
    const parsed = parseWith(schema, value);
    if (!("refused" in parsed)) throw new Error("was not refused");
    return Object.fromEntries((parsed.errors ?? []).map(({ field, detail }) => [field, detail]));
  };
  const query = z.strictObject({ limit: z.coerce.number().optional(), cursor: z.string().optional() });

  it.each([
    ["body", "text"],
    ["message", "text"],
    ["recipient", "to"],
    ["phone_number", "to"],
    ["scheduleAt", "schedule_at"],
    ["send_at", "schedule_at"],
    ["refrence", "reference"],
    ["metdata", "metadata"],
    ["porpuse", "purpose"],
    ["FROM", "from"],
  ])("`%s` is named, and `%s` is suggested", (wrong, right) => {
    expect(details(SendBody, { [wrong]: "x" })).toMatchObject({
      [wrong]: `\`${wrong}\` is not known here. Did you mean \`${right}\`?`,
    });
  });

  it("is told what is known where nothing is near, and is not offered what is there already", () => {
    expect(details(query, { colour: "x" })["colour"]).toBe("`colour` is not known here. Known are: `limit`, `cursor`.");
    expect(details(query, { page: "x" })["page"]).toContain("Did you mean `cursor`?");
    expect(details(query, { page: "x", cursor: "y" })["page"]).toBe(
      "`page` is not known here. Known are: `limit`, `cursor`.",
    );
    expect(details(z.strictObject({}), { page: "x" })["page"]).toBe("`page` is not known here: nothing is taken.");
  });

  it.each([
    "07700900123",
    "+447700900123",
    "tel_07700900123",
    "\u0660\u0667\u0667\u0660\u0660",
    "ＡＢ",
    "zero_seven_seven_oh_oh",
    "ohsevensevendoubleoh",
    "Jane Doe",
    "jane@example.com",
    "mk_test_egnw4wdy5001m8qsg1zb49yyfp7e3p13naf9mxenav57smg56fpvk3nq5vg8t0nze94c2vvxrrsx1r3b79g4",
    "whsec_QWxhZGRpbjpvcGVuIHNlc2FtZQ",
    "qwrtzpsdfghjklmnbvcx",
    "XkQzVbNmWpRtLsDf",
    "averylongwordwithoutanyunderscore",
    "a".repeat(41),
    "__proto__ ",
    "",
    "___",
  ])("`%s`, which may be a value, is counted and not repeated", (name) => {
    const said = JSON.stringify(parseWith(query, { [name]: "x" }));
    expect(said).toContain("One name here is not known, and not repeated");
    if (name.length > 3) expect(said).not.toContain(name.trim());
  });

  it("no digit of a name is ever repeated, nor a name longer than any field of ours", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom(..."abcxyzABCXYZ_0123456789 +-.@") }), (name) => {
        if (name === "limit" || name === "cursor") return;
        const parsed = parseWith(query, Object.fromEntries([[name, "x"]]));
        const error = "refused" in parsed ? parsed.errors?.[0] : undefined;
        expect(error?.code).toBe("unknown_field");
        expect(error?.field === "" || (/^[A-Za-z_]{1,40}$/.test(name) && error?.field === name)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(["constructor", "__proto__", "hasOwnProperty", "toString"])("`%s` is a name like any other", (name) => {
    const body = JSON.parse(`{${JSON.stringify(name)}: {${JSON.stringify(name)}: 1}}`) as unknown;
    expect(details(SendBody, body)[name]).toContain("is not known here");
    const nested = JSON.parse(`{"messages": [{${JSON.stringify(name)}: 1}]}`) as unknown;
    expect(details(z.strictObject({ messages: z.array(SendBody) }), nested)[`messages/0/${name}`]).toContain(
      "not known",
    );
  });

  it("of a thousand names twenty are told, in a refusal of a few kilobytes", () => {
    const letter = (nth: number) => String.fromCharCode(97 + (nth % 26));
    const names = Array.from({ length: 1_000 }, (_, nth) => `a${letter(nth / 26)}e_${letter(nth)}o`);
    const parsed = parseWith(SendBody, Object.fromEntries(names.map((name) => [name, 1])));
    expect("refused" in parsed && parsed.errors?.length).toBe(20);
    expect(JSON.stringify(parsed).length).toBeLessThan(8_000);
  });
});

it("a value that is none of the words of a union is told all of them", () => {
  const either = z.strictObject({ when: z.union([z.literal("now"), z.literal("never")]) });
  expect(parseWith(either, { when: "soon" })).toMatchObject({
    errors: [{ field: "when", detail: "Use one of: now, never." }],
  });
});
