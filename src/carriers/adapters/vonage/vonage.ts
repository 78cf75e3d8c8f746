/**
 * Vonage, SMS API. Its HTTP answer is always 200, with a status for every part of the text. Our message id is its `client-ref`.
 * Receipts must be signed (a setting of the account at Vonage, off by default) by HMAC-SHA-256 or -512.
 * Facts: the public OpenAPI descriptions (sms, account, redact) and docs/carriers.md.
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { UrlText } from "../../../contract/label.ts";
import { readJson } from "../../../contract/json.ts";
import { equalBytes } from "../../../base/seal.ts";
import { answerOf, baseOf, basicOf, call, e164Of, formOf, INCOMPLETE, isFresh, jsonOf, microsOf, ofNetwork, plainCode, pricedAt, probedBy, readForm, refusalOf, SENDERLESS, SenderSetting, isDeclined, verdictsOf, type Answered, type NotAccepted, type Outgoing } from "../call.ts"; // prettier-ignore
import { INBOUND_CHARACTERS_MAX } from "../../carrier.ts";
import type { Account, Answer, Callback, Carrier, CarrierIo, Handover, Inbound, InboundCallback, Price, Read, Report } from "../../carrier.ts"; // prettier-ignore
import { vonageShop } from "./numbers.ts";

const REST_URL = "https://rest.nexmo.com";
const API_URL = "https://api.nexmo.com";
/** Vonage's bounds of `ttl`, in milliseconds. */
const TTL_MS_MIN = 20_000;
const TTL_MS_MAX = 604_800_000;
/** The wait after throttling: Vonage counts throughput by the second and gives no time to wait. */
const THROTTLED_SECONDS = 1;
/** All of Vonage's prices are in euros. */
const CURRENCY = "EUR";

/** The published statuses of a part, except 0. `unknown`: an error "whilst processing", after which it may have been sent. */
const STATUSES = verdictsOf({
  permanent: "6 7 33",
  declined: "2 3 12 15 22 23 29",
  account: "4 8 9 11 14 32",
  throttled: "1 10",
  unknown: "5",
});
/** The published `err-code`s of receipts. */
const RECEIPT_CODES: ReadonlySet<string> = new Set(
  "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 50 51 52 53 54 99".split(" "),
);
/** Vonage's states. Its `unknown` means that the network gave no state, and is not final. */
const STATES: ReadonlyMap<string, Report["state"]> = new Map([
  ["accepted", "sent"],
  ["buffered", "sent"],
  ["unknown", "sent"],
  ["delivered", "delivered"],
  ["expired", "undelivered"],
  ["failed", "undelivered"],
  ["rejected", "undelivered"],
]);

const Id = z.string().regex(/^[A-Za-z0-9-]{8,64}$/);
/** The fields read of each part in the answer to a call. */
const Parts = z.object({
  messages: z
    .array(
      z.object({
        status: z.string().max(20),
        "message-id": Id.optional(),
        "message-price": z.string().optional(),
        network: z.string().optional(),
      }),
    )
    .min(1)
    .max(50),
});
/** The fields read of a receipt; unknown fields are ignored. */
const Receipt = z.object({
  "client-ref": z.string(),
  messageId: Id.optional().catch(undefined),
  status: z.string().min(1).max(40),
  "err-code": z.string().max(40).optional(),
  "network-code": z.string().optional(),
  price: z.string().optional(),
  "message-timestamp": z.string().optional(),
});
/** The fields read of an inbound text; each part of a long text comes in a call of its own, with its place. */
const Received = z.object({
  messageId: Id,
  msisdn: z.string().min(1).max(40),
  to: z.string().min(1).max(40),
  type: z.string().max(40).optional(),
  text: z.string().max(INBOUND_CHARACTERS_MAX).optional(),
  concat: z.string().optional(),
  "concat-ref": z.string().min(1).max(64).optional().catch(undefined),
  "concat-part": z.string().optional(),
  "concat-total": z.string().optional(),
});
/** The place of a part. */
const Place = z
  .string()
  .regex(/^\d{1,3}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(255));
const Flat = z.record(z.string(), z.string());

const Visible = (least: number) => z.string().regex(new RegExp(`^[!-~]{${least},128}$`), `${least} visible characters or more.`); // prettier-ignore

/** The carrier Vonage. */
export const vonageCarrier: Carrier = {
  fields: {
    settings: {
      sender: SenderSetting.optional().meta({ description: "Who sends when a message names no sender." }),
      signature_method: z.enum(["sha256", "sha512"]).optional().meta({ description: "How Vonage signs receipts for this account: HMAC with `sha256`, the default, or `sha512`." }), // prettier-ignore
      base_url: UrlText.optional().meta({ description: "Another region, or a simulator, instead of rest.nexmo.com." }),
      redact_base_url: UrlText.optional().meta({ description: "The same for redaction, instead of api.nexmo.com." }),
    },
    secrets: {
      api_key: z.string().regex(/^[A-Za-z0-9]{8}$/, "8 letters and digits.").meta({ description: "The account's key." }), // prettier-ignore
      api_secret: Visible(6).meta({ description: "The key's secret." }),
      signature_secret: Visible(16).meta({ description: "Signs the receipts; unsigned ones are refused." }),
    },
  },
  send,
  canAsk: () => false, // its search finds accepted messages, but cannot guarantee that no call is under way
  inboundSecret: "signature_secret",
  stopCodes: { receipt: "9" }, // in the answer to a call, 9 is about funds
  readReceipts: (account, callback) => Promise.resolve(readReceipts(account, callback)),
  readInbound: (account, callback) => Promise.resolve(readInbound(account, callback)),
  probe: async (account, io) => {
    const called = await request(account, io, `${baseOf(account, "base_url", REST_URL)}/account/get-balance`, { method: "GET" }); // prettier-ignore
    return called === null ? { found: "rejected", code: "account_incomplete" } : probedBy(called);
  },
  redact,
  shop: vonageShop,
};

async function request({ secrets }: Account, io: CarrierIo, url: string, outgoing: Outgoing) {
  const { api_key: key, api_secret: secret } = secrets;
  if (key === undefined || secret === undefined) return null;
  return call(url, { ...outgoing, headers: { ...outgoing.headers, authorization: basicOf(key, secret) } }, io);
}

const digits = (number: string) => (/^\+\d+$/.test(number) ? number.slice(1) : number);

async function send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
  const from = handover.from ?? account.settings["sender"];
  if (account.secrets["signature_secret"] === undefined) return INCOMPLETE; // its receipts could not be verified
  if (from === undefined) return SENDERLESS;
  const body = formOf({
    from: digits(from),
    to: digits(handover.to),
    text: handover.text,
    type: handover.encoding === "ucs2" ? "unicode" : "text",
    ttl: String(Math.min(Math.max(TTL_MS_MIN, handover.validitySeconds * 1_000), TTL_MS_MAX)),
    callback: handover.receiptUrl,
    "client-ref": handover.message,
  });
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const called = await request(account, io, `${baseOf(account, "base_url", REST_URL)}/sms/json`, { headers, body });
  if (called === null) return INCOMPLETE;
  return "fault" in called ? { outcome: "unknown", code: called.fault } : classify(called);
}

function classify(called: Answered): Answer {
  if (called.status < 200 || called.status >= 300) return refusalOf(called, null, STATUSES);
  const said = Parts.safeParse(jsonOf(called));
  if (!said.success) return { outcome: "unknown", code: "unreadable_answer" };
  const { messages } = said.data;
  const refused = messages.filter(({ status }) => status !== "0");
  if (refused.length === 0) return accepted(messages);
  if (refused.length < messages.length) return { outcome: "unknown", code: "partly_taken" }; // some parts were taken
  const answers = refused.map(({ status }) => answerTo(status, called));
  return answers.find(({ outcome }) => outcome === "unknown") ?? answers[0] ?? { outcome: "unknown", code: "unreadable_answer" }; // prettier-ignore
}

/** All parts were taken: their ids and total price. */
function accepted(parts: z.infer<typeof Parts>["messages"]): Answer {
  const ids = parts.flatMap((part) => part["message-id"] ?? []);
  if (ids.length < parts.length) return { outcome: "unknown", code: "unreadable_answer" };
  const costs = parts.map((part) => microsOf(part["message-price"] ?? ""));
  const amount = costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
  const price: { price?: Price } = amount === null ? {} : { price: { amount, currency: CURRENCY } };
  return { outcome: "accepted", reference: ids.join(","), ...price, ...ofNetwork(parts[0]?.network) };
}

/** The meaning of a part's status. An unpublished status may mean that the part was sent. */
function answerTo(status: string, answered: Answered): NotAccepted {
  const verdict = STATUSES.get(status);
  const code = plainCode(`status_${status}`, "unnamed");
  if (verdict === undefined) return { outcome: "unknown", code, unmapped: true };
  const answer = answerOf(verdict, code, answered);
  if (answer.outcome !== "throttled" || answered.headers.has("retry-after")) return answer;
  return { ...answer, retryAfterSeconds: THROTTLED_SECONDS };
}

function readReceipts(account: Account, callback: Callback): Read<Report> {
  const signed = readSigned(account, callback);
  if (!("said" in signed)) return signed;
  const parsed = Receipt.safeParse(signed.said);
  if (!parsed.success || parsed.data["client-ref"] !== callback.message) return { malformed: "body" };
  return { read: [reportOf(callback.message, parsed.data)] };
}

/** An inbound text; other types (`binary`, a vCard) are ignored. */
function readInbound(account: Account, callback: InboundCallback): Read<Inbound> {
  const signed = readSigned(account, callback);
  if (!("said" in signed)) return signed;
  const parsed = Received.safeParse(signed.said);
  if (!parsed.success) return { malformed: "body" };
  const { messageId: id, msisdn, to, type = "text", text = "", concat } = parsed.data;
  if (!["text", "unicode"].includes(type) || text === "") return { read: [] };
  const inbound = { id, from: e164Of(msisdn), to: e164Of(to), text };
  if (concat !== "true" && concat !== "1") return { read: [inbound] };
  const [nth, of] = [Place.safeParse(parsed.data["concat-part"]), Place.safeParse(parsed.data["concat-total"])];
  const ref = parsed.data["concat-ref"];
  if (ref === undefined || !nth.success || !of.success || nth.data > of.data)
    return { read: [{ ...inbound, fragment: true }] };
  return { read: [{ ...inbound, part: { ref, nth: nth.data, of: of.data } }] };
}

/** The parameters of a callback, after its signature was verified as genuine and fresh, and its key as the account's. */
function readSigned(
  { settings, secrets }: Account,
  callback: InboundCallback,
): { said: Record<string, string> } | { forged: string } | { malformed: string } {
  const secret = secrets["signature_secret"];
  const fields = fieldsOf(callback);
  if (secret === undefined || fields === null) return { forged: "unsigned" };
  const { sig, ...said } = fields;
  if (sig === undefined) return { forged: "unsigned" };
  const expected = signatureOf(secret, settings["signature_method"] ?? "sha256", said);
  if (!equalBytes(Buffer.from(sig.toLowerCase()), Buffer.from(expected))) return { forged: "signature" };
  const { timestamp = "" } = said;
  if (!/^\d{1,12}$/.test(timestamp) || !isFresh(Number(timestamp), callback.now)) return { forged: "stale" };
  // Vonage signs `&name=value`, with `&` and `=` in values replaced by `_`; one of them in a name would make that ambiguous.
  if (Object.keys(said).some((name) => !/^[A-Za-z0-9_.-]+$/.test(name))) return { malformed: "body" };
  const key = said["api-key"];
  return key !== undefined && key !== secrets["api_key"] ? { forged: "account" } : { said };
}

function reportOf(message: string, said: z.infer<typeof Receipt>): Report {
  const state = STATES.get(said.status);
  const error = said["err-code"] === undefined || said["err-code"] === "0" ? null : said["err-code"];
  const time = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/.exec(said["message-timestamp"] ?? "");
  const at = time === null ? Number.NaN : Date.parse(`${time[1]}T${time[2]}Z`);
  const isMapped = state !== undefined && (error === null || RECEIPT_CODES.has(error));
  const { price } = pricedAt(said.price, CURRENCY);
  return {
    message,
    state: state ?? "sent",
    code: error === null ? null : plainCode(error, "unnamed"),
    at: Number.isNaN(at) ? null : at,
    ...ofNetwork(said["network-code"]),
    ...(said.messageId === undefined ? {} : { part: said.messageId }),
    ...(price === undefined ? {} : { price, perPart: true as const }), // each part has a receipt of its own
    ...(isMapped ? {} : { unmapped: true as const }),
  };
}

/** The parameters of a callback, from a form or flat JSON of strings; null if it is neither. */
function fieldsOf({ headers, body }: InboundCallback): Record<string, string> | null {
  if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
    const form = readForm(body);
    return form === null ? null : Object.fromEntries(form);
  }
  const json = readJson(body);
  const flat = Flat.safeParse("fault" in json ? null : json.value);
  return flat.success ? flat.data : null;
}

/** Hexadecimal HMAC over all parameters but the signature, sorted by name, with `&` and `=` in values replaced by `_`. */
export function signatureOf(secret: string, method: string, fields: Readonly<Record<string, string>>): string {
  const names = Object.keys(fields).sort();
  const signed = names.map((name) => `&${name}=${(fields[name] ?? "").replaceAll(/[&=]/g, "_")}`).join("");
  return createHmac(method, secret).update(signed).digest("hex");
}

/** Redacts every part of a message; Vonage allows it from an hour after sending, if the account has the feature. */
async function redact(account: Account, reference: string, io: CarrierIo): Promise<"done" | "refused" | "unclear"> {
  const ids = reference.split(",");
  if (ids.some((id) => !Id.safeParse(id).success)) return "refused";
  const url = `${baseOf(account, "redact_base_url", API_URL)}/v1/redact/transaction`;
  const headers = { "content-type": "application/json" };
  let said: "done" | "refused" | "unclear" = "done";
  for (const id of ids) {
    const body = JSON.stringify({ id, product: "sms", type: "outbound" });
    const called = await request(account, io, url, { headers, body });
    if (called === null) return "refused";
    if ("fault" in called || (called.status !== 204 && !isDeclined(called.status))) said = "unclear";
    else if (called.status !== 204 && said === "done") said = "refused";
  }
  return said;
}
