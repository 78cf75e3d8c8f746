import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomBytes, randomFraction, randomText, ALPHABET } from "../../src/base/random.ts";
import { derive, equalBytes, fromBase64, hmac, KEY_BYTES, open, openText, seal, sha256Hex, toBase64 } from "../../src/base/seal.ts"; // prettier-ignore

const key = randomBytes(KEY_BYTES);
const about = "tenant|tok_1|number|1";

describe("what is sealed", () => {
  it("opens to what it was, whatever it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: "binary" }), (bytes, record) => {
        const opened = open(key, seal(key, bytes, record), record);
        expect(opened === null ? null : [...opened]).toEqual([...bytes]);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => openText(key, seal(key, text, about), about) === text),
    );
  });

  it("does not open under another key, about another record, or with one bit changed anywhere", () => {
    const sealed = seal(key, "+447700900123", about);
    expect(open(randomBytes(KEY_BYTES), sealed, about)).toBeNull();
    for (const other of ["tenant|tok_2|number|1", "tenant|tok_1|number|2", "", `${about} `])
      expect(open(key, sealed, other)).toBeNull();
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Uint8Array.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(key, flipped, about), `bit ${bit}`).toBeNull();
    }
    for (let length = 0; length < sealed.length; length++)
      expect(open(key, sealed.subarray(0, length), about)).toBeNull();
    expect(openText(key, sealed, about)).toBe("+447700900123");
  });

  it("shows neither its content nor that two are alike: 10,000 seals of one text have 10,000 IVs", () => {
    const ivs = new Set<string>();
    const bodies = new Set<string>();
    for (let n = 0; n < 10_000; n++) {
      const sealed = seal(key, "+447700900123", about);
      ivs.add(toBase64(sealed.subarray(0, 12)));
      bodies.add(toBase64(sealed.subarray(12)));
      expect(sealed.length).toBe(12 + 13 + 16);
    }
    expect([ivs.size, bodies.size]).toEqual([10_000, 10_000]);
  });
});

describe("keys and names", () => {
  it("derived for two purposes are two keys, and the same for the same purpose", () => {
    expect(derive(key, "a")).toEqual(derive(key, "a"));
    expect(derive(key, "a")).not.toEqual(derive(key, "b"));
    expect(derive(key, "a")).not.toEqual(derive(randomBytes(KEY_BYTES), "a"));
    expect(derive(key, "a")).toHaveLength(KEY_BYTES);
  });

  it("are HMAC-SHA-256 and SHA-256 as published (RFC 4231 case 2, FIPS 180-2)", () => {
    const mac = hmac(new TextEncoder().encode("Jefe"), "what do ya want for nothing?");
    expect(Buffer.from(mac).toString("hex")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    expect(sha256Hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  it("are equal only when every byte and the length are", () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
    expect(equalBytes(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it("in base64 are read back, and what is no base64 is nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => equalBytes(fromBase64(toBase64(bytes)) ?? Uint8Array.of(1, 2, 3), bytes)),
    );
    for (const wrong of ["a b", "a\n", "é", "====", "a=b", "-_-_"]) expect(fromBase64(wrong)).toBeNull();
  });
});

describe("random values", () => {
  it("never come twice from the pool, whatever lengths are drawn", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 5_000 }), (length) => {
        const bytes = randomBytes(length);
        expect(bytes).toHaveLength(length);
        const head = toBase64(bytes.subarray(0, 16));
        expect(seen.has(head)).toBe(false);
        seen.add(head);
      }),
      { numRuns: 1_000 },
    );
  });

  it("handed out are the caller's own: changing them changes nobody else's", () => {
    const first = randomBytes(32);
    const copy = Uint8Array.from(first);
    randomBytes(32).fill(0);
    expect(first).toEqual(copy);
    expect(new Set(randomBytes(4_096)).size).toBeGreaterThan(200);
  });

  it("use the whole alphabet evenly, and fractions fill [0, 1)", () => {
    const counts = new Map<string, number>();
    for (const letter of randomText(64_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect([...counts.keys()].sort().join("")).toBe([...ALPHABET].sort().join(""));
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(400);
    const fractions = Array.from({ length: 10_000 }, randomFraction);
    expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(Math.abs(fractions.reduce((sum, fraction) => sum + fraction) / 10_000 - 0.5)).toBeLessThan(0.03);
  });
});
