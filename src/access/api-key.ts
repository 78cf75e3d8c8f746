/**
 * API keys: `mk_test_` or `mk_live_`, then tenant and key id, 160 random bits, and a MAC of all that. By the MAC the
 * door refuses a forged or mistyped key without waking the tenant's object; only the object knows whether an authentic
 * key is still live.
 */
import { ALPHABET, randomText } from "../base/random.ts";
import { equalBytes, hmac } from "../base/seal.ts";
import { parseId, type Owner } from "../base/ids.ts";
import type { Credential } from "./caller.ts";

const SECRET_CHARACTERS = 32;
const MAC_CHARACTERS = 16;
const KEY_PATTERN = /^mk_(test|live)_([eu])([0-9a-hjkmnp-tv-z]{35})([0-9a-hjkmnp-tv-z]{32})([0-9a-hjkmnp-tv-z]{16})$/;

export type Environment = "sandbox" | "live";

/** MAC keys of API keys and callback URLs. The first one signs and all of them verify, so that keys can be rotated. */
export type DoorKeys = readonly Uint8Array[];

/** A new key for `keyId`. Shown once; the object keeps only `hashOf(secret)`. */
export function makeApiKey(door: DoorKeys, keyId: string, environment: Environment): { text: string; secret: string } {
  const secret = randomText(SECRET_CHARACTERS);
  const body = `mk_${environment === "live" ? "live" : "test"}_${keyId.slice(4)}${secret}`;
  return { text: body + macOf(door[0], `api-key|${body}`), secret };
}

/** The credential in `authorization: Bearer …`, if its MAC is ours; null otherwise. Constant time in the MAC. */
export function readApiKey(
  door: DoorKeys,
  header: string | undefined,
): { credential: Credential; owner: Owner } | null {
  const text = header === undefined ? undefined : /^Bearer ([!-~]{1,200})$/.exec(header)?.[1];
  const match = text === undefined ? null : KEY_PATTERN.exec(text);
  if (text === undefined || match === null) return null;
  const body = text.slice(0, -MAC_CHARACTERS);
  if (!door.some((key) => equalBytes(Buffer.from(macOf(key, `api-key|${body}`)), Buffer.from(match[5] ?? ""))))
    return null;
  const keyId = `key_${match[2] ?? ""}${match[3] ?? ""}`;
  const owner = parseId(keyId);
  return owner === null ? null : { credential: { id: keyId, secret: match[4] ?? "" }, owner };
}

/** The call that a callback is about: when it was made, in milliseconds, and on which lane. */
export type Called = { at: number; lane: "otp" | "bulk" };

/**
 * The last part of a callback URL: lane and second of the call, then a MAC that only this service can make, bound to
 * account and message.
 */
export function callbackMac(door: DoorKeys, account: string, message: string, { at, lane }: Called): string {
  const stamp = (lane === "otp" ? "o" : "b") + Math.floor(at / 1_000).toString(36);
  return stamp + macOf(door[0], `callback|${account}|${message}|${stamp}`);
}

/** The call in a callback URL's last part, if its MAC is ours; null otherwise. */
export function readCallback(door: DoorKeys, account: string, message: string, text: string): Called | null {
  const match = /^([ob])([0-9a-z]{1,9})([0-9a-hjkmnp-tv-z]{16})$/.exec(text);
  if (match?.[2] === undefined || match[3] === undefined) return null;
  const mac = Buffer.from(match[3]);
  const about = `callback|${account}|${message}|${match[1]}${match[2]}`;
  if (!door.some((key) => equalBytes(Buffer.from(macOf(key, about)), mac))) return null;
  return { at: Number.parseInt(match[2], 36) * 1_000, lane: match[1] === "o" ? "otp" : "bulk" };
}

/** 80 bits of HMAC-SHA-256 in the alphabet of ids; the first word of `text` says what kind of thing is recognised by it. */
export function macOf(key: Uint8Array | undefined, text: string): string {
  if (key === undefined) throw new Error("no door key");
  let mac = "";
  for (const byte of hmac(key, text).subarray(0, MAC_CHARACTERS)) mac += ALPHABET.charAt(byte & 31);
  return mac;
}
