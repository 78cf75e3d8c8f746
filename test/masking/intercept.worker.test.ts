/** The tenant's hook before a relay: what it says is done, what it does not say is done as the setting says, and nothing is lost. */
import { evictDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { beforeEach, expect, test, vi } from "vitest";
import { everything, newTenant, until, type Json, type Tenant } from "../support/tenant/tenant.ts";
import {
  advance,
  ALICE,
  arrives,
  BOB,
  newPool,
  opened,
  proxiesOf,
  shown,
  texts,
} from "../support/tenant/masked-lines.ts";

const HOOK = "http://127.0.0.1:65002/hook";
type Asked = { body: string; headers: Record<string, string> };
const asked: Asked[] = [];
let answer: (said: Json) => Response | Promise<Response>;

beforeEach(() => {
  asked.length = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    if (url !== HOOK) return new Response("ok");
    const body = init?.body as string;
    asked.push({ body, headers: init?.headers as Record<string, string> });
    return answer(JSON.parse(body) as Json);
  });
});

async function hooked(onFailure: "open" | "closed") {
  const tenant = await newTenant();
  await newPool(tenant, 2);
  const set = await tenant.call("PUT /v1/masking/intercept", { url: HOOK, on_failure: onFailure });
  expect(set.status).toBe(200);
  const session = await opened(tenant);
  const [alices] = proxiesOf(session) as [string, string];
  return { tenant, session: String(session["id"]), alices, secret: String(set.body["secret"]) };
}

const ended = (tenant: Tenant, session: string): Promise<Json> =>
  until(async () => {
    const { body } = await tenant.call(`GET /v1/sessions/${session}/interactions`);
    const [one] = body["data"] as Json[];
    return one === undefined || one["state"] === "pending" ? null : one;
  }, "the hook's decision");

test("allows: the call is signed, the text is relayed, and is stored in plaintext nowhere meanwhile", async () => {
  const { tenant, session, alices, secret } = await hooked("closed");
  let seen = "";
  answer = async () => {
    seen = await everything(tenant);
    return new Response(null, { status: 204 });
  };
  await texts(tenant, ALICE, alices, "May I pass?");
  await arrives(tenant, BOB, "May I pass?");
  expect(seen).not.toContain("May I pass?");
  expect(seen).toContain('"pending"');
  const [one] = asked as [Asked];
  const verified = new Webhook(secret).verify(one.body, one.headers) as Json;
  expect(verified).toMatchObject({
    type: "interaction.pending",
    text: "May I pass?",
    interaction: { session_id: session },
  });
  expect(one.body).not.toMatch(/900111|900222/);
  expect(await everything(tenant)).not.toMatch(/May I pass\?|whsec_/);
});

test("rewrites: the other person gets the hook's text and not the sender's", async () => {
  const { tenant, alices } = await hooked("closed");
  answer = () => Response.json({ action: "rewrite", text: "Words that are fine" });
  await texts(tenant, ALICE, alices, "Words that are not");
  await arrives(tenant, BOB, "Words that are fine");
  expect((await shown(tenant, BOB)).map(({ text }) => text)).toEqual(["Words that are fine"]);
});

test("vetoes: nothing is sent, and the reason is stored", async () => {
  const { tenant, session, alices } = await hooked("open");
  answer = () => Response.json({ action: "veto", reason: "off_platform" });
  await texts(tenant, ALICE, alices, "Let us go elsewhere");
  expect(await ended(tenant, session)).toMatchObject({ state: "vetoed", reason: "off_platform", legs: [] });
  expect(await shown(tenant, BOB)).toEqual([]);
  expect(await everything(tenant)).not.toContain("elsewhere");
});

test.each([
  ["an error", () => new Response("no", { status: 500 })],
  ["words of another form", () => Response.json({ action: "maybe" })],
  ["a redirect", () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:65002/other" } })],
  ["a broken connection", () => Promise.reject(new TypeError("connection"))],
  ["nothing at all", () => new Promise<Response>(() => undefined)],
])("answers %s: `open` relays, `closed` does not", async (_what, says) => {
  answer = says;
  const [open, closed] = [await hooked("open"), await hooked("closed")];
  await texts(open.tenant, ALICE, open.alices, "Is anybody there?");
  await texts(closed.tenant, ALICE, closed.alices, "Is anybody there?");
  expect(await ended(open.tenant, open.session)).toMatchObject({ state: "relayed" });
  expect(await ended(closed.tenant, closed.session)).toMatchObject({ state: "vetoed", reason: "intercept_failed" });
  expect(await shown(closed.tenant, BOB)).toEqual([]);
});

test("after a crash during the call of the hook the text stays pending, and the call is repeated", async () => {
  const { tenant, session, alices } = await hooked("closed");
  let release = () => {};
  answer = () => new Promise<Response>((_resolve, reject) => (release = () => reject(new Error("gone"))));
  await texts(tenant, ALICE, alices, "Through the crash");
  await until(async () => (asked.length > 0 ? true : null), "the first question");
  await evictDurableObject(tenant.stub());
  release();
  answer = () => new Response(null, { status: 204 });
  await advance(tenant, 30);
  expect(await ended(tenant, session)).toMatchObject({ state: "relayed" });
  await arrives(tenant, BOB, "Through the crash");
  expect((await shown(tenant, BOB)).length).toBe(1);
});

test("texts of one session keep their order, however slow the hook is about the first", async () => {
  const { tenant, alices } = await hooked("closed");
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  answer = async (said) => {
    if (said["text"] === "first") await held;
    return new Response(null, { status: 204 });
  };
  await texts(tenant, ALICE, alices, "first");
  await texts(tenant, ALICE, alices, "second");
  release();
  await arrives(tenant, BOB, "second");
  const { body } = await tenant.call("GET /v1/messages");
  expect((body["data"] as Json[]).length).toBe(2);
  expect(asked.map(({ body: text }) => (JSON.parse(text) as Json)["text"])).toEqual(["first", "second"]);
});

test("a hook that hangs delays nothing else of the alarm run", async () => {
  const { tenant, alices } = await hooked("open");
  answer = () => new Promise<Response>(() => undefined);
  for (const text of ["one", "two", "three"]) await texts(tenant, ALICE, alices, text);
  await until(async () => (asked.length > 0 ? true : null), "the first question");
  await advance(tenant, 30); // a turn finds all three waiting, the first of them still asked about
  expect(asked.length).toBe(1);
  await arrives(tenant, BOB, "three");
  expect((await shown(tenant, BOB)).map(({ text }) => text)).toEqual(["three", "two", "one"]);
});

test("the URL is judged when it is set", async () => {
  const tenant = await newTenant();
  const set = (url: string) => tenant.call("PUT /v1/masking/intercept", { url, on_failure: "open" });
  for (const url of [
    "http://hooks.example.com/",
    "https://10.0.0.1/",
    "https://user:pass@hooks.example.com/",
    "ftp://x",
  ])
    expect((await set(url)).body["code"], url).toBe("url_refused");
  expect((await tenant.call("GET /v1/masking")).body["intercept"]).toBeNull();
});
