// Signing in against the real `oidc-provider` on loopback: whoever chooses a person there is named, and whatever is not exactly
// right in what comes back is refused: each fault alone, in a token that the provider's own key has signed.
import { generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { createLocalJWKSet, decodeJwt, jwtVerify, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CLAIM, startProvider } from "../../scripts/lib/identity-provider.mjs";
import { beginLogin, finishLogin, valuesOf, type Flow, type OidcIo } from "../../src/console/sign-in/oidc.ts";

const CONSOLE = "http://127.0.0.1:1";
const REDIRECT = `${CONSOLE}/console/callback`;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "local" };
const clientSecret = randomBytes(32).toString("base64url");
const policy = { allowlist: [], allowLoopbackHttp: true };
const plain: OidcIo = { fetchLike: fetch, policy, resolve: () => Promise.resolve(null) };

let provider: Awaited<ReturnType<typeof startProvider>>;
beforeAll(async () => {
  provider = await startProvider({ console: CONSOLE, clientSecret, jwks: { keys: [jwk] } });
});
afterAll(() => provider.stop());

const client = () => ({ issuer: provider.issuer, clientId: provider.clientId, clientSecret, claim: CLAIM });

/** A browser at the provider: follows it until it leads back to us, and chooses a person where it is asked. */
async function chosen(url: string, person: string): Promise<URLSearchParams> {
  const cookies = new Map<string, string>();
  let next: { url: string; body?: URLSearchParams } = { url };
  for (let hops = 0; hops < 12; hops += 1) {
    if (next.url.startsWith(REDIRECT)) return new URL(next.url).searchParams;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(next.url, {
      redirect: "manual",
      headers: { cookie },
      ...(next.body === undefined ? {} : { method: "POST", body: next.body }),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (set.split(";")[0] ?? "").split("=");
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    next =
      location === null
        ? { url: next.url, body: new URLSearchParams({ account: person }) }
        : { url: new URL(location, next.url).href };
  }
  throw new Error("the provider led nowhere");
}

/** As `plain`, with what the token endpoint answers changed. */
const answering = (change: (token: string) => Promise<string> | string): OidcIo => ({
  ...plain,
  fetchLike: async (url, init) => {
    const answer = await fetch(url, init);
    if (!url.endsWith("/token")) return answer;
    const body = (await answer.json()) as { id_token: string };
    return Response.json({ ...body, id_token: await change(body.id_token) });
  },
});

/** The token with other claims, signed anew: by the provider's key unless told otherwise. */
const forged = (claims: object, by: KeyObject | Uint8Array = privateKey, alg = "RS256") =>
  answering((token) =>
    new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader({ alg, kid: "local" }).sign(by),
  );

async function login(io: OidcIo, { person = "olive", fresh = false } = {}) {
  const begun = await beginLogin(io, client(), REDIRECT, fresh);
  if ("fault" in begun) return begun;
  return finishLogin(io, client(), REDIRECT, begun.flow, await chosen(begun.url, person));
}

async function begun(): Promise<{ flow: Flow; parameters: URLSearchParams }> {
  const started = await beginLogin(plain, client(), REDIRECT, false);
  if ("fault" in started) throw new Error(started.fault);
  return { flow: started.flow, parameters: await chosen(started.url, "sam") };
}

describe("a sign-in", () => {
  it.each(["olive", "dana", "sam", "priya", "abel", "vera", "nobody"])(
    "names %s by issuer and subject, with the values of the claim",
    async (person) => {
      const done = await login(plain, { person });
      expect(done).toMatchObject({
        identity: { issuer: provider.issuer, subject: person, address: `${person}@people.example` },
      });
      const { values, authenticatedAt } = (
        done as unknown as { identity: { values: string[]; authenticatedAt: number } }
      ).identity;
      expect(values).toHaveLength(1);
      expect(Date.now() - authenticatedAt).toBeLessThan(60_000);
    },
  );

  it("sends the person with PKCE, state and nonce, each new, and asks for a password again where that is wanted", async () => {
    const [one, two] = [
      await beginLogin(plain, client(), REDIRECT, false),
      await beginLogin(plain, client(), REDIRECT, true),
    ];
    if ("fault" in one || "fault" in two) throw new Error("no login");
    const query = new URL(one.url).searchParams;
    expect(query.get("code_challenge_method")).toBe("S256");
    for (const name of ["code_challenge", "state", "nonce"]) {
      expect(query.get(name)?.length).toBeGreaterThan(30);
      expect(new URL(two.url).searchParams.get(name)).not.toBe(query.get(name));
    }
    expect(query.get("prompt")).toBeNull();
    expect(new URL(two.url).searchParams.get("prompt")).toBe("login");
    expect(await login(plain, { fresh: true })).toHaveProperty("identity");
  });

  it("a token that the provider's key signed with nothing wrong is taken: the faults below are each alone", async () => {
    expect(await login(forged({}))).toHaveProperty("identity");
    const token = await new SignJWT({}).setProtectedHeader({ alg: "RS256", kid: "local" }).sign(privateKey);
    await jwtVerify(
      token,
      createLocalJWKSet({ keys: [{ kty: "RSA", n: jwk.n!, e: jwk.e!, kid: "local", alg: "RS256" }] }),
    );
  });
});

describe("what comes back is refused, and names nobody, with", () => {
  const past = () => Math.floor(Date.now() / 1_000) - 3_600;
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  it.each([
    ["another issuer", () => forged({ iss: "https://evil.example" })],
    ["another audience", () => forged({ aud: "somebody-else" })],
    ["another nonce", () => forged({ nonce: "not-this-one" })],
    ["no nonce", () => forged({ nonce: undefined })],
    ["an end that is past", () => forged({ exp: past(), iat: past() - 60 })],
    ["no subject", () => forged({ sub: undefined })],
    ["a signature by a shared secret", () => forged({}, Buffer.from(clientSecret), "HS256")],
    ["another's signature", () => forged({}, stranger)],
    [
      "no signature",
      () => answering((token) => `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`),
    ],
    [
      "a changed payload",
      () => answering((token) => token.replace(/\.(.{20})/, (_all, head: string) => `.${head.slice(0, 18)}AA`)),
    ],
    ["no ID token", () => answering(() => "")],
  ])("%s", async (_what, io) => {
    const done = await login(io());
    expect(done).toHaveProperty("fault");
    expect(JSON.stringify(done)).not.toMatch(/olive|evil/);
  });

  it("another state, none, or another provider's `iss`", async () => {
    for (const change of [{ state: "x".repeat(43) }, { iss: "https://evil.example" }]) {
      const { flow, parameters } = await begun();
      for (const [name, value] of Object.entries(change)) parameters.set(name, value);
      expect(await finishLogin(plain, client(), REDIRECT, flow, parameters)).toHaveProperty("fault");
    }
    const { flow, parameters } = await begun();
    parameters.delete("state");
    expect(await finishLogin(plain, client(), REDIRECT, flow, parameters)).toHaveProperty("fault");
  });

  it("a code that was used already, is another login's, or lacks its verifier", async () => {
    const { flow, parameters } = await begun();
    expect(await finishLogin(plain, client(), REDIRECT, flow, parameters)).toHaveProperty("identity");
    expect(await finishLogin(plain, client(), REDIRECT, flow, parameters)).toHaveProperty("fault");
    const other = await begun();
    const mixed = new URLSearchParams(other.parameters);
    mixed.set("state", flow.state);
    expect(await finishLogin(plain, client(), REDIRECT, flow, mixed)).toHaveProperty("fault");
    const again = await begun();
    const without = { ...again.flow, verifier: "a".repeat(43) };
    expect(await finishLogin(plain, client(), REDIRECT, without, again.parameters)).toHaveProperty("fault");
  });

  it("a sign-in that is long past, where a fresh one was wanted", async () => {
    expect(await login(forged({ auth_time: past() }), { fresh: true })).toHaveProperty("fault");
    expect(await login(forged({ auth_time: undefined }), { fresh: true })).toHaveProperty("fault");
    expect(await login(forged({ auth_time: past() }))).toMatchObject({ identity: { authenticatedAt: past() * 1_000 } });
  });
});

describe("the identity provider's addresses", () => {
  const asked: string[] = [];
  const io = (over: Partial<OidcIo>): OidcIo => ({ ...plain, ...over });
  const spying: OidcIo["fetchLike"] = (url) => {
    asked.push(url);
    return Promise.resolve(Response.json({}));
  };
  it.each([
    "http://127.0.0.1:9/",
    "https://10.0.0.1/",
    "https://169.254.169.254/",
    "https://metadata.internal/",
    "https://u:p@example.com/",
  ])("%s is never asked in production", async (issuer) => {
    const live = io({ fetchLike: spying, policy: { allowlist: [], allowLoopbackHttp: false } });
    expect(await beginLogin(live, { ...client(), issuer }, REDIRECT, false)).toHaveProperty("fault");
    expect(asked).toEqual([]);
  });

  it("a name that leads inside is not asked, and no redirect is followed", async () => {
    const inside = io({ fetchLike: spying, resolve: () => Promise.resolve(["10.0.0.1"]) });
    expect(await beginLogin(inside, { ...client(), issuer: "https://login.example.com" }, REDIRECT, false)).toEqual({
      fault: "url_refused",
    });
    expect(asked).toEqual([]);
    const leading = io({
      fetchLike: async () => new Response(null, { status: 302, headers: { location: provider.issuer } }),
    });
    expect(await beginLogin(leading, client(), REDIRECT, false)).toEqual({ fault: "redirect_refused" });
  });

  it("an authorization endpoint that is no address to send a browser to is refused", async () => {
    for (const authorization_endpoint of ["javascript:alert(1)", "https://10.0.0.1/auth", "http://evil.example/auth"]) {
      const lying = io({ fetchLike: async () => Response.json({ issuer: provider.issuer, authorization_endpoint }) });
      expect(await beginLogin(lying, client(), REDIRECT, false)).toEqual({ fault: "url_refused" });
    }
  });

  it("an answer without end is given up", async () => {
    const endless = io({ fetchLike: async () => new Response("x".repeat(300_000)) });
    expect(await beginLogin(endless, client(), REDIRECT, false)).toEqual({ fault: "answer_too_large" });
  });
});

it("a claim is read by its whole name, else along its dots, and holds texts only", () => {
  expect(valuesOf({ "https://x.example/roles": "a" }, "https://x.example/roles")).toEqual(["a"]);
  expect(valuesOf({ realm_access: { roles: ["a", 1, null, "b"] } }, "realm_access.roles")).toEqual(["a", "b"]);
  expect(valuesOf({ role: { a: 1 } }, "role")).toEqual([]);
  expect(valuesOf({}, "__proto__.constructor.name")).toEqual([]);
});
