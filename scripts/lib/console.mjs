// The console of `npm start`: the local identity provider, and a tenant whose sign-in leads there.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { client } from "./client.mjs";
import { CLAIM, CLIENT_ID, OPERATOR_ROWS, ROLE_ROWS, startProvider } from "./identity-provider.mjs";
import { writePrivate } from "./secrets.mjs";
import { dev } from "./tools.mjs";

/** Tried first, so that the issuer, on which every person's id depends, stays the same at every start. */
const PREFERRED_PORT = 8788;
const file = join(dev, "identity-provider.json");

/** Starts the provider and sets the tenant's sign-in; answers what to print, and how to stop. */
export async function openConsole(base, { api_key, admin_token, tenant_id }) {
  const clientSecret = secretOf();
  const started = (port) => startProvider({ port, console: base, clientSecret });
  const provider = await started(PREFERRED_PORT).catch(() => started(0));
  const call = client(base, api_key);
  const settings = await call("GET /v1/sign-in").catch(() => null);
  if (settings === null || settings.issuer !== provider.issuer) {
    // Once a sign-in is set, no key changes it: the operator of this machine resets it first.
    if (settings !== null) await client(base, admin_token)(`POST /admin/v1/tenants/${tenant_id}/sign-in/reset`);
    const known = { issuer: provider.issuer, client_id: CLIENT_ID, client_secret: clientSecret };
    await call("PUT /v1/sign-in", { body: { ...known, claim: CLAIM, roles: ROLE_ROWS } });
  }
  const { sign_in_url: page } = await call("GET /v1/sign-in");
  // The first page shows the product whole: a form, and the phone that its text arrives on.
  const to = "?to=/console/send";
  const console_signin_url = provider.openLink({ go: `${page}/go${to}`, page: `${page}${to}` });
  const operators = await setOperatorsSignIn(client(base, admin_token), provider.issuer, clientSecret);
  const operator_console_signin_url = provider.openLink({ go: `${operators}/go`, page: operators, as: "oscar" });
  const facts = {
    console_url: page,
    console_signin_url,
    operator_console_url: operators,
    operator_console_signin_url,
  };
  return { stop: provider.stop, facts };
}

/** Sets the operators' sign-in to this provider, where it leads elsewhere; answers the page where they sign in. */
async function setOperatorsSignIn(call, issuer, client_secret) {
  const settings = await call("GET /admin/v1/sign-in").catch(() => null);
  if (settings?.issuer === issuer) return settings.sign_in_url;
  const known = { issuer, client_id: CLIENT_ID, client_secret, claim: CLAIM, roles: OPERATOR_ROWS };
  return (await call("PUT /admin/v1/sign-in", { body: known })).sign_in_url;
}

/** The secret that Maskline and the provider share; made once and kept for this machine's next start. */
function secretOf() {
  try {
    return JSON.parse(readFileSync(file, "utf8")).client_secret;
  } catch {
    const client_secret = randomBytes(32).toString("base64url");
    writePrivate(file, `${JSON.stringify({ client_secret })}\n`);
    return client_secret;
  }
}
