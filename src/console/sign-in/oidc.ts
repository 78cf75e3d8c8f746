/**
 * Signing in by OpenID Connect: Authorization Code with PKCE, state, nonce and `iss`, against the identity provider that a tenant
 * named. Every address (discovery, token, keys) goes through the URL guard, no redirect is followed, and an answer is read up to a
 * bound. Whatever is not exactly right is a fault, and no identity.
 */
import * as oauth from "oauth4webapi";
import type { Identity, SignInClient } from "../../access/people/sign-in.ts";
import { isRefused } from "../../base/refusal.ts";
import { given } from "../../contract/list.ts";
import { readAtMost, TIMED_OUT, withDeadline, type FetchLike } from "../../net/bounded.ts";
import { judgeResolved, judgeUrl, type Resolver, type UrlPolicy } from "../../net/outside-url.ts";
import { findNumbers } from "../../sms/phone.ts";

export type OidcIo = { fetchLike: FetchLike; policy: UrlPolicy; resolve: Resolver };

/** What one login is known by until it comes back. `fresh`: the person had to prove who they are once more. */
export type Flow = { state: string; nonce: string; verifier: string; fresh: boolean };

/** Why there is no identity: a constant of ours or of the OAuth library, never a word of the other side. */
export type OidcFault = { fault: string };

/** Signatures by a key pair only: with a shared secret, whoever knows it could write tokens. */
export const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];

const TIMEOUT_MS = 5_000;
const ANSWER_BYTES_MAX = 256 * 1_024;
const CLOCK_TOLERANCE_SECONDS = 30;
/** A re-authentication counts when the person proved who they are within this. */
const FRESH_SECONDS = 600;
const VALUES_MAX = 200;
const NAME_CHARS_MAX = 120;

class Blocked extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Where to send the browser, and what to remember meanwhile. */
export async function beginLogin(
  io: OidcIo,
  client: SignInClient,
  redirectUri: string,
  fresh: boolean,
): Promise<{ url: string; flow: Flow } | OidcFault> {
  return guarded(async () => {
    const server = await discovered(io, client.issuer);
    const url = judged(io, server.authorization_endpoint ?? "");
    const verifier = oauth.generateRandomCodeVerifier();
    const flow = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier, fresh };
    const asked = {
      client_id: client.clientId,
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "openid profile email",
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      ...(fresh ? { prompt: "login", max_age: "0" } : {}),
    };
    const target = new URL(url);
    for (const [name, value] of Object.entries(asked)) target.searchParams.set(name, value);
    return { url: target.href, flow };
  });
}

/** Whom the identity provider names in its answer to this login. `parameters` are those of the callback. */
export async function finishLogin(
  io: OidcIo,
  client: SignInClient,
  redirectUri: string,
  flow: Flow,
  parameters: URLSearchParams,
): Promise<{ identity: Omit<Identity, "before"> } | OidcFault> {
  return guarded(async () => {
    const server = await discovered(io, client.issuer);
    const known: oauth.Client = { client_id: client.clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
    const options = optionsOf(io, client.issuer);
    const answered = oauth.validateAuthResponse(server, known, parameters, flow.state);
    const secret = client.clientSecret;
    const credential = secret === null ? oauth.None() : oauth.ClientSecretBasic(secret);
    const { verifier } = flow;
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      known,
      credential,
      answered,
      redirectUri,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, known, answer, {
      expectedNonce: flow.nonce,
      requireIdToken: true,
      ...(flow.fresh ? { maxAge: FRESH_SECONDS } : {}),
    });
    await oauth.validateApplicationLevelSignature(server, answer, options);
    const claims = oauth.getValidatedIdTokenClaims(tokens);
    if (claims === undefined) throw new Blocked("no_id_token");
    return { identity: identityOf(client, flow, claims) };
  });
}

function identityOf(client: SignInClient, flow: Flow, claims: oauth.IDToken): Omit<Identity, "before"> {
  const { auth_time: authTime } = claims;
  return {
    issuer: client.issuer,
    clientId: client.clientId,
    subject: claims.sub,
    values: valuesOf(claims, client.claim),
    authenticatedAt: typeof authTime === "number" ? authTime * 1_000 : null,
    name: shown(claims["name"]) ?? shown(claims["preferred_username"]),
    address: shown(claims["email"]),
    login: flow.nonce,
  };
}

/** A name that is to be shown on pages; one that reads as a phone number is none. */
function shown(value: unknown): string | null {
  if (typeof value !== "string" || value.trim() === "") return null;
  const text = value.trim().slice(0, NAME_CHARS_MAX);
  return findNumbers(text).length > 0 ? null : text;
}

/** The values of a claim: by its whole name, else along its dots (`realm_access.roles`). A single text is a list of one. */
export function valuesOf(claims: Readonly<Record<string, unknown>>, name: string): string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : along(claims, name.split("."));
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((each): each is string => typeof each === "string").slice(0, VALUES_MAX);
}

function along(value: unknown, [name, ...rest]: string[]): unknown {
  if (name === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return along(Reflect.get(value, name), rest);
}

/** The provider's own description of itself, with only the algorithms that we take. */
async function discovered(io: OidcIo, issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const answer = await oauth.discoveryRequest(url, optionsOf(io, issuer));
  const server = await oauth.processDiscoveryResponse(url, answer);
  const offered = server.id_token_signing_alg_values_supported ?? ["RS256"];
  return { ...server, id_token_signing_alg_values_supported: ALGORITHMS.filter((name) => offered.includes(name)) };
}

/** Every request the library makes goes through the guard. Plain http is for this machine's own providers only. */
function optionsOf(io: OidcIo, issuer: string) {
  const verdict = judgeUrl(issuer, io.policy);
  const insecure = "url" in verdict && verdict.url.kind === "loopback";
  return {
    [oauth.allowInsecureRequests]: insecure,
    [oauth.customFetch]: (url: string, init: Pick<RequestInit, "headers" | "method"> & { body?: unknown }) =>
      guardedFetch(io, url, init),
  };
}

function judged(io: OidcIo, url: string): string {
  const verdict = judgeUrl(url, io.policy);
  if (!("url" in verdict)) throw new Blocked("url_refused");
  return verdict.url.href;
}

async function guardedFetch(
  io: OidcIo,
  url: string,
  { method, headers, body }: Pick<RequestInit, "headers" | "method"> & { body?: unknown },
): Promise<Response> {
  const verdict = judgeUrl(url, io.policy);
  if (!("url" in verdict)) throw new Blocked("url_refused");
  if (verdict.url.kind === "name" && isRefused(judgeResolved(await io.resolve(verdict.url.host))))
    throw new Blocked("url_refused");
  const sent = body instanceof URLSearchParams ? { body: body.toString() } : {};
  const read = await withDeadline(TIMEOUT_MS, async (signal) => {
    const answer = await io.fetchLike(verdict.url.href, {
      ...given({ method, headers }),
      ...sent,
      redirect: "manual",
      signal,
    });
    return { answer, bytes: await readAtMost(answer.body, ANSWER_BYTES_MAX) };
  });
  if (read === TIMED_OUT) throw new Blocked("issuer_timed_out");
  const { answer, bytes } = read;
  if (bytes === null) throw new Blocked("answer_too_large");
  if (answer.status >= 300 && answer.status < 400) throw new Blocked("redirect_refused");
  const kept = new Headers();
  for (const name of ["content-type", "www-authenticate"]) {
    const value = answer.headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return new Response(answer.status === 204 ? null : bytes, { status: answer.status, headers: kept });
}

/** Runs a step of the login; whatever it throws is told by its code. */
async function guarded<T extends object>(step: () => Promise<T>): Promise<T | OidcFault> {
  try {
    return await step();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return { fault: typeof code === "string" && /^\w{1,60}$/.test(code) ? code : "issuer_unreachable" };
  }
}
