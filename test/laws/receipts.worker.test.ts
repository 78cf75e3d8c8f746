// A carrier's receipt moves a message only when it is the carrier's own, about that very message, as it was signed, and
// now (T35, T36). What is refused changes no row; what comes twice changes a state once.
import { createHmac, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { tenantOf } from "../support/tenant/tenant.ts";
import { ask, asOperator, newKey, type Tenant } from "../support/tenant/tenants.ts";
import { rowsOf, watch } from "../support/tenant/watched.ts";

type Account = { id: string; secret: string };
type Message = { id: string; path: string };

const given = new Map<string, string>();
let ours: Tenant;
let theirs: Tenant;
let account: Account;
let other: Account;
let message: Message;
const watched = watch();

/** The gateway takes everything and remembers where it may call back. */
globalThis.fetch = (_url, init) => {
  const sent = JSON.parse(init?.body as string) as { message: string; receipt_url: string };
  given.set(sent.message, sent.receipt_url);
  return Promise.resolve(Response.json({ accepted: true }));
};

async function newAccount(): Promise<Account> {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const made = await asOperator("POST /admin/v1/carriers", {
    name: "g",
    kind: "http",
    mode: "test",
    url: "https://192.0.9.1/s",
    secret,
  });
  return { id: String(made.body["id"]), secret };
}

async function tenantOn(route: string): Promise<Tenant> {
  const made = await asOperator("POST /admin/v1/tenants", { name: "Receipts", environment: "sandbox" });
  const id = String(made.body["id"]);
  const recipient = { minute: 1_000, hour: 1_000, day: 1_000 };
  await asOperator(`PATCH /admin/v1/tenants/${id}`, { policy: { routes: [route], limits: { recipient } } });
  return { id, ...(await newKey(id, { name: "all", scopes: ["*"] })) };
}

async function sentMessage(tenant: Tenant): Promise<Message> {
  const body = { to: "+447700900170", text: "Hello", purpose: "service" };
  const id = String((await ask("POST /v1/messages", { key: tenant.key, body })).body["id"]);
  for (let looks = 0; looks < 500; looks += 1) {
    const now = await ask(`GET /v1/messages/${id}`, { key: tenant.key });
    if (now.body["state"] === "sent")
      return { id, path: new URL(given.get(id) ?? "", "https://maskline.test").pathname };
    await scheduler.wait(10);
  }
  throw new Error("never sent");
}

beforeAll(async () => {
  account = await newAccount();
  other = await newAccount();
  ours = await tenantOn(account.id);
  theirs = await tenantOn(account.id);
});
beforeEach(async () => void (message = await sentMessage(ours)));

type Over = {
  secret?: string;
  id?: string;
  at?: number | string;
  body?: string | Uint8Array;
  headers?: Record<string, string>;
};

/** A receipt's headers, signed with the account's secret unless told otherwise. */
function headersOf(body: string | Uint8Array, over: Over = {}): Record<string, string> {
  const id = over.id ?? `r_${randomBytes(6).toString("hex")}`;
  const at = String(over.at ?? Math.floor(Date.now() / 1_000));
  const key = Buffer.from((over.secret ?? account.secret).slice(6), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": `v1,${mac}`, ...over.headers };
}

const delivered = (id = message.id) => JSON.stringify({ message: id, state: "delivered" });
const post = (path: string, raw: BodyInit, headers: Record<string, string>) => ask(`POST ${path}`, { raw, headers });
const stateOf = async () => (await ask(`GET /v1/messages/${message.id}`, { key: ours.key })).body["state"];

/** Refused with this status, and not a row of either tenant is another. */
async function refused(
  status: number,
  act: () => Promise<{ status: number; text: string }>,
  what: string,
): Promise<void> {
  const before = [await rowsOf(ours.id), await rowsOf(theirs.id)];
  const answer = await act();
  expect(answer.status, `${what}: ${answer.text}`).toBe(status);
  expect([await rowsOf(ours.id), await rowsOf(theirs.id)], what).toEqual(before);
  expect(await stateOf()).toBe("sent");
}

test("a receipt by the carrier moves the message once, however often it is repeated", async () => {
  const body = delivered();
  const headers = headersOf(body);
  const answers = await Promise.all(Array.from({ length: 5 }, () => post(message.path, body, headers)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(answers.reduce((sum, { body: said }) => sum + Number(said["applied"]), 0)).toBe(1);
  expect(await stateOf()).toBe("delivered");
  const undelivered = JSON.stringify({ message: message.id, state: "undelivered" });
  expect((await post(message.path, undelivered, headersOf(undelivered))).body["applied"]).toBe(0);
  const events = (await ask("GET /v1/events?limit=100", { key: ours.key })).body["data"] as { resource: string }[];
  expect(events.filter(({ resource }) => resource === message.id)).toHaveLength(1);
});

test("a receipt that comes while the tenant's keys cannot be read is not answered for taken, and moves the message when it comes again", async () => {
  const name = `tenant-keys/${ours.id}`;
  const keys = await env.KEYS_EU.get(name);
  const stub = tenantOf(ours.id, "").stub();
  const restart = () => runInDurableObject(stub, (_object, state) => state.abort("restarted by a test")).catch(() => undefined); // prettier-ignore
  const body = delivered();
  await env.KEYS_EU.delete(name);
  await restart();
  expect(await post(message.path, body, headersOf(body))).toMatchObject({ status: 503, body: { code: "keys_unavailable" } }); // prettier-ignore
  await env.KEYS_EU.put(name, keys ?? "");
  expect((await post(message.path, body, headersOf(body))).body["applied"]).toBe(1);
  expect(await stateOf()).toBe("delivered");
});

test("without the carrier's signature, under another key, or altered, nothing moves", async () => {
  const body = delivered();
  const good = headersOf(body);
  const without = (name: string) => Object.fromEntries(Object.entries(good).filter(([header]) => header !== name));
  const signature = good["webhook-signature"] ?? "";
  const forged: [string, Record<string, string>][] = [
    ["no headers", {}],
    ...Object.keys(good).map((name): [string, Record<string, string>] => [`no ${name}`, without(name)]),
    ["the other account's key", headersOf(body, { secret: other.secret })],
    ["an empty key", headersOf(body, { secret: "whsec_" })],
    ["another id", { ...good, "webhook-id": "r_other" }],
    ["an id with a full stop", headersOf(body, { id: "a.1" })],
    ["another time", { ...good, "webhook-timestamp": String(Number(good["webhook-timestamp"]) + 1) }],
    ["an empty signature", { ...good, "webhook-signature": "" }],
    ["a bare prefix", { ...good, "webhook-signature": "v1," }],
    ["another version", { ...good, "webhook-signature": signature.replace("v1,", "v1a,") }],
    ["no version", { ...good, "webhook-signature": signature.slice(3) }],
    ["half of it", { ...good, "webhook-signature": signature.slice(0, 20) }],
    [
      "base64url",
      {
        ...good,
        "webhook-signature": `v1,${Buffer.from(signature.slice(3), "base64").fill(255).toString("base64url")}`,
      },
    ],
    ["of another body", headersOf(delivered("msg_other"))],
  ];
  for (const [what, headers] of forged) await refused(401, () => post(message.path, body, headers), what);
  for (const altered of [`${body} `, body.replace("delivered", "undelivered"), body.replace("{", "{ ")])
    await refused(401, () => post(message.path, altered, good), "altered body");
  const rotation = { ...good, "webhook-signature": `v1,${"A".repeat(43)}= v1a,xyz ${signature}` };
  expect((await post(message.path, body, rotation)).body["applied"]).toBe(1);
});

test("an altered path, a swapped account, message or tenant wakes nobody", async () => {
  const body = delivered();
  const foreign = await sentMessage(theirs);
  const [, , , , name = ""] = message.path.split("/");
  const [, mac = ""] = name.split(".");
  const paths = [
    message.path.slice(0, -1) + (message.path.endsWith("0") ? "1" : "0"),
    message.path.slice(0, -1),
    `${message.path}0`,
    `${message.path}.0`,
    `${message.path}.`,
    message.path.replace(account.id, other.id),
    message.path.replace(message.id, foreign.id),
    foreign.path.replace(/\.[^.]+$/, `.${mac}`),
    message.path.replace(`.${mac}`, ""),
    message.path.replace(`.${mac}`, "."),
    message.path.replace(message.id, message.id.toUpperCase()),
    message.path.replace(account.id, message.id),
    message.path.replace(account.id, "..%2f"),
  ];
  for (const path of paths) {
    watched.reset();
    await refused(
      404,
      async () => {
        const init = { method: "POST", body, headers: headersOf(body) };
        const response = await watched.fetch(new Request(`https://maskline.test${path}`, init));
        return { status: response.status, text: await response.text() };
      },
      path,
    );
    expect(watched.touched).toEqual([]);
  }
  const aboutTheirs = delivered(foreign.id);
  await refused(
    400,
    () => post(message.path, aboutTheirs, headersOf(aboutTheirs)),
    "signed, but about another message",
  );
});

test("a receipt is good for five minutes either way, and its time has one spelling", async () => {
  const now = Math.floor(Date.now() / 1_000);
  const body = delivered();
  for (const at of [
    now - 600,
    now - 302,
    now + 302,
    now + 86_400,
    0,
    999_999_999_999,
    `${now}.0`,
    ` ${now}`,
    `+${now}`,
    `-${now}`,
    "1e9",
    "",
    "NaN",
    `0x${now.toString(16)}`,
  ])
    await refused(401, () => post(message.path, body, headersOf(body, { at })), String(at));
  expect((await post(message.path, body, headersOf(body, { at: now - 290 }))).body["applied"]).toBe(1);
});

describe("a body that two readers would read differently", () => {
  const utf16 = (text: string) => new Uint8Array(Buffer.from(text, "utf16le"));
  const traps: [string, () => string | Uint8Array, Record<string, string>?][] = [
    ["repeated state", () => `{"message":"${message.id}","state":"undelivered","state":"delivered"}`],
    ["repeated message", () => `{"message":"msg_x","message":"${message.id}","state":"delivered"}`],
    ["a key repeated by escape", () => `{"message":"${message.id}","state":"sent","st\\u0061te":"delivered"}`],
    ["a byte-order mark", () => `\ufeff${delivered()}`],
    ["UTF-16", () => utf16(delivered())],
    ["UTF-16 with its mark", () => utf16(`\ufeff${delivered()}`)],
    ["UTF-16, said so", () => utf16(delivered()), { "content-type": "application/json; charset=utf-16" }],
    ["gzip", () => new Uint8Array(gzipSync(delivered())), { "content-encoding": "gzip" }],
    ["bytes that are no UTF-8", () => new Uint8Array([...Buffer.from(delivered().slice(0, -2)), 0xff, 0x22, 0x7d])],
    ["an over-long slash", () => new Uint8Array([...Buffer.from(delivered()), 0xc0, 0xaf])],
    ["a trailing value", () => `${delivered()}{}`],
    ["a comment", () => `/* */${delivered()}`],
    ["single quotes", () => delivered().replaceAll('"', "'")],
    ["NaN", () => delivered().replace("}", ',"at":NaN}')],
    ["a list", () => `[${delivered()}]`],
    ["an unknown field", () => delivered().replace("}", ',"tenant":"x"}')],
    ["__proto__", () => delivered().replace("}", ',"__proto__":{"state":"undelivered"}}')],
    ["an unknown state", () => delivered().replace("delivered", "failed")],
    ["another case", () => delivered().replace("state", "State")],
    ["nothing", () => ""],
    ["a number", () => "7"],
    ["deep", () => "[".repeat(500) + "]".repeat(500)],
  ];

  test.each(traps)("%s is refused, signed as it may be", async (what, body, headers) => {
    const raw = body();
    await refused(400, () => post(message.path, raw as BodyInit, { ...headersOf(raw), ...headers }), what);
  });

  test("larger than a receipt is refused unread; other orders, spaces and content types of the same bytes are the same", async () => {
    const large = delivered().replace("}", " ".repeat(200_000) + "}");
    await refused(413, () => post(message.path, large, headersOf(large)), "large");
    const spaced = `{ "state" : "delivered",\n "message" : "${message.id}" }`;
    const answer = await post(message.path, spaced, {
      ...headersOf(spaced),
      "content-type": "text/plain; charset=utf-16",
    });
    expect(answer.body["applied"]).toBe(1);
  });
});
