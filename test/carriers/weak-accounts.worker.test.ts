// What an operator may set for an account: no key or secret by which anybody could write its receipts, whatever the kind, neither
// when the account is made nor later; and no settings that could never send.
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { MIXED_ORDER, SMALL_ORDER } from "../support/hostile/ed25519-points.ts";
import { asOperator } from "../support/tenant/tenants.ts";

const hex = (bytes: number) => randomBytes(bytes).toString("hex");
const base64 = (bytes: number) => randomBytes(bytes).toString("base64");
const publicKey = async () => {
  const { publicKey: key } = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  return Buffer.from(await crypto.subtle.exportKey("raw", key)).toString("base64");
};

/** An account of each kind that is as it should be. */
const good = async (kind: string): Promise<Record<string, string>> =>
  ({
    http: { url: "https://192.0.9.1/http", secret: `whsec_${base64(32)}` },
    twilio: { account_sid: `AC${hex(16)}`, auth_token: hex(16) },
    vonage: { api_key: "abcd1234", api_secret: "abcdef0123456789", signature_secret: hex(16) },
    telnyx: { public_key: await publicKey(), api_key: `KEY${hex(16)}` },
    infobip: {
      base_url: "https://192.0.9.1/infobip",
      api_key: hex(16),
      receipt_secret: base64(32),
      receipt_auth: "hmac_sha256",
      receipt_header: "X-Signature",
    },
  })[kind] ?? {};

const create = async (kind: string, over: Record<string, string> = {}) =>
  asOperator("POST /admin/v1/carriers", { name: "out", mode: "test", kind, ...(await good(kind)), ...over });

/** Secrets that are of the right form and no secrets. */
const WEAK: [kind: string, field: string, secret: string][] = [
  ["http", "secret", `whsec_${"A".repeat(44)}`],
  ["http", "secret", `whsec_${Buffer.from("a password that somebody made up").toString("base64")}`],
  ["twilio", "auth_token", "a".repeat(32)],
  ["twilio", "auth_token", "0123456789abcdef".repeat(2)],
  ["twilio", "auth_token", "abcdefghijklmnopqrstuvwxyz012345"],
  ["twilio", "auth_token", "yourAuthTokenyourAuthTokenyourAu"],
  ["twilio", "auth_token", "ThisIsMyPasswordForTheTwilioAcct"],
  ["twilio", "api_key_secret", "abababababababababababababababab"],
  ["vonage", "signature_secret", "aaaaaaaaaaaaaaaa"],
  ["vonage", "signature_secret", "my_secret_key_for_testing"],
  ["vonage", "signature_secret", "secret0123secret0123"],
  ["vonage", "api_secret", "aaaaaaaa"],
  ["telnyx", "api_key", "0123456789abcdefghij"],
  ["infobip", "api_key", "xxxxxxxxxxxxxxxx"],
  ["infobip", "receipt_secret", "A".repeat(44)],
];

describe("a weak secret", () => {
  test.each(WEAK)(
    "of %s, %s %s, is refused when the account is made and when it is changed",
    async (kind, field, secret) => {
      const made = await create(kind, { [field]: secret });
      expect([made.status, made.body["errors"]]).toEqual([422, [expect.objectContaining({ field })]]);
      expect(made.text).not.toContain(secret);
      const { body } = await create(kind);
      const changed = await asOperator(`PATCH /admin/v1/carriers/${String(body["id"])}`, { [field]: secret });
      expect([changed.status, changed.body["errors"]]).toEqual([422, [expect.objectContaining({ field })]]);
    },
  );

  test("of no kind stands in the way of good ones", async () => {
    for (const kind of ["http", "twilio", "vonage", "telnyx", "infobip"]) {
      const { status, text, body } = await create(kind);
      expect([kind, status, text]).toEqual([kind, 201, expect.any(String)]);
      const fresh = { twilio: { auth_token: hex(16) }, vonage: { signature_secret: hex(16) } }[kind] ?? {};
      expect((await asOperator(`PATCH /admin/v1/carriers/${String(body["id"])}`, fresh)).status).toBe(200);
    }
  });
});

describe("an account of Telnyx", () => {
  test("is given no public key of small order or with a part of it, in no spelling, now or later", async () => {
    const { body } = await create("telnyx");
    for (const key of [...SMALL_ORDER, ...MIXED_ORDER, "ff".repeat(32)]) {
      const public_key = Buffer.from(key, "hex").toString("base64");
      expect((await create("telnyx", { public_key })).status, key).toBe(422);
      expect((await asOperator(`PATCH /admin/v1/carriers/${String(body["id"])}`, { public_key })).status, key).toBe(
        422,
      );
    }
    const public_key = await publicKey();
    expect((await asOperator(`PATCH /admin/v1/carriers/${String(body["id"])}`, { public_key })).status).toBe(200);
  });

  test("whose own sender is a name needs a messaging profile, and keeps it", async () => {
    const profile = "4000eba1-a0c0-4563-9925-b25e842a7cb6";
    expect((await create("telnyx", { sender: "Maskline" })).body["errors"]).toMatchObject([
      { field: "messaging_profile_id" },
    ]);
    const { body, status } = await create("telnyx", { sender: "Maskline", messaging_profile_id: profile });
    expect(status).toBe(201);
    const change = (fields: object) => asOperator(`PATCH /admin/v1/carriers/${String(body["id"])}`, fields);
    expect((await change({ messaging_profile_id: null })).status).toBe(422);
    expect((await change({ messaging_profile_id: null, sender: "+447700900871" })).status).toBe(200);
    expect((await change({ sender: "Maskline" })).status).toBe(422);
  });
});
