// Infobip's own package speaks only its older API, so the judges are its published tables and request, and RFC 4231.
import { createHmac } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Account, Answer, Report } from "../../../src/carriers/carrier.ts";
import { infobipCarrier } from "../../../src/carriers/adapters/infobip/infobip.ts";
import {
  INFOBIP_ERRORS,
  INFOBIP_FAULTS,
  INFOBIP_GROUPS,
  INFOBIP_STATUSES,
} from "../../../src/carriers/adapters/infobip/codes.ts";
import {
  accountOf,
  callbackOf,
  fixture,
  handover,
  ioOf,
  json,
  MESSAGE,
  sendBy,
} from "../../support/carriers/adapter.ts";

type Row = [id: number, name: string, group: number];
type Codes = { statuses: Row[]; errors: [...Row, permanent: boolean][] };
type Result = { messageId: string; status: Record<string, unknown>; error: Record<string, unknown> } & Record<string, unknown>; // prettier-ignore

const account = accountOf("infobip");
const secret = account.secrets["receipt_secret"]!;
const made = fixture<{ status: number; body: object }>("infobip", "accepted.json");
const codes = fixture<Codes>("infobip", "codes.json");
const reports = (name: "delivered" | "undelivered") => fixture<{ results: Result[] }>("infobip", `${name}.json`);
const withSettings = (settings: Account["settings"]): Account => ({ ...account, settings: { ...account.settings, ...settings } }); // prettier-ignore
const answered = async (status: number, body: unknown, headers = {}) => (await sendBy(infobipCarrier, account, () => json(status, body, headers))).answer; // prettier-ignore
const answering = (id: number, groupId: number, name = "NAME") => answered(200, { messages: [{ messageId: MESSAGE, status: { id, groupId, name } }] }); // prettier-ignore

describe("a message", () => {
  const bodyBy = async (of: Account, over = {}) => JSON.parse((await sendBy(infobipCarrier, of, () => json(200, made.body), over)).init.body as string) as unknown; // prettier-ignore

  it("is one message to one destination under our id, with our receipt URL, a life and nothing that shortens links or reports elsewhere", async () => {
    const { url, init, headers } = await sendBy(infobipCarrier, account, () => json(200, made.body));
    expect(url).toBe("https://xy0z1a.api.infobip.com/sms/3/messages");
    expect([headers.get("authorization"), headers.get("content-type")]).toEqual([`App ${account.secrets["api_key"]}`, "application/json"]); // prettier-ignore
    expect(JSON.parse(init.body as string)).toEqual({
      messages: [
        {
          sender: "Northern",
          destinations: [{ to: "447700900123", messageId: MESSAGE }],
          content: { text: "Hello £5 & co = Grüße" },
          options: { validityPeriod: { amount: 600, timeUnit: "SECONDS" } },
          webhooks: { delivery: { url: handover.receiptUrl }, contentType: "application/json" },
        },
      ],
      options: { tracking: { shortenUrl: false, trackClicks: false } },
    });
  });

  it("lives no longer than Infobip lets it, and goes by the account's sender where it names none", async () => {
    expect(await bodyBy(account, { validitySeconds: 999_999 })).toMatchObject({ messages: [{ options: { validityPeriod: { amount: 172_800 } } }] }); // prettier-ignore
    expect(await bodyBy(withSettings({ sender: "+447700900001" }), { from: null })).toMatchObject({ messages: [{ sender: "447700900001" }] }); // prettier-ignore
    expect(await bodyBy(account, { from: null })).not.toHaveProperty("messages.0.sender");
  });
});

describe("an answer", () => {
  it.each<[string, number, unknown, Answer]>([
    ["an acceptance", 200, made.body, { outcome: "accepted", reference: MESSAGE }],
    ["a rejection inside a 200", 200, fixture("infobip", "rejected.json"), { outcome: "declined", code: "REJECTED_DESTINATION", permanent: true }],
    ["two messages for one", 200, { messages: [{ status: { id: 26, groupId: 1 } }, { status: { id: 26, groupId: 1 } }] }, { outcome: "unknown", code: "unreadable_answer" }],
    ["no message", 200, { bulkId: "1", messages: [] }, { outcome: "unknown", code: "unreadable_answer" }],
    ["an error's body under a 200", 200, fixture("infobip", "refused.json"), { outcome: "unknown", code: "unreadable_answer" }],
    ["a bad request", 400, fixture("infobip", "refused.json"), { outcome: "declined", code: "E400", permanent: false }],
    ["an older refusal", 401, fixture("infobip", "refused-before.json"), { outcome: "declined", code: "UNAUTHORIZED", permanent: false, ofAccount: true }],
    ["a code that is not in the table", 409, { errorCode: "E499" }, { outcome: "declined", code: "E499", permanent: false, unmapped: true }],
    ["a refusal in HTML", 403, "<html>", { outcome: "declined", code: "http_403", permanent: false }],
    ["too many", 429, { errorCode: "E429" }, { outcome: "throttled", code: "E429", retryAfterSeconds: 5 }],
    ["an internal error", 500, { errorCode: "E500" }, { outcome: "unknown", code: "E500" }],
    ["a refusal under a 500", 500, { errorCode: "E400" }, { outcome: "unknown", code: "E400" }],
    ["a 503", 503, "", { outcome: "unknown", code: "http_503" }],
  ])("that is %s is what it says", async (_what, status, body, answer) => {
    expect(await answered(status, body)).toEqual(answer);
  }); // prettier-ignore

  it("to an id that Infobip has had before is in doubt: an earlier call may have been taken", async () => {
    expect(await answering(23, 5, "REJECTED_DUPLICATE_MESSAGE_ID")).toEqual({ outcome: "unknown", code: "REJECTED_DUPLICATE_MESSAGE_ID" }); // prettier-ignore
  });

  it("says when it is the account that is refused, and not this message of it", async () => {
    for (const id of [12, 17, 18, 19]) expect(await answering(id, 5)).toMatchObject({ outcome: "declined", permanent: false, ofAccount: true }); // prettier-ignore
    for (const id of [6, 8, 10, 11, 13, 20, 21, 52]) expect(await answering(id, 5)).not.toHaveProperty("ofAccount");
    expect(await answered(400, { errorCode: "E400" })).not.toHaveProperty("ofAccount");
  });

  it("in a status that we do not know is taken by its group, and counted; by no group, it is in doubt", async () => {
    expect(await answering(9_999, 5)).toEqual({ outcome: "declined", code: "NAME", permanent: false, unmapped: true });
    expect(await answering(9_999, 2)).toEqual({ outcome: "unknown", code: "NAME", unmapped: true });
    expect(await answering(9_999, 77)).toEqual({ outcome: "unknown", code: "NAME", unmapped: true });
    expect(await answering(9_999, 1)).toMatchObject({ outcome: "accepted" });
  });
});

describe("every code that Infobip publishes", () => {
  it("of a status has its meaning, and only what surely was not sent may go to another carrier", async () => {
    for (const [id, name, group] of codes.statuses) {
      expect(INFOBIP_STATUSES.has(id), name).toBe(true);
      const answer = await answering(id, group, name);
      expect(answer, name).not.toHaveProperty("unmapped");
      if (group <= 1 || group === 3) expect(answer.outcome, name).toBe("accepted");
      else expect(answer.outcome, name).toBe(["REJECTED_DUPLICATE_MESSAGE_ID"].includes(name) || (!/REJECTED|NOT_SENT|MISSING|SIGNALS/.test(name)) || id === 4 ? "unknown" : "declined"); // prettier-ignore
    }
    expect([...INFOBIP_STATUSES.keys()].filter((id) => !codes.statuses.some(([known]) => known === id))).toEqual([]);
  });

  it("of a delivery error has its class, by Infobip's own flag wherever it has one", () => {
    for (const [id, name, , permanent] of codes.errors) expect(INFOBIP_ERRORS.get(String(id)), name).toBe(permanent ? "permanent" : codes.errors.some(([same, , , p]) => same === id && p) ? "permanent" : "declined"); // prettier-ignore
    expect(codes.errors).toHaveLength(146);
  });

  it("of an HTTP error refuses, slows or says nothing, and never speaks of the number", async () => {
    for (const code of [
      "E400",
      "E401",
      "E403",
      "E404",
      "E429",
      "E500",
      "BAD_REQUEST",
      "UNAUTHORIZED",
      "FORBIDDEN",
      "NOT_FOUND",
      "TOO_MANY_REQUESTS",
      "GENERAL_ERROR",
    ]) {
      // prettier-ignore
      expect(INFOBIP_FAULTS.get(code), code).toBeDefined();
      expect(await answered(400, { errorCode: code }), code).not.toMatchObject({ permanent: true });
    }
  });
});

const bytesOf = (body: unknown) => (typeof body === "string" ? body : JSON.stringify(body));
const macOf = (body: string | Uint8Array, key = secret, digest = "sha256") => createHmac(digest, key).update(body).digest(); // prettier-ignore
const signed = (body: unknown, headers?: Record<string, string>) => callbackOf(bytesOf(body), headers ?? { "x-signature": macOf(bytesOf(body)).toString("hex") }); // prettier-ignore
const read = (body: unknown, headers?: Record<string, string>, of = account) => infobipCarrier.readReceipts(of, signed(body, headers)); // prettier-ignore
/** The report of our message with something else in it. */
const reportOf = (change: object) => ({ results: [{ ...reports("undelivered").results[0], ...change }] });

describe("a receipt", () => {
  const at = Date.UTC(2026, 10, 23, 12);

  it("is read out of a batch: ours alone, with network, price of all its parts and Infobip's own time", async () => {
    const report: Report = { message: MESSAGE, state: "delivered", code: null, at, network: "23415", price: { amount: 69_600, currency: "EUR" } }; // prettier-ignore
    expect(reports("delivered").results).toHaveLength(2);
    expect(await read(reports("delivered"))).toEqual({ read: [report] });
    expect(await read(reports("undelivered"))).toEqual({ read: [{ ...report, state: "undelivered", code: "EC_UNKNOWN_SUBSCRIBER", price: { amount: 0, currency: "EUR" } }] }); // prettier-ignore
  });

  it("about other messages only, or about none, changes nothing", async () => {
    expect(await read(reportOf({ messageId: "msg_other" }))).toEqual({ read: [] });
    expect(await read({ results: [] })).toEqual({ read: [] });
  });

  it.each(codes.statuses)("in status %d, %s, is read without a question", async (id, name, groupId) => {
    const result = await read(reportOf({ status: { id, name, groupId }, error: { id: 0 } }));
    const state = INFOBIP_STATUSES.get(id)?.state ?? null;
    if (state === null) return expect(result).toEqual({ read: [] });
    expect(result).toMatchObject({ read: [{ state, code: state === "delivered" ? null : name }] });
    expect(result).not.toHaveProperty("read.0.unmapped");
    expect(state === "delivered").toBe(id === 5); // to the operator is not to the handset
  });

  it("in a status or with an error that we do not know is counted, and treated by its group", async () => {
    for (const [groupId, { state }] of INFOBIP_GROUPS) expect(await read(reportOf({ status: { id: 9_999, groupId, name: "NEW" } }))).toMatchObject({ read: [{ state, unmapped: true }] }); // prettier-ignore
    expect(await read(reportOf({ status: { id: 9_999, groupId: 42 } }))).toMatchObject({ read: [{ state: "sent", unmapped: true }] }); // prettier-ignore
    expect(await read(reportOf({ error: { id: 99_999 } }))).toMatchObject({ read: [{ state: "undelivered", code: "error_99999", unmapped: true }] }); // prettier-ignore
    expect(await read(reportOf({ error: { id: 1, name: "no such number as 447700900123" } }))).toMatchObject({ read: [{ code: "error_1" }] }); // prettier-ignore
  });

  it("has no time, network or price where there is none that can be read exactly", async () => {
    for (const doneAt of [null, "", "yesterday", "2026-11-23", "2026-13-40T12:00:00+0000", "2026-11-23T12:00:00"]) expect(await read(reportOf({ doneAt }))).toMatchObject({ read: [{ at: null }] }); // prettier-ignore
    for (const doneAt of ["2026-11-23T12:00:00Z", "2026-11-23T13:00:00.000+01:00", "2026-11-23T07:30:00-0430"]) expect(await read(reportOf({ doneAt }))).toMatchObject({ read: [{ at }] }); // prettier-ignore
    for (const mccMnc of [null, "", "O2", "234-15"]) expect(await read(reportOf({ mccMnc }))).not.toHaveProperty("read.0.network"); // prettier-ignore
    for (const price of [null, {}, { pricePerMessage: -1, currency: "EUR" }, { pricePerMessage: 1, currency: "Euro" }]) expect(await read(reportOf({ price }))).not.toHaveProperty("read.0.price"); // prettier-ignore
  });

  it.each<[string, () => string | Uint8Array]>([
    ["a repeated key", () => bytesOf(reports("delivered")).replace('"id":5', '"id":9,"id":5')],
    ["a byte-order mark", () => `\ufeff${bytesOf(reports("delivered"))}`],
    ["UTF-16", () => Buffer.from(bytesOf(reports("delivered")), "utf16le")],
    ["gzip", () => gzipSync(bytesOf(reports("delivered")))],
    ["XML", () => "<DeliveryReports><results/></DeliveryReports>"],
    ["nothing", () => ""],
    ["no status", () => bytesOf(reportOf({ status: null }))],
    ["a count that is none", () => bytesOf(reportOf({ messageCount: -1 }))],
    ["more reports than Infobip ever sends", () => bytesOf({ results: Array(1_001).fill({ messageId: "m" }) })],
  ])("of %s is malformed, signed as it may be", async (_what, body) => {
    const raw = body();
    expect(await infobipCarrier.readReceipts(account, callbackOf(raw, { "x-signature": macOf(raw).toString("hex") }))).toHaveProperty("malformed"); // prettier-ignore
  }); // prettier-ignore
});

describe("proof", () => {
  const body = bytesOf(reports("delivered"));
  const mac = macOf(body);
  const isForged = async (headers: Record<string, string>, of = account, raw: string | Uint8Array = body) => "forged" in (await infobipCarrier.readReceipts(of, callbackOf(raw, headers))); // prettier-ignore

  it.each([["sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"], ["sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"], ["sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"]])(
    "by HMAC is that of RFC 4231 with %s, in hexadecimal or base64, its algorithm before it or not", async (digest, hex) => {
    const of: Account = { ...withSettings({ receipt_auth: `hmac_${digest}` }), secrets: { receipt_secret: "Jefe" } };
    const text = "what do ya want for nothing?";
    const base64 = Buffer.from(hex, "hex").toString("base64");
    for (const given of [hex, hex.toUpperCase(), base64, `${digest}=${hex}`, `${digest}=${base64}`]) expect(await isForged({ "x-signature": given }, of, text), given).toBe(false); // prettier-ignore
    for (const given of ["", hex.slice(2), `${hex}00`, hex.replace(/^./, "0"), `md5=${hex}`, `${digest}==${hex}`, base64.slice(4), `${digest}=`, Buffer.from(hex).toString("base64")]) expect(await isForged({ "x-signature": given }, of, text), given).toBe(true); // prettier-ignore
  }); // prettier-ignore

  it("by HMAC covers every byte, and is nothing under another key, algorithm or header", async () => {
    const good = { "x-signature": mac.toString("hex") };
    expect(await isForged(good)).toBe(false);
    for (let at = 0; at < body.length; at += 5) {
      const altered = Uint8Array.from(Buffer.from(body));
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(await isForged(good, account, altered), `byte ${at}`).toBe(true);
    }
    expect(await isForged({ "x-signature": macOf(body, `${secret.slice(0, -2)}A=`).toString("hex") })).toBe(true);
    expect(await isForged({ "x-signature": macOf(body, secret, "sha512").toString("hex") })).toBe(true);
    expect(await isForged({ "x-hub-signature": mac.toString("hex") })).toBe(true);
    expect(await isForged({ authorization: `Bearer ${secret}` })).toBe(true);
    expect(await isForged(good, { ...account, secrets: {} })).toBe(true);
    expect(await isForged(good, { ...account, settings: {} })).toBe(true);
    const { receipt_header: _gone, ...headless } = account.settings;
    for (const headers of [good, { "": mac.toString("hex") }, { undefined: mac.toString("hex") }]) expect(await isForged(headers, { ...account, settings: headless })).toBe(true); // prettier-ignore
    await fc.assert(fc.asyncProperty(fc.string(), (text) => isForged({ "x-signature": text }))); // prettier-ignore
  });

  it("by Basic or Bearer is exactly the account's, and a MAC is none", async () => {
    const basic = withSettings({ receipt_auth: "basic", receipt_user: "infobip" });
    const bearer = withSettings({ receipt_auth: "bearer" });
    const of = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    expect(await isForged(of(`infobip:${secret}`), basic)).toBe(false);
    expect(await isForged({ authorization: `Bearer ${secret}` }, bearer)).toBe(false);
    for (const headers of [{}, of(`infobip:${secret}x`), of(`:${secret}`), of("infobip:"), { authorization: "Basic" }, { authorization: `Bearer ${secret}` }, { "x-signature": mac.toString("hex") }]) expect(await isForged(headers as Record<string, string>, basic)).toBe(true); // prettier-ignore
    for (const headers of [{}, { authorization: secret }, { authorization: "Bearer " }, { authorization: `Bearer ${secret} ` }, of(`infobip:${secret}`), { "x-signature": mac.toString("hex") }]) expect(await isForged(headers as Record<string, string>, bearer)).toBe(true); // prettier-ignore
    const { receipt_user: _gone, ...nobody } = basic.settings;
    expect(await isForged(of(`undefined:${secret}`), { ...basic, settings: nobody })).toBe(true);
    expect(await isForged(of(`infobip:${secret}`), { ...basic, secrets: {} })).toBe(true);
  });

  it("that is played again says the same again: the message's state decides that it counts once", async () => {
    const callback = signed(reports("delivered"));
    expect(await infobipCarrier.readReceipts(account, callback)).toEqual(await infobipCarrier.readReceipts(account, callback)); // prettier-ignore
  });
});

describe("an account", () => {
  const { settings, secrets } = infobipCarrier.fields;
  const takes = (change: object) => z.strictObject({ ...settings, ...secrets }).safeParse({ ...account.settings, ...account.secrets, ...change }).success; // prettier-ignore

  it("signs with SHA-2 or shows a secret, and its secret is random", () => {
    expect(takes({})).toBe(true);
    for (const receipt_auth of ["hmac_md5", "hmac_sha1", "none", "", undefined]) expect(takes({ receipt_auth })).toBe(false); // prettier-ignore
    for (const bad of [{ receipt_header: "x y" }, { receipt_header: "" }, { receipt_user: "a:b" }, { receipt_secret: "short" }, { api_key: "with a space in it" }, { api_key: "two\r\nlines-of-a-header" }, { base_url: undefined }]) expect(takes(bad), JSON.stringify(bad)).toBe(false); // prettier-ignore
    expect(infobipCarrier.weakness?.({ receipt_secret: secret })).toBeNull();
    for (const weak of ["A".repeat(44), Buffer.from("a password that somebody made up").toString("base64")]) expect(infobipCarrier.weakness?.({ receipt_secret: weak }), weak).toMatchObject({ field: "receipt_secret" }); // prettier-ignore
  });

  it("is probed by its balance, and calls nobody without an address", async () => {
    const seen: [string, RequestInit][] = [];
    expect(await infobipCarrier.probe?.(account, ioOf(async (url, init) => (seen.push([url, init]), json(200, "{}"))))).toEqual({ found: "well" }); // prettier-ignore
    expect([seen[0]?.[0], seen[0]?.[1].method]).toEqual(["https://xy0z1a.api.infobip.com/account/1/balance", "GET"]);
    const never = ioOf(() => Promise.reject(new Error("called")));
    expect(await infobipCarrier.probe?.({ ...account, settings: {} }, never)).toMatchObject({ found: "rejected" });
    expect(await infobipCarrier.send({ ...account, settings: {} }, handover, never)).toMatchObject({ code: "account_incomplete" }); // prettier-ignore
  });

  it("none of whose receipts could be believed sends nothing, and says so when it is probed", async () => {
    const never = ioOf(() => Promise.reject(new Error("called")));
    const { receipt_header: _header, ...headless } = account.settings;
    const mute = [headless, { ...headless, receipt_auth: "basic" }, { ...account.settings, receipt_auth: "hmac_md5" }].map((settings) => ({ ...account, settings })); // prettier-ignore
    for (const of of [...mute, { ...account, secrets: { api_key: account.secrets["api_key"]! } }]) {
      expect(await infobipCarrier.send(of, handover, never)).toMatchObject({ outcome: "declined", permanent: false, code: "account_incomplete" }); // prettier-ignore
      expect(await infobipCarrier.probe?.(of, never)).toMatchObject({ found: "rejected" });
    }
    for (const settings of [{ ...headless, receipt_auth: "bearer" }, { ...headless, receipt_auth: "basic", receipt_user: "u" }]) expect((await sendBy(infobipCarrier, { ...account, settings }, () => json(200, made.body))).calls).toBe(1); // prettier-ignore
  });
});
