// The signature in the runtime itself, whose WebCrypto is another than Node's.
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { expect, test } from "vitest";
import type { Account, Callback } from "../../../src/carriers/carrier.ts";
import { SMALL_ORDER } from "../../support/hostile/ed25519-points.ts";
import { telnyxCarrier } from "../../../src/carriers/adapters/telnyx/telnyx.ts";

const message = "msg_edxzht155001m851kn9w0bajjg482hnsx74s";
const url = `https://sms.example.com/carriers/car_1/receipts/${message}.4h7j1k6m3n0p5q8s`;
const payload = { to: [{ status: "delivered" }], webhook_url: url, completed_at: "2026-11-23T12:00:00.000+00:00" };
const body = new TextEncoder().encode(JSON.stringify({ data: { event_type: "message.finalized", payload } }));

async function signed(): Promise<{ account: Account; callback: Callback }> {
  const { publicKey, privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign"])) as CryptoKeyPair;
  const raw = (await crypto.subtle.exportKey("raw", publicKey)) as ArrayBuffer;
  const at = Math.floor(Date.now() / 1_000);
  const signature = await crypto.subtle.sign("Ed25519", privateKey, Buffer.concat([Buffer.from(`${at}|`), body]));
  const settings = { public_key: Buffer.from(raw).toString("base64") };
  const headers = { "telnyx-timestamp": String(at), "telnyx-signature-ed25519": Buffer.from(signature).toString("base64") }; // prettier-ignore
  return {
    account: { ...PLAIN_ACCOUNT, id: "car_1", kind: "telnyx", mode: "test", settings, secrets: {} },
    callback: { message, url, headers, body, now: Date.now(), called: null },
  };
}

test("a receipt that Telnyx signed is read; altered, or under another key, it is forged", async () => {
  const { account, callback } = await signed();
  const { account: other } = await signed();
  const at = Date.UTC(2026, 10, 23, 12);
  expect(await telnyxCarrier.readReceipts(account, callback)).toEqual({ read: [{ message, state: "delivered", code: null, at }] }); // prettier-ignore
  const altered = new TextEncoder().encode(new TextDecoder().decode(body).replace("delivered", "undelivered"));
  expect(await telnyxCarrier.readReceipts(account, { ...callback, body: altered })).toEqual({ forged: "signature" });
  expect(await telnyxCarrier.readReceipts(other, callback)).toEqual({ forged: "signature" });
});

// Whoever signs with R = the identity and S = 0 signs for a key A wherever [k]A is the identity: always where A is, and for one text
// in two, four or eight where A is of that order. The runtime's own WebCrypto believes it, so the key itself must be refused.
test("nobody's receipt is believed under a key of small order, though the runtime would", async () => {
  const { callback } = await signed();
  const nobodys = Buffer.concat([Buffer.from(`01${"00".repeat(31)}`, "hex"), Buffer.alloc(32)]);
  let believedByRuntime = 0;
  for (const hex of SMALL_ORDER) {
    const key = Buffer.from(hex, "hex");
    for (let tries = 0; tries < 40; tries += 1) {
      const at = String(Math.floor(Date.now() / 1_000) - tries);
      const headers = { "telnyx-timestamp": at, "telnyx-signature-ed25519": nobodys.toString("base64") };
      const account = {
        ...PLAIN_ACCOUNT,
        id: "car_1",
        kind: "telnyx",
        mode: "test" as const,
        settings: { public_key: key.toString("base64") },
        secrets: {},
      };
      const read = await telnyxCarrier.readReceipts(account, { ...callback, headers });
      expect(read, `${hex} ${at}`).not.toHaveProperty("read");
      const text = Buffer.concat([Buffer.from(`${at}|`), body]);
      if (await believes(key, nobodys, text)) believedByRuntime += 1;
    }
  }
  expect(believedByRuntime).toBeGreaterThan(40); // else this test shows nothing
});

async function believes(key: Uint8Array, signature: Uint8Array, text: Uint8Array): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, new Uint8Array(signature), new Uint8Array(text));
  } catch {
    return false;
  }
}
