// Twilio's Messages resource as its public OpenAPI description has it, its error bodies, its status callbacks and their
// signature (HMAC-SHA-1 over the URL and the sorted parameters).
import { createHmac } from "node:crypto";
import { z } from "zod";
import { basicOf, form, formOf, hex, isDrama, json, messageIn } from "./read.mjs";
import { twilioNumbers } from "./twilio.numbers.mjs";

const truth = z.enum(["true", "false"]).optional();
const sid = (prefix) => z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`));

/** Every parameter of `Create a Message`; parameters with an error code of their own are plain texts here. */
const Create = z.strictObject({
  To: z.string().optional(),
  From: z.string().optional(),
  MessagingServiceSid: z.string().optional(),
  Body: z.string().optional(),
  StatusCallback: z.string().optional(),
  ApplicationSid: sid("AP").optional(),
  MaxPrice: z.string().optional(),
  ProvideFeedback: truth,
  Attempt: z.string().regex(/^\d+$/).optional(),
  ValidityPeriod: z.string().optional(),
  ForceDelivery: truth,
  ContentRetention: z.string().optional(),
  AddressRetention: z.string().optional(),
  SmartEncoded: truth,
  PersistentAction: z.string().optional(),
  TrafficType: z.literal("free").optional(),
  ShortenUrls: truth,
  ScheduleType: z.literal("fixed").optional(),
  SendAt: z.iso.datetime().optional(),
  SendAsMms: truth,
  ContentVariables: z.string().optional(),
  RiskCheck: z.enum(["enable", "disable"]).optional(),
  FallbackFrom: z.string().optional(),
  MediaUrl: z.url().optional(),
  ContentSid: sid("HX").optional(),
});

/** Texts of the errors with a text; of the others only the code is given. */
const WORDS = {
  20001: "Unknown parameters",
  20003: "Authenticate",
  20404: "The requested resource was not found",
  20429: "Too Many Requests",
  21211: "Invalid 'To' Phone Number",
  21602: "Message body is required",
  21603: "A 'From' or 'MessagingServiceSid' parameter is required to send a message",
  21604: "The destination 'To' phone number is required to send an SMS",
  21609: "Invalid 'StatusCallback'",
  21617: "The concatenated message body exceeds the 1600 character limit",
  21624: "Invalid validity period value",
  21701: "The Messaging Service does not exist",
  30029: "Invalid ContentRetention",
  30030: "Invalid AddressRetention",
};
const fault = (code, status = 400, headers = {}) => json(status, { code, message: WORDS[code] ?? `Error ${code}`, more_info: `https://www.twilio.com/docs/errors/${code}`, status }, headers); // prettier-ignore

const isUrl = (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && !new URL(text).hostname.includes("_"); // prettier-ignore
const inRange = (text, least, most) => /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** The first of Twilio's complaints about a request, or null. */
function complaintOf(fields) {
  const { To, From, MessagingServiceSid, Body, StatusCallback, ValidityPeriod, ContentRetention, AddressRetention } = fields; // prettier-ignore
  if (!To) return 21604;
  if (!/^\+\d{7,15}$/.test(To) || !isDrama(To.slice(1))) return 21211;
  if (!From && !MessagingServiceSid) return 21603;
  if (MessagingServiceSid !== undefined && !/^MG[0-9a-fA-F]{32}$/.test(MessagingServiceSid)) return 21701;
  if (!Body) return 21602;
  if ([...Body].length > 1_600) return 21617;
  if (StatusCallback !== undefined && !isUrl(StatusCallback)) return 21609;
  if (ValidityPeriod !== undefined && !inRange(ValidityPeriod, 1, 36_000)) return 21624;
  if (!["retain", "discard", undefined].includes(ContentRetention)) return 30029;
  if (!["retain", "obfuscate", undefined].includes(AddressRetention)) return 30030;
  return null;
}

function isAuthentic(request, { settings, secrets }) {
  const given = basicOf(request);
  if (given?.user === settings.api_key_sid && secrets.api_key_secret) return given.password === secrets.api_key_secret;
  return given?.user === settings.account_sid && given.password === secrets.auth_token;
}

/** The record of a message, as `Create a Message` answers it. */
function recordOf({ reference, to, from, text, service }, account) {
  const owner = account.settings.account_sid;
  const path = `/2010-04-01/Accounts/${owner}/Messages/${reference}`;
  const now = new Date().toUTCString().replace("GMT", "+0000");
  return { account_sid: owner, api_version: "2010-04-01", body: text, date_created: now, date_sent: null, date_updated: now, direction: "outbound-api", error_code: null, error_message: null, from, messaging_service_sid: service ?? null, num_media: "0", num_segments: service === undefined ? "1" : "0", price: null, price_unit: null, sid: reference, status: service === undefined ? "queued" : "accepted", subresource_uris: { media: `${path}/Media.json` }, to, uri: `${path}.json` }; // prettier-ignore
}

function signatureOf(token, url, fields) {
  const said = Object.keys(fields).sort().map((name) => name + fields[name]); // prettier-ignore
  return createHmac("sha1", token)
    .update(url + said.join(""))
    .digest("base64");
}

const signed = (url, fields, token) => {
  const { headers, body } = form(fields);
  return { url, headers: { ...headers, "x-twilio-signature": signatureOf(token, url, fields), "i-twilio-idempotency-token": hex(16) }, body }; // prettier-ignore
};

/** The kind `twilio`. */
export const twilio = {
  kind: "twilio",
  refusalCode: "21614",
  patienceMs: 15_000,
  makeAccount: (base) => ({
    settings: { account_sid: `AC${hex(16)}`, sender: "Maskline", base_url: base },
    secrets: { auth_token: hex(16) },
  }),

  read(request, account) {
    if (!isAuthentic(request, account)) return { answer: fault(20003, 401) };
    const path = `/2010-04-01/Accounts/${account.settings.account_sid}`;
    if (request.method === "GET" && request.path === `${path}/Balance.json`)
      return { answer: json(200, { account_sid: account.settings.account_sid, balance: "12.34", currency: "USD" }) };
    const aboutNumbers = request.path.startsWith(`${path}/`) ? twilioNumbers(request, request.path.slice(path.length), account, fault) : undefined; // prettier-ignore
    if (aboutNumbers !== undefined) return aboutNumbers;
    const [, reference] = new RegExp(`^${path}/Messages/(SM[0-9a-f]{32})\\.json$`).exec(request.path) ?? [];
    if (request.method === "DELETE" && reference !== undefined) return { redact: reference };
    if (request.method !== "POST" || request.path !== `${path}/Messages.json`) return { answer: fault(20404, 404) };
    const { success, data } = Create.safeParse(formOf(request));
    if (!success) return { answer: fault(20001) };
    const complaint = complaintOf(data);
    if (complaint !== null) return { answer: fault(complaint) };
    const { To: to, From: from = null, MessagingServiceSid: service, Body: text, StatusCallback: receiptUrl = null } = data; // prettier-ignore
    return { send: { message: messageIn(receiptUrl), to, from, text, service, receiptUrl, reference: `SM${hex(16)}` } };
  },

  accepted: (send, account) => json(201, recordOf(send, account)),
  refused: (_send, code) => fault(Number(code)),
  throttled: (_send, headers) => fault(20429, 429, headers),
  failed: (status) => fault(20500, status),
  redacted: (isKnown) => (isKnown ? { status: 204, headers: {}, body: "" } : fault(20404, 404)),

  receipt({ receiptUrl, reference, to, from, service }, { state, code, forged }, { settings, secrets }) {
    const fields = { AccountSid: settings.account_sid, ApiVersion: "2010-04-01", From: from ?? "Maskline", MessageSid: reference, MessageStatus: state, SmsSid: reference, SmsStatus: state, To: to, ...(service === undefined ? {} : { MessagingServiceSid: service }), ...(state === "undelivered" ? { ErrorCode: code ?? "30003" } : {}) }; // prettier-ignore
    return signed(receiptUrl, fields, forged ? hex(16) : secrets.auth_token);
  },

  inbound({ url, from, to, text, id: reference = `SM${hex(16)}`, forged }, { settings, secrets }) {
    const fields = { AccountSid: settings.account_sid, ApiVersion: "2010-04-01", Body: text, From: from, MessageSid: reference, NumMedia: "0", NumSegments: "1", SmsMessageSid: reference, SmsSid: reference, SmsStatus: "received", To: to }; // prettier-ignore
    return signed(url, fields, forged ? hex(16) : secrets.auth_token);
  },
};
