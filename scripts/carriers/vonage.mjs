// Vonage's SMS API as its public OpenAPI description has it: HTTP 200 in every case, a status for each part of a text,
// receipts in flat JSON signed by HMAC-SHA-256 over the sorted parameters, or in a form if the account is set so.
import { createHmac, randomUUID } from "node:crypto";
import { z } from "zod";
import { basicOf, form, formOf, hex, isDrama, json, jsonOf } from "./read.mjs";
import { vonageNumbers } from "./vonage.numbers.mjs";

const truth = z.enum(["true", "false", "1", "0"]).optional();
const text = z.string().optional();

/** Every parameter of `Send an SMS`; parameters with a status of their own are plain texts here. */
const NewMessage = z.strictObject({
  api_key: text,
  api_secret: text,
  sig: text,
  timestamp: text,
  from: text,
  to: text,
  text,
  ttl: text,
  "status-report-req": truth,
  callback: text,
  "message-class": z.enum(["0", "1", "2", "3"]).optional(),
  type: z.enum(["text", "binary", "wappush", "unicode", "vcal", "vcard"]).optional(),
  vcard: text,
  vcal: text,
  body: text,
  udh: text,
  "protocol-id": text,
  title: text,
  url: text,
  validity: text,
  "client-ref": text,
  "account-ref": text,
  "entity-id": text,
  "content-id": text,
  "trusted-number": truth,
});

const WORDS = { 1: "Throughput Rate Exceeded - please wait [ 250 ] and retry", 2: "Missing parameter", 3: "Invalid parameter", 4: "Bad Credentials", 6: "Unroutable message - rejected", 7: "Number barred", 12: "Message too long", 23: "Invalid callback url" }; // prettier-ignore
const fault = (status, headers = {}) => json(200, { "message-count": "1", messages: [{ status: String(status), "error-text": WORDS[status] ?? `Error ${status}` }] }, headers); // prettier-ignore

/** The status of the first complaint about a request, or null. */
function complaintOf({ from, to, text: said, ttl, callback, "client-ref": reference }) {
  if (!from || !to || !said) return 2;
  if (!/^\d{7,15}$/.test(to)) return 3;
  if (!isDrama(to)) return 6;
  if (!/^(?:\d{3,15}|(?=.*[A-Za-z])[\w +&.-]{1,11})$/.test(from)) return 3;
  if (ttl !== undefined && !(/^\d{5,9}$/.test(ttl) && Number(ttl) >= 20_000 && Number(ttl) <= 604_800_000)) return 3;
  if (callback !== undefined && !URL.canParse(callback)) return 23;
  if ((reference ?? "").length > 40) return 3;
  return said.length > 3_200 ? 12 : null;
}

/** Vonage's own client sends JSON, whose numbers and booleans are parameters like any other. */
const flat = (value) => (typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typeof each === "object" ? each : String(each)])) : undefined); // prettier-ignore

function isAuthentic(request, { secrets }) {
  const given = basicOf(request);
  return given?.user === secrets.api_key && given.password === secrets.api_secret;
}

const partsOf = (said, type) => {
  const [one, many] = type === "unicode" ? [70, 67] : [160, 153];
  return said.length <= one ? 1 : Math.ceil(said.length / many);
};

/** A callback's parameters, with time, nonce and signature. */
function signed(url, fields, { settings, secrets }, secret = secrets.signature_secret, ageSeconds = 0) {
  const whole = { ...fields, "api-key": secrets.api_key, timestamp: String(Math.floor(Date.now() / 1_000) - ageSeconds), nonce: randomUUID() }; // prettier-ignore
  const said = Object.keys(whole).sort().map((name) => `&${name}=${whole[name].replaceAll(/[&=]/g, "_")}`).join(""); // prettier-ignore
  const sig = createHmac(settings.signature_method ?? "sha256", secret)
    .update(said)
    .digest("hex")
    .toUpperCase();
  if (settings.webhook_format === "form") return { url, ...form({ ...whole, sig }) };
  return { url, headers: { "content-type": "application/json" }, body: JSON.stringify({ ...whole, sig }) };
}

const when = () => new Date().toISOString().slice(0, 19).replace("T", " ");
const STATES = { sent: "accepted", delivered: "delivered", undelivered: "failed" };

/** The kind `vonage`. */
export const vonage = {
  kind: "vonage",
  refusalCode: "7",
  patienceMs: 10_000,
  makeAccount: (base) => ({
    settings: { sender: "Maskline", base_url: base, redact_base_url: base },
    secrets: { api_key: hex(4), api_secret: hex(8), signature_secret: hex(16) },
  }),

  read(request, account) {
    const isSend = request.method === "POST" && request.path === "/sms/json";
    if (!isAuthentic(request, account))
      return { answer: isSend ? fault(4) : json(401, { title: "Unauthorized" }), isRefusal: true };
    const aboutNumbers = vonageNumbers(request, account);
    if (aboutNumbers !== undefined) return aboutNumbers;
    if (request.method === "GET" && request.path === "/account/get-balance")
      return { answer: json(200, { value: 12.34, autoReload: false }) };
    if (request.method === "POST" && request.path === "/v1/redact/transaction")
      return { redact: String(JSON.parse(request.body.toString("utf8")).id) };
    if (!isSend) return { answer: json(404, {}) };
    const { success, data } = NewMessage.safeParse(formOf(request) ?? flat(jsonOf(request)));
    const complaint = success ? complaintOf(data) : 3;
    if (complaint !== null) return { answer: fault(complaint), isRefusal: true };
    const { from, to, text: said, type, callback: receiptUrl = null, "client-ref": message = null } = data;
    const parts = Array.from({ length: partsOf(said, type) }, () => randomUUID());
    return { send: { message, to, from, text: said, receiptUrl, reference: parts.join(","), parts } };
  },

  accepted: ({ parts, to, message }) =>
    json(200, {
      "message-count": String(parts.length),
      messages: parts.map((id) => ({ to, "message-id": id, status: "0", "remaining-balance": "12.34000000", "message-price": "0.03330000", network: "23410", ...(message === null ? {} : { "client-ref": message }) })), // prettier-ignore
    }),
  refused: (_send, code) => fault(code),
  throttled: (_send, headers) => fault(1, headers),
  failed: (status) => json(status, { title: "Internal Server Error" }),
  redacted: (isKnown) => (isKnown ? { status: 204, headers: {}, body: "" } : json(404, { title: "Invalid ID" })),

  /** One for each part. */
  receipt({ message, receiptUrl, parts, to, from }, { state, code, forged }, account) {
    const error = code ?? (state === "undelivered" ? "3" : "0");
    return parts.map((id) => {
      const fields = { msisdn: to, to: from, "network-code": "23410", messageId: id, price: "0.03330000", status: STATES[state] ?? state, scts: when().replaceAll(/\D/g, "").slice(2, 12), "err-code": error, "message-timestamp": when(), ...(message === null ? {} : { "client-ref": message }) }; // prettier-ignore
      return signed(receiptUrl, fields, account, forged ? hex(16) : undefined);
    });
  },

  /** Each part of a long text is a call of its own, with an id of its own. */
  inbound({ url, from, to, text: said, id = randomUUID(), part, forged, ageSeconds }, account) {
    const fields = { msisdn: from.replace("+", ""), to: to.replace("+", ""), messageId: id, text: said, type: /^[\u0020-\u007e£é]*$/.test(said) ? "text" : "unicode", keyword: (said.split(" ")[0] ?? "").toUpperCase(), "message-timestamp": when(), ...(part === undefined ? {} : { concat: "true", "concat-ref": part.ref, "concat-part": String(part.nth), "concat-total": String(part.of) }) }; // prettier-ignore
    return signed(url, fields, account, forged ? hex(16) : undefined, ageSeconds);
  },
};
