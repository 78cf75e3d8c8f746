/** People of a tenant who have signed in, without a browser: the tenant's object is told what a door would have verified. */
import { env, exports } from "cloudflare:workers";
import { ROLES, type Role } from "../../../src/access/caller.ts";
import { ask, BASE } from "./tenants.ts";

export const ISSUER = "https://192.0.9.1";
const CLIENT = "console";

const stubOf = (id: string) =>
  env.TENANTS.get(env.TENANTS.idFromName(`${id.startsWith("ten_u") ? "us" : "eu"}:${id.slice(5)}`));

/** A sign-in in which each role is its own value of the claim. */
export const SIGN_IN = {
  issuer: ISSUER,
  client_id: CLIENT,
  claim: "role",
  roles: ROLES.map((role) => ({ value: role, role })),
};

type Tenant = { id: string; key: string };

/** Sets the tenant's sign-in, once. */
export async function setSignIn(tenant: Tenant): Promise<void> {
  const { status, body: answer } = await ask("PUT /v1/sign-in", { key: tenant.key, body: SIGN_IN });
  if (status !== 200 && answer["code"] !== "fresh_sign_in_needed") throw new Error(JSON.stringify(answer));
}

let logins = 0;

export type SignedIn = { cookie: string; session: string; id: string };

/** An answer of an object's port, whose stub's types are those of any call. */
type Answered = { ok: { session?: string; denied?: string } };

/** What a door tells the object of somebody who came back from the identity provider. */
export const identity = (values: string[], over: object = {}) => ({
  issuer: ISSUER,
  clientId: CLIENT,
  subject: values.join(" "),
  values,
  authenticatedAt: Date.now(),
  name: `Somebody of ${values.join(" and ")}`,
  address: "somebody@people.example",
  login: `login ${(logins += 1)}`,
  before: null,
  ...over,
});

/** What becomes of an identity: the text of a session, or why there is none. */
export async function trySignIn(tenant: Tenant, given: ReturnType<typeof identity>): Promise<Answered["ok"]> {
  const answer = (await stubOf(tenant.id).signIn(given)) as unknown as Answered;
  return answer.ok;
}

/** Somebody in this role, signed in. */
export async function signedIn(tenant: Tenant, role: Role, over: object = {}): Promise<SignedIn> {
  await setSignIn(tenant);
  const { session: text } = await trySignIn(tenant, identity([role], over));
  if (text === undefined) throw new Error("no session");
  const { data } = (await ask("GET /v1/people-sessions", { key: tenant.key })).body as {
    data: { id: string; person: string }[];
  };
  const session = `cse_${text.slice(4, 40)}`;
  return {
    cookie: `__Host-maskline_console=${text}`,
    session,
    id: data.find(({ id }) => id === session)?.person ?? "",
  };
}

/** A page as its visitor is answered: no redirect is followed. */
export function visit(
  path: string,
  { cookie }: { cookie: string },
  headers: Record<string, string> = {},
): Promise<Response> {
  return exports.default.fetch(new Request(BASE + path, { redirect: "manual", headers: { cookie, ...headers } }));
}

/** A page's form as a browser sends it. */
export function submit(
  path: string,
  { cookie }: { cookie: string },
  fields: Record<string, string> | [string, string][],
  headers: Record<string, string> = {},
): Promise<Response> {
  const body = new URLSearchParams(fields);
  const sent = { cookie, origin: BASE, "content-type": "application/x-www-form-urlencoded", ...headers };
  return exports.default.fetch(new Request(BASE + path, { method: "POST", redirect: "manual", headers: sent, body }));
}
