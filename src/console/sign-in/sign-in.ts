/**
 * The doors of signing in: to the identity provider, back from it, and out. The session is begun by the tenant's object and by
 * nothing else; it is a new one at every sign-in, so a session that was planted before is worth nothing after.
 */
import { readSession, readSignInLink, signInLink } from "../../access/people/credential.ts";
import type { SignInClient } from "../../access/people/sign-in.ts";
import type { Owner } from "../../base/ids.ts";
import { isRefused, type Reason } from "../../base/refusal.ts";
import { pageResponse } from "../../contract/page.ts";
import type { ConsoleDeps, SessionKey } from "../visit.ts";
import {
  loginCookie,
  loginIn,
  noLogin,
  noSession,
  sessionCookie,
  sessionIn,
  placeCookie,
  placeIn,
  realmOf,
  type Realm,
} from "./cookies.ts";
import { beginLogin, finishLogin } from "./oidc.ts";
import { faultPage, signInPage, whichTenantPage } from "./sign-in-pages.tsx";

/** Where a sign-in leads when it began nowhere in particular. */
export const START = { tenant: "/console/messages", operators: "/console/operator/tenants" } as const;
/** Only pages of the console are led to, by their plain path, and from each sign-in only its own. */
const PAGE = {
  tenant: /^\/console(?!\/operator(?:\/|$))(\/[a-z0-9_-]{1,60}){1,3}$/,
  operators: /^\/console\/operator(\/[a-z0-9_-]{1,60}){1,2}$/,
} as const;
/** Whoever arrives here without a session has a browser that did not keep the cookie. */
const SIGNED_IN = "signed-in";

/** A page of the console by its plain path; the first page for anything else. */
export const pathToPage = (realm: Realm, path: string | null): string =>
  path !== null && PAGE[realm].test(path) ? path : START[realm];

/** Where somebody goes who has no session and no known sign-in. */
export const SIGN_IN = { tenant: "/console/sign-in", operators: "/console/operator/sign-in" } as const;

/** The session that a request carries, its MAC checked; null where there is none. */
export function sessionOf(realm: Realm, request: Request, { door }: ConsoleDeps): SessionKey | null {
  const text = sessionIn(realm, request);
  const session = text === null ? null : readSession(door, text);
  return session !== null && realmOf(session.owner) === realm ? session : null;
}

/** The page that leads to the identity provider; `link` is the last part of the tenant's own address. */
export async function showSignIn(request: Request, link: string, deps: ConsoleDeps): Promise<Response> {
  const url = new URL(request.url);
  const owner = readSignInLink(deps.door, link);
  if (owner === null)
    return pageResponse(
      whichTenantPage("tenant", "This is not a sign-in link of ours: a part of it is missing or wrong."),
      {},
      404,
    );
  const client = await deps.tenant(owner).signInClient();
  if (isRefused(client)) return unready(client.refused, realmOf(owner));
  const to = pathToPage(realmOf(owner), url.searchParams.get("to"));
  const go = `/console/sign-in/${link}/go?to=${to}`;
  return pageResponse(signInPage(go, new URL(client.ok.issuer).host, saying(url.searchParams.get("why"))));
}

const SAYINGS: Readonly<Record<string, { tone: "bad" | "calm"; text: string }>> = {
  out: { tone: "calm", text: "You are signed out." },
  over: { tone: "calm", text: "Your session is over. Sign in again to go on where you were." },
  cookie: {
    tone: "bad",
    text: "Your browser did not keep the session cookie. It is sent with Secure, which Safari refuses over plain http, also on this machine: use Chrome, Edge or Firefox here, or serve over https.",
  },
  settings: { tone: "calm", text: "The sign-in was changed. Sign in again to see that it works." },
};
const saying = (why: string | null) => (why !== null && Object.hasOwn(SAYINGS, why) ? (SAYINGS[why] ?? null) : null);

/** The sign-in where this browser last signed in; where it never did, how one gets to it. */
export function knownSignIn(realm: Realm, request: Request, deps: ConsoleDeps): Response {
  const known = placeIn(realm, request);
  const owner = known === null ? null : readSignInLink(deps.door, known);
  if (owner === null || realmOf(owner) !== realm) return pageResponse(whichTenantPage(realm, null));
  return goTo(`/console/sign-in/${signInLink(deps.door, owner)}${new URL(request.url).search}`);
}

/** Sends the browser to the identity provider. With `fresh` the person has to prove who they are once more. */
export async function goToProvider(request: Request, link: string | undefined, deps: ConsoleDeps): Promise<Response> {
  const owner = link === undefined ? null : readSignInLink(deps.door, link);
  if (owner === null || link === undefined) return pageResponse(whichTenantPage("tenant", null), {}, 404);
  const client = await deps.tenant(owner).signInClient();
  if (isRefused(client)) return unready(client.refused, realmOf(owner));
  const query = new URL(request.url).searchParams;
  const begun = await beginLogin(deps.oidc, client.ok, redirectUri(deps), query.get("fresh") === "1");
  if ("fault" in begun) return faulty(deps, begun.fault, owner);
  const answer = goTo(begun.url);
  const login = { owner, flow: begun.flow, to: pathToPage(realmOf(owner), query.get("to")) };
  answer.headers.append("set-cookie", loginCookie(deps.door, login, deps.now));
  return answer;
}

/** The identity provider sent the browser back. The login that began it is used up, whatever comes of it. */
export async function takeCallback(request: Request, deps: ConsoleDeps): Promise<Response> {
  const login = loginIn(deps.door, request, deps.now);
  const answer = login === null ? noSuchLogin() : await finish(request, login, deps);
  answer.headers.append("set-cookie", noLogin());
  return answer;
}

async function finish(
  request: Request,
  { owner, flow, to }: NonNullable<ReturnType<typeof loginIn>>,
  deps: ConsoleDeps,
): Promise<Response> {
  const client: SignInClient | null = await deps
    .tenant(owner)
    .signInClient()
    .then((read) => (isRefused(read) ? null : read.ok));
  const realm = realmOf(owner);
  if (client === null) return unready("not_found", realm);
  const parameters = new URL(request.url).searchParams;
  const finished = await finishLogin(deps.oidc, client, redirectUri(deps), flow, parameters);
  if ("fault" in finished) return faulty(deps, finished.fault, owner);
  const before = sessionOf(realm, request, deps)?.credential.id ?? null;
  const signedIn = await deps.tenant(owner).signIn({ ...finished.identity, before });
  if (isRefused(signedIn)) return unready(signedIn.refused, realm);
  if ("denied" in signedIn.ok) return denied(signedIn.ok.denied, deps, owner);
  const answer = goTo(`${to}?${SIGNED_IN}`);
  answer.headers.append("set-cookie", sessionCookie(realm, signedIn.ok.session));
  answer.headers.append("set-cookie", placeCookie(realm, signInLink(deps.door, owner)));
  return answer;
}

/** Ends the session here and in the tenant's object. */
export async function signOut(realm: Realm, request: Request, deps: ConsoleDeps): Promise<Response> {
  const session = sessionOf(realm, request, deps);
  if (session !== null) await (realm === "operators" ? deps.operators : deps).signOut(session);
  const answer = session === null ? goTo(SIGN_IN[realm]) : toSignIn(deps, session.owner, null, "out");
  answer.headers.append("set-cookie", noSession(realm));
  return answer;
}

/** To the sign-in of the tenant whose session is over, and from there back to the page. */
export function signInAgain(realm: Realm, request: Request, session: SessionKey | null, deps: ConsoleDeps): Response {
  const url = new URL(request.url);
  const known = placeIn(realm, request);
  const read = session?.owner ?? (known === null ? null : readSignInLink(deps.door, known));
  const owner = read !== null && realmOf(read) === realm ? read : null;
  const lost = session === null && url.searchParams.has(SIGNED_IN);
  if (owner === null)
    return lost ? pageResponse(whichTenantPage(realm, SAYINGS["cookie"]?.text ?? null)) : goTo(SIGN_IN[realm]);
  const answer = toSignIn(deps, owner, url.pathname, session !== null ? "over" : lost ? "cookie" : null);
  if (session !== null) answer.headers.append("set-cookie", noSession(realm));
  return answer;
}

/** The address at which a person proves once more who they are, and then is back at the page. */
export function freshSignIn({ door }: ConsoleDeps, owner: Owner, path: string): string {
  return `/console/sign-in/${signInLink(door, owner)}/go?fresh=1&to=${pathToPage(realmOf(owner), path)}`;
}

function toSignIn(deps: ConsoleDeps, owner: Owner, path: string | null, why: string | null): Response {
  const query = new URLSearchParams();
  if (path !== null) query.set("to", pathToPage(realmOf(owner), path));
  if (why !== null) query.set("why", why);
  return goTo(`/console/sign-in/${signInLink(deps.door, owner)}${query.size === 0 ? "" : `?${query.toString()}`}`);
}

const redirectUri = ({ publicUrl }: ConsoleDeps): string => `${publicUrl}/console/callback`;

function noSuchLogin(): Response {
  const says =
    "This browser has not begun a sign-in, it took longer than ten minutes, or it was used already. Each can be used once.";
  return pageResponse(faultPage("This sign-in is over", says, null, "/console/sign-in"), {}, 400);
}

function unready(reason: Reason, realm: Realm): Response {
  const says =
    reason === "not_found"
      ? realm === "operators"
        ? "No identity provider is set for operators. Set one with PUT /admin/v1/sign-in, or by the variable OPERATOR_SIGN_IN of the deployment."
        : "No identity provider is set for this organisation. Set one with PUT /v1/sign-in, with a key that has the scope signin:manage."
      : reason === "tenant_suspended"
        ? "This organisation is suspended. Ask the operator of this service."
        : "The service cannot read this organisation’s keys now. Try again in a moment.";
  return pageResponse(
    faultPage("Nobody can sign in here now", says, reason, null),
    {},
    reason === "not_found" ? 404 : 503,
  );
}

function faulty(deps: ConsoleDeps, fault: string, owner: Owner): Response {
  deps.log({ level: "info", what: "sign_in_refused", code: fault, request_id: deps.requestId, tenant: owner.code });
  const says =
    "The identity provider could not be reached, or its answer was not one that can be trusted. Nothing was changed.";
  return pageResponse(faultPage("The sign-in did not succeed", says, fault, againOf(deps, owner)), {}, 403);
}

const DENIED = {
  no_role:
    "Your identity provider knows you, but nothing it says of you leads to a role here. Ask the owner of this account to give you one.",
  settings_changed: "The sign-in of this organisation was changed while you were away. Begin again.",
  used: "This sign-in was used already; each leads to one session. Begin again.",
} as const;

function denied(why: keyof typeof DENIED, deps: ConsoleDeps, owner: Owner): Response {
  return pageResponse(faultPage("You have no access", DENIED[why], why, againOf(deps, owner)), {}, 403);
}

const againOf = ({ door }: ConsoleDeps, owner: Owner): string => `/console/sign-in/${signInLink(door, owner)}`;

/** Leads elsewhere, and is kept nowhere. */
export function goTo(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: new Headers({ location, "cache-control": "no-store", "referrer-policy": "same-origin" }),
  });
}
