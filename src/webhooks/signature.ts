/**
 * Signatures of webhook calls: Standard Webhooks 1.0.0, symmetric (`v1`), so that the official libraries can verify
 * them. Called for each attempt and when an endpoint's secret is made. Never stores a secret and never verifies a
 * signature.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** The specification asks for 24 to 64 bytes; 32 is the width of SHA-256, beyond which HMAC gains nothing. */
const SECRET_BYTES = 32;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

const SECRET_PREFIX = "whsec_";

/**
 * What is signed. `body` is the exact text that is sent; `id` is the same in every retry, `timestampSeconds` is that of
 * the attempt.
 */
export type Signed = { id: string; timestampSeconds: number; body: string; secrets: readonly string[] };

/** A new secret from a source of random bytes: `whsec_` and the base64 of 32 of them. */
export function makeSecret(random: (bytes: number) => Uint8Array): string {
  const bytes = random(SECRET_BYTES);
  if (bytes.byteLength !== SECRET_BYTES) throw new Error("the random source gave another length than was asked for");
  return SECRET_PREFIX + btoa(String.fromCharCode(...bytes));
}

/**
 * The value of `webhook-signature`: one `v1,` signature for each secret, separated by spaces, so that during a rotation
 * a receiver with either secret can verify. Throws only on programming errors: no secret, a malformed one, an id with a
 * full stop (the separator of the signed text) or a space, a timestamp that is not whole seconds.
 */
export function sign({ id, timestampSeconds, body, secrets }: Signed): string {
  if (!isId(id)) throw new Error("a webhook id is visible ASCII without a full stop");
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) throw new Error("a timestamp is whole seconds");
  if (secrets.length === 0) throw new Error("a webhook is never sent unsigned");
  const signed = `${id}.${String(timestampSeconds)}.${body}`;
  return secrets.map((secret) => `v1,${createHmac("sha256", keyOf(secret)).update(signed).digest("base64")}`).join(" ");
}

/** A receiver refuses a call that is older, or further ahead, than this (the libraries' default). */
export const TOLERANCE_SECONDS = 300;

/** Why a call as it was received does not verify: in the order in which the libraries find out. */
export type SignatureFault = "malformed_timestamp" | "too_old" | "too_new" | "malformed_signature" | "no_match";

/** Judges a call as a receiver would; null when any of the secrets made one of its signatures. */
export function judgeSignature(received: {
  webhookId: string;
  timestamp: string;
  signature: string;
  body: string;
  secrets: readonly string[];
  nowSeconds: number;
}): SignatureFault | null {
  if (!/^\d{1,12}$/.test(received.timestamp)) return "malformed_timestamp";
  const timestampSeconds = Number(received.timestamp);
  if (received.nowSeconds - timestampSeconds > TOLERANCE_SECONDS) return "too_old";
  if (timestampSeconds - received.nowSeconds > TOLERANCE_SECONDS) return "too_new";
  const given = received.signature.split(" ").filter((part) => /^v1,[A-Za-z0-9+/]{43}=$/.test(part));
  if (given.length === 0) return "malformed_signature";
  if (!isId(received.webhookId)) return "no_match";
  const { webhookId: id, body, secrets } = received;
  const right = secrets.map((secret) => Buffer.from(sign({ id, timestampSeconds, body, secrets: [secret] })));
  return given.some((one) => right.some((own) => timingSafeEqual(own, Buffer.from(one)))) ? null : "no_match";
}

const isId = (id: string): boolean => /^[\x21-\x2d\x2f-\x7e]+$/.test(id);

/** The key inside a secret. The error names no byte of it. */
function keyOf(secret: string): Uint8Array {
  const text = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : "";
  if (!/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text))
    throw new Error("not a webhook secret");
  const key = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  if (key.byteLength < SECRET_BYTES_MIN || key.byteLength > SECRET_BYTES_MAX) throw new Error("not a webhook secret");
  return key;
}
