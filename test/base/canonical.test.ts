import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical } from "../../src/base/canonical.ts";

/** A double from its IEEE 754 bits in hex, as RFC 8785's appendix B lists its samples. */
function double(bits: string): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${bits}`));
  return view.getFloat64(0);
}

describe("RFC 8785's own examples", () => {
  test("the sample of 3.2.2 and 3.2.3 comes out as printed", () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(canonical(JSON.parse(input))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  test("the UTF-8 bytes of that sample are those of 3.2.4", () => {
    const text = canonical(
      JSON.parse(String.raw`{"literals":[null,true,false],"numbers":[333333333.33333329,1E30,4.50,2e-3,
      0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}`),
    );
    const hex = [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    expect(hex).toBe(
      "7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 " +
        "75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a " +
        "5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 " +
        "65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37 " +
        "5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 " +
        "30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d",
    );
  });

  test("keys sort by UTF-16 code units, as 3.2.3 shows", () => {
    const sample =
      JSON.parse(String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
      "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`);
    const order = [...canonical(sample).matchAll(/:"([^"]+)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ]);
  });

  test.each([
    ["0000000000000000", "0"],
    ["8000000000000000", "0"],
    ["0000000000000001", "5e-324"],
    ["8000000000000001", "-5e-324"],
    ["7fefffffffffffff", "1.7976931348623157e+308"],
    ["ffefffffffffffff", "-1.7976931348623157e+308"],
    ["4340000000000000", "9007199254740992"],
    ["c340000000000000", "-9007199254740992"],
    ["4430000000000000", "295147905179352830000"],
    ["44b52d02c7e14af5", "9.999999999999997e+22"],
    ["44b52d02c7e14af6", "1e+23"],
    ["44b52d02c7e14af7", "1.0000000000000001e+23"],
    ["444b1ae4d6e2ef4e", "999999999999999700000"],
    ["444b1ae4d6e2ef4f", "999999999999999900000"],
    ["444b1ae4d6e2ef50", "1e+21"],
    ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
    ["3eb0c6f7a0b5ed8d", "0.000001"],
    ["41b3de4355555553", "333333333.3333332"],
    ["41b3de4355555554", "333333333.33333325"],
    ["41b3de4355555555", "333333333.3333333"],
    ["41b3de4355555556", "333333333.3333334"],
    ["41b3de4355555557", "333333333.33333343"],
    ["becbf647612f3696", "-0.0000033333333333333333"],
    ["43143ff3c1cb0959", "1424953923781206.2"],
  ])("the number with bits %s is written %s (appendix B)", (bits, text) => {
    expect(canonical(double(bits))).toBe(text);
  });

  test.each(["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])(
    "the bits %s are refused (appendix B)",
    (bits) => {
      expect(() => canonical(double(bits))).toThrow(TypeError);
    },
  );
});

describe("what JSON cannot say is refused", () => {
  class Point {
    x = 1;
  }
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  test.each([
    ["undefined", undefined],
    ["an undefined member", { a: undefined }],
    ["a hole", Array(1)],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["bytes", new Uint8Array(1)],
    ["an instance", new Point()],
    ["a lone high surrogate", "a\ud83d"],
    ["a lone low surrogate", "\ude00b"],
    ["a lone surrogate in a key", { "\ud800": 1 }],
    ["a circle", circle],
  ])("%s", (_name, value) => {
    expect(() => canonical(value)).toThrow(TypeError);
    expect(() => canonical([{ deep: value }])).toThrow(TypeError);
  });

  test("quotes and backslashes in otherwise plain strings and keys are escaped", () => {
    expect(canonical({ 'a"b': "c\\d", "": "\x7f" })).toBe('{"":"\x7f","a\\"b":"c\\\\d"}');
  });

  test("an object without a prototype is plain", () => {
    expect(canonical(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });
});

describe("for any JSON value", () => {
  const json = fc.jsonValue({ stringUnit: "binary" });
  const withoutMinusZero = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  test("parsing the text gives the value back", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonical(value))).toEqual(withoutMinusZero(value));
      }),
    );
  });

  test("the text is a fixed point: canonical of the parsed text is the text", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonical(value);
        expect(canonical(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test("the order in which keys were added does not show", () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue()), {
      selector: ([key]) => key,
      maxLength: 40,
    });
    const shuffled = entries.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(canonical(Object.fromEntries(one))).toBe(canonical(Object.fromEntries(other)));
      }),
    );
  });

  test("members stand in code-unit order, below and above the size where the sort changes", () => {
    const keys = fc.uniqueArray(fc.string({ unit: "binary" }), { maxLength: 40, size: "max" });
    fc.assert(
      fc.property(keys, (list) => {
        const text = canonical(Object.fromEntries(list.map((key) => [key, 0])));
        const expected =
          "{" +
          [...list]
            .sort()
            .map((key) => `${JSON.stringify(key)}:0`)
            .join() +
          "}";
        expect(text).toBe(expected);
      }),
    );
  });
});
