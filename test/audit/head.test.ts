import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GENESIS } from "../../src/audit/entry.ts";
import { headSigner, publicKeyText, readHead, signHead, verifyHead } from "../../src/audit/head.ts";
import { newKey, ORIGIN } from "../support/rooms/audit-log.ts";

/** RFC 8032, 7.1, test 1, as PKCS #8 (RFC 8410). */
const RFC8032_KEY = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
const head = { size: 7, hash: "ab".repeat(32) };
const { signer, publicKey } = newKey();

test("a signed head is a checkpoint in a signed note, byte for byte", () => {
  const fixed = headSigner("example.com/log", RFC8032_KEY);
  const note = signHead(head, fixed);
  expect(note.split("\n\n")[0]).toBe("example.com/log\n7\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=");
  expect(note).toMatch(/\n\n\u2014 example\.com\/log [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/);
  expect(signHead(head, fixed)).toBe(note);
});

test("the public key text holds name, key id and RFC 8032's public key behind the algorithm byte", () => {
  const text = publicKeyText(headSigner("example.com/log", RFC8032_KEY));
  const [, packed = ""] = /^example\.com\/log\+[0-9a-f]{8}\+(.*)$/.exec(text) ?? [];
  const bytes = Array.from(atob(packed), (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  expect(bytes).toBe("01d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
});

test("the key id is signed note's: the verifier key of Go's note package is taken for a key, with another id it is not", () => {
  // Printed in the documentation of golang.org/x/mod/sumdb/note; the id is recomputed from name and key.
  const key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
  expect(verifyHead("no head", key)).toMatchObject({ fault: "malformed_head" });
  expect(verifyHead("no head", key.replace("c74f20a3", "c74f20a4"))).toMatchObject({ fault: "malformed_key" });
});

test("verifying gives the head back", () => {
  for (const each of [head, GENESIS, { size: Number.MAX_SAFE_INTEGER, hash: "0f".repeat(32) }]) {
    expect(verifyHead(signHead(each, signer), publicKey)).toEqual({ origin: ORIGIN, head: each });
    expect(readHead(signHead(each, signer))).toEqual({ origin: ORIGIN, head: each });
  }
});

describe("a head is refused", () => {
  const note = signHead(head, signer);
  const signature = note.split("\n").at(-2) ?? "";

  test("with any one character changed, removed or added", () => {
    const place = fc.nat(note.length - 1);
    const char = fc.constantFrom("0", "1", "A", "b", "+", "/", "=", "\n", " ", "\u2014");
    fc.assert(
      fc.property(place, char, fc.constantFrom(0, 1), fc.boolean(), (at, other, cut, add) => {
        const changed = note.slice(0, at) + (add ? other : "") + note.slice(at + cut);
        fc.pre(changed !== note);
        expect(verifyHead(changed, publicKey)).toHaveProperty("fault");
      }),
      { numRuns: 500 },
    );
  });

  test("under another key, or the same key for another origin", () => {
    expect(verifyHead(note, newKey().publicKey)).toMatchObject({ fault: "other_key" });
    const elsewhere = publicKeyText({ ...signer, origin: "elsewhere.test/log" });
    expect(verifyHead(note, elsewhere)).toMatchObject({ fault: "other_key" });
  });

  test("when our key signed another log's head under its own name", () => {
    const body = note.slice(0, note.indexOf("\n\n") + 1).replace(ORIGIN, "elsewhere.test/log");
    const bytes = Uint8Array.from(atob(signature.split(" ")[2] ?? ""), (char) => char.charCodeAt(0));
    bytes.set(sign(null, new TextEncoder().encode(body), signer.privateKey), 4);
    const forged = `${body}\n\u2014 ${ORIGIN} ${btoa(String.fromCharCode(...bytes))}\n`;
    expect(verifyHead(forged, publicKey)).toMatchObject({ fault: "other_key" });
  });

  test("when the signature is of another head", () => {
    const other =
      signHead({ ...head, size: 8 }, signer)
        .split("\n")
        .at(-2) ?? "";
    expect(verifyHead(note.replace(signature, other), publicKey)).toMatchObject({ fault: "bad_signature" });
  });

  test("when one of two signatures by our key is wrong, in either order", () => {
    const other =
      signHead({ ...head, size: 8 }, signer)
        .split("\n")
        .at(-2) ?? "";
    expect(verifyHead(`${note}${other}\n`, publicKey)).toMatchObject({ fault: "bad_signature" });
    expect(verifyHead(note.replace(signature, `${other}\n${signature}`), publicKey)).toMatchObject({
      fault: "bad_signature",
    });
  });

  test.each([
    "",
    "x",
    "name+00000000+AAAA",
    `${publicKey} `,
    publicKey.replace(/\+[0-9a-f]{8}\+/, "+00000000+"),
    `${publicKey.slice(0, -44)}B${publicKey.slice(-43)}`,
  ])("under the malformed key %j", (key) => {
    expect(verifyHead(note, key)).toMatchObject({ fault: "malformed_key" });
  });

  test("with an extension line, a leading zero or a size beyond exact integers", () => {
    for (const [from, to] of [
      ["\n7\n", "\n07\n"],
      ["\n7\n", "\n9007199254740993\n"],
      ["\n\n", "\nmore\n\n"],
    ] as const) {
      expect(readHead(note.replace(from, to))).toMatchObject({ fault: "malformed_head" });
    }
  });
});

test("a witness's signature beside ours does not disturb", () => {
  const witness = signHead(head, newKey("witness.test").signer).split("\n").at(-2) ?? "";
  expect(verifyHead(`${signHead(head, signer)}${witness}\n`, publicKey)).toHaveProperty("head", head);
});

test("a signer is refused for a key that is not Ed25519, for no base64 and for an origin with spaces", () => {
  const x25519 = generateKeyPairSync("x25519").privateKey.export({ format: "der", type: "pkcs8" });
  expect(() => headSigner(ORIGIN, btoa(String.fromCharCode(...x25519)))).toThrow(TypeError);
  expect(() => headSigner(ORIGIN, "not base64!")).toThrow(TypeError);
  expect(() => headSigner("two words", RFC8032_KEY)).toThrow(TypeError);
  expect(() => headSigner("a+b", RFC8032_KEY)).toThrow(TypeError);
});
