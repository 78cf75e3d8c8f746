// What the pages show, and what they do not: a text's words are read one by one and entered, a person's page says until when what is
// kept and has no number, settings are changed by who may, and a live region tells nothing that its page would not.
import { beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../src/access/caller.ts";
import { furnish, type Furnished } from "../support/tenant/settled.ts";
import { signedIn, submit, visit, type SignedIn } from "../support/tenant/people.ts";
import { ask, asOperator } from "../support/tenant/tenants.ts";

let tenant: Furnished;
const people = new Map<Role, SignedIn>();
const as = (role: Role): SignedIn => people.get(role)!;

beforeAll(async () => {
  tenant = await furnish("Pages");
  for (const role of ["owner", "developer", "support", "privacy", "auditor", "viewer"] as const)
    people.set(role, await signedIn(tenant, role));
});

const pageOf = async (path: string, role: Role): Promise<string> => {
  const answer = await visit(path, as(role));
  expect([path, answer.status]).toEqual([path, 200]);
  const html = await answer.text();
  return html.slice(html.indexOf("<main"));
};
const acts = async (act: string): Promise<{ actor: object; subject: { id: string } }[]> => {
  const { body } = await ask(`GET /v1/audit?order=newest&act=${act}&limit=50`, { key: tenant.key });
  return body["data"] as { actor: object; subject: { id: string } }[];
};
const rowsOf = (html: string): string[] => html.split("<tr>").slice(2);

describe("the inbox", () => {
  const path = () => `/console/inbox/${tenant.things.inbound}`;

  test("has no words, neither in its list nor on the page of a text that nobody has asked to read", async () => {
    for (const each of ["/console/inbox", path()]) expect(await pageOf(each, "support")).not.toContain("Are you open");
    expect(await acts("inbound.read")).toEqual([]);
  });

  test("shows the words of one text to whoever asks for them, with an entry by their id, role and page", async () => {
    const read = await submit(path(), as("privacy"), {});
    expect(read.status).toBe(200);
    const html = await read.text();
    expect(html).toContain("Are you open?");
    expect(html.replaceAll(/\D/g, "")).not.toContain("7700900162");
    const [entry, ...more] = await acts("inbound.read");
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      actor: { type: "person", id: as("privacy").id, role: "privacy", page: "/console/inbox/{id}" },
      subject: { id: tenant.things.inbound },
    });
  });

  test("shows them to nobody else, and enters nothing", async () => {
    const before = (await acts("inbound.read")).length;
    for (const role of ["developer", "auditor", "viewer"] as const) {
      const refused = await submit(path(), as(role), {});
      expect(refused.status).toBe(403);
      expect(await refused.text()).not.toContain("Are you open");
    }
    const stranger = await signedIn(await furnish("Elsewhere"), "owner");
    expect((await submit(path(), stranger, {})).status).toBe(404);
    expect(await acts("inbound.read")).toHaveLength(before);
  });
});

describe("a person, by token", () => {
  const path = () => `/console/tokens/${tenant.things.token}`;

  test("has what is kept of them with the day until which it is, and no number", async () => {
    const html = await pageOf(path(), "owner");
    const { body } = await ask(`GET /v1/messages/${tenant.things.message}`, { key: tenant.key });
    const days = 7; // records of a sandbox
    const until = new Date(Date.parse(String(body["created_at"])) + days * 86_400_000).toISOString();
    const row = rowsOf(html).find((each) => each.includes(tenant.things.message));
    expect(row).toContain(`title="${until}"`);
    expect(html).toContain("90 days after its last use");
    expect(html.replaceAll(/\D/g, "")).not.toContain("7700900150");
  });

  test("is asked of what the visitor's role may read, and of nothing else", async () => {
    const said = async (role: Role) =>
      [...(await pageOf(path(), role)).matchAll(/Your role does not see these/g)].length;
    expect([await said("owner"), await said("auditor"), await said("developer")]).toEqual([0, 1, 2]);
    expect((await visit(path(), as("viewer"))).status).toBe(403);
  });

  test("is found by reference, and not by number", async () => {
    await ask("POST /v1/messages", {
      key: tenant.key,
      body: { to: { token: tenant.things.token }, purpose: "service", text: "x", reference: "order-4711" },
    });
    const found = await submit("/console/tokens", as("support"), { q: "order-4711" });
    expect(found.headers.get("location")).toBe("/console/tokens?reference=order-4711");
    expect(await pageOf("/console/tokens?reference=order-4711", "support")).toContain(path());
    for (const q of ["07700 900150", "+447700900150"]) {
      const sought = await submit("/console/tokens", as("support"), { q });
      expect(sought.headers.get("location")).toBe("/console/tokens?wrong=number");
    }
  });

  test("of another tenant, or of nobody, is not there", async () => {
    const other = await signedIn(await furnish("Other"), "owner");
    expect((await visit(path(), other)).status).toBe(404);
    expect((await visit(`${path().slice(0, -4)}zzzz`, as("owner"))).status).toBe(404);
  });
});

describe("pools", () => {
  test("say how long a pool lasts, by the API's own forecast", async () => {
    const { body } = await ask(`GET /v1/pools/${tenant.things.pool}/plan?session_days=30`, { key: tenant.key });
    const html = await pageOf(`/console/pools/${tenant.things.pool}?days=30`, "viewer");
    expect(html).toContain(`${String(body["free"])} of ${String(body["numbers"])}`);
    expect(html).toContain(`<strong class="figure">${String(body["recommended_size"])}</strong>`);
  });
});

describe("settings", () => {
  const path = "/console/settings";
  const sentences = async () => (await ask("GET /v1/masking", { key: tenant.key })).body;
  const filled = async (over: Record<string, string> = {}): Promise<Record<string, string>> => {
    const { intercept: _hook, ...now } = await sentences();
    return {
      ...Object.fromEntries(Object.entries(now).map(([name, value]) => [name, typeof value === "string" ? value : ""])),
      ...over,
    };
  };

  test("show caps and usage as GET /v1/policy tells them", async () => {
    const { body } = await ask("GET /v1/policy", { key: tenant.key });
    const { storage } = body as { storage: { quota: { records: number } } };
    expect(await pageOf(path, "viewer")).toContain(`of ${storage.quota.records.toLocaleString("en-GB")}`);
  });

  test("are changed by whoever may by key, and by nobody else; silence stays silence", async () => {
    expect((await submit(path, as("support"), await filled({ help: "Ask the desk." }))).status).toBe(200);
    expect(await sentences()).toMatchObject({ help: "Ask the desk.", out_of_session: null });
    const before = await sentences();
    for (const role of ["privacy", "auditor", "viewer"] as const) {
      expect(await pageOf(path, role)).not.toContain('name="help"');
      expect((await submit(path, as(role), await filled({ help: "Mine" }))).status).toBe(403);
    }
    expect(await sentences()).toEqual(before);
  });

  test("take no number, and repeat none", async () => {
    const refused = await submit(path, as("owner"), await filled({ help: "Call 07700 900321" }));
    expect(refused.status).toBe(422);
    expect((await refused.text()).replaceAll(/\D/g, "")).not.toContain("7700900321");
  });

  test("switch a hook off for the owner alone", async () => {
    const hook = { url: "https://192.0.9.1/hook", on_failure: "closed" };
    expect((await ask("PUT /v1/masking/intercept", { key: tenant.key, body: hook })).status).toBe(200);
    expect((await submit(path, as("developer"), { do: "hook_off" })).status).toBe(403);
    expect((await sentences())["intercept"]).not.toBeNull();
    expect((await submit(path, as("owner"), { do: "hook_off" })).status).toBe(200);
    expect((await sentences())["intercept"]).toBeNull();
  });
});

describe("a live region", () => {
  const LIVE = { "x-live": "1" };

  test.each(["/console/live", "/console/messages", "/console/inbox"])(
    "of %s is the page's own part: 304 until something happens, then the new row at once",
    async (path) => {
      const page = await pageOf(path, "owner");
      const first = await visit(path, as("owner"), LIVE);
      const [html, tag] = [await first.text(), first.headers.get("etag") ?? ""];
      expect([first.status, first.headers.get("cache-control")]).toEqual([200, "no-store"]);
      expect(html).not.toMatch(/<html|<main|<nav aria-label="Pages/);
      expect(page).toContain(html);
      const same = await visit(path, as("owner"), { ...LIVE, "if-none-match": tag });
      expect([same.status, await same.text()]).toEqual([304, ""]);
      const known = new Set([...html.matchAll(/(?:msg|inb)_\w{36}/g)].map(([id]) => id));
      if (path === "/console/inbox") {
        const text = { number: "+447700900162", to: "+447700900872", text: "Again" };
        await ask("POST /v1/sandbox/handset/messages", { key: tenant.key, body: text });
      } else {
        const text = { to: "+447700900150", purpose: "service", text: "x" };
        await ask("POST /v1/messages", { key: tenant.key, body: text });
      }
      const next = await visit(path, as("owner"), { ...LIVE, "if-none-match": tag });
      expect(next.status).toBe(200);
      const now = [...(await next.text()).matchAll(/(?:msg|inb)_\w{36}/g)].map(([id]) => id);
      expect(now.some((id) => !known.has(id))).toBe(true);
    },
  );

  test("has at most thirty rows, and none of what a role does not see", async () => {
    const lots = { minute: 1_000, hour: 1_000, day: 1_000 };
    await asOperator(`PATCH /admin/v1/tenants/${tenant.id}`, { policy: { limits: { recipient: lots } } });
    for (let sent = 0; sent < 25; sent += 1)
      await ask("POST /v1/messages", { key: tenant.key, body: { to: "+447700900150", purpose: "service", text: "x" } });
    for (let said = 0; said < 15; said += 1)
      await ask("POST /v1/consents", {
        key: tenant.key,
        body: { to: "+447700900150", purposes: ["marketing"], state: said % 2 === 0 ? "given" : "withdrawn" },
      });
    const html = await (await visit("/console/live", as("owner"), LIVE)).text();
    expect(rowsOf(html)).toHaveLength(30);
    expect(await (await visit("/console/live", as("viewer"), LIVE)).text()).not.toMatch(/inb_/);
  });

  test("ends with the session and with the role, in the next question", async () => {
    const person = await signedIn(tenant, "support", { subject: "watches" });
    expect((await visit("/console/inbox", person, LIVE)).status).toBe(200);
    await submit("/console/people", as("owner"), { do: "role", id: person.id, role: "viewer" });
    const refused = await visit("/console/inbox", person, LIVE);
    expect([refused.status, await refused.text()]).toEqual([403, ""]);
    await submit("/console/people", as("owner"), { do: "end", id: person.session });
    expect((await visit("/console/messages", person, LIVE)).status).toBe(303);
  });
});
