/**
 * Sessions of people as credentials: `mcs_`, then the session's id, 160 random bits, and a MAC of all that, as with API keys. So a
 * forged cookie is refused in the Worker; whether a real one still lives is known to the tenant's object alone. And the address at
 * which a tenant's people sign in, with a MAC of its own: a stranger who makes one up wakes no object.
 */
import { parseId, parseTenantId, tenantId, type Owner } from "../../base/ids.ts";
import { randomText } from "../../base/random.ts";
import { equalBytes } from "../../base/seal.ts";
import { macOf, type DoorKeys } from "../api-key.ts";
import type { Credential } from "../caller.ts";

const SECRET_CHARACTERS = 32;
const MAC_CHARACTERS = 16;
const SESSION_PATTERN = /^mcs_([eu])([0-9a-hjkmnp-tv-z]{35})([0-9a-hjkmnp-tv-z]{32})([0-9a-hjkmnp-tv-z]{16})$/;
const LINK_PATTERN = /^(ten_[eu][0-9a-hjkmnp-tv-z]{8})\.([0-9a-hjkmnp-tv-z]{16})$/;

/** A new credential of a session. The object keeps only a hash of the secret. */
export function makeSession(door: DoorKeys, id: string): { text: string; secret: string } {
  const secret = randomText(SECRET_CHARACTERS);
  const body = `mcs_${id.slice(4)}${secret}`;
  return { text: body + macOf(door[0], `session|${body}`), secret };
}

/** The credential in a cookie's value, if its MAC is ours; null otherwise. Constant time in the MAC. */
export function readSession(door: DoorKeys, text: string): { credential: Credential; owner: Owner } | null {
  const match = SESSION_PATTERN.exec(text);
  if (match === null) return null;
  const body = text.slice(0, -MAC_CHARACTERS);
  if (!isOurs(door, `session|${body}`, match[4] ?? "")) return null;
  const id = `cse_${match[1] ?? ""}${match[2] ?? ""}`;
  const owner = parseId(id);
  return owner === null ? null : { credential: { id, secret: match[3] ?? "" }, owner };
}

/** The last part of the address at which a tenant's people sign in. No secret: whoever has it can only try to sign in. */
export function signInLink(door: DoorKeys, owner: Owner): string {
  const tenant = tenantId(owner);
  return `${tenant}.${macOf(door[0], `sign-in|${tenant}`)}`;
}

/** The tenant that such a part names, when we made it; null otherwise. */
export function readSignInLink(door: DoorKeys, text: string): Owner | null {
  const match = LINK_PATTERN.exec(text);
  if (match?.[1] === undefined) return null;
  return isOurs(door, `sign-in|${match[1]}`, match[2] ?? "") ? parseTenantId(match[1]) : null;
}

function isOurs(door: DoorKeys, about: string, mac: string): boolean {
  return door.some((key) => equalBytes(Buffer.from(macOf(key, about)), Buffer.from(mac)));
}
