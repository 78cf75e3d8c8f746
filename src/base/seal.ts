/**
 * Sealing, in one place: AES-256-GCM with a random 96-bit IV, HMAC-SHA-256 and HKDF, through the synchronous functions
 * of `node:crypto`, because an admission has no `await` between its first check and its last write. NIST SP 800-38D
 * allows 2^32 random IVs a key; a subject's key seals one person's texts, an epoch key wraps subject keys, so neither
 * comes near that bound.
 */
import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import { randomBytes } from "./random.ts";

const IV_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** Key objects by their bytes, because making one costs as much as using it. An entry is collected with its bytes. */
const keyObjects = new WeakMap<Uint8Array, KeyObject>();

function keyOf(bytes: Uint8Array): KeyObject {
  let key = keyObjects.get(bytes);
  if (key === undefined) {
    key = createSecretKey(bytes);
    keyObjects.set(bytes, key);
  }
  return key;
}

/** IV, ciphertext and tag in one value. `about` (tenant, record, field, key version) is authenticated, not stored. */
export function seal(key: Uint8Array, plaintext: Uint8Array | string, about: string): Uint8Array {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", keyOf(key), iv);
  cipher.setAAD(Buffer.from(about));
  const body = typeof plaintext === "string" ? cipher.update(plaintext, "utf8") : cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([iv, body, cipher.getAuthTag()]);
}

/** The plaintext, or null: a wrong key, a flipped bit and a value moved to another record are not told apart. */
export function open(key: Uint8Array, sealed: Uint8Array, about: string): Uint8Array | null {
  if (sealed.length < IV_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(key), sealed.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(about));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const body = decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES));
    decipher.final();
    return body;
  } catch {
    return null;
  }
}

/** As `open`, for text. */
export function openText(key: Uint8Array, sealed: Uint8Array, about: string): string | null {
  const plaintext = open(key, sealed, about);
  return plaintext === null ? null : Buffer.from(plaintext).toString("utf8");
}

/** HMAC-SHA-256, 32 bytes. */
export function hmac(key: Uint8Array, message: string | Uint8Array): Uint8Array {
  return createHmac("sha256", keyOf(key)).update(message).digest();
}

/** SHA-256, 32 bytes. */
export function sha256(message: string | Uint8Array): Uint8Array {
  return hash("sha256", message, "buffer");
}

/** SHA-256 in hex. */
export function sha256Hex(message: string | Uint8Array): string {
  return hash("sha256", message, "hex");
}

/** A key for one purpose, by HKDF (RFC 5869): no two purposes share a key. */
export function derive(root: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", root, new Uint8Array(0), purpose, KEY_BYTES));
}

/** Constant-time equality; values of different length are unequal without comparing. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The base64 text of bytes. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** The bytes of a base64 text; null when the text is not base64. */
export function fromBase64(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return new Uint8Array(Buffer.from(text, "base64"));
}
