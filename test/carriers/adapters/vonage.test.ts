// The judge is Vonage's own package: it verifies the signatures that ours believes.
import { AlgorithmTypes } from "@vonage/auth";
import { SMS } from "@vonage/sms";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Account, Answer, Handover } from "../../../src/carriers/carrier.ts";
import { signatureOf, vonageCarrier } from "../../../src/carriers/adapters/vonage/vonage.ts";
import { accountOf, callbackOf, fixture, handover, ioOf, json, MESSAGE, NOON, RECEIPT_URL, sendBy } from "../../support/carriers/adapter.ts"; // prettier-ignore

const account = accountOf("vonage");
const secret = account.secrets["signature_secret"]!;
const made = fixture<{ body: { messages: Record<string, string>[] } }>("vonage", "accepted.json");
const [part] = made.body.messages;
const codes = fixture<{ statuses: string[]; receipts: string[] }>("vonage", "codes.json");
const withSettings = (settings: Account["settings"], secrets: Account["secrets"] = {}): Account => ({ ...account, settings: { ...account.settings, ...settings }, secrets: { ...account.secrets, ...secrets } }); // prettier-ignore
const answered = async (status: number, body: unknown, headers = {}) => (await sendBy(vonageCarrier, account, () => json(status, body, headers))).answer; // prettier-ignore
const parts = (...statuses: string[]) => ({ "message-count": String(statuses.length), messages: statuses.map((status, at) => status === "0" ? { ...part, "message-id": `0A000000012300${at}` } : { status, "error-text": "to 07700 900123" }) }); // prettier-ignore

describe("what is sent", () => {
  const common = { from: "Northern", to: "447700900123", text: handover.text, type: "text", ttl: "600000", callback: RECEIPT_URL, "client-ref": MESSAGE }; // prettier-ignore
  it.each<[string, Account, Partial<Handover>, object]>([
    ["a text with our id as its reference", account, {}, common],
    ["from the account's sender where the message names none", account, { from: null }, { ...common, from: "Maskline" }],
    ["from a number, without its plus", account, { from: "+447700900001" }, { ...common, from: "447700900001" }],
    ["beyond GSM-7", account, { encoding: "ucs2", text: "✓" }, { ...common, type: "unicode", text: "✓" }],
    ["valid for as long as Vonage takes at least", account, { validitySeconds: 5 }, { ...common, ttl: "20000" }],
    ["and at most", account, { validitySeconds: 1_000_000 }, { ...common, ttl: "604800000" }],
  ])("is what the public description says: %s", async (_, of, over, form) => {
    const { url, init, headers, calls } = await sendBy(vonageCarrier, of, () => json(200, made.body), over);
    expect([init.method, url, init.redirect, calls]).toEqual(["POST", "https://rest.nexmo.com/sms/json", "manual", 1]);
    expect(headers.get("authorization")).toBe(`Basic ${btoa(`${of.secrets["api_key"]}:${of.secrets["api_secret"]}`)}`);
    expect(headers.get("content-type")).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(init.body as string))).toEqual(form);
    expect(init.body).not.toContain(of.secrets["api_secret"]);
  }); // prettier-ignore

  it("is nothing without a sender, or without what its receipts are believed by", async () => {
    const never = () => Promise.reject(new Error("called"));
    const { sender: _, ...senderless } = account.settings;
    expect((await sendBy(vonageCarrier, { ...account, settings: senderless }, never, { from: null })).answer).toMatchObject({ outcome: "declined", code: "sender_missing" }); // prettier-ignore
    const { signature_secret: _secret, ...unsigned } = account.secrets;
    expect((await sendBy(vonageCarrier, { ...account, secrets: unsigned }, never)).answer).toMatchObject({ outcome: "declined", code: "account_incomplete" }); // prettier-ignore
  });

  it("goes to the account's region where it has one", async () => {
    expect((await sendBy(vonageCarrier, withSettings({ base_url: "https://rest-eu.example/" }), () => json(200, made.body))).url).toBe("https://rest-eu.example/sms/json"); // prettier-ignore
  });
});

describe("what an answer means", () => {
  it.each<[number, unknown, Answer]>([
    [200, made.body, { outcome: "accepted", reference: "0A0000000123ABCD1", price: { amount: 33_300, currency: "EUR" }, network: "23410" }],
    [200, parts("0", "0", "0"), { outcome: "accepted", reference: "0A0000000123000,0A0000000123001,0A0000000123002", price: { amount: 99_900, currency: "EUR" }, network: "23410" }],
    [200, { messages: [{ status: "0", "message-id": "0A0000000123ABCD1" }] }, { outcome: "accepted", reference: "0A0000000123ABCD1" }],
    [200, { messages: [{ status: "0", "message-id": "0A0000000123ABCD1", "message-price": "-1" }] }, { outcome: "accepted", reference: "0A0000000123ABCD1" }],
    [200, parts("7"), { outcome: "declined", code: "status_7", permanent: true }],
    [200, parts("33"), { outcome: "declined", code: "status_33", permanent: true }],
    [200, parts("9"), { outcome: "declined", code: "status_9", permanent: false, ofAccount: true }],
    [200, parts("4"), { outcome: "declined", code: "status_4", permanent: false, ofAccount: true }],
    [200, parts("1"), { outcome: "throttled", code: "status_1", retryAfterSeconds: 1 }],
    [200, parts("5"), { outcome: "unknown", code: "status_5" }],
    [200, parts("9", "9"), { outcome: "declined", code: "status_9", permanent: false, ofAccount: true }],
    [200, parts("9", "5"), { outcome: "unknown", code: "status_5" }],
    [200, parts("0", "9"), { outcome: "unknown", code: "partly_taken" }],
    [200, parts("9", "0"), { outcome: "unknown", code: "partly_taken" }],
    [200, parts("77"), { outcome: "unknown", code: "status_77", unmapped: true }],
    [200, parts("7700900123"), { outcome: "unknown", code: "unnamed", unmapped: true }],
    [200, { "message-count": "0", messages: [] }, { outcome: "unknown", code: "unreadable_answer" }],
    [200, { messages: [{ status: 0 }] }, { outcome: "unknown", code: "unreadable_answer" }],
    [200, { messages: [{ status: "0" }] }, { outcome: "unknown", code: "unreadable_answer" }],
    [200, "<html>", { outcome: "unknown", code: "unreadable_answer" }],
    [401, { title: "Unauthorized" }, { outcome: "declined", code: "http_401", permanent: false, ofAccount: true }],
    [420, "", { outcome: "declined", code: "http_420", permanent: false }],
    [500, parts("9"), { outcome: "unknown", code: "http_500" }],
    [503, "", { outcome: "unknown", code: "http_503" }],
  ])("%s with %j", async (status, body, answer) => {
    expect(await answered(status, body)).toEqual(answer);
  }); // prettier-ignore

  it("has a class for every published status: none but 0 is taken, and none is unmapped", async () => {
    const found = await Promise.all(codes.statuses.map(async (status) => [status, await answered(200, parts(status))] as const)); // prettier-ignore
    for (const [status, answer] of found) {
      expect(answer, status).not.toHaveProperty("unmapped");
      expect(answer.outcome, status).not.toBe("accepted");
    }
    const permanent = found.filter(([, answer]) => answer.outcome === "declined" && answer.permanent).map(([status]) => status); // prettier-ignore
    expect(permanent).toEqual(["6", "7", "33"]);
  });
});

describe("a receipt", () => {
  const receipt = fixture<Record<string, string>>("vonage", "receipt.json");
  const sms = new SMS({ apiKey: "abcd1234", apiSecret: "x".repeat(16) });
  type Method = "sha256" | "sha512";
  const signed = (fields: Record<string, string>, by = secret, method: Method = "sha256") => ({ ...fields, sig: signatureOf(by, method, fields).toUpperCase() }); // prettier-ignore
  const inJson = (fields: Record<string, string>) => callbackOf(JSON.stringify(fields), { "content-type": "application/json" }); // prettier-ignore
  const inForm = (fields: Record<string, string>) => callbackOf(new URLSearchParams(fields).toString(), { "content-type": "application/x-www-form-urlencoded" }); // prettier-ignore
  const read = (fields: Record<string, string>, of = account) => vonageCarrier.readReceipts(of, inJson(signed(fields)));
  const report = {
    message: MESSAGE,
    state: "delivered",
    code: null,
    at: NOON,
    network: "23410",
    price: { amount: 33_300, currency: "EUR" },
    perPart: true,
    part: "0A0000000123ABCD1",
  };

  it("is read in JSON and in a form, signed by either method", async () => {
    for (const write of [inJson, inForm]) {
      expect(await vonageCarrier.readReceipts(account, write(signed(receipt)))).toEqual({ read: [report] });
      const other = write(signed(receipt, secret, "sha512"));
      expect(await vonageCarrier.readReceipts(withSettings({ signature_method: "sha512" }), other)).toEqual({ read: [report] }); // prettier-ignore
      expect(await vonageCarrier.readReceipts(account, other)).toEqual({ forged: "signature" });
    }
  });

  it.each<[string, string | undefined, object]>([
    ["accepted", "0", { state: "sent", code: null }],
    ["buffered", undefined, { state: "sent", code: null }],
    ["unknown", "1", { state: "sent", code: "1" }],
    ["delivered", "0", { state: "delivered", code: null }],
    ["expired", "2", { state: "undelivered", code: "2" }],
    ["failed", "3", { state: "undelivered", code: "3" }],
    ["rejected", "6", { state: "undelivered", code: "6" }],
    ["failed", "77", { state: "undelivered", code: "77", unmapped: true }],
    ["failed", "to 07700 900123", { state: "undelivered", code: "unnamed", unmapped: true }],
    ["pondering", "0", { state: "sent", code: null, unmapped: true }],
  ])("of %s with %j", async (status, error, said) => {
    const { "err-code": _, ...rest } = receipt;
    const fields = { ...rest, status, ...(error === undefined ? {} : { "err-code": error }) };
    expect(await read(fields)).toEqual({ read: [{ ...report, ...said }] });
  }); // prettier-ignore

  it("has a place for every published code", async () => {
    for (const error of codes.receipts) expect(JSON.stringify(await read({ ...receipt, status: "failed", "err-code": error })), error).not.toContain("unmapped"); // prettier-ignore
  });

  it("says nothing of network, price and time that it does not say plainly", async () => {
    const odd = { ...receipt, "network-code": "O2-UK", price: "free", "message-timestamp": "yesterday" };
    expect(await read(odd)).toEqual({
      read: [{ message: MESSAGE, state: "delivered", code: null, at: null, part: receipt["messageId"] }],
    });
  });

  it("that is believed is one that the official package verifies, whatever else is in it", async () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).filter((each) => !(each in receipt) && each !== "sig");
    await fc.assert(fc.asyncProperty(fc.dictionary(name, fc.string({ unit: "grapheme" })), async (more) => {
      const fields: Record<string, string> = { ...more, ...receipt };
      const { sig, ...said } = signed(fields);
      expect(sms.verifySignature(sig, said, secret, AlgorithmTypes.sha256hmac)).toBe(true);
      expect(await read(fields)).toEqual({ read: [report] });
      expect(sms.verifySignature(signatureOf(secret, "sha512", said), said, secret, AlgorithmTypes.sha512hmac)).toBe(true);
    })); // prettier-ignore
  });

  it("is forged without a signature, by another key, by a weaker method, of another account, and with any byte changed", async () => {
    const good = inJson(signed(receipt));
    const forged = async (change: object, of = account) => "forged" in (await vonageCarrier.readReceipts(of, { ...good, ...change })); // prettier-ignore
    expect(await forged({})).toBe(false);
    expect(await forged(inJson(receipt))).toBe(true);
    expect(await forged(inJson(signed(receipt, "e".repeat(32))))).toBe(true);
    for (const method of ["md5", "sha1"] as unknown as Method[]) expect(await forged(inJson(signed(receipt, secret, method)))).toBe(true); // prettier-ignore
    expect(await forged(inJson({ ...receipt, sig: "" }))).toBe(true);
    expect(await forged({}, withSettings({}, { signature_secret: "e".repeat(32) }))).toBe(true);
    expect(await forged({}, withSettings({}, { api_key: "zzzz9999" }))).toBe(true);
    expect(await forged({}, { ...account, secrets: {} })).toBe(true);
    for (let at = 0; at < good.body.length; at += 1) {
      const body = Uint8Array.from(good.body);
      body[at] = (body[at] ?? 0) ^ 1;
      const sawn = await vonageCarrier.readReceipts(account, { ...good, body });
      if (/^.sig/.test(new TextDecoder().decode(body.slice(at - 1, at + 3)))) continue;
      expect(sawn, `byte ${at}`).not.toHaveProperty("read");
    }
  });

  it("is stale beyond five minutes either way, and without a time", async () => {
    const at = (seconds: number) => read({ ...receipt, timestamp: String(NOON / 1_000 + seconds) });
    for (const off of [300, -300]) expect(await at(off)).toHaveProperty("read");
    for (const off of [301, -301]) expect(await at(off)).toEqual({ forged: "stale" });
    const { timestamp: _, ...timeless } = receipt;
    expect(await read(timeless)).toEqual({ forged: "stale" });
  });

  it("is malformed for another message, and so is one of no message", async () => {
    expect(await read({ ...receipt, "client-ref": MESSAGE.replace("s", "t") })).toEqual({ malformed: "body" });
    const { "client-ref": _, ...nameless } = receipt;
    expect(await read(nameless)).toEqual({ malformed: "body" });
  });

  it("that the signature would cover in another reading too is not read: names that hold a mark, values exchanged for it", async () => {
    // `&err-code=3&message-timestamp=…` are two parameters, or one whose name is `err-code=3&message-timestamp`.
    const failed: Record<string, string> = { ...receipt, status: "failed", "err-code": "3" };
    const { sig, ...said } = signed(failed);
    const { "err-code": error, "message-timestamp": time, ...rest } = failed;
    const folded: Record<string, string> = { ...rest, [`err-code=${error}&message-timestamp`]: time!, sig };
    expect(sms.verifySignature(sig, { ...folded }, secret, AlgorithmTypes.sha256hmac)).toBe(true); // the fault is theirs
    expect(await vonageCarrier.readReceipts(account, inJson(folded))).toEqual({ malformed: "body" });
    const swapped = { ...said, "client-ref": MESSAGE.replace("_", "&"), sig };
    expect(sms.verifySignature(sig, { ...swapped }, secret, AlgorithmTypes.sha256hmac)).toBe(true);
    expect(await vonageCarrier.readReceipts(account, inJson(swapped))).toEqual({ malformed: "body" });
  });

  it("that another reader could read otherwise is not read: repeated names, another charset, nested values, another label", async () => {
    const good = signed(receipt);
    const text = JSON.stringify(good);
    const twice = [text.replace("{", '{"status":"failed",'), text.replace("{", '{"st\\u0061tus":"failed",')];
    for (const body of [...twice, text.replace('"0"', "0"), text.replace('"0"', '["0"]'), `\ufeff${text}`, `[${text}]`]) expect(await vonageCarrier.readReceipts(account, callbackOf(body, { "content-type": "application/json" })), body).not.toHaveProperty("read"); // prettier-ignore
    expect(await vonageCarrier.readReceipts(account, callbackOf(new Uint8Array(Buffer.from(text, "utf16le")), { "content-type": "application/json" }))).not.toHaveProperty("read"); // prettier-ignore
    expect(await vonageCarrier.readReceipts(account, callbackOf(text, { "content-type": "text/plain" }))).not.toHaveProperty("read"); // prettier-ignore
    expect(await vonageCarrier.readReceipts(account, callbackOf(`${new URLSearchParams(good).toString()}&status=failed`, {}))).not.toHaveProperty("read"); // prettier-ignore
  });
});

describe("beside sending", () => {
  const asking = async (what: "probe" | "redact", statuses: number[], reference = "0A0000000123ABCD1") => {
    const seen: [string, string | undefined, unknown][] = [];
    const io = ioOf(async (url, init) => {
      seen.push([url, init.method, init.body]);
      const status = statuses.shift() ?? 204;
      return status === 204 ? new Response(null, { status }) : json(status, "{}");
    });
    const answer = what === "probe" ? await vonageCarrier.probe!(account, io) : await vonageCarrier.redact!(account, reference, io); // prettier-ignore
    return { answer, seen };
  };

  it("a probe reads the balance, without credentials in its URL", async () => {
    const { answer, seen } = await asking("probe", [200]);
    expect([answer, seen]).toEqual([{ found: "well" }, [["https://rest.nexmo.com/account/get-balance", "GET", undefined]]]); // prettier-ignore
  });

  it("redacting asks for every part, and never says it did when one may be left", async () => {
    const { answer, seen } = await asking("redact", [204, 204], "0A0000000123ABCD1,0A0000000123ABCD2");
    expect(answer).toBe("done");
    expect(seen.map(([url, method, body]) => [url, method, JSON.parse(body as string)])).toEqual(["0A0000000123ABCD1", "0A0000000123ABCD2"].map((id) => ["https://api.nexmo.com/v1/redact/transaction", "POST", { id, product: "sms", type: "outbound" }])); // prettier-ignore
    for (const [statuses, expected] of [[[204, 403], "refused"], [[404, 204], "refused"], [[204, 500], "unclear"], [[429, 204], "unclear"], [[403, 500], "unclear"], [[500, 403], "unclear"], [[200, 204], "unclear"]] as const) expect((await asking("redact", [...statuses], "0A0000000123ABCD1,0A0000000123ABCD2")).answer, String(statuses)).toBe(expected); // prettier-ignore
    expect(await asking("redact", [], "../x")).toEqual({ answer: "refused", seen: [] });
  });
});
