// Every honest key passes; every point of small order, every key with such a part, and every spelling that is not the one, fails.
import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { ed25519KeyFlaw } from "../../src/base/ed25519.ts";
import { SMALL_ORDER, MIXED_ORDER } from "../support/hostile/ed25519-points.ts";

it("a key that was made by a generator has no flaw", () => {
  for (let made = 0; made < 50; made += 1) {
    const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
    expect(ed25519KeyFlaw(Buffer.from(x, "base64url")), x).toBeNull();
  }
});

it.each(SMALL_ORDER)("the point of small order %s is refused, in every spelling", (hex) => {
  expect(ed25519KeyFlaw(Buffer.from(hex, "hex"))).toEqual(expect.any(String));
});

it.each(MIXED_ORDER)("an honest key with a part of small order, %s, is refused", (hex) => {
  expect(ed25519KeyFlaw(Buffer.from(hex, "hex"))).toBe("a point with a part of small order");
});

it("what is no point, not 32 bytes, or no canonical number is refused", () => {
  const bytes = (fill: number) => Buffer.alloc(32, fill);
  expect(ed25519KeyFlaw(bytes(0xff))).toBe("not written canonically");
  expect(ed25519KeyFlaw(Buffer.alloc(31))).toBe("not 32 bytes long");
  expect(ed25519KeyFlaw(Buffer.from(`02${"00".repeat(31)}`, "hex"))).toBe("not a point of the curve");
  // p + 3 is the y of a real point (3 is on the curve), written as no canonical writer would.
  const three = (2n ** 255n - 19n + 3n).toString(16).padStart(64, "0");
  expect(ed25519KeyFlaw(Buffer.from(three, "hex").reverse())).toBe("not written canonically");
});
