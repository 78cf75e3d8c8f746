// Infobip's SMS API v3 as its public OpenAPI description has it: a batch of messages in, 200 with a status each, delivery
// reports in batches with an HMAC over the body, as the account's notification profile would sign them.
import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { hex, isDrama, json, jsonOf } from "./read.mjs";

const short = z.string().max(255);
const Clock = z.strictObject({ hour: z.int().min(0).max(23), minute: z.int().min(0).max(59) });
const DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const SCRIPTS = ["NONE", "TURKISH", "GREEK", "CYRILLIC", "SERBIAN_CYRILLIC", "CENTRAL_EUROPEAN", "BALTIC", "NON_UNICODE", "PORTUGUESE", "COLOMBIAN", "BULGARIAN_CYRILLIC", "ALL"]; // prettier-ignore

/** Every field of a textual message. */
const Message = z.strictObject({
  sender: z.string().optional(),
  destinations: z.array(z.strictObject({ to: z.string().max(64), messageId: z.string().max(200).optional(), networkId: z.int().optional() })).min(1), // prettier-ignore
  content: z.strictObject({
    text: z.string(),
    transliteration: z.enum(SCRIPTS).optional(),
    language: z.strictObject({ languageCode: z.enum(["NONE", "TR", "ES", "PT", "AUTODETECT"]), singleShift: z.boolean().optional(), lockingShift: z.boolean().optional() }).optional(), // prettier-ignore
  }),
  options: z
    .strictObject({
      platform: z.strictObject({ entityId: short.optional(), applicationId: short.optional() }).optional(),
      validityPeriod: z.strictObject({ amount: z.int(), timeUnit: z.enum(["SECONDS", "MINUTES", "HOURS"]).optional() }).optional(), // prettier-ignore
      deliveryTimeWindow: z.strictObject({ days: z.array(z.enum(DAYS)), from: Clock.optional(), to: Clock.optional() }).optional(), // prettier-ignore
      campaignReferenceId: short.optional(),
      regional: z.record(z.enum(["indiaDlt", "turkeyIys", "southKorea"]), z.unknown()).optional(),
      flash: z.boolean().optional(),
    })
    .optional(),
  webhooks: z
    .strictObject({
      delivery: z.strictObject({ url: z.string().optional(), intermediateReport: z.boolean().optional(), notify: z.boolean().optional() }).optional(), // prettier-ignore
      contentType: z.enum(["application/json", "application/xml"]).optional(),
      callbackData: z.string().max(4_000).optional(),
    })
    .optional(),
});
const Send = z.strictObject({
  messages: z.array(Message).min(1),
  options: z
    .strictObject({
      schedule: z.strictObject({ bulkId: z.string().max(100).optional(), sendAt: z.string().optional(), sendingSpeedLimit: z.unknown().optional() }).optional(), // prettier-ignore
      tracking: z.strictObject({ shortenUrl: z.boolean().optional(), trackClicks: z.boolean().optional(), trackingUrl: z.string().optional(), removeProtocol: z.boolean().optional(), customDomain: z.string().optional() }).optional(), // prettier-ignore
      includeSmsCountInResponse: z.boolean().optional(),
      conversionTracking: z.strictObject({ useConversionTracking: z.boolean().optional(), conversionTrackingName: z.string().optional() }).optional(), // prettier-ignore
    })
    .optional(),
});

const FAULTS = {
  E400: [400, "Request cannot be processed.", "Check the syntax, violations and adjust the request."],
  E401: [401, "The request lacks valid authentication credentials for the requested resource.", "Check the resources and adjust authentication credentials."], // prettier-ignore
  E404: [404, "The requested resource does not exist.", "Check the resource."],
  E429: [429, "Too many requests sent.", "Check request rate limit specified in the API endpoint documentation resource."], // prettier-ignore
  E500: [500, "Something went wrong.", "Contact support."],
};
function fault(errorCode, { status = FAULTS[errorCode][0], violations = [], headers = {} } = {}) {
  const [, description, action] = FAULTS[errorCode];
  return json(status, { errorCode, description, action, violations, resources: [] }, headers);
}

/** The statuses used here: id, group's id and name. */
const STATUSES = {
  PENDING_ACCEPTED: [26, 1, "PENDING"],
  DELIVERED_TO_OPERATOR: [2, 3, "DELIVERED"],
  DELIVERED_TO_HANDSET: [5, 3, "DELIVERED"],
  UNDELIVERABLE_NOT_DELIVERED: [9, 2, "UNDELIVERABLE"],
  REJECTED_PREFIX_MISSING: [8, 5, "REJECTED"],
  REJECTED_DND: [10, 5, "REJECTED"],
  REJECTED_NOT_ENOUGH_CREDITS: [12, 5, "REJECTED"],
  REJECTED_SENDER: [13, 5, "REJECTED"],
  REJECTED_FLOODING_FILTER: [20, 5, "REJECTED"],
  REJECTED_DUPLICATE_MESSAGE_ID: [23, 5, "REJECTED"],
  REJECTED_MESSAGE_TOO_LONG: [25, 5, "REJECTED"],
  REJECTED_DESTINATION: [52, 5, "REJECTED"],
};
const ERRORS = { NO_ERROR: [0, 0, "OK", false], EC_UNKNOWN_SUBSCRIBER: [1, 1, "HANDSET_ERRORS", true], EC_ABSENT_SUBSCRIBER: [27, 1, "HANDSET_ERRORS", false], EC_REJECTED_SPAM_BY_OPERATOR: [607, 2, "USER_ERRORS", true], EC_DEST_ADDRESS_BLACKLISTED: [2050, 3, "OPERATOR_ERRORS", true] }; // prettier-ignore

function statusOf(name) {
  const [id, groupId, groupName] = STATUSES[name] ?? [99, 5, "REJECTED"];
  return { groupId, groupName, id, name, description: name.toLowerCase().replaceAll("_", " ") };
}
function errorOf(name) {
  const [id, groupId, groupName, permanent] = ERRORS[name] ?? [255, 1, "HANDSET_ERRORS", false];
  return { groupId, groupName, id, name, description: name, permanent };
}

/** The answer about the one message. */
const said = ({ reference, to }, name) => json(200, { bulkId: String(Date.now()), messages: [{ messageId: reference, status: statusOf(name), destination: to, details: { messageCount: 1 } }] }); // prettier-ignore

/** Times as Infobip writes them: a zone without a colon. */
const timeNow = () => new Date().toISOString().replace("Z", "+0000");

/** Ids of an account's messages: Infobip accepts none twice. */
const taken = new WeakMap();
function idsOf(account) {
  const { secrets } = account; // the same object, even when the account is copied
  if (!taken.has(secrets)) taken.set(secrets, new Set());
  return taken.get(secrets);
}

/** Why the message is rejected inside a 200, or null. */
function rejectionOf(to, text, id, account) {
  if (!/^\d{7,15}$/.test(to) || !isDrama(to)) return "REJECTED_DESTINATION";
  if (Buffer.byteLength(text) > 4_000) return "REJECTED_MESSAGE_TOO_LONG";
  return idsOf(account).has(id) ? "REJECTED_DUPLICATE_MESSAGE_ID" : null;
}

function signed(url, value, { settings, secrets }, forged = false) {
  const body = JSON.stringify(value);
  const digest = settings.receipt_auth.replace("hmac_", "");
  const mac = createHmac(digest, forged ? hex(16) : secrets.receipt_secret)
    .update(body)
    .digest("hex");
  return { url, headers: { "content-type": "application/json", [settings.receipt_header]: mac }, body };
}

/** The kind `infobip`. */
export const infobip = {
  kind: "infobip",
  refusalCode: "REJECTED_DND",
  patienceMs: 10_000,
  makeAccount: (base) => ({
    settings: { base_url: base, sender: "Maskline", receipt_auth: "hmac_sha256", receipt_header: "x-signature" },
    secrets: { api_key: `${hex(16)}-${hex(16)}`, receipt_secret: randomBytes(32).toString("base64") },
  }),

  read(request, account) {
    if (request.headers["authorization"] !== `App ${account.secrets.api_key}`) return { answer: fault("E401") };
    if (request.method === "GET" && request.path === "/account/1/balance")
      return { answer: json(200, { balance: 47.79134, currency: "EUR" }) };
    if (request.method !== "POST" || request.path !== "/sms/3/messages") return { answer: fault("E404") };
    const { success, data, error } = Send.safeParse(jsonOf(request));
    const wrong = success ? [] : error.issues.map(({ path, message }) => ({ property: path.join("."), violation: message })); // prettier-ignore
    const [message] = data?.messages ?? [];
    const [destination] = message?.destinations ?? [];
    if (data?.messages.length > 1 || message?.destinations.length > 1)
      wrong.push({ property: "messages", violation: "The simulator takes one message to one destination." });
    if (message?.content.text === "") wrong.push({ property: "content.text", violation: "must not be empty" });
    if (message !== undefined && !((message.options?.validityPeriod?.amount ?? 1) > 0)) wrong.push({ property: "validityPeriod.amount", violation: "must be positive" }); // prettier-ignore
    if (message !== undefined && !isUrl(message.webhooks?.delivery?.url)) wrong.push({ property: "webhooks.delivery.url", violation: "must be a URL" }); // prettier-ignore
    if (wrong.length > 0) return { answer: fault("E400", { violations: wrong }) };
    const { to, messageId: reference = `${hex(6)}-${hex(8)}` } = destination;
    const { text } = message.content;
    const rejection = rejectionOf(to, text, reference, account);
    if (rejection !== null) return { answer: said({ reference, to }, rejection), isRefusal: true };
    const receiptUrl = message.webhooks?.delivery?.url ?? null;
    const [from = null, data_] = [message.sender, message.webhooks?.callbackData];
    return { send: { message: reference, to, from, text, receiptUrl, reference, callbackData: data_ } };
  },

  accepted(send, account) {
    idsOf(account).add(send.reference);
    return said(send, "PENDING_ACCEPTED");
  },
  refused: (send, name) => said(send, name),
  throttled: (_send, headers) => fault("E429", { headers }),
  failed: (status) => fault("E500", { status }),

  receipt({ receiptUrl, reference, to, from, callbackData }, { state, code, forged }, account) {
    idsOf(account).add(reference);
    const name = { sent: "DELIVERED_TO_OPERATOR", delivered: "DELIVERED_TO_HANDSET", undelivered: "UNDELIVERABLE_NOT_DELIVERED" }[state]; // prettier-ignore
    const error = errorOf(state === "undelivered" ? (code ?? "EC_UNKNOWN_SUBSCRIBER") : "NO_ERROR");
    const result = { bulkId: "2034072219640523072", price: { pricePerMessage: 0.0348, currency: "EUR" }, status: statusOf(name), error, messageId: reference, to, sender: from ?? "Maskline", sentAt: timeNow(), doneAt: timeNow(), messageCount: 1, mccMnc: "23415", ...(callbackData === undefined ? {} : { callbackData }) }; // prettier-ignore
    return signed(receiptUrl, { results: [result] }, account, forged);
  },

  inbound({ url, from, to, text, id = hex(9), forged }, account) {
    const digits = (number) => number.replace(/^\+/, "");
    const [keyword = ""] = text.trim().split(/\s+/);
    const cleanText = text.trim().slice(keyword.length).trim();
    const result = { messageId: id, from: digits(from), to: digits(to), text, cleanText, keyword: keyword.toUpperCase(), receivedAt: timeNow(), smsCount: 1, price: { pricePerMessage: 0, currency: "EUR" } }; // prettier-ignore
    return signed(url, { results: [result], messageCount: 1, pendingMessageCount: 0 }, account, forged);
  },
};

function isUrl(text) {
  return text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));
}
