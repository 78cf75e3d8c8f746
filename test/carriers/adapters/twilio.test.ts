// The judge is Twilio's own package: it writes the request that ours must equal, and signs the callbacks that ours believes.
import { createHash } from "node:crypto";
import fc from "fast-check";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import type { Account, Answer, Handover } from "../../../src/carriers/carrier.ts";
import { signatureOf, twilioCarrier } from "../../../src/carriers/adapters/twilio/twilio.ts";
import { TWILIO_CODES } from "../../../src/carriers/adapters/twilio/codes.ts";
import {
  accountOf,
  callbackOf,
  fixture,
  handover,
  ioOf,
  json,
  MESSAGE,
  RECEIPT_URL,
  sendBy,
} from "../../support/carriers/adapter.ts";

const account = accountOf("twilio");
const token = account.secrets["auth_token"]!;
const owner = account.settings["account_sid"]!;
const made = fixture<{ status: number; body: Record<string, unknown>; reference: string }>("twilio", "accepted.json");
const codes = fixture<number[]>("twilio", "codes.json");
const accepting = () => json(made.status, made.body);
const answered = async (status: number, body: unknown, headers = {}) => (await sendBy(twilioCarrier, account, () => json(status, body, headers))).answer; // prettier-ignore
const withSettings = (settings: Account["settings"], secrets: Account["secrets"] = {}): Account => ({ ...account, settings: { ...account.settings, ...settings }, secrets: { ...account.secrets, ...secrets } }); // prettier-ignore

/** The request that Twilio's package makes for these parameters. */
async function official(parameters: object, of: Account = account) {
  type Written = { method: string; uri: string; username: string; password: string; data: Record<string, unknown> };
  let written: Written | null = null;
  const httpClient = {
    request: async (options: Written) => {
      written = options;
      return { statusCode: 201, body: made.body };
    },
  };
  const key = of.settings["api_key_sid"];
  const client = twilio(key ?? owner, key === undefined ? token : of.secrets["api_key_secret"]!, { accountSid: owner, httpClient } as object); // prettier-ignore
  await client.messages.create(parameters as Parameters<typeof client.messages.create>[0]);
  const { method, uri, username, password, data } = written as unknown as Written;
  const form = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, String(value)]));
  return { method: method.toUpperCase(), url: uri, basic: btoa(`${username}:${password}`), form };
}

describe("what is sent", () => {
  const common = { to: handover.to, body: handover.text, statusCallback: RECEIPT_URL, validityPeriod: 600, contentRetention: "discard", addressRetention: "obfuscate" } as const; // prettier-ignore
  const service = `MG${"b".repeat(32)}`;
  it.each<[string, Account, Partial<Handover>, object]>([
    ["a text with nothing kept at Twilio", account, {}, { ...common, from: "Northern" }],
    ["from the account's sender where the message names none", withSettings({ sender: "+447700900001" }), { from: null }, { ...common, from: "+447700900001" }],
    ["by a service that chooses the sender", withSettings({ messaging_service_sid: service }), { from: null }, { ...common, messagingServiceSid: service }],
    ["kept at Twilio where the account says so", withSettings({ content_retention: "retain", address_retention: "retain" }), {}, { ...common, from: "Northern", contentRetention: "retain", addressRetention: "retain" }],
    ["valid for no longer than Twilio takes", account, { validitySeconds: 259_200 }, { ...common, from: "Northern", validityPeriod: 36_000 }],
    ["with an API key", withSettings({ api_key_sid: `SK${"c".repeat(32)}` }, { api_key_secret: "d".repeat(32) }), {}, { ...common, from: "Northern" }],
  ])("is what the official package sends: %s", async (_, of, over, parameters) => {
    const { url, init, headers, calls, answer } = await sendBy(twilioCarrier, of, accepting, over);
    const expected = await official(parameters, of);
    expect([init.method, url, init.redirect, calls]).toEqual([expected.method, expected.url, "manual", 1]);
    expect(headers.get("authorization")).toBe(`Basic ${expected.basic}`);
    expect(headers.get("content-type")).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(init.body as string))).toEqual(expected.form);
    expect(answer).toEqual({ outcome: "accepted", reference: made.reference });
  }); // prettier-ignore

  it("is nothing where sender or credentials are missing", async () => {
    const never = () => Promise.reject(new Error("called"));
    expect((await sendBy(twilioCarrier, account, never, { from: null })).answer).toMatchObject({ outcome: "declined", code: "sender_missing", permanent: false }); // prettier-ignore
    expect((await sendBy(twilioCarrier, withSettings({ api_key_sid: `SK${"c".repeat(32)}` }), never)).answer).toMatchObject({ outcome: "declined", code: "account_incomplete" }); // prettier-ignore
  });

  it("goes to the account's region where it has one", async () => {
    const { url } = await sendBy(twilioCarrier, withSettings({ base_url: "https://api.ie1.twilio.com/" }), accepting);
    expect(url).toBe(`https://api.ie1.twilio.com/2010-04-01/Accounts/${owner}/Messages.json`);
  });
});

describe("what an answer means", () => {
  const fault = (code: number, status = 400) => ({ ...fixture<object>("twilio", "refused.json"), code, status });
  it.each<[number, unknown, Answer]>([
    [201, { ...made.body, status: "accepted" }, { outcome: "accepted", reference: made.reference }],
    [201, { ...made.body, status: "failed", error_code: 30006 }, { outcome: "declined", code: "30006", permanent: true }],
    [201, { ...made.body, status: "failed", error_code: 30002 }, { outcome: "declined", code: "30002", permanent: false, ofAccount: true }],
    [201, { ...made.body, status: "undelivered", error_code: null }, { outcome: "declined", code: "undelivered", permanent: false }],
    [201, { ...made.body, status: "failed", error_code: 39999 }, { outcome: "declined", code: "39999", permanent: false, unmapped: true }],
    [201, { ...made.body, sid: "" }, { outcome: "unknown", code: "unreadable_answer" }],
    [200, {}, { outcome: "unknown", code: "unreadable_answer" }],
    [400, fault(21211), { outcome: "declined", code: "21211", permanent: true }],
    [400, fault(21610), { outcome: "declined", code: "21610", permanent: true }],
    [400, fault(21606), { outcome: "declined", code: "21606", permanent: false }],
    [400, fault(39999), { outcome: "declined", code: "39999", permanent: false, unmapped: true }],
    [400, "nonsense", { outcome: "declined", code: "http_400", permanent: false }],
    [401, fault(20003, 401), { outcome: "declined", code: "20003", permanent: false, ofAccount: true }],
    [403, fault(20403, 403), { outcome: "declined", code: "20403", permanent: false }],
    [404, fault(20404, 404), { outcome: "declined", code: "20404", permanent: false }],
    [429, fault(20429, 429), { outcome: "throttled", code: "20429", retryAfterSeconds: 5 }],
    [400, fault(21611), { outcome: "throttled", code: "21611", retryAfterSeconds: 5 }],
    [500, fault(20500, 500), { outcome: "unknown", code: "20500" }],
    [503, fault(20503, 503), { outcome: "unknown", code: "20503" }],
    [500, fault(21211, 500), { outcome: "unknown", code: "21211" }],
    [502, "<html>", { outcome: "unknown", code: "http_502" }],
  ])("%s with %j", async (status, body, answer) => {
    expect(await answered(status, body)).toEqual(answer);
  }); // prettier-ignore

  it("is left alone for as long as Twilio asks", async () => {
    expect(await answered(429, fault(20429, 429), { "retry-after": "30" })).toMatchObject({ retryAfterSeconds: 30 });
  });

  it("has a class for every published code, and what is refused for good is refused as such", async () => {
    expect(codes.length).toBeGreaterThan(2_000);
    const unmapped = codes.filter((code) => TWILIO_CODES.get(String(code)) === undefined);
    expect(unmapped).toEqual([]);
    for (const code of codes) {
      const answer = await answered(400, fault(code));
      const verdict = TWILIO_CODES.get(String(code));
      expect(answer, String(code)).not.toHaveProperty("unmapped");
      const found =
        answer.outcome !== "declined"
          ? answer.outcome
          : answer.permanent
            ? "permanent"
            : answer.ofAccount
              ? "account"
              : "declined";
      expect(found, String(code)).toBe(verdict);
    }
    for (const code of ["39999", "30999", "0", "", "x", "120000000"]) expect(TWILIO_CODES.get(code)).toBeUndefined();
  });
});

describe("a receipt", () => {
  const status = fixture<Record<string, string>>("twilio", "status.json");
  const signed = (form: Record<string, string>, url = RECEIPT_URL, by = token) => callbackOf(new URLSearchParams(form).toString(), { "x-twilio-signature": twilio.getExpectedTwilioSignature(by, url, form) }); // prettier-ignore
  const read = (form: Record<string, string>) => twilioCarrier.readReceipts(account, signed(form));

  it.each<[string, string | undefined, object]>([
    ["accepted", undefined, { state: "sent", code: null }],
    ["queued", undefined, { state: "sent", code: null }],
    ["sending", undefined, { state: "sent", code: null }],
    ["scheduled", undefined, { state: "sent", code: null }],
    ["sent", "0", { state: "sent", code: null }],
    ["partially_delivered", undefined, { state: "sent", code: null }],
    ["delivered", "", { state: "delivered", code: null }],
    ["read", undefined, { state: "delivered", code: null }],
    ["undelivered", "30003", { state: "undelivered", code: "30003" }],
    ["failed", "30008", { state: "undelivered", code: "30008" }],
    ["canceled", undefined, { state: "undelivered", code: null }],
    ["undelivered", "39999", { state: "undelivered", code: "39999", unmapped: true }],
    ["undelivered", "to 07700 900123", { state: "undelivered", code: "unnamed", unmapped: true }],
    ["pondering", undefined, { state: "sent", code: null, unmapped: true }],
    ["received", undefined, { state: "sent", code: null, unmapped: true }],
  ])("of %s with %j", async (state, error, report) => {
    const form = { ...status, MessageStatus: state, ...(error === undefined ? {} : { ErrorCode: error }) };
    expect(await read(form)).toEqual({ read: [{ message: MESSAGE, at: null, ...report }] });
  }); // prettier-ignore

  it("that the official package signs is believed, whatever it says, and no other", async () => {
    const text = fc.string({ unit: "grapheme" });
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((each) => !(each in status));
    await fc.assert(fc.asyncProperty(fc.dictionary(name, text), text, async (more, other) => {
      const form: Record<string, string> = { ...more, ...status };
      expect(await read(form)).toHaveProperty("read");
      const forged = new URLSearchParams({ ...form, To: `${form["To"]}${other}x` }).toString();
      expect(await twilioCarrier.readReceipts(account, { ...signed(form), body: new TextEncoder().encode(forged) })).toEqual({ forged: "signature" });
      expect(twilio.validateRequest(token, signatureOf(token, RECEIPT_URL, new Map(Object.entries(form))), RECEIPT_URL, form)).toBe(true);
    })); // prettier-ignore
  });

  it("may be signed with the port named or left out, whatever the port", async () => {
    const host = "https://sms.example.com";
    const path = RECEIPT_URL.slice(host.length);
    const ours = async (called: string, signedUrl: string) => "read" in (await twilioCarrier.readReceipts(account, { ...signed(status, signedUrl), url: called })); // prettier-ignore
    for (const [called, signedUrl] of [[host, host], [host, `${host}:443`], [`${host}:443`, host], [`${host}:8443`, `${host}:8443`], [`${host}:8443`, host], ["http://127.0.0.1:8787", "http://127.0.0.1:8787"], ["http://a.example", "http://a.example:80"], ["https://[::1]:8787", "https://[::1]"]] as const) {
      expect(await ours(called + path, signedUrl + path), `${called} as ${signedUrl}`).toBe(true);
      expect(twilio.validateRequest(token, twilio.getExpectedTwilioSignature(token, signedUrl + path, status), called + path, status)).toBe(true);
    }
    for (const signedUrl of [`${host}:8443`, "http://sms.example.com", "https://other.example.com"]) expect(await ours(RECEIPT_URL, signedUrl + path), signedUrl).toBe(false);
  }); // prettier-ignore

  it("is forged without a signature, by another key, for another URL, of another account, and with any byte changed", async () => {
    const good = signed(status);
    const forged = async (change: object, of = account) => "forged" in (await twilioCarrier.readReceipts(of, { ...good, ...change })); // prettier-ignore
    expect(await forged({})).toBe(false);
    expect(await forged({ headers: {} })).toBe(true);
    for (const signature of ["", "AAAA", `${good.headers["x-twilio-signature"]} `]) expect(await forged({ headers: { "x-twilio-signature": signature } })).toBe(true); // prettier-ignore
    expect(await forged(signed(status, RECEIPT_URL, "e".repeat(32)))).toBe(true);
    expect(await forged({ url: RECEIPT_URL.replace(MESSAGE, MESSAGE.replace("s", "t")) })).toBe(true);
    expect(await forged({ url: `${RECEIPT_URL}?x=1` })).toBe(true);
    expect(await forged({}, withSettings({}, { auth_token: "e".repeat(32) }))).toBe(true);
    expect(await forged({}, { ...account, secrets: {} })).toBe(true);
    expect(await forged({}, withSettings({ account_sid: `AC${"9".repeat(32)}` }))).toBe(true);
    for (let at = 0; at < good.body.length; at += 1) {
      const body = Uint8Array.from(good.body);
      body[at] = (body[at] ?? 0) ^ 1;
      expect(await twilioCarrier.readReceipts(account, { ...good, body }), `byte ${at}`).not.toHaveProperty("read");
    }
  });

  it("that another reader could read otherwise is malformed: a repeated name, another charset, no form, a part missing", async () => {
    const good = signed(status);
    const text = new TextDecoder().decode(good.body);
    for (const body of [`${text}&MessageStatus=failed`, `${text}&%4dessageStatus=failed`, `${text}&X=%`, `${text}&X=%ff`]) expect(await twilioCarrier.readReceipts(account, { ...good, body: new TextEncoder().encode(body) }), body).toEqual({ malformed: "body" }); // prettier-ignore
    expect(await twilioCarrier.readReceipts(account, { ...good, body: new Uint8Array(Buffer.from(text, "utf16le")) })).not.toHaveProperty("read"); // prettier-ignore
    expect(await twilioCarrier.readReceipts(account, { ...good, body: new TextEncoder().encode(`\ufeff${text}`) })).toEqual({ forged: "signature" }); // prettier-ignore
    const { MessageStatus: _, ...stateless } = status;
    expect(await read(stateless)).toEqual({ malformed: "body" });
    expect(await read({ ...status, MessageSid: "x" })).toEqual({ malformed: "body" });
  });

  it("in JSON, whose body the signature covers only by a hash in the URL, is not one of ours", async () => {
    const body = JSON.stringify(status);
    const url = `${RECEIPT_URL}?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
    const signature = twilio.getExpectedTwilioSignature(token, url, {});
    expect(twilio.validateRequestWithBody(token, signature, url, body)).toBe(true);
    expect(await twilioCarrier.readReceipts(account, callbackOf(body, { "x-twilio-signature": signature }, { url }))).not.toHaveProperty("read"); // prettier-ignore
  });

  it("signs as the package's own published vectors do", () => {
    const hash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
    expect(signatureOf("12345", `https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=${hash}`, new Map())).toBe("a9nBmqA0ju/hNViExpshrM61xv4="); // prettier-ignore
    expect(signatureOf("12345", `https://mycompany.com/myapp.php?bodySHA256=${hash}`, new Map())).toBe("y77kIzt2vzLz71DgmJGsen2scGs="); // prettier-ignore
  });
});

describe("beside sending", () => {
  const asking = async (what: "probe" | "redact", status: number, body: unknown = "", of = account) => {
    const seen: [string, string | undefined][] = [];
    const io = ioOf(async (url, init) => (seen.push([url, init.method]), status === 204 ? new Response(null, { status }) : json(status, body))); // prettier-ignore
    const answer = what === "probe" ? await twilioCarrier.probe!(of, io) : await twilioCarrier.redact!(of, made.reference, io); // prettier-ignore
    return { answer, seen };
  };

  it("a probe reads the balance, and nothing that anybody wrote", async () => {
    const { answer, seen } = await asking("probe", 200, { account_sid: owner, balance: "0.05", currency: "USD" });
    expect(answer).toEqual({ found: "well" });
    expect(seen).toEqual([[`https://api.twilio.com/2010-04-01/Accounts/${owner}/Balance.json`, "GET"]]);
    expect((await asking("probe", 401, { code: 20003 })).answer).toEqual({ found: "rejected", code: "http_401" });
    expect((await asking("probe", 404, { code: 20404 })).answer).toEqual({ found: "well" });
    expect((await asking("probe", 404, "<html>")).answer).toEqual({ found: "down", code: "http_404" });
    expect((await asking("probe", 503)).answer).toEqual({ found: "down", code: "http_503" });
    expect((await asking("probe", 200, "", { ...account, secrets: {} })).answer).toMatchObject({ found: "rejected" });
  });

  it("redacting deletes the record, and never says it did when it may not have", async () => {
    const { answer, seen } = await asking("redact", 204);
    expect(answer).toBe("done");
    expect(seen).toEqual([[`https://api.twilio.com/2010-04-01/Accounts/${owner}/Messages/${made.reference}.json`, "DELETE"]]); // prettier-ignore
    expect((await asking("redact", 404, { code: 20404 })).answer).toBe("done");
    for (const [status, body] of [[404, "<html>"], [409, { code: 20009 }], [401, { code: 20003 }]] as const) expect((await asking("redact", status, body)).answer).toBe("refused"); // prettier-ignore
    for (const status of [200, 302, 429, 500, 503]) expect((await asking("redact", status)).answer).toBe("unclear");
    const never = ioOf(() => Promise.reject(new Error("called")));
    expect(await twilioCarrier.redact!(account, "../Accounts", never)).toBe("refused");
  });
});
