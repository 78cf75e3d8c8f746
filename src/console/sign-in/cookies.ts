/**
 * The console's cookies. `__Host-`: a browser takes them only with Secure, Path=/ and no domain, so no other host of the site can
 * plant one. `SameSite=Lax`, because the identity provider's page leads back by a link; every form is held to our own origin.
 */
import { z } from "zod";
import type { DoorKeys } from "../../access/api-key.ts";
import { LIFE_MS } from "../../access/people/ledger.ts";
import { OPERATOR_CODE, parseTenantId, tenantId, type Owner } from "../../base/ids.ts";
import { derive, openText, seal } from "../../base/seal.ts";
import type { Flow } from "./oidc.ts";

/** Whose console: a tenant's, or the operators'. One browser may be signed in to both, and neither cookie opens the other's pages. */
export type Realm = "tenant" | "operators";

/** The realm of a credential or a link. */
export const realmOf = ({ code }: Owner): Realm => (code === OPERATOR_CODE ? "operators" : "tenant");

const SESSION = { tenant: "__Host-maskline_console", operators: "__Host-maskline_operator" } as const;
const LOGIN = "__Host-maskline_login";
const PLACE = { tenant: "__Host-maskline_tenant", operators: "__Host-maskline_operators" } as const;
/** How long a login may take at the identity provider. */
const LOGIN_MS = 10 * 60_000;
const PLACE_SECONDS = 365 * 86_400;
const PURPOSE = "maskline console login v1";

/** What `loginCookie` sealed. */
const Kept = z.object({
  tenant: z.string(),
  flow: z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), fresh: z.boolean() }),
  to: z.string(),
  until: z.number(),
});

/** A login on its way: whose tenant, what it is known by, and the page it began at. */
export type Login = { owner: Owner; flow: Flow; to: string };

/** The `set-cookie` of a session; its value is a credential of its own, which the tenant's object knows. */
export const sessionCookie = (realm: Realm, session: string): string =>
  cookie(SESSION[realm], session, LIFE_MS / 1_000);
/** The `set-cookie` that ends a session, and the one that ends a login. */
export const noSession = (realm: Realm): string => cookie(SESSION[realm], "", 0);
/** As above, of a login. */
export const noLogin = (): string => cookie(LOGIN, "", 0);

/** The session's credential as a request carries it, unread. */
export const sessionIn = (realm: Realm, request: Request): string | null => valueOf(request, SESSION[realm]);

/** Remembers where this browser signs in; no secret, and no proof of anything. */
export const placeCookie = (realm: Realm, link: string): string => cookie(PLACE[realm], link, PLACE_SECONDS);
/** The remembered part of a sign-in address, unread. */
export const placeIn = (realm: Realm, request: Request): string | null => valueOf(request, PLACE[realm]);

/** The `set-cookie` of a login: sealed with its end inside, under a key derived for this one purpose. */
export function loginCookie(door: DoorKeys, { owner, flow, to }: Login, now: number): string {
  const [first] = door;
  if (first === undefined) throw new Error("no door key");
  const kept = JSON.stringify({ tenant: tenantId(owner), flow, to, until: now + LOGIN_MS });
  return cookie(
    LOGIN,
    Buffer.from(seal(derive(first, PURPOSE), kept, PURPOSE)).toString("base64url"),
    LOGIN_MS / 1_000,
  );
}

/** The login that this browser began, if it is ours and not over; null otherwise. */
export function loginIn(door: DoorKeys, request: Request, now: number): Login | null {
  const value = valueOf(request, LOGIN);
  if (value === null) return null;
  const sealed = new Uint8Array(Buffer.from(value, "base64url"));
  for (const key of door) {
    const text = openText(derive(key, PURPOSE), sealed, PURPOSE);
    if (text === null) continue;
    const { tenant, flow, to, until } = Kept.parse(JSON.parse(text));
    const owner = parseTenantId(tenant);
    return owner === null || until <= now ? null : { owner, flow, to };
  }
  return null;
}

function valueOf(request: Request, name: string): string | null {
  const header = request.headers.get("cookie") ?? "";
  const found = header
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`));
  const value = found[0]?.slice(name.length + 1);
  return found.length === 1 && value !== undefined && /^[\w.-]{1,3000}$/.test(value) ? value : null;
}

function cookie(name: string, value: string, seconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax; Secure`;
}
