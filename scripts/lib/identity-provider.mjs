// An identity provider on loopback with one person for each role, for `npm start` and for tests: the real `oidc-provider`, with a page
// to choose the person. A development dependency, never in production.
import { createServer } from "node:http";
import { generateKeyPairSync, randomBytes } from "node:crypto";

/**
 * The provider warns on the console of its in-memory store and of Node 20, on which it works. Both matter only in production, so the
 * warnings are suppressed.
 */
const said = { warn: console.warn, info: console.info };
for (const [level, say] of Object.entries(said))
  console[level] = (...words) => String(words[0]).includes("oidc-provider ") || say(...words);
const { Provider, interactionPolicy } = await import("oidc-provider");

/** The people: one for each role of a tenant's console and of the operators', and one whose claim is mapped to no role. */
export const PEOPLE = {
  olive: { name: "Olive Owen", role: "owner" },
  dana: { name: "Dana Dev", role: "developer" },
  sam: { name: "Sam Support", role: "support" },
  priya: { name: "Priya Privacy", role: "privacy" },
  abel: { name: "Abel Auditor", role: "auditor" },
  vera: { name: "Vera Viewer", role: "viewer" },
  oscar: { name: "Oscar Operator", role: "operator" },
  ona: { name: "Ona Observer", role: "observer" },
  nobody: { name: "Noor Nobody", role: "nothing" },
};

export const CLIENT_ID = "maskline-console";
/** The claim with a person's role, and how the tenant's sign-in maps it. */
export const CLAIM = "maskline_role";
export const ROLE_ROWS = ["owner", "developer", "support", "privacy", "auditor", "viewer"].map((role) => ({
  value: role,
  role,
}));

/** As above, of the operators' sign-in. */
export const OPERATOR_ROWS = ["operator", "observer"].map((role) => ({ value: role, role }));

/** A key to sign ID tokens with, new at every start. */
function newKeys() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "local" }] };
}

/**
 * Starts the provider. `port` 0 is a free one; `console` is where Maskline serves. Answers its issuer, and `openLink({go, page, as})`: an
 * address that works once, and signs its visitor in as that person (the owner, where none is named), through the whole of the real sign-in.
 */
export async function startProvider({ port = 0, console: base, clientSecret, jwks = newKeys(), host = "127.0.0.1" }) {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const issuer = `http://${host}:${server.address().port}`;
  const { provider, openLink, page } = makeProvider(issuer, base, clientSecret, jwks);
  const fallback = provider.callback();
  server.on("request", (request, response) => {
    void page(request, response).then(
      (served) => served || fallback(request, response),
      () => response.writeHead(500).end("The sign-in page failed; begin again."),
    );
  });
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { issuer, clientId: CLIENT_ID, openLink, provider, stop };
}

function makeProvider(issuer, base, clientSecret, jwks) {
  const policy = interactionPolicy.base();
  // The person is chosen at every sign-in.
  policy
    .get("login")
    .checks.add(
      new interactionPolicy.Check("choose", "a person is chosen", (ctx) => ctx.oidc.result?.login === undefined),
    );
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        redirect_uris: [`${base}/console/callback`],
        grant_types: ["authorization_code"],
        response_types: ["code"],
        require_auth_time: true,
      },
    ],
    claims: { openid: ["sub", CLAIM], profile: ["name"], email: ["email"] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_ctx, id) => {
      const person = PEOPLE[id];
      if (person === undefined) return undefined;
      const claims = { sub: id, name: person.name, email: `${id}@people.example`, [CLAIM]: [person.role] };
      return { accountId: id, claims: async () => claims };
    },
    jwks,
    interactions: { policy, url: (_ctx, { uid }) => `/choose/${uid}` },
    loadExistingGrant: (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid profile email");
      return grant.save().then(() => grant);
    },
    pkce: { required: () => true },
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 60, Interaction: 600, Grant: 600, Session: 600 },
  });
  return { provider, ...pages(provider) };
}

/** The provider's own pages: the choice of a person, and the one-time link that signs in as the owner. */
function pages(provider) {
  const links = new Map();
  const chosen = new Map();
  const openLink = (target) => {
    const secret = randomBytes(24).toString("base64url");
    links.set(secret, target);
    return `${provider.issuer}/open/${secret}`;
  };
  const page = async (request, response) => {
    const { pathname } = new URL(request.url, provider.issuer);
    const [, what, which = ""] = pathname.split("/");
    if (what === "open") return open(response, which);
    if (what !== "choose") return false;
    const cookie = /(?:^|; )maskline_open=([\w-]+)/.exec(request.headers.cookie ?? "")?.[1];
    const given = request.method === "POST" ? await accountIn(request) : undefined;
    const account = cookie !== undefined && chosen.has(cookie) ? chosen.get(cookie) : given;
    chosen.delete(cookie);
    const { uid } = await provider.interactionDetails(request, response);
    if (account !== undefined && PEOPLE[account] !== undefined) {
      await provider.interactionFinished(request, response, { login: { accountId: account, remember: false } });
      return true;
    }
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
    response.end(choosePage(uid));
    return true;
  };
  const open = (response, secret) => {
    const target = links.get(secret);
    const first = target !== undefined && !target.used;
    if (first) {
      links.set(secret, { ...target, used: true });
      chosen.set(secret, target.as ?? "olive");
      response.setHeader("set-cookie", `maskline_open=${secret}; Path=/choose; Max-Age=60; HttpOnly; SameSite=Lax`);
    }
    const location = target === undefined ? null : first ? target.go : target.page;
    response.writeHead(location === null ? 404 : 303, location === null ? {} : { location });
    response.end(location === null ? "No such link." : "");
    return true;
  };
  return { openLink, page };
}

async function accountIn(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8")).get("account") ?? undefined;
}

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;background:#f5f7f8;color:#14212a}
main{width:min(28rem,100vw - 2rem)}h1{font-size:1.375rem;line-height:1.3;margin:0 0 .25rem}p{margin:0 0 1.25rem;color:#51626d}
form{display:grid;gap:.5rem}button{font:inherit;display:flex;justify-content:space-between;gap:1rem;align-items:baseline;padding:.75rem 1rem;border:1px solid #d8e0e4;border-radius:10px;background:#fff;color:inherit;cursor:pointer;text-align:left}
button:hover{border-color:#0b5c6b}button:focus-visible{outline:3px solid #b4480a;outline-offset:2px}span{color:#51626d}
@media(prefers-color-scheme:dark){body{background:#0d1418;color:#e6edf0}p,span{color:#a5b5bd}button{background:#151f24;border-color:#2b3940}button:hover{border-color:#72cddd}}`;

function choosePage(uid) {
  const rows = Object.entries(PEOPLE).map(
    ([id, { name, role }]) =>
      `<button name="account" value="${id}"><strong>${name}</strong><span>${role === "nothing" ? "no role" : role}</span></button>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Who are you? · local identity provider</title><style>${STYLE}</style></head><body><main><h1>Who are you today?</h1>
<p>The identity provider of this machine, with one person for each role of the console. It ends with npm start.</p>
<form method="post" action="/choose/${uid}">${rows.join("")}</form></main></body></html>`;
}
