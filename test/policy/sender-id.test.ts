import fc from "fast-check";
import { getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import { describe, expect, it } from "vitest";
import { defaultPolicy, judgeSender } from "../../src/policy/policy.ts";
import { lintSender, SENDER_LENGTH_MAX, skeletonOf } from "../../src/policy/sender-id.ts";

const codes = (sender: string, country = "GB") => {
  const result = lintSender(sender, country);
  return "kind" in result ? result.kind : result.errors.map(({ code }) => code);
};

describe("a sender that networks take", () => {
  it.each([
    ["Maskline", "alphanumeric"],
    ["MASK-LINE_1", "alphanumeric"],
    ["3Brothers", "alphanumeric"],
    ["GOV.UK", "alphanumeric"],
    ["NHS 24", "alphanumeric"],
    ["M&S", "alphanumeric"],
    ["British Gas", "alphanumeric"],
    ["St. Mary_s-", "alphanumeric"],
    ["NHS", "alphanumeric"],
    ["Texture", "alphanumeric"],
    ["Infosys", "alphanumeric"],
    ["PinPoint", "alphanumeric"],
    ["Codesmith", "alphanumeric"],
    ["NHSalertly", "alphanumeric"],
    ["60006", "short_code"],
    ["70007", "short_code"],
    ["88888", "short_code"],
    ["+447700900123", "number"],
  ])("%s is %s", (sender, kind) => {
    expect(codes(sender)).toBe(kind);
  });
});

describe("a name is refused", () => {
  it.each<[string, string, string[]]>([
    ["when empty", "", ["sender_empty"]],
    ["over eleven characters", "MasklineLtd1", ["sender_too_long"]],
    ["when endless", "a".repeat(1_000_000), ["sender_too_long"]],
    ["without a letter", "---_", ["sender_without_letter"]],
    ["of one letter", "A", ["sender_too_short"]],
    ["of two characters", "O2", ["sender_too_short"]],
    ["of two letters and nothing that shows", "EE ", ["sender_character"]],
    ["with a space before it", " NHS", ["sender_character"]],
    ["with two spaces", "NHS  24", ["sender_character"]],
    ["with an apostrophe", "Sam's", ["sender_character"]],
    ["with a no-break space", "NHS\u00a024", ["sender_character"]],
    ["with a sign", "Mask!", ["sender_character"]],
    ["with an emoji", "Mask🙂", ["sender_character"]],
    ["with a Cyrillic letter", "НSBC", ["sender_confusable"]],
    ["with a Greek letter", "ΑBC", ["sender_confusable"]],
    ["with a full-width letter", "ＨSBC", ["sender_confusable"]],
    ["with a full-width digit", "Bank１", ["sender_confusable"]],
    ["with an accent", "Café", ["sender_confusable"]],
    ["with a combining mark", "Cafe\u0301", ["sender_confusable"]],
    ["with a zero-width space", "HS\u200bBC", ["sender_character"]],
    ["with a bidi override", "\u202eCBSH", ["sender_character"]],
    ["with a control", "HSBC\n", ["sender_character"]],
    ["with NUL", "HSBC\0", ["sender_character"]],
    [
      "of other letters only, for every reason",
      "НЅ",
      ["sender_confusable", "sender_too_short", "sender_without_letter"],
    ],
    ["of full-width digits only", "６０００６", ["sender_confusable", "sender_without_letter"]],
    ["too long and with a sign", "Mask/line Limited", ["sender_too_long", "sender_character"]],
  ])("%s", (_, sender, expected) => {
    expect(codes(sender)).toEqual(expected);
  });

  it.each(
    (
      "SMS INFO ALERT VERIFY CODE sms Info aLeRt ALERTS CODES OTP C0DE c0d3 1NFO lNFO INF0 A1ERT AL3RT 4LERT V3R1FY VER1FY 5M5 " +
      "SM5 SMS1 SMS24 CODE-1 123CODE S-M-S _INFO_ INFOSMS SMS-INFO OTP_CODE MyCode TheAlert YourPIN VerifyNow UKALERT " +
      "7EXT 0TP Auth Notice AUTHMSG"
    ).split(" "),
  )("when it is only the generic word %s", (sender) => {
    expect(codes(sender)).toEqual(["sender_generic"]);
    expect(codes(sender, "FR")).toEqual(["sender_generic"]);
  });

  it("when generic, however its letters are cased, swapped for digits or split", () => {
    const word = fc.constantFrom("sms", "info", "alert", "verify", "code");
    const look: Record<string, string[]> = {
      o: ["0"],
      i: ["1", "l"],
      l: ["1", "I"],
      e: ["3"],
      a: ["4"],
      s: ["5"],
      t: ["7"],
    };
    const letter = (char: string) => fc.constantFrom(char, char.toUpperCase(), ...(look[char] ?? []));
    const spelled = word.chain((text) => fc.tuple(...[...text].map(letter))).map((chars) => chars.join(""));
    const tail = fc.constantFrom("", "-", "_", "1", "-24");
    fc.assert(
      fc.property(
        spelled.filter((text) => /[A-Za-z]/.test(text)),
        tail,
        (text, end) => {
          expect(codes(text + end)).toEqual(["sender_generic"]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a name beyond +44", () => {
  it.each(["Mask line", "GOV.UK", "M&S"])("keeps to what every network takes: %s is refused", (sender) => {
    for (const country of ["GB", "IM", "JE", "GG"]) expect(codes(sender, country)).toBe("alphanumeric");
    for (const country of ["FR", "IE", "US"]) expect(codes(sender, country)).toEqual(["sender_character"]);
  });

  it.each(["A", "O2", "X1"])("may have fewer than three characters: %s", (sender) => {
    expect(codes(sender, "FR")).toBe("alphanumeric");
  });
});

it.each(["S M S", "S.M.S", "IN FO", "INFO & SMS", "Alert.", "My Code"])(
  "a generic word stays one with signs of +44 in it: %s",
  (sender) => {
    expect(codes(sender)).toEqual(["sender_generic"]);
  },
);

it("a token's country is known late: beyond +44 a name that only UK networks take is refused then", () => {
  const policy = { ...defaultPolicy("live"), defaultSender: "M&S" };
  const judged = (from: string | null, country: string) => judgeSender(from, policy, country);
  expect(judged("GOV.UK", "FR")).toMatchObject({
    refused: "sender_refused",
    errors: [{ field: "from", code: "sender_character" }],
  });
  for (const country of ["GB", "IM"]) expect(judged("GOV.UK", country)).toBeNull();
  for (const from of [null, "M&S", "Northern"]) expect(judged(from, "FR")).toBeNull();
  expect(judged("+447700900123", "GB")).toMatchObject({ refused: "sender_refused" });
});

describe("a numeric sender", () => {
  const e164 = (country: "FR" | "GB" | "IM") => getExampleNumber(country, examples)?.number ?? "";

  it.each<[string, string, string | string[]]>([
    ["a code starting with 5", "50005", ["sender_short_code"]],
    ["a code starting with 9", "90009", ["sender_short_code"]],
    ["a code of four digits", "6000", ["sender_short_code"]],
    ["a code of six digits", "600060", ["sender_short_code"]],
    ["a national form", "07700900123", ["sender_number_not_e164"]],
    ["a bare international form", "447700900123", ["sender_number_not_e164"]],
    ["an E.164 number with spaces", "+44 7700 900123", ["sender_number_not_e164"]],
    ["a number that cannot be", "+4477009001", ["sender_number_invalid"]],
    ["a premium number", "+449098790123", ["sender_number_kind"]],
  ])("that is %s is refused for GB", (_, sender, expected) => {
    expect(codes(sender)).toEqual(expected);
  });

  it("from abroad is refused for GB and taken elsewhere", () => {
    expect(codes(e164("FR"))).toEqual(["sender_number_foreign"]);
    expect(codes(e164("FR"), "FR")).toBe("number");
  });

  it("of +44 may be a virtual mobile, and never a personal number", () => {
    expect(codes(e164("GB"))).toBe("number");
    expect(codes(e164("IM"))).toBe("number");
    let personal = "";
    for (let n = 0; personal === "" && n < 50_000; n++) {
      const tried = `+4470${String((n * 7919) % 1e8).padStart(8, "0")}`;
      if (parsePhoneNumberFromString(tried)?.getType() === "PERSONAL_NUMBER") personal = tried;
    }
    expect(codes(personal)).toEqual(["sender_number_kind"]);
  });

  it("of a short code follows the country's rule", () => {
    expect(codes("36180", "FR")).toBe("short_code");
    expect(codes("12", "FR")).toEqual(["sender_short_code"]);
  });
});

describe("whatever is sent in", () => {
  it("the answer is a kind or reasons that do not quote it, and a taken name is in the safe set", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ maxLength: 13 })), (sender) => {
        const result = lintSender(sender, "GB");
        if ("kind" in result) {
          if (result.kind === "alphanumeric")
            expect(sender).toMatch(/^(?=.*[A-Za-z])[A-Za-z0-9&._-][A-Za-z0-9 &._-]{1,9}[A-Za-z0-9&._-]$/);
          expect(sender.length).toBeLessThanOrEqual(Math.max(SENDER_LENGTH_MAX, 16));
        } else expect(result.errors.length).toBeGreaterThan(0);
      }),
      { numRuns: 1_000 },
    );
    expect(JSON.stringify(lintSender("canary canary canary", "GB"))).not.toContain("canary");
    expect(JSON.stringify(lintSender("07700900777", "GB"))).not.toContain("777");
  });

  it("two spellings that look alike have one skeleton", () => {
    expect(skeletonOf("PAYPA1")).toBe(skeletonOf("paypal"));
    expect(skeletonOf("Ba-rclays")).toBe(skeletonOf("BARCIAYS"));
    expect(skeletonOf("Maskline")).not.toBe(skeletonOf("Masklane"));
  });
});
