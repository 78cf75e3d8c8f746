import fc from "fast-check";
import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import * as library from "libphonenumber-js/max";
import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import metadata from "libphonenumber-js/metadata.max.json" with { type: "json" };
import { beforeEach, describe, expect, it, vi } from "vitest";
import { callingCodeOf, lastTwo, maskFrom, maskOf, parseNumber, prefixOf } from "../../src/sms/phone.ts";

vi.mock("libphonenumber-js/max", async (original) => {
  const real = await original<typeof library>();
  return { ...real, parsePhoneNumberFromString: vi.fn(real.parsePhoneNumberFromString) };
});
const asked = vi.mocked(parsePhoneNumberFromString);
beforeEach(() => void asked.mockClear());

const drama = fc.integer({ min: 0, max: 999 }).map((n) => `7700900${String(n).padStart(3, "0")}`);
const read = (input: string, country?: string) => {
  const result = parseNumber(input, country);
  return "number" in result ? result.number : result.refused;
};

/** The first number of this library type under a +44 prefix: no real number is written in this repository. */
function findOfType(prefix: string, type: string): string {
  for (let n = 0; n < 50_000; n++) {
    const rest = String((n * 7919) % 10 ** (13 - prefix.length)).padStart(13 - prefix.length, "0");
    if (library.default(prefix + rest)?.getType() === type) return prefix + rest;
  }
  throw new Error(`no ${type} under ${prefix}`);
}

const exampleOf = (country: library.CountryCode) => getExampleNumber(country, examples)?.number ?? "";

describe("the drama range", () => {
  const spellings: ((n: string) => string)[] = [
    (n) => `+44${n}`,
    (n) => `+44 ${n.slice(0, 4)} ${n.slice(4)}`,
    (n) => `0044${n}`,
    (n) => `00 44 ${n.slice(0, 4)} ${n.slice(4)}`,
    (n) => `0${n}`,
    (n) => `0${n.slice(0, 4)} ${n.slice(4, 7)} ${n.slice(7)}`,
    (n) => `(0${n.slice(0, 4)}) ${n.slice(4)}`,
    (n) => `+44 (0)${n.slice(0, 4)} ${n.slice(4)}`,
    (n) => `(+44) ${n.slice(0, 4)}-${n.slice(4, 7)}-${n.slice(7)}`,
    (n) => `0${n.slice(0, 4)}.${n.slice(4, 7)}.${n.slice(7)}`,
    (n) => `44${n}`,
    (n) => n,
    (n) => `  0${n} `,
  ];

  it("is read in every usual spelling, and the library is not asked", () => {
    fc.assert(
      fc.property(
        drama,
        fc.constantFrom(...spellings),
        fc.constantFrom("GB", "JE", "GG", "IM"),
        (n, spell, country) => {
          expect(read(spell(n), country)).toEqual({ e164: `+44${n}`, country: "GB", kind: "drama", drama: true });
        },
      ),
    );
    expect(asked).not.toHaveBeenCalled();
  });

  it("ends where Ofcom ends it", () => {
    expect(read("+447700900000")).toMatchObject({ kind: "drama" });
    expect(read("+447700900999")).toMatchObject({ kind: "drama" });
    for (const block of ["7700899", "7700901", "7700910"]) {
      const beside = read(`+44${block}000`);
      expect(beside === "invalid_number" || (typeof beside === "object" && !beside.drama)).toBe(true);
    }
    expect(read("+4477009001234")).toBe("invalid_number");
    expect(read("+44770090012")).toBe("invalid_number");
  });

  it.each([
    ["01632 960123", "fixed"],
    ["020 7946 0123", "fixed"],
    ["0113 496 0123", "fixed"],
    ["028 9649 6123", "fixed"],
    ["029 2018 0123", "fixed"],
    ["0808 157 0123", "other"],
    ["03069 990123", "other"],
    ["0909 8790123", "premium"],
  ])("keeps %s, another drama block, as %s", (input, kind) => {
    expect(read(input)).toMatchObject({ country: "GB", kind, drama: true });
    expect(asked).not.toHaveBeenCalled();
  });
});

describe("kinds and countries", () => {
  it("a UK mobile costs the library one question", () => {
    const e164 = exampleOf("GB");
    expect(read(`0${e164.slice(3)}`)).toEqual({ e164, country: "GB", kind: "mobile", drama: false });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["+4470", "PERSONAL_NUMBER", "personal"],
    ["+4476", "PAGER", "pager"],
    ["+4490", "PREMIUM_RATE", "premium"],
    ["+4487", "PREMIUM_RATE", "premium"],
    ["+4484", "PREMIUM_RATE", "premium"],
    ["+4456", "VOIP", "voip"],
    ["+4420", "FIXED_LINE", "fixed"],
    ["+44800", "TOLL_FREE", "other"],
  ])("what %s and %s mean is kind %s", (prefix, type, kind) => {
    const e164 = findOfType(prefix, type);
    expect(read(e164)).toMatchObject({ e164, kind, drama: false });
  });

  it.each(["JE", "GG", "IM"] as const)(
    "a mobile of %s is crown_mobile, in its own country, however it is written",
    (country) => {
      const e164 = exampleOf(country);
      const expected = { e164, country, kind: "crown_mobile", drama: false };
      for (const input of [e164, `0${e164.slice(3)}`, `44${e164.slice(3)}`]) {
        expect(read(input)).toEqual(expected);
        expect(read(input, country)).toEqual(expected);
      }
    },
  );

  it("07624 is the Isle of Man's and no pager", () => {
    expect(read(findOfType("+447624", "MOBILE"))).toMatchObject({ country: "IM", kind: "crown_mobile" });
  });

  it("no block that a Crown dependency's plan calls mobile is read as the United Kingdom's", () => {
    const rows: Record<string, unknown> = metadata.countries;
    const crown = ["JE", "GG", "IM"].map((country) => {
      const pattern: unknown = JSON.parse(JSON.stringify(rows[country]))[11][1][0];
      return new RegExp(`^(?:${String(pattern)})$`);
    });
    for (let block = 7000; block <= 7999; block++) {
      for (let digit = 0; digit <= 9; digit++) {
        const national = `${block}${digit}12345`;
        if (!crown.some((pattern) => pattern.test(national))) continue;
        expect(read(`+44${national}`)).toMatchObject({ kind: "crown_mobile" });
      }
    }
  });

  it("every country's example mobile is read as a mobile", () => {
    for (const country of getCountries()) {
      const e164 = exampleOf(country);
      expect(read(e164), country).toMatchObject({
        e164,
        kind: ["JE", "GG", "IM"].includes(country) ? "crown_mobile" : "mobile",
      });
    }
  });

  it("a national form belongs to the default country, an international one to itself", () => {
    const french = exampleOf("FR");
    expect(read(`0${french.slice(3)}`, "FR")).toMatchObject({ e164: french, country: "FR" });
    expect(read(`00${french.slice(1)}`, "GB")).toMatchObject({ e164: french, country: "FR" });
    expect(read(french, "ZZ")).toMatchObject({ e164: french });
    expect(read(`0${french.slice(3)}`, "ZZ")).toBe("invalid_number");
  });

  it("a satellite or international service number is nobody's mobile", () => {
    const rest = "12345678901".slice(0, 8);
    expect(read(`+8816${rest}`)).toMatchObject({ country: "001", kind: "other" });
  });
});

describe("what is no number is refused", () => {
  it.each([
    ["nothing", ""],
    ["spaces", "   "],
    ["letters", "07700 9OO123"],
    ["an extension", "+447700900123 ext 5"],
    ["an x extension", "+447700900123x5"],
    ["RFC 3966 parameters", "+447700900123;phone-context=x"],
    ["pauses", "+447700900123,,5"],
    ["service codes", "*#07700900123#"],
    ["two numbers", "07700900123/4"],
    ["NUL", "07700900123\0"],
    ["two pluses", "++447700900123"],
    ["a plus inside", "44+7700900123"],
    ["an open bracket", "(07700 900123"],
    ["a stray bracket", "07700) 900123"],
    ["nested brackets", "((07700)) 900123"],
    ["empty brackets", "07700 () 900123"],
    ["a hyphen first", "-07700900123"],
    ["an emergency number", "999"],
    ["a short code", "60006"],
    ["no digits", "+"],
    ["41 characters", `07700900123${" ".repeat(30)}`],
    ["a million digits", "7".repeat(1_000_000)],
    ["nineteen digits", "+4477009001231234567"],
    ["a comma inside", "07700,900123"],
    ["two numbers with a comma", "07700900123, 07700900124"],
    ["an ideograph", "07700九00123"],
    ["a landline without its 0", "1632960123"],
    ["a date that could be digits", "07-08-2024 100"],
  ])("%s", (_, input) => {
    const result = parseNumber(input);
    expect(result).toMatchObject({ refused: "invalid_number" });
  });

  it("a refusal is one of a few fixed answers, so it never repeats the input; and nothing throws", () => {
    const part = fc.constantFrom("+", "44", "0", "(", ")", " ", "-", ".", "7700", "900123", "x", "\0", "３");
    const parts = fc.array(part, { maxLength: 12 }).map((list) => list.join(""));
    const refusals = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), parts), (text) => {
        const result = parseNumber(text);
        if ("refused" in result) refusals.add(JSON.stringify(result));
        else expect(result.number.e164).toMatch(/^\+[1-9]\d{6,14}$/);
      }),
      { numRuns: 1_000 },
    );
    expect(refusals.size).toBeLessThanOrEqual(5);
    const canary = "07700900777 secret";
    expect(JSON.stringify(parseNumber(canary))).not.toMatch(/777|secret/);
  });
});

describe("what may be shown", () => {
  it("a mask shows the calling code and two digits, and hides how many there are between", () => {
    expect(maskOf("+447700900123")).toBe("+44•••••••23");
    expect(maskFrom("44", "23")).toBe(maskOf("+447700900123"));
    expect(lastTwo("+447700900123")).toBe("23");
  });

  it("the calling code of every country is the library's, and its mask always has seven dots", () => {
    for (const country of getCountries()) {
      const e164 = exampleOf(country);
      const code: string = getCountryCallingCode(country);
      expect(callingCodeOf(e164), country).toBe(code);
      expect(maskOf(e164)).toBe(`+${code}•••••••${e164.slice(-2)}`);
      expect(prefixOf(e164).length).toBeLessThanOrEqual(e164.length - 3);
      expect(prefixOf(e164).startsWith(`+${code}`)).toBe(true);
    }
  });

  it("a prefix under +44 is the block of 1,000", () => {
    fc.assert(fc.property(drama, (n) => prefixOf(`+44${n}`) === "+447700900"));
  });
});
