// The operators' door against forged assertions (T30), in the runtime that verifies them in production: the classes of
// Wycheproof's JSON Web Signature cases and the classic attacks, each made so that everything but its one fault is right.
// Each is refused in the same words, and nobody is asked for a key but the team.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK } from "jose";
import { createHash, createHmac } from "node:crypto";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { patience } from "../support/run/patience.ts";
import { app } from "../../src/worker/app.ts";
import { forgedEs256, forgedRsa } from "../support/hostile/forged-jws.ts";

const TEAM = "https://team.cloudflareaccess.example";
const CERTS = `${TEAM}/cdn-cgi/access/certs`;
const AUDIENCE = "a".repeat(64);
const SUBJECT = "7335d417-61da-459d-899c-0a01c76a2f94";
const BASE = "https://maskline.test";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let rsa: Pair;
let ec: Pair;
let p384: Pair;
let stranger: Pair;
let published: { keys: JWK[] };
let fetched: string[] = [];
let answerOfTeam: () => Response = () => Response.json(published);
let bindings: Record<string, unknown> = {};

beforeAll(async () => {
  const make = (alg: string) => generateKeyPair(alg, { extractable: true });
  [rsa, ec, p384, stranger] = await Promise.all([make("RS256"), make("ES256"), make("ES384"), make("RS256")]);
  const bare = await exportJWK(rsa.publicKey);
  published = {
    keys: [
      { ...bare, kid: "r1", alg: "RS256", use: "sig" },
      { ...(await exportJWK(ec.publicKey)), kid: "e1", alg: "ES256", use: "sig" },
      { ...(await exportJWK(p384.publicKey)), kid: "e3", use: "sig" },
      { ...bare, kid: "bare" }, // as other issuers publish theirs: usable for any algorithm of its kind
      { ...bare, kid: "enc", use: "enc" },
      { ...bare, kid: "ops", key_ops: ["encrypt"] },
      { ...bare, kid: "r5", alg: "RS512" },
      { kty: "oct", kid: "o1", k: Buffer.from("secret that everybody can read..").toString("base64url") },
    ],
  };
});

/** A deployment behind Access, and a network that holds the team's keys and nothing else. */
beforeEach(() => {
  bindings = { ...env, ACCESS_TEAM: TEAM, ACCESS_AUDIENCE: AUDIENCE, ADMIN_TOKEN: undefined };
  fetched = [];
  answerOfTeam = () => Response.json(published);
  globalThis.fetch = (input) => {
    const url = input instanceof Request ? input.url : String(input);
    fetched.push(url);
    return url === CERTS ? Promise.resolve(answerOfTeam()) : Promise.reject(new TypeError("nobody is called"));
  };
});
afterEach(() => expect(fetched.filter((url) => url !== CERTS)).toEqual([]));

async function status(headers: Record<string, string>): Promise<{ status: number; said: string }> {
  const ctx = createExecutionContext();
  const response = await app.fetch(new Request(`${BASE}/admin/v1/tenants`, { headers }), bindings, ctx);
  await waitOnExecutionContext(ctx);
  const body = (await response.json()) as Record<string, unknown>;
  delete body["request_id"];
  return { status: response.status, said: JSON.stringify(body) };
}
const show = (assertion: string) => status({ "cf-access-jwt-assertion": assertion });

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = () => {
  const now = Math.floor(Date.now() / 1_000);
  return { iss: TEAM, aud: [AUDIENCE], sub: SUBJECT, iat: now, nbf: now, exp: now + 600 };
};
const inputOf = (header: object, body: object = claims()): string => `${part(header)}.${part(body)}`;

async function signed(key: CryptoKey, header: object, body: object = claims(), alg = "RS256"): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(body))).setProtectedHeader({ alg, ...header }).sign(key);
}

async function refused(cases: Record<string, string>): Promise<void> {
  const wrong: string[] = [];
  const said = new Set<string>();
  for (const [name, assertion] of Object.entries(cases)) {
    const answer = await show(assertion);
    if (answer.status !== 401) wrong.push(`${answer.status} ${name}`);
    said.add(answer.said);
  }
  expect(wrong).toEqual([]);
  expect([...said]).toHaveLength(1); // no word tells why
}

test("the team's own assertions open the door, and nobody but the team is asked, once", async () => {
  expect((await show(await signed(rsa.privateKey, { kid: "r1" }))).status).toBe(200);
  expect((await show(await signed(ec.privateKey, { kid: "e1" }, claims(), "ES256"))).status).toBe(200);
  expect((await show(await signed(rsa.privateKey, { kid: "bare" }))).status).toBe(200);
  const several = { ...claims(), aud: ["b".repeat(64), AUDIENCE] };
  expect((await show(await signed(rsa.privateKey, { kid: "r1" }, several))).status).toBe(200);
  expect(fetched).toEqual([CERTS]);
});

test("an RSA signature with any fault in its padding, its DER or its number is refused", async () => {
  const input = inputOf({ alg: "RS256", kid: "r1" });
  const digest = createHash("sha256").update(input).digest();
  const { right, forged } = forgedRsa(await exportJWK(rsa.privateKey), digest);
  expect((await show(`${input}.${right.toString("base64url")}`)).status).toBe(200); // the forger can sign
  expect(forged.length).toBeGreaterThan(170);
  await refused(Object.fromEntries(forged.map(({ name, signature }) => [name, `${input}.${signature.toString("base64url")}`])));
}, patience(60_000)); // prettier-ignore

test("an ECDSA signature at an edge, in another form or of another curve is refused", async () => {
  const right = await signed(ec.privateKey, { kid: "e1" }, claims(), "ES256");
  const [head = "", body = "", signature = ""] = right.split(".");
  expect((await show(right)).status).toBe(200);
  const forged = forgedEs256(Buffer.from(signature, "base64url"));
  const cases = forged.map(({ name, signature: one }) => [name, `${head}.${body}.${one.toString("base64url")}`] as const);
  await refused({
    ...Object.fromEntries(cases),
    "by P-384": await signed(p384.privateKey, { kid: "e3" }, claims(), "ES384"),
    "by P-384 as ES256": `${inputOf({ alg: "ES256", kid: "e3" })}.${signature}`,
  });
}); // prettier-ignore

test("a token with a part changed, missing, empty or too many, or in another serialisation, is refused", async () => {
  const good = await signed(rsa.privateKey, { kid: "r1" });
  const [head = "", body = "", signature = ""] = good.split(".");
  const other = part({ ...claims(), sub: "another-subject-0" });
  await refused({
    "payload changed": `${head}.${other}.${signature}`,
    "header changed": `${part({ alg: "RS256", kid: "r1", typ: "x" })}.${body}.${signature}`,
    "payload missing": `${head}..${signature}`,
    "payload and separator missing": `${head}.${signature}`,
    "header missing": `.${body}.${signature}`,
    "header and separator missing": `${body}.${signature}`,
    "header and signature missing": `.${body}.`,
    "payload alone": body,
    "signature missing": `${head}.${body}.`,
    "signature and separator missing": `${head}.${body}`,
    "separators alone": "..",
    "an extra empty part": `${good}.`,
    "an extra part": `${good}.${signature}`,
    "five parts, as of encryption": `${head}.${body}.${signature}.${body}.${head}`,
    "JSON, flattened": JSON.stringify({ protected: head, payload: body, signature }),
    "JSON, general": JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
    "a header that is no object": `${part("RS256")}.${body}.${signature}`,
    "a header that is no JSON": `${Buffer.from("{").toString("base64url")}.${body}.${signature}`,
    "a header that is not UTF-8": `${Buffer.from([0xff, 0xfe]).toString("base64url")}.${body}.${signature}`,
    "a letter outside the alphabet": `${head}.${body}.${signature.slice(0, -4)}****`,
    "two assertions joined": `${good}, ${good}`,
    "with its scheme": `Bearer ${good}`,
    "sixteen kilobytes": `${head}.${"A".repeat(16_000)}.${signature}`,
  });
  for (const payload of ["[]", "null", '"x"', "1", "{", ""]) {
    const by = new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: "RS256", kid: "r1" });
    expect((await show(await by.sign(rsa.privateKey))).status, payload).toBe(401);
  }
});

test("an algorithm that the door does not name is refused, also when the team's own key signed", async () => {
  const spki = await exportSPKI(rsa.publicKey);
  const jwk = JSON.stringify(published.keys[0]);
  const shared = Buffer.from(published.keys.at(-1)?.k ?? "", "base64url");
  const mac = (secret: string | Buffer, header: object) => {
    const input = inputOf({ alg: "HS256", ...header });
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const key = await exportJWK(rsa.privateKey);
  const as = async (name: string, hash: string) =>
    crypto.subtle.importKey("jwk", { ...(key as object), alg: undefined, key_ops: ["sign"] } as unknown as JsonWebKey, { name, hash }, false, ["sign"]);
  const [, , signature = ""] = (await signed(rsa.privateKey, { kid: "r1" })).split(".");
  await refused({
    none: `${inputOf({ alg: "none" })}.`,
    "none, with a key": `${inputOf({ alg: "none", kid: "r1" })}.`,
    "none, signed": `${inputOf({ alg: "None", kid: "r1" })}.${signature}`,
    "an algorithm of nothing": `${inputOf({ alg: "", kid: "r1" })}.${signature}`,
    "no algorithm": `${inputOf({ kid: "r1" })}.${signature}`,
    "an algorithm that is a list": `${inputOf({ alg: ["RS256"], kid: "r1" })}.${signature}`,
    "the public key as a secret": mac(spki, { kid: "r1" }),
    "the public key as a secret, no kid": mac(spki, {}),
    "the public JWK as a secret": mac(jwk, { kid: "r1" }),
    "the modulus as a secret": mac(Buffer.from(key.n ?? "", "base64url"), { kid: "bare" }),
    "a shared secret that was published": mac(shared, { kid: "o1" }),
    "an empty secret": mac("", { kid: "o1" }),
    PS256: await signed(await as("RSA-PSS", "SHA-256"), { kid: "bare" }, claims(), "PS256"),
    RS384: await signed(await as("RSASSA-PKCS1-v1_5", "SHA-384"), { kid: "bare" }, claims(), "RS384"),
    RS512: await signed(await as("RSASSA-PKCS1-v1_5", "SHA-512"), { kid: "r5" }, claims(), "RS512"),
    "RS256 by a key for RS512": await signed(rsa.privateKey, { kid: "r5" }),
    "a key for encryption": await signed(rsa.privateKey, { kid: "enc" }),
    "a key for other operations": await signed(rsa.privateKey, { kid: "ops" }),
    "an elliptic key for RS256": await signed(rsa.privateKey, { kid: "e1" }),
    "no kid where several would fit": await signed(rsa.privateKey, {}),
  });
}); // prettier-ignore

test("a key that the token brings or points to is not used; critical extensions that nobody knows are refused", async () => {
  const own = await exportJWK(stranger.publicKey);
  const brought: Record<string, object> = {
    jwk: { jwk: own },
    "jwk under our kid": { jwk: { ...own, kid: "r1" }, kid: "r1" },
    "jwk with its private half": { jwk: await exportJWK(stranger.privateKey), kid: "r1" },
    jku: { jku: "https://evil.example/jwks.json", kid: "r1" },
    "jku that looks like ours": { jku: `${TEAM}@evil.example/certs`, kid: "r1" },
    "jku of loopback": { jku: "http://127.0.0.1:9/", kid: "x" },
    x5u: { x5u: "https://evil.example/cert.pem", kid: "r1" },
    x5c: { x5c: ["MIIB"], kid: "r1" },
    "kid as a path": { kid: "../../../../dev/null" },
    "kid as a file": { kid: "/etc/passwd" },
    "kid as SQL": { kid: "x' UNION SELECT 'secret" },
    "kid as a command": { kid: "r1|id" },
    "kid as a URL": { kid: "https://evil.example/key" },
    "kid of the prototype": { kid: "__proto__" },
    "kid as a number": { kid: 1 },
    "kid as an object": { kid: { $ne: "" } },
    "kid with an end": { kid: "r1\u0000" },
    "our kid": { kid: "r1" },
  };
  const cases: Record<string, string> = {};
  for (const [name, header] of Object.entries(brought)) cases[name] = await signed(stranger.privateKey, header);
  const by = async (header: object, sign = rsa.privateKey) => {
    const input = inputOf({ alg: "RS256", kid: "r1", ...header });
    const bytes = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", sign, Buffer.from(input));
    return `${input}.${Buffer.from(bytes).toString("base64url")}`;
  };
  const known = await by({});
  expect((await show(known)).status).toBe(200);
  for (const [name, header] of Object.entries({
    "crit unknown": { crit: ["nobody-knows"], "nobody-knows": 1 },
    "crit of a claim": { crit: ["exp"], exp: 1 },
    "crit empty": { crit: [] },
    "crit no list": { crit: "b64" },
    "crit twice": { crit: ["b64", "b64"], b64: true },
    "crit that changes nothing": { crit: ["b64"], b64: true },
    "crit absent from the header": { crit: ["b64"] },
    "payload not encoded": { crit: ["b64"], b64: false },
  }))
    cases[name] = await by(header);
  await refused(cases);
  expect(fetched.length).toBeLessThanOrEqual(1); // an unknown kid does not make us ask again within half a minute
});

test("an assertion of another time, team, application or person is refused", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const wrong: Record<string, object> = {
    expired: { exp: now - 1 },
    "expires now": { exp: now },
    "expiry as text": { exp: String(now + 600) },
    "expiry beyond numbers": { exp: 1e308 * 10 },
    "no expiry": { exp: undefined },
    "not yet": { nbf: now + 60 },
    "not yet, as text": { nbf: "0" },
    "from the future": { iat: now + 60 },
    "without its time": { iat: undefined },
    "five weeks old": { iat: now - 35 * 86_400 },
    "another team": { iss: "https://evil.cloudflareaccess.example" },
    "a team with a slash": { iss: `${TEAM}/` },
    "two teams": { iss: [TEAM] },
    "no team": { iss: undefined },
    "another application": { aud: ["b".repeat(64)] },
    "applications, none ours": { aud: ["b".repeat(64), "c".repeat(64)] },
    "no application": { aud: [] },
    "a part of ours": { aud: AUDIENCE.slice(1) },
    "ours within a longer one": { aud: `${AUDIENCE}x` },
    "ours as an object": { aud: { 0: AUDIENCE, length: 1 } },
    "nobody": { sub: undefined },
    "an address": { sub: "person@example.com" },
    "a number": { sub: "07700900123" },
  }; // prettier-ignore
  const cases: Record<string, string> = {};
  for (const [name, over] of Object.entries(wrong))
    cases[name] = await signed(rsa.privateKey, { kid: "r1" }, { ...claims(), ...over });
  await refused(cases);
});

test("keys that cannot be had, or are not keys, open nothing", async () => {
  const good = await signed(rsa.privateKey, { kid: "r1" });
  const answers: Record<string, () => Response> = {
    down: () => new Response(null, { status: 503 }),
    "a redirect": () => new Response(null, { status: 302, headers: { location: "https://evil.example/jwks" } }),
    "a page": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "an empty set": () => Response.json({ keys: [] }),
    "no set": () => Response.json([]),
    "a set of nonsense": () => Response.json({ keys: [null, 1, "x"] }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    bindings = { ...bindings };
    answerOfTeam = answer;
    expect((await show(good)).status, name).toBe(401);
  }
  bindings = { ...bindings };
  answerOfTeam = () => Response.json(published);
  expect((await show(good)).status).toBe(200);
  expect((await status({ authorization: `Bearer ${good}` })).status).toBe(401);
  expect((await status({ cookie: `CF_Authorization=${good}` })).status).toBe(401); // only what the platform's gate put there
});
