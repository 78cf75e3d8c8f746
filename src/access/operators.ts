/**
 * Who runs this service: people through Cloudflare Access, whose signed assertion is checked against the team's keys; in
 * local development only, the generated admin token. The actor is an opaque subject, never an e-mail address.
 */
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from "jose";
import { equalBytes, sha256Hex } from "../base/seal.ts";

/** Where the keys of an Access team are looked up. */
export type AccessKeys = JWTVerifyGetKey;

export type Operator = { subject: string };

export type OperatorSettings = {
  /** `https://<team>.cloudflareaccess.com`; null switches Access off. */
  team: string | null;
  audience: string | null;
  /** Only in local development; a production deployment never has one. */
  adminToken: string | null;
};

/** What Access signs with. An allowlist, so that neither `none` nor a shared-secret algorithm can be chosen by a token. */
const ALGORITHMS = ["RS256", "ES256"];

/** The longest session Access can be set to; asking for an age also refuses a token from the future. */
const TOKEN_AGE_MAX = "31 days";

/** Access names people by UUID. Whatever else a subject may be, it goes into the audit for good: no address, no number. */
const SUBJECT = /^(?!\d{7})[A-Za-z0-9_-]{8,64}$/;

/** Where the team's keys are read from; jose caches them and re-reads on an unknown key id, at most every 30 s. */
export function accessKeys(team: string): AccessKeys {
  return createRemoteJWKSet(new URL(`${team}/cdn-cgi/access/certs`), { timeoutDuration: 5_000 });
}

/** The operator behind a request, or null. Any failure (keys unreachable included) is a refusal. */
export async function readOperator(
  settings: OperatorSettings,
  headers: { authorization: string | undefined; assertion: string | undefined },
  keys: AccessKeys | null,
): Promise<Operator | null> {
  if (settings.adminToken !== null && headers.authorization !== undefined) {
    const given = Buffer.from(sha256Hex(headers.authorization));
    const expected = Buffer.from(sha256Hex(`Bearer ${settings.adminToken}`));
    return equalBytes(given, expected) ? { subject: "local-admin" } : null;
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
