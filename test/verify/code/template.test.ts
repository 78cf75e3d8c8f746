// Texts: placeholders parsed, values cleaned, last lines to the letter, money to the last digit.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measure } from "../../../src/sms/sms-text.ts";
import { BUILTINS, DO_NOT_SHARE, LOCALES, localeOf, TEXTS } from "../../../src/verify/code/builtin.ts";
import { choose } from "../../../src/verify/settings/choose.ts";
import { judgeText, textOf, type Written } from "../../../src/verify/code/code-message.ts";
import { cleanValue, fill, hostOfOrigin, judgePattern, moneyText, parsePattern, variablesOf } from "../../../src/verify/code/template.ts"; // prettier-ignore
import { seedOfRun } from "../../support/run/seed.ts";

const own = { code: "012345", brand: "Shifts", minutes: "10", amount: "£1.00", payee: "Anna" };
const filled = (text: string, variables: Record<string, string> = {}) => fill(parsePattern(text), { own, variables });

describe("a placeholder", () => {
  test("is parsed, not replaced: a value that looks like one stays a value", () => {
    expect(filled("{{code}} {{ a }}{{b}}", { a: "{{code}}", b: "$& {{b}}" })).toBe("012345 {{code}}$& {{b}}");
    expect(variablesOf(parsePattern("{{code}}{{brand}}{{a}}{{a}}{{b_c}}"))).toEqual(["a", "b_c"]);
    expect(filled("{{__proto__}}{{constructor}}")).toBe("{{__proto__}}"); // the first is no name, the second has no value
    expect(filled("{{constructor}}", { constructor: "x" })).toBe("x");
  });

  test.each(["{{Code}}", "{code}", "{{code", "{{code}} {{a1}}", "{{code}} }}", "{{code}}{{x-y}}", "{{}}{{code}}"])(
    "%j is refused",
    (text) => expect(judgePattern(text)).not.toBeNull(),
  );
});

describe("a value", () => {
  test.each([
    ["a\r\nb\u2028c\u2029d\u0085e", "a b c d e"],
    ["x\u202e\u2066y\u200bz\u0007", "xyz"],
    ["@evil.example #123456", "evil.example #123456"],
    ["hi @@evil.example  #1", "hi evil.example #1"],
    ["mail a@b.example", "mail a@b.example"],
  ])("%j becomes %j", (value, clean) => expect(cleanValue(value)).toBe(clean));

  test("never makes a line that a phone reads as one, whatever it is", () => {
    const seed = seedOfRun();
    console.log(`values: SEED=${seed}`);
    const piece = fc.oneof(
      fc.constantFrom("@", "\uff20", " ", "\n", "\u2028", "#", "evil.example", "\u200b", "\u202e", "{{a}}", "1"),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    const value = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    const templates = fc.constantFrom("{{a}} #{{code}}", "Hi\n{{a}}{{b}} #{{code}}", "{{a}}\n{{b}} {{code}}", "{{b}}{{a}}{{code}}");
    fc.assert(
      fc.property(templates, value, value, (template, a, b) => {
        const text = filled(template, { a, b });
        for (const line of text.split(/[\r\n\u2028\u2029\u0085]/)) expect(line.trim()).not.toMatch(/^[@\uff20\ufe6b]/u);
        expect(text.split("\n").length).toBeLessThanOrEqual(template.split("\n").length);
      }),
      { seed, numRuns: 2_000 },
    );
  }); // prettier-ignore
});

describe("the last line", () => {
  const written: Written = {
    code: "012345", template: "{{code}} is it.", locale: "en-GB", brand: "B", sentence: "Do not share it.", context: null,
    variables: {}, reader: null,
  }; // prettier-ignore
  test("is @host, one space, # and the code, and nothing more, alone on its line", () => {
    const text = textOf({ ...written, reader: { origin: "shifts.example" } }, 600);
    expect(text.split("\n")).toEqual(["012345 is it. Do not share it.", "", "@shifts.example #012345"]);
  });

  test("or the app's hash, within 140 bytes, and then no other line is machine-readable", () => {
    const reader = { appHash: "FA+9qCX9VSu" };
    const text = textOf({ ...written, reader }, 600);
    expect(text.endsWith("\nFA+9qCX9VSu")).toBe(true);
    expect(text).not.toContain("@");
    expect(judgeText(text, reader)).toBeNull();
    expect(judgeText("é".repeat(65) + "\nFA+9qCX9VSu", reader)).toMatchObject({ refused: "text_too_long" });
    expect(judgeText("x".repeat(500), { origin: "a.example" })).toBeNull();
  });

  test.each([
    ["https://shifts.example", "shifts.example"],
    ["https://Shifts.EXAMPLE/", "shifts.example"],
    ["https://bücher.example", "xn--bcher-kva.example"],
    ["http://shifts.example", null],
    ["https://shifts.example:8443", null],
    ["https://shifts.example/login", null],
    ["https://shifts.example?x=1", null],
    ["https://shifts.example#x", null],
    ["https://user:secret@shifts.example", null],
    ["https://192.0.2.1", null],
    ["https://[2001:db8::1]", null],
    ["https://localhost", null],
    ["shifts.example", null],
    ["https://a b.example", null],
  ])("for %s is of host %s", (origin, host) => expect(hostOfOrigin(origin)).toBe(host));
});

describe("money", () => {
  test.each([
    [25_000_000, "GBP", "en-GB", "£25.00"],
    [25_000_001, "GBP", "en-GB", "£25.000001"],
    [38_000, "GBP", "en-GB", "£0.038"],
    [0, "GBP", "en-GB", "£0.00"],
    [1_234_567_890_000, "EUR", "fr", "1 234 567,89 €"],
    [12_000_000, "PLN", "pl", "12,00 PLN"],
    [500_000_000, "JPY", "en-GB", "JP¥500"],
    [7_000_000, "UAH", "en-GB", "UAH 7.00"],
    [25_500_000, "GBP", "cy", "£25.50"],
    [9_007_199_254_740_991, "GBP", "en-GB", "£9,007,199,254.740991"],
  ])("%d micro-units of %s in %s is %j", (amount, currency, locale, text) => {
    expect(moneyText({ amount, currency }, locale)).toBe(text);
    expect(measure(text).encoding).toBe("gsm7");
  });
});

describe("a built-in text", () => {
  const longest = { brand: "B".repeat(30), amount: "£9,999,999.99", payee: "P".repeat(20) };
  test.each(BUILTINS.flatMap((name) => LOCALES.map((locale) => [name, locale] as const)))(
    "%s in %s takes one segment, two for the longest payment",
    (name, locale) => {
      const text = `${fill(parsePattern(TEXTS[name][locale]), { own: { ...own, code: "0123456789", ...longest }, variables: {} })} ${DO_NOT_SHARE[locale]}`; // prettier-ignore
      console.log(`${name} ${locale}: ${text.length} characters`);
      expect(measure(text)).toMatchObject({ encoding: "gsm7", segments: text.length <= 160 ? 1 : 2 });
      expect(measure(text).segments).toBeLessThanOrEqual(name === "payment" ? 2 : 1);
      expect(judgePattern(TEXTS[name][locale])).toBeNull();
      if (name === "payment") for (const shown of ["amount", "payee"]) expect(TEXTS[name][locale]).toContain(`{{${shown}}}`);
    },
  ); // prettier-ignore

  test("is found by language for another country", () => {
    expect(["en-GB", "en", "en-US", "cy", "cy-GB", "fr-CA", "pl", "de"].map(localeOf)).toEqual([
      "en-GB", "en-GB", "en-GB", "cy", "cy", "fr", "pl", "en-GB",
    ]); // prettier-ignore
  });

  test("shows a payment whatever the intent is, and refuses a text that does not", () => {
    const wish = {
      template: null,
      locale: "en-GB",
      variables: {},
      context: { amount: 1, currency: "GBP", payee: "A" },
    };
    expect(choose({ ...wish, intent: "login" }, () => null)).toMatchObject({ name: "payment" });
    expect(choose({ ...wish, intent: "payout", template: "generic" }, () => null)).toMatchObject({ refused: "template_unusable" }); // prettier-ignore
    expect(choose({ ...wish, intent: "payout", context: null }, () => null)).toMatchObject({ name: "generic" });
  });
});
