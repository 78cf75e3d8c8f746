// The search for a canary finds it in every form, and nothing where nothing is: without this a clean leak test says nothing.
import { randomInt } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { hitsIn, numberNeedles, textNeedles } from "../support/leak/scan.ts";

const seed = Number(process.env["SEED"] ?? randomInt(1, 900));
console.log(`scan: SEED=${seed}`);
const NUMBER = `+447700900${String(seed).padStart(3, "0")}`;
const NUMBERS = numberNeedles(NUMBER);
const TEXTS = textNeedles(`quokka-${seed}-marmalade`);

describe("the scanner", () => {
  test.each([...NUMBERS, ...TEXTS].map((needle) => [needle.form, needle] as const))(
    "finds a planted %s",
    (_form, needle) => {
      const hay = Buffer.concat([Buffer.alloc(5_000, 7), needle.bytes, Buffer.alloc(300, 9)]);
      expect(hitsIn(hay, [...NUMBERS, ...TEXTS])).toContain(needle.form);
    },
  );

  test("finds what is compressed, escaped, or both, and nothing where nothing is", () => {
    const line = `{"to":"${NUMBER}"}`;
    expect(hitsIn(Buffer.concat([Buffer.from("head"), gzipSync(line)]), NUMBERS)).toContain("E.164 in gzip");
    const escaped = JSON.stringify(line).replaceAll("4", "\\u0034");
    expect(hitsIn(gzipSync(escaped), NUMBERS)).toContain("E.164 in JSON escapes in gzip");
    expect(
      hitsIn(Buffer.from(`+447700900${seed === 899 ? "898" : "899"} and some marmalade`), [...NUMBERS, ...TEXTS]),
    ).toEqual([]);
    for (const offset of [0, 1, 2]) {
      expect(
        hitsIn(Buffer.from(Buffer.from("x".repeat(offset) + NUMBER + "y").toString("base64")), NUMBERS).length,
      ).toBeGreaterThan(0);
    }
  });
});
