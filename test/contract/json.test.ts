import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/contract/json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readJson(bytes(text));

describe("JSON from a stranger", () => {
  it("agrees with the platform's parser on every value it takes, however it is spaced", () => {
    const spaces = fc.constantFrom(undefined, 1, "\t", "\n  ");
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), spaces, (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(read(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it("is refused exactly where the platform's parser refuses", () => {
    const part = fc.constantFrom("{", "}", "[", "]", ":", ",", '"a"', '"b"', "1", "null", " ", "\\", '"', "-", "0");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const text = parts.join("");
        const parses = canParse(text);
        const answer = read(text);
        if (!parses) expect(answer).toEqual({ fault: "not_json" });
        else expect("value" in answer || answer.fault === "repeated_key").toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ["in one object", '{"a":1,"a":2}'],
    ["written once with an escape", '{"a":1,"\\u0061":2}'],
    ["behind a nested object", '{"a":{"b":1},"a":2}'],
    ["behind a list", '{"a":[1,{"x":1}],"b":1,"a":2}'],
    ["deep inside", '{"x":[{"y":{"k":1,"z":2,"k":3}}]}'],
    ["an empty key", '{"":1,"":2}'],
    ["__proto__", '{"__proto__":1,"__proto__":2}'],
  ])("with a key repeated %s is refused", (_, text) => {
    expect(read(text)).toEqual({ fault: "repeated_key" });
  });

  it.each([
    ["in objects beside each other", '[{"a":1},{"a":2}]'],
    ["in an object and the one inside it", '{"a":{"a":1}}'],
    ["as a value", '{"a":"b","b":"a"}'],
    ["as a value in a list", '{"k":["a","a"],"a":1}'],
    ["that look alike only", '{"a":1,"A":2,"\\u00e5":3,"a\\u030a":4}'],
    ["with quotes inside", '{"a\\"":1,"a":2,"a\\\\":3}'],
  ])("keys that come again %s are no repetition", (_, text) => {
    expect(read(text)).toEqual({ value: JSON.parse(text) });
  });

  it("is read to 20 levels and no further, before a stack could end", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(read(nested(20))).toHaveProperty("value");
    expect(read(nested(21))).toEqual({ fault: "too_deep" });
    expect(read(`{"a":${nested(20)}}`)).toEqual({ fault: "too_deep" });
    expect(
      read(
        Array.from({ length: 50 }, () => "[]")
          .join(",")
          .replace(/^/, "[")
          .concat("]"),
      ),
    ).toHaveProperty("value");
    expect(read("[".repeat(1_000_000))).toHaveProperty("fault");
  });

  it("is UTF-8 or nothing, and begins with no byte-order mark", () => {
    expect(readJson(Uint8Array.of(0x22, 0xc3, 0x28, 0x22))).toEqual({ fault: "not_utf8" });
    expect(readJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toEqual({ fault: "not_utf8" });
    expect(readJson(Uint8Array.of(0x22, 0xc0, 0xa2, 0x22))).toEqual({ fault: "not_utf8" });
    expect(readJson(Uint8Array.of(0xff, 0xfe, 0x31, 0x00))).toEqual({ fault: "not_utf8" });
    expect(read("\ufeff{}")).toEqual({ fault: "not_json" });
    expect(read('{"a":"\ufeff"}')).toEqual({ value: { a: "\ufeff" } });
  });

  it("leaves the prototype of its objects alone", () => {
    const answer = read('{"__proto__":{"polluted":true}}') as { value: object };
    expect(Object.getPrototypeOf(answer.value)).toBe(Object.prototype);
    expect("polluted" in answer.value).toBe(false);
  });
});

function canParse(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
