// The signature in the runtime itself, whose WebCrypto is another than Node's.
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { expect, test } from "vitest";
import type { Account, Callback } from "../../../src/carriers/carrier.ts";
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
