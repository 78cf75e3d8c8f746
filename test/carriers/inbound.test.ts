// Texts that come in, kind by kind: the payload that each carrier documents, signed by its own package or judged by it. What
// is believed is read as it was written; what is not, or is no text, reaches nobody.
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { AlgorithmTypes } from "@vonage/auth";
import { SMS } from "@vonage/sms";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import Telnyx from "telnyx";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import type { Account, Callback, InboundCallback } from "../../src/carriers/carrier.ts";
import { CARRIERS, KINDS, type CarrierKind } from "../../src/carriers/registry.ts";
import { signatureOf as vonageSignatureOf } from "../../src/carriers/adapters/vonage/vonage.ts";
import { accountOf, fixture, NOON } from "../support/carriers/adapter.ts";

const URL_ = "https://sms.example.com/carriers/car_1/inbound";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const telnyxKey = Buffer.from(publicKey.export({ format: "jwk" }).x!, "base64url").toString("base64");
type Payload = Record<string, unknown>;
type Signing = { at?: number; url?: string; account?: Account };

const accountFor = (kind: CarrierKind): Account => {
  const account = accountOf(kind);
  return kind === "telnyx" ? { ...account, settings: { ...account.settings, public_key: telnyxKey } } : account;
};
const callback = (body: string, headers: Record<string, string>, url = URL_): InboundCallback => ({ url, headers, body: new TextEncoder().encode(body), now: NOON }); // prettier-ignore

/** What each carrier would call with, signed as it signs. */
const WRITERS: Record<Exclude<CarrierKind, "sandbox">, (payload: Payload, signing: Signing) => InboundCallback> = {
  http: (payload, { at = NOON / 1_000, account = accountFor("http") }) => {
    const body = JSON.stringify(payload);
    const signature = new Webhook(account.secrets["secret"]!).sign("w-1", new Date(at * 1_000), body);
    return callback(body, { "webhook-id": "w-1", "webhook-timestamp": String(at), "webhook-signature": signature });
  },
  twilio: (payload, { url = URL_, account = accountFor("twilio") }) => {
    const form = payload as Record<string, string>;
    const signature = twilio.getExpectedTwilioSignature(account.secrets["auth_token"]!, url, form);
    return callback(new URLSearchParams(form).toString(), { "x-twilio-signature": signature });
  },
  vonage: (payload, { at, account = accountFor("vonage") }) => {
    const fields = { ...(payload as Record<string, string>), ...(at === undefined ? {} : { timestamp: String(at) }) };
    const secret = account.secrets["signature_secret"]!;
    const sig = vonageSignatureOf(secret, "sha256", fields);
    const judge = new SMS({ apiKey: "abcd1234", apiSecret: "x".repeat(16) });
    expect(judge.verifySignature(sig, { ...fields }, secret, AlgorithmTypes.sha256hmac)).toBe(true);
    return callback(JSON.stringify({ ...fields, sig: sig.toUpperCase() }), { "content-type": "application/json" });
  },
  telnyx: (payload, { at = NOON / 1_000, account }) => {
    const body = JSON.stringify(payload);
    const key = account === undefined ? privateKey : generateKeyPairSync("ed25519").privateKey;
    const signature = sign(null, Buffer.from(`${at}|${body}`), key).toString("base64");
    return callback(body, { "telnyx-timestamp": String(at), "telnyx-signature-ed25519": signature });
  },
  infobip: (payload, { account = accountFor("infobip") }) => {
    const body = JSON.stringify(payload);
    const mac = createHmac("sha256", account.secrets["receipt_secret"]!).update(body).digest("hex");
    return callback(body, { "x-signature": mac });
  },
};

const documented = (kind: CarrierKind): Payload => fixture<Payload>(kind, "inbound.json");
const kinds = KINDS;
const read = (kind: keyof typeof WRITERS, by: InboundCallback, account = accountFor(kind)) => (CARRIERS[kind]).readInbound!(account, by); // prettier-ignore
const brought = (kind: keyof typeof WRITERS, change: Payload = {}, signing: Signing = {}) => read(kind, WRITERS[kind]({ ...documented(kind), ...change }, signing)); // prettier-ignore
const text = { from: "+447700900123", to: "+447700900871", text: "I am at the door & ready = 5 £" };

/** The account with all its secrets exchanged for others of the same form. */
const another = (kind: CarrierKind): Account => {
  const account = accountFor(kind);
  const turned = (secret: string) => secret.replace(/(?<=.{6})[^=]+/, (rest) => [...rest].toReversed().join(""));
  return { ...account, secrets: Object.fromEntries(Object.entries(account.secrets).map(([name, secret]) => [name, turned(secret)])) }; // prettier-ignore
};

describe.each(kinds)("%s", (kind) => {
  it("brings the text that it documents, with its own id, which is the same when it comes again", async () => {
    const first = await brought(kind);
    expect(first).toEqual({ read: [{ id: expect.stringMatching(/^[\w-]{7,40}$/), ...text }] });
    expect(await brought(kind)).toEqual(first);
  });

  it("is not believed without its proof, under another key, or with any byte changed", async () => {
    const good = WRITERS[kind](documented(kind), {});
    expect(await read(kind, good)).toHaveProperty("read.0");
    expect(await read(kind, { ...good, headers: {} })).not.toHaveProperty("read");
    expect(await read(kind, WRITERS[kind](documented(kind), { account: another(kind) }))).toHaveProperty("forged");
    expect(await read(kind, good, { ...accountFor(kind), secrets: {}, settings: {} })).toHaveProperty("forged");
    for (let at = 0; at < good.body.length; at += 1) {
      const body = Uint8Array.from(good.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(await read(kind, { ...good, body }), `byte ${at}`).not.toHaveProperty("read");
    }
  });

  it("with anything of another type in it is malformed, signed as it may be, and never throws", async () => {
    await fc.assert(fc.asyncProperty(fc.dictionary(fc.constantFrom(...Object.keys(documented(kind))), fc.anything({ maxDepth: 1 })), async (change) => {
      const whole = JSON.parse(JSON.stringify({ ...documented(kind), ...change })) as Payload;
      const flat = Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]));
      const said = await read(kind, WRITERS[kind](kind === "twilio" || kind === "vonage" ? flat : whole, {}));
      for (const one of "read" in said ? said.read : []) expect([typeof one.id, typeof one.from, typeof one.to, typeof one.text]).toEqual(["string", "string", "string", "string"]);
    }), { numRuns: 100 }); // prettier-ignore
  });
});

/** A text with more in it: pictures, and the keyword that the carrier has recognised and answered. */
const withMore: Record<Exclude<CarrierKind, "sandbox">, (more: { words?: string; media?: number; keyword?: string }) => Payload | null> = {
  http: ({ words, media = 0, keyword }) => ({ media, ...(keyword === undefined ? {} : { keyword: keyword.toLowerCase() }), ...(words === undefined ? {} : { text: words }) }),
  twilio: ({ words, media = 0, keyword }) => ({ NumMedia: String(media), ...(keyword === undefined ? {} : { OptOutType: keyword }), ...(words === undefined ? {} : { Body: words }) }),
  telnyx: ({ words, media = 0, keyword }) => {
    const whole = documented("telnyx") as { data: Payload & { payload: Payload } };
    const payload = { ...whole.data.payload, media: Array(media).fill({ url: "https://x.example.com/1" }), autoresponse_type: keyword ?? null };
    return { data: { ...whole.data, payload: { ...payload, ...(words === undefined ? {} : { text: words }) } } };
  },
  vonage: () => null, // its SMS API knows neither
  infobip: () => null,
}; // prettier-ignore

describe.each(["http", "twilio", "telnyx"] as const)("%s", (kind) => {
  it("tells how many pictures came with a text, and of a picture without words", async () => {
    expect(await brought(kind, withMore[kind]({ media: 2 })!)).toMatchObject({ read: [{ ...text, media: 2 }] });
    expect(await brought(kind, withMore[kind]({ words: "", media: 1 })!)).toMatchObject({
      read: [{ text: "", media: 1 }],
    });
    expect(await brought(kind, withMore[kind]({ media: 0 })!)).not.toHaveProperty("read.0.media");
  });

  it.each(["STOP", "START", "HELP"])("tells the keyword %s that it has recognised", async (keyword) => {
    const said = await brought(kind, withMore[kind]({ words: "AVREGISTRER", keyword })!);
    expect(said).toMatchObject({ read: [{ text: "AVREGISTRER", keyword: keyword.toLowerCase() }] });
  });
});

it.each([["opt_out", "stop"], ["OPT-IN", "start"], ["info", "help"], ["JOIN_CLUB", "other"]])("a keyword that a carrier writes as %s is %s", async (written, keyword) => {
  expect(await brought("telnyx", withMore.telnyx({ keyword: written })!)).toMatchObject({ read: [{ keyword }] });
  expect(await brought("twilio", withMore.twilio({ keyword: written })!)).toMatchObject({ read: [{ keyword }] });
}); // prettier-ignore

it.each(kinds)("%s: the longest text that a phone can send is taken", async (kind) => {
  const longest = "x".repeat(39_015);
  const field = { http: "text", twilio: "Body", vonage: "text" } as const;
  const [one] = kind === "infobip" ? (documented("infobip")["results"] as Payload[]) : [];
  const change =
    kind === "telnyx"
      ? withMore.telnyx({ words: longest })!
      : kind === "infobip"
        ? { results: [{ ...one, text: longest }] }
        : { [field[kind]]: longest };
  expect(await brought(kind, change)).toMatchObject({ read: [{ text: longest }] });
});

it.each(["http", "vonage", "telnyx"] as const)("%s signs a time: a text is fresh for five minutes either way", async (kind) => {
  for (const off of [300, -300]) expect(await brought(kind, {}, { at: NOON / 1_000 + off })).toHaveProperty("read.0");
  for (const off of [301, -301]) expect(await brought(kind, {}, { at: NOON / 1_000 + off })).toEqual({ forged: "stale" }); // prettier-ignore
}); // prettier-ignore

describe("twilio", () => {
  it("may sign the URL with its port named or left out, and no other URL", async () => {
    const signed = (url: string) => read("twilio", WRITERS.twilio(documented("twilio"), { url }));
    for (const url of [URL_, URL_.replace(".com", ".com:443")]) expect(await signed(url)).toHaveProperty("read.0");
    for (const url of [URL_.replace("car_1", "car_2"), URL_.replace(".com", ".com:8443"), `${URL_}?x=1`]) expect(await signed(url), url).toEqual({ forged: "signature" }); // prettier-ignore
  });

  it("of another account under the same token is not this account's", async () => {
    expect(await brought("twilio", { AccountSid: `AC${"9".repeat(32)}` })).toEqual({ forged: "account" });
  });

  it("without words and pictures is no text, and is answered by nothing that Twilio could send on", async () => {
    expect(await brought("twilio", { Body: "", NumMedia: "0" })).toEqual({ read: [] });
    expect(CARRIERS.twilio.answersInbound).toBe("nothing");
  });
});

describe("vonage", () => {
  const part = { concat: "true", "concat-ref": "142", "concat-part": "2", "concat-total": "3" };

  it("brings the parts of a long text one by one, each with its place", async () => {
    expect(await brought("vonage", part)).toMatchObject({ read: [{ ...text, part: { ref: "142", nth: 2, of: 3 } }] });
    // Words whose place nobody knows are a text of their own, and are never obeyed.
    for (const wrong of [{ "concat-part": "4" }, { "concat-part": "0" }, { "concat-part": "" }, { "concat-total": "x" }, { "concat-total": "256" }, { "concat-ref": "" }]) expect(await brought("vonage", { ...part, ...wrong }), JSON.stringify(wrong)).toEqual({ read: [{ id: expect.any(String), ...text, fragment: true }] }); // prettier-ignore
    expect(await brought("vonage", { ...part, concat: "false" })).not.toHaveProperty("read.0.part");
  });

  it("brings Unicode, and nothing that is not made of words", async () => {
    expect(await brought("vonage", { type: "unicode", text: "Bore da ŵ 👋" })).toMatchObject({ read: [{ text: "Bore da ŵ 👋" }] }); // prettier-ignore
    const { text: _words, ...wordless } = documented("vonage");
    const binary = { ...wordless, type: "binary", data: "48656C6C6F", udh: "060504158200" };
    expect(await read("vonage", WRITERS.vonage(binary, {}))).toEqual({ read: [] });
  });

  it("of another key is not this account's, and a sender that is a name or a short code stays what it is", async () => {
    expect(await brought("vonage", { "api-key": "zzzz9999" })).toEqual({ forged: "account" });
    expect(await brought("vonage", { msisdn: "MyBank" })).toMatchObject({ read: [{ from: "MyBank" }] });
    expect(await brought("vonage", { msisdn: "60123" })).toMatchObject({ read: [{ from: "60123" }] });
  });
});

describe("telnyx", () => {
  const changed = (payload: Payload, more: Payload = {}) => {
    const whole = documented("telnyx") as { data: Payload & { payload: Payload } };
    return brought("telnyx", { ...more, data: { ...whole.data, payload: { ...whole.data.payload, ...payload } } });
  };

  it("is believed exactly when the official client believes it", async () => {
    const official = new Telnyx({ apiKey: "KEY", publicKey: telnyxKey });
    const now = Math.floor(Date.now() / 1_000);
    const unwrapped = ({ body, headers }: InboundCallback) => official.webhooks.unwrap(Buffer.from(body).toString(), { headers: { ...headers } }).then(() => true, () => false); // prettier-ignore
    for (const signing of [
      { at: now },
      { at: now - 290 },
      { at: now - 400 },
      { at: now, account: accountFor("telnyx") },
    ]) {
      const by = { ...WRITERS.telnyx(documented("telnyx"), signing), now: now * 1_000 };
      expect("read" in (await read("telnyx", by))).toBe(await unwrapped(by));
    }
  });

  it("to a group, without words, or of another event is no text of ours; for another account's URL it is not believed", async () => {
    const other = { phone_number: "+447700900872" };
    expect(await changed({ to: [{ phone_number: "+447700900871" }, other] })).toEqual({ read: [] });
    expect(await changed({ cc: [other] })).toEqual({ read: [] });
    for (const words of [null, ""]) expect(await changed({ text: words })).toEqual({ read: [] });
    expect(await brought("telnyx", { data: { event_type: "message.finalized", payload: {} } })).toEqual({ read: [] });
    const elsewhere = URL_.replace("car_1", "car_2");
    expect(await changed({}, { meta: { delivered_to: elsewhere } })).toEqual({ forged: "another_account" });
    expect(await changed({}, { meta: { delivered_to: URL_.replace("sms.", "old.") } })).toHaveProperty("read.0");
  });
});

describe("infobip", () => {
  it("brings several texts in one call, each with its id, and leaves out what has no words", async () => {
    const [one] = documented("infobip")["results"] as Payload[];
    const results = [one, { ...one, messageId: "m-2", from: "MyBank", text: "Two" }, { ...one, messageId: "m-3", text: null }]; // prettier-ignore
    const said = await brought("infobip", { results });
    expect(said).toMatchObject({ read: [{ id: one!["messageId"], ...text }, { id: "m-2", from: "MyBank", text: "Two" }] }); // prettier-ignore
    expect(said).not.toHaveProperty("read.2");
  });

  it("brings the good ones of a bundle whatever is wrong with the others, and says how many those were", async () => {
    const [one] = documented("infobip")["results"] as Payload[];
    const bad = [{ ...one, from: "" }, { ...one, to: null }, { ...one, messageId: 7 }, { ...one, text: 5 }, { ...one, from: "x".repeat(65) }, "no object", null, []]; // prettier-ignore
    for (const [nth, wrong] of bad.entries()) {
      const said = await brought("infobip", { results: [wrong, { ...one, messageId: `m-${nth}` }, wrong] });
      expect(said, JSON.stringify(wrong)).toMatchObject({ read: [{ id: `m-${nth}`, ...text }], unreadable: 2 });
    }
    expect(await brought("infobip", { results: bad })).toEqual({ read: [], unreadable: bad.length });
    expect(await brought("infobip", { results: "none" })).toEqual({ malformed: "body" });
  });

  it("by Basic or Bearer is as good as the secret that it shows", async () => {
    const account = accountFor("infobip");
    const bearer = { ...account, settings: { ...account.settings, receipt_auth: "bearer" } };
    const { body } = WRITERS.infobip(documented("infobip"), {});
    const by = (token: string): InboundCallback => ({ url: URL_, body, now: NOON, headers: { authorization: `Bearer ${token}` } }); // prettier-ignore
    expect(await read("infobip", by(account.secrets["receipt_secret"]!), bearer)).toHaveProperty("read.0");
    expect(await read("infobip", by(`${account.secrets["receipt_secret"]}x`), bearer)).toHaveProperty("forged");
  });
});

it.each(kinds.filter((kind) => kind !== "http"))("%s: a receipt that is brought to the wrong door is no text, and a text no receipt", async (kind) => {
  const name = { twilio: "status", vonage: "receipt", telnyx: "delivered", infobip: "delivered" }[kind];
  const receipt = WRITERS[kind](fixture<Payload>(kind, `${name}.json`), {});
  expect(await read(kind, receipt)).not.toHaveProperty("read.0");
  const asReceipt: Callback = { ...WRITERS[kind](documented(kind), {}), message: "msg_1", called: null };
  expect(await (CARRIERS[kind]).readReceipts(accountFor(kind), asReceipt)).not.toHaveProperty("read.0");
}); // prettier-ignore
