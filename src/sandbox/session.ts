/**
 * The handset's session: the developer's API key and the session's end, sealed in a cookie under a key derived from the
 * door key for this purpose only. Nothing is stored; every page asks the tenant whether the API key is still live.
 */
import type { DoorKeys } from "../access/api-key.ts";
import { HOUR_MS } from "../base/clock.ts";
import { derive, openText, seal } from "../base/seal.ts";

/** `__Host-`: browsers accept it only with Secure, Path=/ and no domain, so no other host of the site can set it. */
const COOKIE = "__Host-maskline_handset";
const KEPT_MS = 8 * HOUR_MS;
const PURPOSE = "maskline handset session v1";

/** The `set-cookie` that begins a session. */
export function beginSession(door: DoorKeys, apiKey: string, now: number): string {
  const [first] = door;
  if (first === undefined) throw new Error("no door key");
  const sealed = seal(derive(first, PURPOSE), JSON.stringify({ apiKey, until: now + KEPT_MS }), PURPOSE);
  return cookie(Buffer.from(sealed).toString("base64url"), KEPT_MS / 1_000);
}

/** The `set-cookie` that ends it. */
export function endSession(): string {
  return cookie("", 0);
}

/** The API key of an authentic session that has not ended; null otherwise. */
export function readSession(door: DoorKeys, header: string | null, now: number): string | null {
  const value = /(?:^|;\s*)__Host-maskline_handset=([\w-]{1,2000})(?:;|$)/.exec(header ?? "")?.[1];
  if (value === undefined) return null;
  const sealed = new Uint8Array(Buffer.from(value, "base64url"));
  for (const key of door) {
    const text = openText(derive(key, PURPOSE), sealed, PURPOSE);
    if (text === null) continue;
    const { apiKey, until } = JSON.parse(text) as { apiKey: string; until: number };
    return until > now ? apiKey : null;
  }
  return null;
}

function cookie(value: string, seconds: number): string {
  return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict; Secure`;
}
