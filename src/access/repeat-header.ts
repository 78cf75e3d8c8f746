/**
 * The header `Idempotency-Key`, quoted as in the draft or bare as commonly sent: both are the same key.
 */
import { refuse, type Outcome } from "../base/refusal.ts";
import { sha256 } from "../base/seal.ts";
import type { Repeatable } from "./idempotency.ts";

/** Visible ASCII, up to 255 characters; a quoted key may hold spaces, neither may hold a quote or backslash. */
const KEY_PATTERN = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

/**
 * How a request may be repeated; null without a key. A repeated body must be equal byte for byte, so its digest is
 * included.
 */
export function readRepeat(route: string, header: string | undefined, body: Uint8Array): Outcome<Repeatable | null> {
  if (header === undefined) return { ok: null };
  const match = KEY_PATTERN.exec(header);
  const key = match?.[1] ?? match?.[2];
  if (key === undefined) return refuse("idempotency_key_invalid");
  return { ok: { route, key, bodyDigest: sha256(body) } };
}
