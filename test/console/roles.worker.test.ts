// Every page of the console as every role: what it may see, what it must not, and that nothing but the role decides. A role is
// changed, a session ended or a sign-in reset, and the very next request is refused.
import { beforeAll, describe, expect, test } from "vitest";
import { ROLES, type Role } from "../../src/access/caller.ts";
import { scopesOfRole } from "../../src/access/roles.ts";
import { PAGES } from "../../src/console/pages/pages.ts";
import { opens } from "../../src/console/visit.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import {
  identity,
  setSignIn,
  SIGN_IN,
  signedIn,
  submit,
  trySignIn,
  visit,
  type SignedIn,
} from "../support/tenant/people.ts";
import { ask, asOperator, BASE, newKey } from "../support/tenant/tenants.ts";

let tenant: Furnished;
const people = new Map<Role, SignedIn>();

beforeAll(async () => {
  tenant = await furnish("Console");
  for (const role of ROLES) people.set(role, await signedIn(tenant, role));
});

const as = (role: Role): SignedIn => people.get(role)!;
const idOf: Record<string, (things: Furnished["things"]) => string> = {
  "/console/messages/{id}": ({ message }) => message,
  "/console/verifications/{id}": ({ verification }) => verification,
  "/console/conversations/{id}": ({ session }) => session,
  "/console/webhooks/{id}": ({ webhook }) => webhook,
  "/console/inbox/{id}": ({ inbound }) => inbound,
  "/console/pools/{id}": ({ pool }) => pool,
  "/console/tokens/{token}": ({ token }) => token,
};
const idIn = (path: string): string => idOf[path]?.(tenant.things) ?? "none";
const addressOf = (path: string): string => path.replace(/\{\w+\}/, idIn(path));

/** Who sees which page, told here once more: a scope that moves to another role, or a page that asks another verb, is seen. */
const EVERYBODY = ROLES;
const BUILDERS: Role[] = ["owner", "developer"];
const SEEN_BY: Record<string, readonly Role[]> = {
  "/console": EVERYBODY,
  "/console/live": EVERYBODY,
  "/console/messages": EVERYBODY,
  "/console/messages/{id}": EVERYBODY,
  "/console/verifications": EVERYBODY,
  "/console/verifications/{id}": EVERYBODY,
  "/console/conversations": EVERYBODY,
  "/console/conversations/{id}": EVERYBODY,
  "/console/inbox": ["owner", "support", "privacy"],
  "/console/inbox/{id}": ["owner", "support", "privacy"],
  "/console/send": ["owner", "developer", "support"],
  "/console/webhooks": BUILDERS,
  "/console/webhooks/{id}": BUILDERS,
  "/console/pools": EVERYBODY,
  "/console/pools/{id}": EVERYBODY,
  "/console/keys": BUILDERS,
  "/console/tokens": ["owner", "developer", "support", "privacy", "auditor"],
  "/console/tokens/{token}": ["owner", "developer", "support", "privacy", "auditor"],
  "/console/alerts": EVERYBODY,
  "/console/people": ["owner"],
  "/console/audit": ["owner", "privacy", "auditor"],
  "/console/settings": EVERYBODY,
};

test("every page stands in the table of who sees it, and the table in none that is gone", () => {
  expect(PAGES.map(({ path }) => path).sort()).toEqual(Object.keys(SEEN_BY).sort());
});
const matrix = PAGES.flatMap((page) => ROLES.map((role) => ({ page, role })));

describe.each(matrix)("$page.path as $role", ({ page, role }) => {
  const may = SEEN_BY[page.path]?.includes(role) === true;
  test(may ? "is shown" : "is refused, and shows nothing", async () => {
    const answer = await visit(addressOf(page.path), as(role));
    expect(answer.status).toBe(may ? 200 : 403);
    const html = await answer.text();
    const shown = html.slice(html.indexOf("<main"));
    if (page.live !== undefined) {
      const region = await visit(addressOf(page.path), as(role), { "x-live": "1" });
      expect(region.status).toBe(may ? 200 : 403);
      if (!may) expect(await region.text()).not.toMatch(/msg_|ver_|ses_|inb_|tok_/);
    }
    if (!may) for (const thing of Object.values(tenant.things)) expect(shown).not.toContain(thing);
    // What the role does not open is in no navigation.
    for (const other of PAGES.filter(({ nav }) => nav !== undefined))
      expect(html.includes(`href="${other.path}"`), other.path).toBe(
        opens(scopesOfRole(role), other) || shown.includes(`href="${other.path}"`),
      );
  });
});

/** The route behind a page, where its name is another. */
const ROUTES: Record<string, string> = {
  "/console": "/v1/stats",
  "/console/live": "/v1/messages",
  "/console/conversations": "/v1/sessions",
  "/console/conversations/{id}": "/v1/sessions/{id}",
  "/console/inbox": "/v1/inbound",
  "/console/inbox/{id}": "/v1/inbound/{id}",
  "/console/send": "/v1/messages/preview",
  "/console/settings": "/v1/policy",
};

test("what a page may be asked is what its verb may be asked: each page's scope is its routes'", async () => {
  for (const page of PAGES) {
    if (page.path === "/console/tokens") continue; // asks nothing before somebody is sought
    const key = await newKey(tenant.id, { name: "one", scopes: [page.scope] });
    const route = (ROUTES[page.path] ?? page.path.replace("/console/", "/v1/")).replace(/\{\w+\}/, idIn(page.path));
    const method = page.scope === "messages:send" ? "POST" : "GET";
    const { status } = await ask(`${method} ${route}`, {
      key: key.key,
      ...(method === "POST" ? { body: { to: "+447700900123", purpose: "service", text: "x" } } : {}),
    });
    expect([page.path, status]).toEqual([page.path, 200]);
  }
});

test("what somebody does is in the audit by their id, their role and the page, and never by a name", async () => {
  const form = { to: "+447700900123", purpose: "service", text: "From a page", do: "send" };
  expect((await submit("/console/send", as("support"), form)).status).toBe(303);
  const { data } = (await ask("GET /v1/audit?order=newest&limit=20", { key: tenant.key })).body as {
    data: { act: string; actor: object }[];
  };
  const actor = { type: "person", id: as("support").id, role: "support", page: "/console/send" };
  expect(data.find(({ act }) => act === "message.accepted")?.actor).toEqual(actor);
  expect(JSON.stringify(data)).not.toMatch(/Somebody of|people\.example/);
});

describe("a form", () => {
  const form = { to: "+447700900123", purpose: "service", text: "x", do: "send" };
  test.each([
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "content-type": "text/plain" },
  ])("that no page of ours sent is not read: %o", async (headers) => {
    for (const path of ["/console/send", "/console/keys", "/console/people", "/console/sign-out"]) {
      const answer = await submit(path, as("owner"), form, headers);
      expect([403, 415]).toContain(answer.status);
      expect(answer.headers.get("set-cookie")).toBeNull();
    }
    expect((await visit("/console/messages", as("owner"))).status).toBe(200);
  });

  test("that is sent twice is one request", async () => {
    const once = { ...form, once: "the-same-form" };
    const [first, second] = [
      await submit("/console/send", as("owner"), once),
      await submit("/console/send", as("owner"), once),
    ];
    expect(first.headers.get("location")).toMatch(/^\/console\/send\?sent=msg_/);
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
  });

  test("of somebody whose role may not is refused, and changes nothing", async () => {
    const before = (await ask("GET /v1/keys", { key: tenant.key })).text;
    const key = { name: "mine", scope: "messages:read" };
    for (const role of ["support", "privacy", "auditor", "viewer"] as const)
      expect((await submit("/console/keys", as(role), key)).status).toBe(403);
    // A developer gives what a developer has, and no more.
    const more = await submit("/console/keys", as("developer"), { name: "more", scope: "tokens:reveal" });
    expect(await more.text()).toContain("A key can only give the scopes it holds itself.");
    expect((await ask("GET /v1/keys", { key: tenant.key })).text).toBe(before);
  });

  test("answers without the number that was typed into it, in whatever field", async () => {
    const number = "+447700900321";
    for (const fields of [
      { to: number, purpose: "nothing", text: `Call ${number}`, from: number },
      { to: number, purpose: "service", text: `Call ${number}`, do: "preview" },
    ]) {
      const html = await (await submit("/console/send", as("owner"), fields)).text();
      expect(html.replaceAll(/\D/g, "")).not.toContain("7700900321");
    }
    const sought = await submit("/console/messages", as("owner"), { q: "07700 900321" });
    expect(sought.headers.get("location")).toBe("/console/messages?wrong=number");
    const names = ["q", "state", "from", "to", "act", "days", "type", "event", "id", "do", "role", "url", "name"];
    for (const { path } of PAGES.filter(({ post }) => post !== undefined))
      for (const name of names) {
        const answer = await submit(addressOf(path), as("owner"), { [name]: "07700 900321" });
        const told = `${answer.headers.get("location") ?? ""} ${await answer.text()}`;
        expect([path, name, decodeURIComponent(told).replaceAll(/\D/g, "").includes("7700900321")]).toEqual([
          path,
          name,
          false,
        ]);
      }
  });
});

describe("a session", () => {
  test("of another tenant, forged, or of nobody opens nothing", async () => {
    const { cookie } = as("owner");
    for (const given of [
      "",
      `${cookie.slice(0, -1)}${cookie.endsWith("0") ? "1" : "0"}`,
      "__Host-maskline_console=mcs_x",
      `${cookie}; ${cookie}`,
    ]) {
      const answer = await visit("/console/messages", { cookie: given });
      expect([answer.status, answer.headers.get("location")?.startsWith("/console/sign-in")]).toEqual([303, true]);
    }
    const other = await furnishedStranger();
    expect((await visit(`/console/messages/${tenant.things.message}`, other)).status).toBe(404);
  });

  test("is no key: the API does not take it", async () => {
    const text = as("owner").cookie.split("=")[1] ?? "";
    expect((await ask("GET /v1/messages", { key: text })).status).toBe(401);
    expect((await ask("GET /v1/messages", { headers: { cookie: as("owner").cookie } })).status).toBe(401);
  });

  test("that was planted before a sign-in is worth nothing after it", async () => {
    const planted = await signedIn(tenant, "viewer", { subject: "an attacker" });
    const victim = await signedIn(tenant, "owner", { subject: "a victim", before: planted.session });
    expect(victim.cookie).not.toBe(planted.cookie);
    expect((await visit("/console/messages", planted)).status).toBe(303);
    expect((await visit("/console/people", victim)).status).toBe(200);
  });

  test("comes of one login only", async () => {
    const given = identity(["viewer"], { subject: "twice" });
    expect(await trySignIn(tenant, given)).toHaveProperty("session");
    expect(await trySignIn(tenant, given)).toEqual({ denied: "used" });
  });

  test("ends with the sign-out, with its end by an owner, and is refused at once", async () => {
    const [one, two] = [
      await signedIn(tenant, "viewer", { subject: "one" }),
      await signedIn(tenant, "viewer", { subject: "two" }),
    ];
    expect((await submit("/console/sign-out", one, {})).headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await visit("/console/messages", one)).status).toBe(303);
    expect((await submit("/console/people", as("owner"), { do: "end", id: two.session })).status).toBe(200);
    expect((await visit("/console/messages", two)).status).toBe(303);
  });

  test("of somebody whose role is changed has the new one with the next request, and none without access", async () => {
    const person = await signedIn(tenant, "auditor", { subject: "moved" });
    expect((await visit("/console/audit", person)).status).toBe(200);
    const change = (role: string) => submit("/console/people", as("owner"), { do: "role", id: person.id, role });
    expect((await change("viewer")).status).toBe(200);
    expect((await visit("/console/audit", person)).status).toBe(403);
    expect((await change("none")).status).toBe(200);
    expect((await visit("/console/messages", person)).status).toBe(303);
    // Whatever the claim says, what an owner gave stands.
    expect(await trySignIn(tenant, identity(["auditor"], { subject: "moved" }))).toEqual({ denied: "no_role" });
  });
});

describe("who may sign in", () => {
  test("is changed by nobody whose sign-in is not fresh, and by no key once it is set", async () => {
    const stale = await signedIn(tenant, "owner", { subject: "stale", authenticatedAt: Date.now() - 11 * 60_000 });
    const unsaid = await signedIn(tenant, "owner", { subject: "unsaid", authenticatedAt: null });
    for (const person of [stale, unsaid]) {
      const answer = await submit("/console/people", person, { do: "role", id: as("viewer").id, role: "owner" });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toMatch(/go\?fresh=1&amp;to=\/console\/people/);
    }
    expect(await ask("PUT /v1/sign-in", { key: tenant.key, body: SIGN_IN })).toMatchObject({
      status: 403,
      body: { code: "fresh_sign_in_needed" },
    });
    expect(
      await ask(`PATCH /v1/people/${as("viewer").id}`, { key: tenant.key, body: { role: "owner" } }),
    ).toMatchObject({ status: 403, body: { code: "fresh_sign_in_needed" } });
    expect((await visit("/console/people", as("viewer"))).status).toBe(403);
  });

  test("a key that may not everything gives nobody a role that may", async () => {
    const other = await furnish("Weak");
    const reset = await asOperator(`POST /admin/v1/tenants/${other.id}/sign-in/reset`);
    expect(reset).toMatchObject({ status: 200, body: { had_sign_in: true } });
    const weak = await newKey(other.id, { name: "weak", scopes: ["signin:manage"] });
    expect(await ask("PUT /v1/sign-in", { key: weak.key, body: SIGN_IN })).toMatchObject({
      status: 403,
      body: { code: "missing_scope" },
    });
  });

  test("a reset by the operator ends every session at once, and is told", async () => {
    const other = await furnish("Reset");
    const person = await signedIn(other, "owner");
    expect((await visit("/console/messages", person)).status).toBe(200);
    expect((await asOperator(`POST /admin/v1/tenants/${other.id}/sign-in/reset`)).body).toMatchObject({
      had_sign_in: true,
    });
    expect((await visit("/console/messages", person)).status).toBe(303);
    expect(await trySignIn(other, identity(["owner"]))).toEqual({ denied: "settings_changed" });
    const events = (await ask("GET /v1/events?type=alert.sign_in_reset", { key: other.key })).body["data"];
    expect(events).toHaveLength(1);
    await setSignIn(other);
    expect(await trySignIn(other, identity(["owner"]))).toHaveProperty("session");
  });
});

describe("every page", () => {
  test.each(PAGES.map(({ path }) => path))(
    "%s is framed nowhere, kept nowhere, and holds no script and no style",
    async (path) => {
      const answer = await visit(addressOf(path), as("owner"));
      expect(answer.headers.get("cache-control")).toBe("no-store");
      const policy = answer.headers.get("content-security-policy") ?? "";
      for (const rule of [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "frame-ancestors 'none'",
        "form-action 'self'",
      ])
        expect(policy).toContain(rule);
      const html = await answer.text();
      expect(html).not.toMatch(/<script(?! src="\/(?:console\/console|handset\/handset)\.js")|<style| style=| on\w+=/);
      expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    },
  );

  test("leads nowhere else: neither back from a sign-in nor out of it", async () => {
    const link = (await ask("GET /v1/sign-in", { key: tenant.key })).body["sign_in_url"];
    const path = String(link).slice(String(link).indexOf("/console"));
    for (const to of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "/console/../../evil",
      "/handset",
      "javascript:alert(1)",
      "/console/messages?x=//evil",
    ]) {
      const html = await (await visit(`${path}?to=${encodeURIComponent(to)}`, { cookie: "" })).text();
      expect(html).toContain(`go?to=/console"`);
      expect(html).not.toContain("evil");
    }
    const forged = path.slice(0, -1) + (path.endsWith("0") ? "1" : "0");
    expect((await visit(forged, { cookie: "" })).status).toBe(404);
    expect((await visit(`${forged}/go`, { cookie: "" })).status).toBe(404);
  });

  test("shows a stranger's words and runs none of them", async () => {
    const hostile = `<img src=x onerror=alert(1)>"'\`</script><script>alert(1)</script>\u202Eevil`;
    const owner = await signedIn(tenant, "owner", { subject: hostile, name: hostile, address: hostile });
    await ask("POST /v1/messages", {
      key: tenant.key,
      body: {
        to: "+447700900124",
        purpose: "service",
        text: "x",
        reference: hostile.slice(0, 100),
        metadata: { [hostile.slice(0, 40)]: hostile },
      },
    });
    await newKey(tenant.id, { name: hostile.replaceAll(/[\u202E]/g, "").slice(0, 90), scopes: ["audit:read"] });
    const { data } = (await ask("GET /v1/messages?limit=1", { key: tenant.key })).body as { data: { id: string }[] };
    for (const path of [
      "/console/people",
      "/console/keys",
      "/console/messages",
      `/console/messages/${data[0]?.id ?? ""}`,
    ]) {
      const html = await (await visit(path, owner)).text();
      expect(html, path).not.toMatch(/<img src=x|<script>/);
      expect(html, path).toContain("&lt;img src=x onerror=alert(1)&gt;");
    }
  });
});

async function furnishedStranger(): Promise<SignedIn> {
  return signedIn(await furnish("Stranger"), "owner");
}

test("the address of a page is no way to a program: / is JSON to one and a page to a browser", async () => {
  const json = await ask("GET /", { headers: { accept: "*/*" } });
  expect(json).toMatchObject({ status: 200, body: { name: "Maskline", console: `${BASE}/console` } });
  const page = await visit("/", { cookie: "" }, { accept: "text/html" });
  expect(page.headers.get("content-type")).toContain("text/html");
});
