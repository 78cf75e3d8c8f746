import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeSecret, sign } from "../../src/webhooks/signature.ts";

const NOW_SECONDS = 1_790_000_000;
const ID = "evt_e1k9x0p2a001jbq8v7zp3m5n6r4s2t0w9y8xz";
const secretOf = (fill: number) => makeSecret((bytes) => new Uint8Array(bytes).fill(fill));
const OLD = secretOf(1);
const NEW = secretOf(2);

/** What the official package says of these headers: the judge. */
function verifies(secret: string, signature: string, body: string, timestampSeconds = NOW_SECONDS, id = ID): boolean {
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestampSeconds), "webhook-signature": signature };
  try {
    new Webhook(secret).verify(body, headers, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW_SECONDS * 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a webhook's signature", () => {
  test("is the one the specification's example gives", () => {
    const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
    const body = '{"test": 2432232314}';
    expect(sign({ id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestampSeconds: 1_614_265_330, body, secrets })).toBe(
      "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
  });

  test("verifies with the official package, byte for byte, for any body, secret and id", () => {
    const unit = fc.oneof(
      fc.constantFrom("é", "😀", "\u2028", "\u0000", "\uFEFF", '"', "\\", "."),
      fc.nat(0xffff).map((code) => String.fromCharCode(code)),
    );
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const id = fc.stringMatching(/^[!-\-/-~]{1,64}$/);
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 200 }), key, id, (body, bytes, anyId) => {
        const secret = makeSecret(() => bytes);
        const signed = { id: anyId, timestampSeconds: NOW_SECONDS, body, secrets: [secret] };
        expect(sign(signed)).toBe(new Webhook(secret).sign(anyId, new Date(NOW_SECONDS * 1_000), body));
        expect(verifies(secret, sign(signed), body, NOW_SECONDS, anyId)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("verifies with either secret while one replaces the other, in any delivery, and with the new one alone after", () => {
    for (let delivery = 0; delivery < 1_000; delivery++) {
      const body = JSON.stringify({ delivery });
      const phase = delivery < 300 ? [OLD] : delivery < 700 ? [NEW, OLD] : [NEW];
      const signature = sign({ id: ID, timestampSeconds: NOW_SECONDS, body, secrets: phase });
      expect(signature.split(" ")).toHaveLength(phase.length);
      for (const secret of [OLD, NEW]) expect(verifies(secret, signature, body)).toBe(phase.includes(secret));
    }
  });

  test("covers id, timestamp and body: a change to any of them is seen", () => {
    const signature = sign({ id: ID, timestampSeconds: NOW_SECONDS, body: "{}", secrets: [NEW] });
    expect(verifies(NEW, signature, "{}")).toBe(true);
    expect(verifies(NEW, signature, "{ }")).toBe(false);
    expect(verifies(NEW, signature, "{}", NOW_SECONDS + 1)).toBe(false);
    expect(verifies(NEW, signature, "{}", NOW_SECONDS, `${ID}x`)).toBe(false);
    expect(verifies(secretOf(3), signature, "{}")).toBe(false);
  });

  const base64 = (length: number) => btoa("k".repeat(length));
  test.each([
    ["no secret", { secrets: [] }],
    ["an empty secret", { secrets: [""] }],
    ["a secret without its prefix", { secrets: [base64(32)] }],
    ["a short secret", { secrets: [`whsec_${base64(23)}`] }],
    ["a long secret", { secrets: [`whsec_${base64(65)}`] }],
    ["a secret that is no base64", { secrets: [`whsec_${"-".repeat(44)}`] }],
    ["one bad secret among good ones", { secrets: [NEW, "whsec_"] }],
    ["an id with a full stop", { id: "evt.1" }],
    ["an id with a space", { id: "evt 1" }],
    ["no id", { id: "" }],
    ["a timestamp in parts of a second", { timestampSeconds: 1.5 }],
    ["a timestamp before 1970", { timestampSeconds: -1 }],
    ["a timestamp that is none", { timestampSeconds: Number.NaN }],
  ])("is never made with %s", (_, wrong) => {
    expect(() => sign({ id: ID, timestampSeconds: NOW_SECONDS, body: "{}", secrets: [NEW], ...wrong })).toThrow();
  });
  test.each([24, 64])("is made with a secret of %i bytes", (length) => {
    const secret = `whsec_${base64(length)}`;
    const signature = sign({ id: ID, timestampSeconds: NOW_SECONDS, body: "{}", secrets: [secret] });
    expect(verifies(secret, signature, "{}")).toBe(true);
  });
});

describe("a new secret", () => {
  test("is 32 random bytes as the specification writes them", () => {
    expect(makeSecret((bytes) => new Uint8Array(bytes).fill(255))).toBe(`whsec_${"/".repeat(42)}8=`);
  });
  test("is not made from too few bytes", () => {
    expect(() => makeSecret(() => new Uint8Array(31))).toThrow();
  });
  test("shows nothing of itself in an error", () => {
    const secrets = ["whsec_c2VjcmV0"];
    expect(() => sign({ id: ID, timestampSeconds: 1, body: "", secrets })).toThrow(/^not a webhook secret$/);
  });
});
