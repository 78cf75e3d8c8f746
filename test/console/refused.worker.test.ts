// What the console refuses whoever asks: a session that is stale, a role that was taken away between a page and its form, a sign-in
// that this browser did not begin, and another site's frame, script or form.
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { LIFE_MS, IDLE_MS } from "../../src/access/people/ledger.ts";
import { PAGES } from "../../src/console/pages/pages.ts";
import { signedIn, submit, visit, type SignedIn } from "../support/tenant/people.ts";
import { ask, BASE, newTenant, type Tenant } from "../support/tenant/tenants.ts";

let tenant: Tenant;
let owner: SignedIn;

beforeAll(async () => {
  tenant = await newTenant("Refused");
  owner = await signedIn(tenant, "owner");
});

const stub = () => env.TENANTS.get(env.TENANTS.idFromName(`eu:${tenant.id.slice(5)}`));
/** The session as it will be after so long: its times are moved back instead of the clock. */
async function aged(
  session: string,
  column: "used_at" | "expires_at" | "fresh_until",
  milliseconds: number,
): Promise<void> {
  await runInDurableObject(stub(), (_object, { storage }) => {
    storage.sql.exec(`UPDATE people_sessions SET ${column} = ${column} - ? WHERE id = ?`, milliseconds, session);
  });
  await evictDurableObject(stub());
}
const text = { to: "+447700900123", purpose: "service", text: "x", do: "send" };
const count = async () =>
  ((await ask("GET /v1/messages?limit=100", { key: tenant.key })).body["data"] as object[]).length;

describe("a stale session", () => {
  test.each([
    ["unused for half an hour", "used_at", IDLE_MS],
    ["older than twelve hours, however much it was used", "expires_at", LIFE_MS],
  ] as const)("%s opens no page, takes no form and feeds no live region", async (_name, column, milliseconds) => {
    const person = await signedIn(tenant, "owner", { subject: column });
    await aged(person.session, column, milliseconds - 60_000);
    expect((await visit("/console/messages", person)).status).toBe(200);
    // The visit counted as use; from here the whole time passes.
    await aged(person.session, column, column === "used_at" ? milliseconds : 60_000);
    const before = await count();
    for (const answer of [
      await visit("/console/messages", person),
      await visit("/console/live", person, { "x-live": "1" }),
      await submit("/console/send", person, text),
    ]) {
      expect([answer.status, answer.headers.get("location")?.startsWith("/console/sign-in/")]).toEqual([303, true]);
      expect(answer.headers.get("set-cookie")).toMatch(/^__Host-maskline_console=;.*Max-Age=0/);
      expect(await answer.text()).toBe("");
    }
    expect(await count()).toBe(before);
  });

  test("whose sign-in is no longer fresh changes no role", async () => {
    const person = await signedIn(tenant, "owner", { subject: "not fresh" });
    const viewer = await signedIn(tenant, "viewer", { subject: "stays" });
    await aged(person.session, "fresh_until", 600_000);
    expect((await submit("/console/people", person, { do: "role", id: viewer.id, role: "owner" })).status).toBe(403);
    expect((await visit("/console/people", viewer)).status).toBe(403);
  });
});

describe("a role that was taken away", () => {
  test("between a page and its form counts for the form: nothing is sent, made or ended", async () => {
    const person = await signedIn(tenant, "developer", { subject: "leaves" });
    for (const path of ["/console/send", "/console/keys", "/console/webhooks"])
      expect((await visit(path, person)).status).toBe(200);
    await submit("/console/people", owner, { do: "role", id: person.id, role: "viewer" });
    const keys = (await ask("GET /v1/keys", { key: tenant.key })).text;
    const before = await count();
    expect((await submit("/console/send", person, text)).status).toBe(403);
    expect((await submit("/console/keys", person, { name: "mine", scope: "messages:read" })).status).toBe(403);
    expect((await submit("/console/keys", person, { do: "rotate", id: tenant.keyId })).status).toBe(403);
    expect((await submit("/console/people", person, { do: "end", id: owner.session })).status).toBe(403);
    expect([await count(), (await ask("GET /v1/keys", { key: tenant.key })).text]).toEqual([before, keys]);
    expect((await visit("/console/people", owner)).status).toBe(200);
  });
});

describe("a sign-in", () => {
  test("that this browser did not begin leads to no session, whatever the address says", async () => {
    for (const query of [
      "code=abc&state=def",
      "state=def",
      "error=access_denied",
      "code=abc&state=def&iss=https%3A%2F%2Fevil.example",
    ]) {
      const answer = await visit(`/console/callback?${query}`, { cookie: "" });
      expect(answer.status).toBe(400);
      expect(answer.headers.get("set-cookie") ?? "").not.toMatch(/__Host-maskline_console=mcs/);
      expect(await answer.text()).toContain("This sign-in is over");
    }
    const forged = await visit("/console/callback?code=a&state=b", { cookie: "__Host-maskline_login=eyJ9.forged" });
    expect(forged.status).toBe(400);
  });
});

describe("another site", () => {
  const every = () => [
    ...PAGES.map(({ path }) => path.replace(/\{\w+\}/, "none")),
    "/console/sign-in",
    "/console/callback",
    "/",
  ];

  test("frames no page of ours, whatever its status", async () => {
    for (const path of every())
      for (const who of [owner, { cookie: "" }]) {
        const answer = await visit(path, who, { accept: "text/html" });
        if (answer.status === 303) continue; // shows nothing
        expect([path, answer.headers.get("content-security-policy")]).toEqual([
          path,
          expect.stringContaining("frame-ancestors 'none'"),
        ]);
        expect(answer.headers.get("cross-origin-opener-policy")).toBe("same-origin");
      }
  });

  test("reads no page by script: no answer allows another origin, and a question with our header is asked about first", async () => {
    for (const path of every()) {
      const answer = await visit(path, owner, { origin: "https://evil.example", "x-live": "1" });
      expect([path, answer.headers.get("access-control-allow-origin")]).toEqual([path, null]);
      const asked = await fetchOptions(path);
      expect(asked.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("gets no form read on any page that takes one", async () => {
    for (const { path } of PAGES.filter(({ post }) => post !== undefined)) {
      const at = path.replace(/\{\w+\}/, "none");
      for (const headers of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
      ])
        expect([path, (await submit(at, owner, text, headers)).status]).toEqual([path, 403]);
    }
  });
});

function fetchOptions(path: string): Promise<Response> {
  const headers = {
    origin: "https://evil.example",
    "access-control-request-method": "GET",
    "access-control-request-headers": "x-live",
  };
  return exports.default.fetch(new Request(BASE + path, { method: "OPTIONS", headers, redirect: "manual" }));
}
