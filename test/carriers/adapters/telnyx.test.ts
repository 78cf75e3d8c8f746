// What we send is what the official client sends; what we believe is what it believes; what comes back means one thing.
import { generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import Telnyx from "telnyx";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Account, Answer, Callback } from "../../../src/carriers/carrier.ts";
import { telnyxCarrier } from "../../../src/carriers/adapters/telnyx/telnyx.ts";
import { TELNYX_CODES, TELNYX_STATES } from "../../../src/carriers/adapters/telnyx/codes.ts";
import { accountOf, callbackOf, fixture, handover, ioOf, json, MESSAGE, RECEIPT_URL, sendBy } from "../../support/carriers/adapter.ts"; // prettier-ignore

const delivered = () => fixtureText("delivered");
const failed = () => fixtureText("failed");
const fixtureText = (name: string) => JSON.stringify(fixture("telnyx", `${name}.json`));
const keys = () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return { privateKey, publicKey: Buffer.from(x, "base64url").toString("base64") };
};
const ours = keys();
const other = keys();
const bare = accountOf("telnyx");
const account: Account = { ...bare, settings: { ...bare.settings, public_key: ours.publicKey } };
const made = fixture<{ status: number; body: object; reference: string }>("telnyx", "accepted.json");
const answered = async (status: number, body: unknown, headers = {}) => (await sendBy(telnyxCarrier, account, () => json(status, body, headers))).answer; // prettier-ignore
const failing = (code: string | number) => ({ errors: [{ code, title: "t", detail: "to +447700900123" }] });

describe("a message", () => {
  it("is the request that the official client makes, under the same credentials", async () => {
    const { url, init, headers } = await sendBy(telnyxCarrier, account, () => json(200, made.body));
    const seen: [string, RequestInit][] = [];
    const fetch = async (to: unknown, by?: RequestInit) => (seen.push([String(to), by ?? {}]), json(200, made.body));
    const official = new Telnyx({ apiKey: account.secrets["api_key"]!, fetch, maxRetries: 0 });
    const { to, from, text, encoding, receiptUrl } = handover;
    const taken = await official.messages.send({ to, from: from!, text, encoding, type: "SMS", webhook_url: receiptUrl, use_profile_webhooks: false, messaging_profile_id: account.settings["messaging_profile_id"]! }); // prettier-ignore
    const [theirs, by] = seen[0]!;
    const official_ = new Headers(by.headers);
    expect([url, init.method, JSON.parse(init.body as string)]).toEqual([theirs, by.method?.toUpperCase(), JSON.parse(by.body as string)]); // prettier-ignore
    expect([headers.get("authorization"), headers.get("content-type")]).toEqual([official_.get("authorization"), official_.get("content-type")]); // prettier-ignore
    expect(url).toBe("https://api.telnyx.com/v2/messages");
    expect(taken.data?.id).toBe(made.reference);
  });

  it("goes by the account's sender where it names none, by its profile's numbers, or not at all", async () => {
    const { public_key = "" } = account.settings;
    const bodyBy = async (settings: Account["settings"]) => JSON.parse((await sendBy(telnyxCarrier, { ...account, settings }, () => json(200, made.body), { from: null, encoding: "ucs2" })).init.body as string) as object; // prettier-ignore
    const named = { ...account.settings, sender: "Standing" };
    expect(await bodyBy(named)).toMatchObject({ from: "Standing", encoding: "ucs2" });
    expect(await bodyBy(account.settings)).not.toHaveProperty("from");
    const { answer, calls } = await sendBy(telnyxCarrier, { ...account, settings: { public_key } }, () => json(200, made.body), { from: null }); // prettier-ignore
    expect([answer, calls]).toEqual([{ outcome: "declined", code: "sender_missing", permanent: false }, 0]);
  });

  it("from a name is not even tried without a messaging profile, whoever gave the name; from a number or a short code it is", async () => {
    const { public_key = "" } = account.settings;
    const by = async (settings: Account["settings"], from: string | null) =>
      sendBy(telnyxCarrier, { ...account, settings }, () => json(200, made.body), { from });
    for (const [settings, from] of [
      [{ public_key }, "Northern"],
      [{ public_key, sender: "Northern" }, null],
      [{ public_key }, "NHS 24"],
    ] as const) {
      const { answer, calls } = await by(settings, from);
      expect([answer, calls]).toEqual([{ outcome: "declined", code: "profile_missing", permanent: false }, 0]);
    }
    for (const from of ["+447700900871", "60006"]) expect((await by({ public_key }, from)).calls).toBe(1);
    expect((await by(account.settings, "Northern")).calls).toBe(1);
  });

  it("leaves by the account's own address where it has one", async () => {
    for (const base_url of ["http://127.0.0.1:9/telnyx", "http://127.0.0.1:9/telnyx/"]) {
      const at = { ...account, settings: { ...account.settings, base_url } };
      expect((await sendBy(telnyxCarrier, at, () => json(200, made.body))).url).toBe("http://127.0.0.1:9/telnyx/v2/messages"); // prettier-ignore
    }
  });
});

describe("an answer", () => {
  it.each<[number, string | object, Answer]>([
    [200, made.body, { outcome: "accepted", reference: made.reference, price: { amount: 40_000, currency: "USD" } }],
    [200, { data: { id: "a-1", cost: null } }, { outcome: "accepted", reference: "a-1" }],
    [202, { data: { id: "a-1" } }, { outcome: "accepted", reference: "a-1" }],
    [200, failing("40310"), { outcome: "unknown", code: "unreadable_answer" }],
    [200, { data: {} }, { outcome: "unknown", code: "unreadable_answer" }],
    [400, fixture("telnyx", "refused.json"), { outcome: "declined", code: "40310", permanent: true }],
    [400, failing(40300), { outcome: "declined", code: "40300", permanent: true }],
    [401, failing("10009"), { outcome: "declined", code: "10009", permanent: false, ofAccount: true }],
    [403, failing("20100"), { outcome: "declined", code: "20100", permanent: false, ofAccount: true }],
    [401, "<html>", { outcome: "declined", code: "http_401", permanent: false, ofAccount: true }],
    [403, failing("40300"), { outcome: "declined", code: "40300", permanent: true }],
    [403, failing("40315"), { outcome: "declined", code: "40315", permanent: false }],
    [408, failing("10008"), { outcome: "unknown", code: "10008" }],
    [422, failing("40305"), { outcome: "declined", code: "40305", permanent: false }],
    [429, failing("10011"), { outcome: "throttled", code: "10011", retryAfterSeconds: 5 }],
    [429, failing("40333"), { outcome: "declined", code: "40333", permanent: false, ofAccount: true }],
    [429, "", { outcome: "throttled", code: "http_429", retryAfterSeconds: 5 }],
    [400, failing("49999"), { outcome: "declined", code: "49999", permanent: false, unmapped: true }],
    [400, failing("to 447700900123"), { outcome: "declined", code: "http_400", permanent: false, unmapped: true }],
    [400, "<html>", { outcome: "declined", code: "http_400", permanent: false }],
    [500, failing("10007"), { outcome: "unknown", code: "10007" }],
    [500, failing("40310"), { outcome: "unknown", code: "40310" }],
    [502, "<html>", { outcome: "unknown", code: "http_502" }],
    [503, "", { outcome: "unknown", code: "http_503" }],
  ])("of %s is what it says", async (status, body, answer) => {
    expect(await answered(status, body)).toEqual(answer);
  }); // prettier-ignore

  it("keeps no number and no key, whatever Telnyx writes", async () => {
    for (const status of [200, 400, 429, 500]) {
      const answer = await answered(status, { errors: [{ code: "+447700900123", detail: "KEY0123456789ABCDEF_canarycanary" }] }); // prettier-ignore
      expect(JSON.stringify(answer)).not.toMatch(/900123|canary/);
    }
  });

  it("with a Retry-After is waited for that long", async () => {
    expect(await answered(429, failing("10011"), { "retry-after": "30" })).toMatchObject({ retryAfterSeconds: 30 });
  });
});

describe("every code that Telnyx publishes for messages", () => {
  const codes = fixture<Record<string, number[]>>("telnyx", "codes.json");
  const verdictOf = (code: number) => TELNYX_CODES.get(String(code));

  it("has its class, and an answer with it is of that class and mapped", async () => {
    const published = [...codes["requests"]!, ...codes["messaging"]!];
    expect(published.filter((code) => verdictOf(code) === undefined)).toEqual([]);
    for (const code of published) {
      const answer = await answered(400, failing(String(code)));
      expect(answer, String(code)).not.toHaveProperty("unmapped");
      const { outcome } = answer;
      const permanent = "permanent" in answer && answer.permanent;
      const declined = "ofAccount" in answer ? "account" : permanent ? "permanent" : "declined";
      expect(outcome === "declined" ? declined : outcome).toBe(verdictOf(code));
    }
  });

  it("is never permanent where Telnyx calls it retriable, and accepted by none", () => {
    for (const code of [...codes["auto_retriable"]!, ...codes["retriable_after_intervention"]!]) expect(verdictOf(code), String(code)).not.toBe("permanent"); // prettier-ignore
    // Telnyx's own list has three more that are about the sender or the account, which another carrier does not share.
    expect(codes["permanent"]!.filter((code) => verdictOf(code) !== "permanent")).toEqual([40003, 40010, 40314]);
  });
});

type Signing = { at?: number | string; key?: KeyObject; of?: string | Uint8Array };
const now = () => Math.floor(Date.now() / 1_000);
const signed = (
  body: string | Uint8Array,
  { at = now(), key = ours.privateKey, of = body }: Signing = {},
  over: Partial<Callback> = {},
) => {
  // prettier-ignore
  const signature = sign(null, Buffer.concat([Buffer.from(`${at}|`), Buffer.from(of)]), key).toString("base64");
  const headers = { "telnyx-timestamp": String(at), "telnyx-signature-ed25519": signature };
  return callbackOf(body, headers, { now: Date.now(), ...over });
};
const read = (callback: Callback, of = account) => telnyxCarrier.readReceipts(of, callback);
type Change = { status?: string; errors?: unknown; event?: string; cost?: unknown; webhook_url?: string | null; delivered_to?: string | null; completed_at?: string | null }; // prettier-ignore
/** The delivered report with something else in it. */
const changed = ({ status, event, delivered_to, ...payload }: Change) => {
  const event_ = JSON.parse(delivered()) as { data: { event_type: string; payload: { to: { status: string }[] } & Record<string, unknown> }; meta: Record<string, unknown> }; // prettier-ignore
  if (status !== undefined) event_.data.payload.to[0]!.status = status;
  if (event !== undefined) event_.data.event_type = event;
  if (delivered_to !== undefined) event_.meta["delivered_to"] = delivered_to;
  Object.assign(event_.data.payload, payload);
  return JSON.stringify(event_);
};

describe("a receipt", () => {
  it("that Telnyx signed is read, with its price, as of its own time", async () => {
    const at = Date.UTC(2026, 10, 23, 12);
    const price = { amount: 40_000, currency: "USD" };
    expect(await read(signed(delivered()))).toEqual({ read: [{ message: MESSAGE, state: "delivered", code: null, at, price }] }); // prettier-ignore
    expect(await read(signed(failed()))).toEqual({ read: [{ message: MESSAGE, state: "undelivered", code: "40008", at, price }] }); // prettier-ignore
  });

  it.each([...TELNYX_STATES])("in the state %s says %s", async (status, state) => {
    const result = await read(signed(changed({ status })));
    expect(result).toMatchObject({ read: [{ state, code: status === state ? null : status }] });
    expect(result).not.toHaveProperty("read.0.unmapped");
  });

  it("in a state or with a code that we do not know is counted, and says no more than that Telnyx has the message", async () => {
    expect(await read(signed(changed({ status: "teleported" })))).toMatchObject({ read: [{ state: "sent", code: "teleported", unmapped: true }] }); // prettier-ignore
    expect(await read(signed(changed({ status: "delivery_failed", errors: [{ code: "49999" }] })))).toMatchObject({ read: [{ state: "undelivered", code: "49999", unmapped: true }] }); // prettier-ignore
    expect(await read(signed(changed({ status: "delivery_failed", errors: [{ code: "to 447700900123" }] })))).toMatchObject({ read: [{ code: "unnamed" }] }); // prettier-ignore
  });

  it("without a price, or with one that cannot be read exactly, has none", async () => {
    for (const cost of [null, undefined, {}, { amount: "-0.1", currency: "USD" }, { amount: "0.1", currency: "dollars" }]) expect((await read(signed(changed({ cost }))))).not.toHaveProperty("read.0.price"); // prettier-ignore
    expect(await read(signed(changed({ cost: { amount: "0.0000005", currency: "EUR" } })))).toMatchObject({ read: [{ price: { amount: 1, currency: "EUR" } }] }); // prettier-ignore
  });

  it("of another event of the account is authentic and says nothing of the message", async () => {
    for (const event of ["message.received", "messaging-profile.spend-limit-reached"]) expect(await read(signed(changed({ event })))).toEqual({ read: [] }); // prettier-ignore
    expect(await read(signed(JSON.stringify({ data: { event_type: "message.received" } })))).toEqual({ read: [] });
  });

  it("meant for another message's URL is forged, although Telnyx signed it; under another name of ours it is not", async () => {
    const elsewhere = RECEIPT_URL.replace(/hnsx74s/, "hnsx74t");
    expect(await read(signed(delivered(), {}, { url: elsewhere }))).toEqual({ forged: "another_message" });
    for (const change of [{ webhook_url: elsewhere }, { delivered_to: elsewhere }, { webhook_url: "nowhere" }]) expect(await read(signed(changed(change)))).toEqual({ forged: "another_message" }); // prettier-ignore
    const renamed = RECEIPT_URL.replace("sms.example.com", "old.example.org:8443");
    expect(await read(signed(changed({ webhook_url: renamed, delivered_to: null })))).toHaveProperty("read.0");
    expect(await read(signed(changed({ webhook_url: null, delivered_to: null })))).toHaveProperty("read.0");
  });

  it.each<[string, () => string | Uint8Array]>([
    ["a repeated key", () => delivered().replace('"type":"SMS"', '"type":"SMS","type":"MMS"')],
    ["a byte-order mark", () => `\ufeff${delivered()}`],
    ["UTF-16", () => Buffer.from(delivered(), "utf16le")],
    ["gzip", () => gzipSync(delivered())],
    ["no JSON", () => "delivered"],
    ["nothing", () => ""],
    ["no payload", () => JSON.stringify({ data: { event_type: "message.sent" } })],
    ["two recipients", () => delivered().replace('"to":[', '"to":[{"status":"sent"},')],
  ])("of %s is malformed, signed as it may be", async (_what, body) => {
    expect(await read(signed(body()))).toHaveProperty("malformed");
  }); // prettier-ignore
});

describe("a signature", () => {
  const good = () => signed(delivered());
  const official = new Telnyx({ apiKey: "KEY", publicKey: ours.publicKey });
  const officially = ({ body, headers }: Callback) => official.webhooks.unwrap(Buffer.from(body).toString(), { headers: { ...headers } }).then(() => true, () => false); // prettier-ignore
  const isForged = async (callback: Callback, of = account) => "forged" in (await read(callback, of));

  it("is believed exactly when the official client believes it", async () => {
    const body = delivered();
    const signature = good().headers["telnyx-signature-ed25519"]!;
    const withHeaders = (headers: Record<string, string>) => ({
      ...good(),
      headers: { ...good().headers, ...headers },
    });
    const cases: Callback[] = [
      good(),
      signed(body, { key: other.privateKey }),
      callbackOf(`${body} `, { of: body }),
      signed(body.replace("delivered", "sent"), { of: body }),
      signed(body, { at: now() - 290 }),
      signed(body, { at: now() + 290 }),
      signed(body, { at: now() - 310 }),
      signed(body, { at: now() + 310 }),
      signed(body, { at: "1e9" }),
      signed(body, { at: "" }),
      signed(body, { at: `-${now()}` }),
      signed(body, { at: `${now()}.0` }),
      withHeaders({ "telnyx-timestamp": String(now() + 1) }),
      withHeaders({ "telnyx-signature-ed25519": "" }),
      withHeaders({ "telnyx-signature-ed25519": signature.slice(0, 40) }),
      withHeaders({ "telnyx-signature-ed25519": `${signature.slice(4)}AAAA` }),
      withHeaders({ "telnyx-signature-ed25519": Buffer.from(signature, "base64").toString("hex") }),
      ...["telnyx-timestamp", "telnyx-signature-ed25519"].map((gone) => ({ ...good(), headers: Object.fromEntries(Object.entries(good().headers).filter(([name]) => name !== gone)) })), // prettier-ignore
    ];
    const believed = await Promise.all(cases.map(async (each) => [!(await isForged(each)), await officially(each)]));
    expect(believed.map(([us]) => us)).toEqual(believed.map(([, them]) => them));
    expect(believed.filter(([us]) => us)).toHaveLength(3);
  });

  it("of no altered body, at any byte", async () => {
    const callback = good();
    for (let at = 0; at < callback.body.length; at += 7) {
      const body = Uint8Array.from(callback.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(await isForged({ ...callback, body }), `byte ${at}`).toBe(true);
    }
  });

  it("of another account, of no account, or of anybody's making is forged", async () => {
    expect(await isForged(good(), { ...account, settings: { public_key: other.publicKey } })).toBe(true);
    expect(await isForged(good(), { ...account, settings: {} })).toBe(true);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 64 }), async (bytes) => {
      const headers = { ...good().headers, "telnyx-signature-ed25519": Buffer.from(bytes).toString("base64") };
      expect(await isForged({ ...good(), headers })).toBe(true);
    })); // prettier-ignore
  });

  it("is good for five minutes either way", async () => {
    const at = now();
    for (const off of [300, -300]) expect(await isForged({ ...signed(delivered(), { at: at + off }), now: at * 1_000 })).toBe(false); // prettier-ignore
    for (const off of [301, -301]) expect(await read({ ...signed(delivered(), { at: at + off }), now: at * 1_000 })).toEqual({ forged: "stale" }); // prettier-ignore
  });
});

describe("an account", () => {
  const { settings } = telnyxCarrier.fields;
  const takes = (public_key: unknown) => z.strictObject(settings).safeParse({ public_key }).success;

  it("has a real public key: none that is made up, and not the neutral element, under which a verifier may believe anybody", () => {
    const neutral = Buffer.alloc(32).fill(1, 0, 1);
    expect(takes(neutral.toString("base64"))).toBe(false);
    for (const bad of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.from("a text that is 32 characters long")]) expect(takes(bad.subarray(0, 32).toString("base64"))).toBe(false); // prettier-ignore
    for (const bad of ["", "KEY", ours.publicKey.slice(1), `${ours.publicKey}=`, ours.publicKey.replace(/=$/, ""), 7]) expect(takes(bad)).toBe(false); // prettier-ignore
    expect(takes(ours.publicKey)).toBe(true);
  });

  it("is probed by its balance, which costs nothing", async () => {
    const seen: [string, RequestInit][] = [];
    expect(await telnyxCarrier.probe?.(account, ioOf(async (url, init) => (seen.push([url, init]), json(200, "{}"))))).toEqual({ found: "well" }); // prettier-ignore
    const [url, { method, redirect, body, headers }] = seen[0]!;
    expect([url, method, redirect, body]).toEqual(["https://api.telnyx.com/v2/balance", "GET", "manual", undefined]);
    expect(new Headers(headers).get("authorization")).toBe(`Bearer ${account.secrets["api_key"]}`);
    const never = ioOf(() => Promise.reject(new Error("called")));
    expect(await telnyxCarrier.probe?.({ ...account, secrets: {} }, never)).toMatchObject({ found: "rejected" });
  });
});
