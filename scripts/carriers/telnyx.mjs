// Telnyx's messages resource (API v2) as its official client describes it, its error bodies, and its delivery events signed
// with Ed25519 over `timestamp|body`.
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { z } from "zod";
import { hex, isDrama, json, jsonOf, messageIn } from "./read.mjs";
import { telnyxNumbers } from "./telnyx.numbers.mjs";

/** Every field of `Send a message`; fields with an error code of their own are plain texts here. */
const Send = z.strictObject({
  to: z.string().optional(),
  from: z.string().optional(),
  messaging_profile_id: z.uuid().optional(),
  text: z.string().optional(),
  type: z.enum(["SMS", "MMS"]).optional(),
  encoding: z.enum(["auto", "gsm7", "ucs2"]).optional(),
  subject: z.string().optional(),
  media_urls: z.array(z.url()).optional(),
  webhook_url: z.string().optional(),
  webhook_failover_url: z.string().optional(),
  use_profile_webhooks: z.boolean().optional(),
  auto_detect: z.boolean().optional(),
  send_at: z.iso.datetime().nullish(),
});

const WORDS = {
  10003: "Invalid URL",
  10005: "Resource not found",
  10007: "Unexpected error",
  10009: "Authentication failed",
  10011: "Too many requests",
  10015: "Bad Request",
  40008: "Undeliverable",
  40300: "Blocked due to STOP message",
  40302: "Message too large",
  40305: "Invalid 'from' address",
  40306: "Alpha sender not configured",
  40310: "Invalid 'to' address",
  40316: "No content provided for message",
};
const error = (code) => ({ code: String(code), title: WORDS[code] ?? "Error", detail: WORDS[code] ?? "Error", meta: { url: `https://developers.telnyx.com/docs/overview/errors/${code}` } }); // prettier-ignore
const fault = (code, status = 400, headers = {}) => json(status, { errors: [error(code)] }, headers);

const GSM7 = /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Z\[\\\]^_a-z{|}~¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ€]*$/; // oxlint-disable-line no-useless-escape
const EXTENDED = /[\^{}\\[\]~|€]/g;
const isUrl = (text) => text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));

/** Encoding and number of parts, as in the record. */
function sizeOf(text) {
  const isGsm = GSM7.test(text);
  const units = isGsm ? text.length + (text.match(EXTENDED)?.length ?? 0) : text.length;
  const [single, each] = isGsm ? [160, 153] : [70, 67];
  return { encoding: isGsm ? "GSM-7" : "UCS-2", parts: units <= single ? 1 : Math.ceil(units / each) };
}

/** The first of Telnyx's complaints about a request, or null. */
function complaintOf({ to, from, messaging_profile_id: profile, text, encoding, webhook_url, webhook_failover_url }) {
  if (!/^\+\d{7,15}$/.test(to ?? "") || !isDrama(to.slice(1))) return 40310;
  if (!from && profile === undefined) return 40305;
  if (from !== undefined && !/^(?:\+?\d{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11})$/.test(from)) return 40305;
  if (from !== undefined && /[A-Za-z]/.test(from) && profile === undefined) return 40306;
  if (!text) return 40316;
  if (encoding === "gsm7" && !GSM7.test(text)) return 10015;
  if (sizeOf(text).parts > 10) return 40302;
  return isUrl(webhook_url) && isUrl(webhook_failover_url) ? null : 10003;
}

/** The private keys of the accounts, which no customer sees. */
const privateKeys = new Map();

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { privateKey, text: Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url").toString("base64") };
}

/** The record of a message, as the answer and the events have it. */
function recordOf({ reference, to, from, profile, text, receiptUrl, failoverUrl }, status, errors) {
  const now = new Date().toISOString().replace("Z", "+00:00");
  const isOver = !["queued", "sending", "sent"].includes(status);
  const { encoding, parts } = sizeOf(text);
  const price = (amount) => ({ amount, currency: "USD" });
  return { record_type: "message", direction: "outbound", id: reference, type: "SMS", messaging_profile_id: profile ?? null, organization_id: "b448f9cc-a842-4784-98e9-03c1a5872950", from: { phone_number: from ?? "", carrier: "", line_type: "" }, to: [{ phone_number: to, status, carrier: "", line_type: "Wireless" }], cc: [], text, subject: null, media: [], webhook_url: receiptUrl, webhook_failover_url: failoverUrl ?? null, encoding, smart_encoding_applied: false, parts, tags: [], cost: price((0.04 * parts).toFixed(4)), cost_breakdown: { carrier_fee: price("0.0000"), rate: price("0.0400") }, tcr_campaign_id: null, tcr_campaign_billable: false, tcr_campaign_registered: null, received_at: now, sent_at: status === "queued" ? null : now, completed_at: isOver ? now : null, valid_until: null, wait_seconds: 0, errors }; // prettier-ignore
}

/** An event, signed as it leaves. */
function signed(url, event_type, payload, key, ageSeconds = 0) {
  const body = JSON.stringify({ data: { event_type, id: randomUUID(), occurred_at: new Date().toISOString().replace("Z", "+00:00"), payload, record_type: "event" }, meta: { attempt: 1, delivered_to: url } }); // prettier-ignore
  const at = String(Math.floor(Date.now() / 1_000) - ageSeconds);
  const signature = sign(null, Buffer.from(`${at}|${body}`), key).toString("base64");
  return { url, headers: { "content-type": "application/json", "telnyx-timestamp": at, "telnyx-signature-ed25519": signature }, body }; // prettier-ignore
}

const STATES = { sent: "sent", delivered: "delivered", undelivered: "delivery_failed" };

/** The kind `telnyx`. */
export const telnyx = {
  kind: "telnyx",
  refusalCode: "40012",
  patienceMs: 2_000, // as Telnyx documents it
  makeAccount(base) {
    const { text, privateKey } = keyPair();
    privateKeys.set(text, privateKey);
    return {
      settings: { public_key: text, messaging_profile_id: randomUUID(), base_url: base },
      secrets: { api_key: `KEY${hex(16).toUpperCase()}_${hex(11)}` },
    };
  },

  read(request, account) {
    const { secrets, settings } = account;
    if (request.headers["authorization"] !== `Bearer ${secrets.api_key}`) return { answer: fault(10009, 401) };
    if (request.method === "GET" && request.path === "/v2/balance")
      return { answer: json(200, { data: { record_type: "balance", balance: "12.34", credit_limit: "0.00", available_credit: "12.34", pending: "0.00", currency: "USD" } }) }; // prettier-ignore
    const aboutNumbers = telnyxNumbers(request, account, fault);
    if (aboutNumbers !== undefined) return aboutNumbers;
    if (request.method !== "POST" || request.path !== "/v2/messages") return { answer: fault(10005, 404) };
    const { success, data } = Send.safeParse(jsonOf(request));
    if (!success) return { answer: fault(10015) };
    const complaint = complaintOf(data);
    if (complaint !== null) return { answer: fault(complaint) };
    const { to, from = null, messaging_profile_id: profile, text, webhook_url: receiptUrl = null, webhook_failover_url: failoverUrl } = data; // prettier-ignore
    if (profile !== undefined && profile !== settings.messaging_profile_id) return { answer: fault(40305) };
    return { send: { message: messageIn(receiptUrl), to, from, profile, text, receiptUrl, failoverUrl, reference: randomUUID() } }; // prettier-ignore
  },

  accepted: (send) => json(200, { data: recordOf(send, "queued", []) }),
  refused: (_send, code) => fault(code),
  throttled: (_send, headers) => fault(10011, 429, headers),
  failed: (status) => fault(10007, status),

  receipt(send, { state, code, forged }, { settings }) {
    const errors = state === "undelivered" ? [error(code ?? 40008)] : [];
    const event = state === "sent" ? "message.sent" : "message.finalized";
    const key = forged ? keyPair().privateKey : privateKeys.get(settings.public_key);
    return signed(send.receiptUrl, event, recordOf(send, STATES[state], errors), key);
  },

  inbound({ url, from, to, text, id = randomUUID(), forged, ageSeconds }, { settings }) {
    const { encoding, parts } = sizeOf(text);
    const now = new Date().toISOString().replace("Z", "+00:00");
    const payload = { record_type: "message", direction: "inbound", id, type: "SMS", messaging_profile_id: settings.messaging_profile_id, organization_id: "b448f9cc-a842-4784-98e9-03c1a5872950", from: { phone_number: from, carrier: "EE", line_type: "Wireless" }, to: [{ phone_number: to, status: "webhook_delivered", carrier: "Telnyx", line_type: "Wireless" }], cc: [], text, subject: "", media: [], webhook_url: url, webhook_failover_url: null, encoding, parts, tags: [], cost: null, cost_breakdown: null, received_at: now, sent_at: null, completed_at: null, valid_until: null, errors: [] }; // prettier-ignore
    const key = forged ? keyPair().privateKey : privateKeys.get(settings.public_key);
    return signed(url, "message.received", payload, key, ageSeconds);
  },
};
