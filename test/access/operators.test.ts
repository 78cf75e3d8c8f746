// Operators through Access (T30): which assertions are believed, and that none makes us call anybody.
import { createHmac } from "node:crypto";
import {
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type JWTPayload,
} from "jose";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { readOperator, type OperatorSettings } from "../../src/access/operators.ts";

const TEAM = "https://team.cloudflareaccess.example";
const AUDIENCE = "a".repeat(64);
const settings: OperatorSettings = { team: TEAM, audience: AUDIENCE, adminToken: null };
const SUBJECT = "7335d417-61da-459d-899c-0a01c76a2f94";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let rsa: Pair;
let ec: Pair;
let stranger: Pair;
let keys: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  rsa = await generateKeyPair("RS256", { extractable: true });
  ec = await generateKeyPair("ES256", { extractable: true });
  stranger = await generateKeyPair("RS256", { extractable: true });
  keys = createLocalJWKSet({
    keys: [
      { ...(await exportJWK(rsa.publicKey)), kid: "r1", alg: "RS256", use: "sig" },
      { ...(await exportJWK(ec.publicKey)), kid: "e1", alg: "ES256", use: "sig" },
    ],
  });
});

const called = vi.fn(() => Promise.reject(new Error("nobody is called")));
beforeEach(() => vi.stubGlobal("fetch", called));
afterEach(() => {
  expect(called).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

const claims: JWTPayload = { sub: SUBJECT, email: "person@example.com", type: "app" };

type Made = {
  payload?: JWTPayload;
  header?: Record<string, unknown>;
  key?: CryptoKey;
  issuer?: string | null;
  audience?: string | string[] | null;
  issuedAt?: number | null;
  expires?: number | null;
  notBefore?: number;
};

/** A token as Access makes it, but for what is said otherwise; null leaves a claim out. */
async function token(made: Made = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const jwt = new SignJWT({ ...(made.payload ?? claims) }).setProtectedHeader({
    alg: "RS256",
    kid: "r1",
    ...made.header,
  });
  if (made.issuer !== null) jwt.setIssuer(made.issuer ?? TEAM);
  if (made.audience !== null) jwt.setAudience(made.audience ?? AUDIENCE);
  if (made.issuedAt !== null) jwt.setIssuedAt(made.issuedAt ?? now);
  if (made.expires !== null) jwt.setExpirationTime(made.expires ?? now + 600);
  if (made.notBefore !== undefined) jwt.setNotBefore(made.notBefore);
  return jwt.sign(made.key ?? rsa.privateKey);
}

const read = (assertion: string | undefined, over: Partial<OperatorSettings> = {}, authorization?: string) =>
  readOperator({ ...settings, ...over }, { authorization, assertion }, keys);

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token whose header names a shared-secret algorithm, signed with what an attacker can read: the public key. */
async function confused(alg: "HS256" | "HS512", secret: string): Promise<string> {
  const [, body = ""] = (await token()).split(".");
  const signed = `${part({ alg, kid: "r1", typ: "JWT" })}.${body}`;
  const mac = createHmac(alg === "HS256" ? "sha256" : "sha512", secret)
    .update(signed)
    .digest("base64url");
  return `${signed}.${mac}`;
}

test("the team's own assertion is believed, under each of its keys, and only the opaque subject is kept", async () => {
  expect(await read(await token())).toEqual({ subject: SUBJECT });
  const elliptic = await token({ header: { alg: "ES256", kid: "e1" }, key: ec.privateKey });
  expect(await read(elliptic)).toEqual({ subject: SUBJECT });
  expect(await read(await token({ audience: ["other", AUDIENCE] }))).toEqual({ subject: SUBJECT });
});

test("an assertion without a signature, or under a shared secret made of the public key, is refused", async () => {
  const pem = await exportSPKI(rsa.publicKey);
  const unsigned = new UnsecuredJWT({ ...claims })
    .setIssuer(TEAM)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime("5m");
  const [head = "", body = "", signature = ""] = (await token()).split(".");
  const forged = [
    unsigned.encode(),
    `${part({ alg: "none", kid: "r1" })}.${body}.`,
    `${part({ alg: "NONE", kid: "r1" })}.${body}.${signature}`,
    `${part({ alg: "nOnE" })}.${body}.`,
    await confused("HS256", pem),
    await confused("HS256", pem.trim()),
    await confused("HS512", pem),
    await confused("HS256", JSON.stringify(await exportJWK(rsa.publicKey))),
    await confused("HS256", ""),
    `${head}.${body}.`,
    `${head}.${body}`,
    `${head}..${signature}`,
    `${head}.${part({ ...claims, sub: "other" })}.${signature}`,
    `${part({ alg: "RS384", kid: "r1" })}.${body}.${signature}`,
    `${part({ alg: "PS256", kid: "r1" })}.${body}.${signature}`,
    `${part({ alg: "ES256", kid: "e1" })}.${body}.${Buffer.alloc(64).toString("base64url")}`, // the zero signature
    `${part({ alg: "RS256", kid: "r1", crit: ["exp"] })}.${body}.${signature}`,
    `${head}.${body}.${signature}=`,
    `${head}.${body}.${signature}.${signature}`,
    `${head}.${body}.${signature.slice(0, -2)}AA`,
    "",
    "null",
    "a.b.c",
    "e30.e30.e30",
    " ".repeat(20_000),
  ];
  for (const assertion of forged) expect(await read(assertion), assertion.slice(0, 60)).toBeNull();
});

test("a key that the token brings along or points to is not used, and nobody is asked for it", async () => {
  const jwk = await exportJWK(stranger.publicKey);
  const headers: Record<string, unknown>[] = [
    { jwk },
    { jwk: { ...jwk, kid: "r1" }, kid: "r1" },
    { jku: "https://evil.example/jwks.json" },
    { jku: `${TEAM}@evil.example/jwks.json` },
    { x5u: "http://127.0.0.1:9/cert.pem" },
    { x5c: ["MIIB"] },
    { kid: "../../../../dev/null" },
    { kid: "/etc/passwd" },
    { kid: "r1' UNION SELECT 'x" },
    { kid: "https://evil.example/key" },
    { kid: "" },
    { kid: "r1\u0000" },
    { kid: "__proto__" },
    { kid: "e1" },
  ];
  for (const header of headers) {
    expect(await read(await token({ header, key: stranger.privateKey })), JSON.stringify(header)).toBeNull();
  }
});

test("an assertion for another application, of another team, too old, too early, or lacking a claim is refused", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const wrong: Made[] = [
    { audience: "b".repeat(64) },
    { audience: null },
    { audience: [] },
    { audience: AUDIENCE.slice(1) },
    { issuer: "https://other.cloudflareaccess.example" },
    { issuer: `${TEAM}/` },
    { issuer: TEAM.toUpperCase() },
    { issuer: null },
    { expires: now - 1 },
    { expires: null },
    { issuedAt: null },
    { issuedAt: now + 3_600 },
    { notBefore: now + 3_600 },
    { payload: {} },
    { payload: { sub: "" } },
    { payload: { sub: 7 as never } },
    { payload: { sub: "x".repeat(300) } },
    { payload: { sub: "person@example.com" } },
    { payload: { sub: "07700 900123" } },
    { payload: { sub: 'x"\n{"level":"error"}' } },
  ];
  for (const made of wrong) expect(await read(await token(made)), JSON.stringify(made)).toBeNull();
});

test("without a team, an audience or keys nobody is an operator; in production no token is", async () => {
  const good = await token();
  expect(await read(good, { team: null })).toBeNull();
  expect(await read(good, { audience: null })).toBeNull();
  expect(await readOperator(settings, { authorization: undefined, assertion: good }, null)).toBeNull();
  expect(await read(undefined, {}, "Bearer anything")).toBeNull();
  expect(await read(undefined, {}, `Bearer ${good}`)).toBeNull();
});

test("the local admin token is compared whole, and a wrong one is not saved by a good assertion", async () => {
  const adminToken = `mka_${"k".repeat(40)}`;
  const good = await token();
  expect(await read(undefined, { adminToken }, `Bearer ${adminToken}`)).toEqual({ subject: "local-admin" });
  for (const wrong of [
    adminToken,
    `Bearer ${adminToken.slice(0, -1)}`,
    `Bearer ${adminToken} `,
    `bearer ${adminToken}`,
    "",
  ]) {
    expect(await read(good, { adminToken }, wrong)).toBeNull();
  }
});

test("even a key set that hands out a shared secret, or a key for another algorithm, lets nobody in", async () => {
  const secret = new TextEncoder().encode("s".repeat(32));
  const make = (alg: string) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, kid: "r1" })
      .setIssuer(TEAM)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime("5m");
  const shared = await make("HS256").sign(secret);
  expect(await readOperator(settings, { authorization: undefined, assertion: shared }, () => secret)).toBeNull();
  const pss = await generateKeyPair("PS256");
  const other = await make("PS256").sign(pss.privateKey);
  expect(await readOperator(settings, { authorization: undefined, assertion: other }, () => pss.publicKey)).toBeNull();
});
