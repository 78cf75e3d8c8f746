// The operators' console: who may see and do what, and that nothing but the role decides. Every page as operator, as observer and as
// nobody; what is sensitive without a fresh sign-in; sessions that end; the admin token beside the sign-in.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { OPERATOR_PAGES } from "../../src/console/operator/pages.ts";
import { setOperatorSignIn, operatorSignedIn, tryOperatorSignIn } from "../support/tenant/operators.ts";
import { identity, signedIn, submit, visit, type SignedIn } from "../support/tenant/people.ts";
import { ask, asOperator, newTenant, type Tenant } from "../support/tenant/tenants.ts";

let tenant: Tenant;
let operator: SignedIn;
let observer: SignedIn;

beforeAll(async () => {
  tenant = await newTenant("Northern Shifts");
  await setOperatorSignIn();
});
beforeEach(async () => {
  operator = await operatorSignedIn("operator");
  observer = await operatorSignedIn("observer");
});

const addressOf = (path: string): string => path.replace("{id}", tenant.id);
const tenantPage = (): string => `/console/operator/tenants/${tenant.id}`;
type Entry = { act: string; actor: object; subject: { id: string } | null };
const newestEntries = async (): Promise<Entry[]> => {
  const found: Entry[] = [];
  for (let cursor: string | null = "0"; cursor !== null;) {
    const { body } = await asOperator(`GET /admin/v1/audit?limit=500&cursor=${cursor}`);
    found.push(...(body["data"] as Entry[]));
    cursor = body["next_cursor"] as string | null;
  }
  return found.toReversed();
};
const stateOf = async () => (await asOperator(`GET /admin/v1/tenants/${tenant.id}`)).body["state"];

describe.each(OPERATOR_PAGES.map(({ path }) => path))("%s", (path) => {
  test("is shown to operators and observers, kept nowhere, framed nowhere, without a script or style of its own", async () => {
    for (const who of [operator, observer]) {
      const answer = await visit(addressOf(path), who);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      const html = await answer.text();
      expect(html).not.toMatch(/<script(?! src="\/console\/console\.js")|<style| style=| on\w+=/);
      expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    }
  });

  test("is shown to nobody else: no session, a forged one, a tenant's owner with the session under either name", async () => {
    const owner = await signedIn(tenant, "owner");
    const text = owner.cookie.split("=")[1] ?? "";
    const own = operator.cookie;
    for (const cookie of [
      "",
      `${own.slice(0, -1)}${own.endsWith("0") ? "1" : "0"}`,
      owner.cookie,
      `__Host-maskline_operator=${text}`,
      `${own}; ${own}`,
    ]) {
      const answer = await visit(addressOf(path), { cookie });
      expect([answer.status, answer.headers.get("location")?.includes("/sign-in")]).toEqual([303, true]);
    }
  });
});

describe("an operator's session", () => {
  test("opens no tenant's page under either name, and no API", async () => {
    const text = operator.cookie.split("=")[1] ?? "";
    for (const cookie of [operator.cookie, `__Host-maskline_console=${text}`])
      expect((await visit("/console/messages", { cookie })).status).toBe(303);
    for (const route of ["GET /v1/messages", "GET /admin/v1/tenants"]) {
      expect((await ask(route, { key: text })).status).toBe(401);
      expect((await ask(route, { headers: { cookie: operator.cookie } })).status).toBe(401);
    }
  });

  test("ends with the sign-out and when another operator ends it, with the very next request", async () => {
    const other = await operatorSignedIn("observer", { subject: "other" });
    expect((await submit("/console/operator/sign-out", observer, {})).headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await visit("/console/operator/tenants", observer)).status).toBe(303);
    expect((await asOperator(`DELETE /admin/v1/operator-sessions/${other.session}`)).status).toBe(200);
    expect((await visit("/console/operator/tenants", other)).status).toBe(303);
    expect((await visit("/console/operator/tenants", operator)).status).toBe(200);
  });

  test("comes of one login only, of a claim that leads to a role, and of the settings that stand", async () => {
    const once = identity(["observer"], { subject: "once" });
    expect(await tryOperatorSignIn(once)).toHaveProperty("session");
    expect(await tryOperatorSignIn(once)).toEqual({ denied: "used" });
    expect(await tryOperatorSignIn(identity(["owner"]))).toEqual({ denied: "no_role" });
    expect(await tryOperatorSignIn(identity(["operator"], { issuer: "https://192.0.9.2" }))).toEqual({
      denied: "settings_changed",
    });
  });

  test("that was planted before a sign-in is worth nothing after it", async () => {
    const victim = await operatorSignedIn("operator", { subject: "victim", before: observer.session });
    expect((await visit("/console/operator/tenants", observer)).status).toBe(303);
    expect((await visit("/console/operator/tenants", victim)).status).toBe(200);
  });

  test("of somebody whose role is taken is over with the next request", async () => {
    const moved = await operatorSignedIn("operator", { subject: "moved" });
    const change = (role: string) => asOperator(`PATCH /admin/v1/operators/${moved.id}`, { role });
    expect((await change("observer")).status).toBe(200);
    expect((await submit(tenantPage(), moved, { do: "rename", name: "Mine" })).status).toBe(403);
    expect((await change("none")).status).toBe(200);
    expect((await visit("/console/operator/tenants", moved)).status).toBe(303);
    expect(await tryOperatorSignIn(identity(["operator"], { subject: "moved" }))).toEqual({ denied: "no_role" });
  });
});

describe("what is done", () => {
  test("stands in the operators' audit by an opaque id, the role and the page, and in the tenant's; never a name", async () => {
    expect((await submit(tenantPage(), operator, { do: "suspend" })).status).toBe(200);
    expect(await stateOf()).toBe("suspended");
    expect((await submit(tenantPage(), operator, { do: "resume" })).status).toBe(200);
    const entries = await newestEntries();
    const page = "/console/operator/tenants/{id}";
    expect(entries.find(({ act }) => act === "tenant.suspended")?.actor).toEqual({
      type: "operator",
      id: operator.id,
      role: "operator",
      page,
    });
    expect(operator.id).toMatch(/^per_e00000000/);
    expect(JSON.stringify(entries)).not.toMatch(/Somebody of|people\.example/);
    const tenants = (await ask("GET /v1/audit?order=newest&limit=10", { key: tenant.key })).body["data"] as Entry[];
    expect(tenants.find(({ act }) => act === "tenant.suspended")?.actor).toEqual({ type: "operator", id: operator.id });
  });

  test("by an observer is nothing: every form is refused, and changes nothing", async () => {
    const before = await stateOf();
    for (const act of ["rename", "suspend", "resume", "reset"]) {
      const answer = await submit(tenantPage(), observer, { do: act, name: "Mine" });
      expect([act, answer.status]).toEqual([act, 403]);
      expect(await answer.text()).toContain("An observer looks and changes nothing");
    }
    expect(await stateOf()).toBe(before);
    expect((await asOperator(`GET /admin/v1/tenants/${tenant.id}`)).body["name"]).not.toBe("Mine");
  });

  test("that is sensitive wants a sign-in of the last ten minutes; what is not, does not", async () => {
    const stale = await operatorSignedIn("operator", { subject: "stale", authenticatedAt: Date.now() - 11 * 60_000 });
    const unsaid = await operatorSignedIn("operator", { subject: "unsaid", authenticatedAt: null });
    for (const who of [stale, unsaid]) {
      const answer = await submit(tenantPage(), who, { do: "suspend" });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain(`go?fresh=1&amp;to=${tenantPage()}`);
    }
    expect(await stateOf()).toBe("active");
    expect((await submit(tenantPage(), stale, { do: "rename", name: "Renamed" })).status).toBe(200);
  });

  test("by a form that no page of ours sent is nothing", async () => {
    for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
      for (const path of [tenantPage(), "/console/operator/sign-out"]) {
        const answer = await submit(path, operator, { do: "suspend" }, headers);
        expect([answer.status, answer.headers.get("set-cookie")]).toEqual([403, null]);
      }
    }
    expect(await stateOf()).toBe("active");
  });
});

describe("the sign-in", () => {
  const link = async (): Promise<string> => {
    const url = String((await asOperator("GET /admin/v1/sign-in")).body["sign_in_url"]);
    return url.slice(url.indexOf("/console"));
  };

  test("is shown where its link is known, and a forged link finds nothing", async () => {
    const path = await link();
    expect(await (await visit(path, { cookie: "" })).text()).toContain("192.0.9.1");
    const forged = path.slice(0, -1) + (path.endsWith("0") ? "1" : "0");
    expect((await visit(forged, { cookie: "" })).status).toBe(404);
    expect(await (await visit("/console/operator/sign-in", { cookie: "" })).text()).toContain(
      "operators’ sign-in link",
    );
  });

  test("leads to no page but the operators' own", async () => {
    const path = await link();
    for (const to of ["https://evil.example", "/console/messages", "/console/operator", "/console/operatorx/y"]) {
      const html = await (await visit(`${path}?to=${encodeURIComponent(to)}`, { cookie: "" })).text();
      expect(html).toContain(`go?to=/console/operator/tenants"`);
    }
  });

  test("is changed by the admin token, which ends every session, keeps the secret, and is told as the way in for emergencies", async () => {
    await setOperatorSignIn({ client_secret: "a secret of the provider" });
    expect((await visit("/console/operator/tenants", operator)).status).toBe(303);
    const shown = await asOperator("GET /admin/v1/sign-in");
    expect(shown.body).toMatchObject({
      has_client_secret: true,
      redirect_uri: expect.stringContaining("/console/callback"),
    });
    expect(shown.text).not.toContain("a secret of the provider");
    const entries = await newestEntries();
    expect(entries.filter(({ act }) => act === "operator.token_used")).toHaveLength(1); // once an hour
    expect(entries.find(({ act }) => act === "signin.changed")?.actor).toMatchObject({ type: "operator" });
  });

  test.each([
    ["an address inside", { issuer: "https://10.0.0.1" }, "url_refused"],
    ["a role of tenants", { roles: [{ value: "x", role: "owner" }] }, "invalid_field"],
    ["no role", { roles: [] }, "invalid_field"],
    ["an unknown field", { admin: true }, "unknown_field"],
  ])("with %s is refused", async (_what, over, code) => {
    const body = {
      issuer: "https://192.0.9.1",
      client_id: "c",
      claim: "role",
      roles: [{ value: "o", role: "operator" }],
    };
    const answer = await asOperator("PUT /admin/v1/sign-in", { ...body, ...over });
    expect([answer.status >= 400, answer.body["code"]]).toEqual([true, code]);
  });
});
