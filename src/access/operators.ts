/**
 * Recognises operators: people by Cloudflare Access's signed assertion, checked against the team's keys; in local
 * development only, by the generated admin token. The actor is an opaque subject, never an e-mail address.
 */
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";
import { ADMIN_TOKEN } from "../contract/operator-route.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { OperatorRole } from "./caller.ts";
import { equalBytes, sha256Hex } from "../base/seal.ts";

/** Where the keys of an Access team are looked up. */
export type AccessKeys = JWTVerifyGetKey;

export type Operator = { subject: string };

/** Why somebody in a session may not ask a route; null where they may. An observer looks; what is sensitive wants a fresh sign-in. */
export function operatorFault(
  { method, sensitive }: { method: string; sensitive?: true },
  { role, fresh }: { role: string; fresh: boolean },
): Refusal | null {
  if (role !== ACTS && method !== "get")
    return refuse("missing_scope", { detail: "An observer looks and changes nothing. Ask an operator to do it." });
  if (sensitive === true && !fresh)
    return refuse("fresh_sign_in_needed", { detail: "Sign in again, then repeat this within 10 minutes." });
  return null;
}

const ACTS: OperatorRole = "operator";

export type OperatorSettings = {
  /** `https://<team>.cloudflareaccess.com`; null switches Access off. */
  team: string | null;
  audience: string | null;
  /** Only in local development; a production deployment never has one. */
  adminToken: string | null;
};

/** Access's signature algorithms. An allowlist, so that a token cannot choose `none` or a shared-secret algorithm. */
const ALGORITHMS = ["RS256", "ES256"];

/** The longest session of Access; the age check also refuses a token issued in the future. */
const TOKEN_AGE_MAX = "31 days";

/**
 * Access identifies people by UUID. The subject stays in the audit, so it may be neither an e-mail address nor a
 * number.
 */
const SUBJECT = /^(?!\d{7})[A-Za-z0-9_-]{8,64}$/;

/** The team's keys. jose caches them and reads them again on an unknown key id, at most every 30 s. */
export function accessKeys(team: string): AccessKeys {
  return createRemoteJWKSet(new URL(`${team}/cdn-cgi/access/certs`), { timeoutDuration: 5_000 });
}

/** The operator who sent a request, or null, also on any failure (keys unreachable included). */
export async function readOperator(
  settings: OperatorSettings,
  headers: { authorization: string | undefined; assertion: string | undefined },
  keys: AccessKeys | null,
): Promise<Operator | null> {
  if (settings.adminToken !== null && headers.authorization !== undefined) {
    const given = Buffer.from(sha256Hex(headers.authorization));
    const expected = Buffer.from(sha256Hex(`Bearer ${settings.adminToken}`));
    return equalBytes(given, expected) ? { subject: ADMIN_TOKEN } : null;
  }
  if (settings.team === null || settings.audience === null || keys === null || headers.assertion === undefined)
    return null;
  try {
    const { payload, protectedHeader } = await jwtVerify(headers.assertion, keys, {
      issuer: settings.team,
      audience: settings.audience,
      algorithms: ALGORITHMS,
      requiredClaims: ["exp", "iat", "sub"],
      maxTokenAge: TOKEN_AGE_MAX,
    });
    if ("crit" in protectedHeader) return null; // Access marks nothing as critical, and we know no extension (RFC 7515 4.1.11)
    return typeof payload.sub === "string" && SUBJECT.test(payload.sub) ? { subject: payload.sub } : null;
  } catch {
    return null;
  }
}
