/**
 * The carrier `http`: any gateway that takes JSON. Posts a signed request to the account's URL and takes signed receipts,
 * both by Standard Webhooks v1 with the account's secret. docs/carriers-http.md is the contract for the gateway, which defines
 * every status: 2xx with `accepted: true` accepts, any 4xx and `accepted: false` decline, 429 and 503 have taken nothing, everything
 * else may have been sent.
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { millisecondsOf } from "../../base/clock.ts";
import { readJson } from "../../contract/json.ts";
import { UrlText } from "../../contract/label.ts";
import type { FieldError } from "../../base/refusal.ts";
import { equalBytes, fromBase64, toBase64 } from "../../base/seal.ts";
import { weaknessOf } from "../../base/weak-key.ts";
import {
  answerOf,
  call,
  INCOMPLETE,
  isDeclined,
  isFresh,
  jsonOf,
  mediaOf,
  ofNetwork,
  plainCode,
  verdictOfStatus,
  type Answered,
  type Called,
} from "./call.ts";
import { INBOUND_CHARACTERS_MAX, KEYWORDS } from "../carrier.ts";
import type {
  Account,
  Answer,
  Callback,
  Carrier,
  CarrierIo,
  Handover,
  Inbound,
  InboundCallback,
  Question,
  Read,
  Report,
  Said,
} from "../carrier.ts";

const AcceptAnswer = z.object({
  accepted: z.boolean(),
  reference: z.string().max(200).optional(),
  network: z.string().max(6).optional(),
  code: z.string().max(64).optional(),
});
/** A gateway's answer to an inquiry. */
const StatusAnswer = z.object({
  state: z.enum(["accepted", "sent", "delivered", "undelivered", "never", "unclear"]),
  code: z.string().max(64).optional(),
});
/** A gateway's receipt. */
export const ReceiptBody = z
  .strictObject({
    message: z.string().max(64),
    state: z.enum(["sent", "delivered", "undelivered"]),
    code: z.string().max(64).nullish(),
    at: z.string().max(64).nullish().meta({ description: "RFC 3339; an invalid time is ignored." }),
    network: z
      .string()
      .regex(/^\d{5,6}$/)
      .nullish()
      .meta({ description: "The phone's network: mobile country and network code." }),
  })
  .meta({ id: "Receipt" });

const Part = z
  .strictObject({ ref: z.string().min(1).max(64), nth: z.int().min(1).max(255), of: z.int().min(1).max(255) })
  .refine(({ nth, of }) => nth <= of, "`nth` is at most `of`.");
const Media = z.int().min(0).max(100);
const KeywordName = z.enum(KEYWORDS);

/** An inbound text to a number of the gateway. */
export const InboundBody = z
  .strictObject({
    id: z.string().min(1).max(200),
    from: z.string().min(1).max(40),
    to: z.string().min(1).max(40),
    text: z.string().max(INBOUND_CHARACTERS_MAX),
    media: Media.optional().meta({ description: "How many pictures and other files were sent with it." }),
    keyword: KeywordName.optional().meta({
      description: "The keyword that the gateway itself recognised and answered.",
    }),
    part: Part.optional(),
  })
  .meta({ id: "InboundText" });

/** An inbound text as it is read: invalid optional fields are ignored, so that the text itself is not lost. */
const Received = z.object({
  ...InboundBody.pick({ id: true, from: true, to: true, text: true }).shape,
  media: Media.optional().catch(undefined),
  keyword: z
    .string()
    .transform((word) => word.toLowerCase())
    .pipe(KeywordName)
    .optional()
    .catch(undefined),
  part: z.union([Part, z.unknown().transform(() => "unreadable" as const)]).optional(),
});

/** Codes that refuse the number, the text or the traffic itself: no other account is tried. */
const PERMANENT_CODES: ReadonlySet<string> = new Set([
  "invalid_number",
  "invalid_text",
  "opted_out",
  "blocked",
  "fraud",
  "loop",
]);

const SECRET_FORM = "whsec_ and 24 to 64 random bytes in base64.";
const Secret = z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, SECRET_FORM);

/** Why the secret is weak, or null: with a published one, such as an example's, anybody could forge receipts. */
function weakness({ secret }: Readonly<Record<string, string>>): FieldError | null {
  if (secret === undefined) return null;
  const key = fromBase64(secret.replace(/^whsec_/, ""));
  const weak = key === null ? "not base64" : weaknessOf(key, 24);
  if (weak === null) return null;
  return { field: "secret", code: "invalid_field", detail: `The secret is ${weak}. Use ${SECRET_FORM}` };
}

/** Any gateway that takes JSON. */
export const httpCarrier: Carrier = {
  fields: {
    settings: {
      url: UrlText.meta({ description: "Texts are posted here." }),
      status_url: UrlText.optional().meta({ description: "Inquiries are posted here." }),
    },
    secrets: { secret: Secret.meta({ description: "Signs calls and receipts." }) },
  },
  weakness,
  send,
  canAsk: (account) => account.settings["status_url"] !== undefined,
  ask,
  inboundSecret: "secret",
  stopCodes: { answer: "opted_out", receipt: "opted_out" },
  readReceipts: (account, callback) => Promise.resolve(readReceipts(account, callback)),
  readInbound: (account, callback) => Promise.resolve(readInbound(account, callback)),
};

async function send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
  const { url } = account.settings;
  const { secret } = account.secrets;
  if (url === undefined || secret === undefined) return INCOMPLETE;
  const body = JSON.stringify({
    message: handover.message,
    attempt: handover.attempt,
    to: handover.to,
    from: handover.from,
    text: handover.text,
    encoding: handover.encoding,
    validity_seconds: handover.validitySeconds,
    receipt_url: handover.receiptUrl,
  });
  const called = await post(url, secret, handover.message, body, io);
  return "fault" in called ? { outcome: "unknown", code: called.fault } : classify(called);
}

/** Inquires about one call. Only an explicit `never` counts as one: a 404 may mean a wrong URL, and the text would be sent twice. */
async function ask(account: Account, question: Question, io: CarrierIo): Promise<Said> {
  const { status_url: url } = account.settings;
  const { secret } = account.secrets;
  if (url === undefined || secret === undefined) return { said: "unclear", code: "account_incomplete" };
  const body = JSON.stringify({ message: question.message, attempt: question.attempt });
  const called = await post(url, secret, question.message, body, io);
  if ("fault" in called) return { said: "unclear", code: called.fault };
  const { status } = called;
  const parsed = status === 200 ? StatusAnswer.safeParse(jsonOf(called)) : null;
  if (parsed?.success !== true)
    return { said: "unclear", code: status === 200 ? "unreadable_answer" : `http_${status}` };
  const { state, code } = parsed.data;
  if (state === "accepted" || state === "never") return { said: state };
  if (state === "unclear") return { said: state, code: plainCode(code, "unclear") };
  return { said: state, code: code === undefined ? null : plainCode(code, "unnamed") };
}

/** One signed call. */
function post(url: string, secret: string, id: string, body: string, io: CarrierIo): Promise<Called> {
  const timestamp = Math.floor(io.now() / 1_000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": signatureOf(secret, id, timestamp, body),
  };
  return call(url, { headers, body }, io);
}

function classify(called: Answered): Answer {
  const { status } = called;
  if (status === 429 || status === 503) return answerOf("throttled", `http_${status}`, called);
  const parsed = AcceptAnswer.safeParse(jsonOf(called));
  const answer = parsed.success ? parsed.data : null;
  if (isDeclined(status)) {
    const code = plainCode(answer?.code, `http_${status}`);
    return answerOf(PERMANENT_CODES.has(code) ? "permanent" : verdictOfStatus(status), code, called);
  }
  if (status >= 200 && status < 300 && answer !== null) {
    if (!answer.accepted) {
      const code = plainCode(answer.code, "not_accepted");
      return { outcome: "declined", code, permanent: PERMANENT_CODES.has(code) };
    }
    const { reference, network } = answer;
    return { outcome: "accepted", ...(reference === undefined ? {} : { reference }), ...ofNetwork(network) };
  }
  return { outcome: "unknown", code: status >= 200 && status < 300 ? "unreadable_answer" : `http_${status}` };
}

function readReceipts(account: Account, callback: Callback): Read<Report> {
  const signed = readSigned(account, callback);
  if ("forged" in signed) return signed;
  const parsed = ReceiptBody.safeParse(signed.value);
  if (!parsed.success || parsed.data.message !== callback.message) return { malformed: "body" };
  const { message, state, code, at, network } = parsed.data;
  const given = typeof code === "string" ? plainCode(code, "unnamed") : null;
  const time = typeof at === "string" ? millisecondsOf(at) : null;
  return { read: [{ message, state, code: given, at: time, ...ofNetwork(network) }] };
}

function readInbound(account: Account, callback: InboundCallback): Read<Inbound> {
  const signed = readSigned(account, callback);
  if ("forged" in signed) return signed;
  const parsed = Received.safeParse(signed.value);
  if (!parsed.success) return { malformed: "body" };
  const { part, media = 0, keyword, ...text } = parsed.data;
  const place = part === "unreadable" ? { fragment: true as const } : part === undefined ? {} : { part }; // it may be half a text, so it is no keyword
  const more = { ...place, ...(keyword === undefined ? {} : { keyword }) };
  return { read: [{ ...text, ...more, ...mediaOf(media) }] };
}

/** The JSON of a callback, after its signature was verified as genuine and fresh. */
function readSigned(account: Account, callback: InboundCallback): { value: unknown } | { forged: string } {
  const { headers, body, now } = callback;
  const { secret } = account.secrets;
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (secret === undefined || id === undefined || timestamp === undefined || signatures === undefined)
    return { forged: "unsigned" };
  if (!/^\d{1,12}$/.test(timestamp) || !/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return { forged: "malformed_header" };
  const expected = Buffer.from(signatureOf(secret, id, Number(timestamp), body));
  const matched = signatures.split(" ").some((signature) => equalBytes(Buffer.from(signature), expected));
  if (!matched) return { forged: "signature" };
  if (!isFresh(Number(timestamp), now)) return { forged: "stale" };
  const json = readJson(body); // strict, so that the gateway cannot have meant another value than the one read here
  return { value: "fault" in json ? null : json.value };
}

/** Standard Webhooks v1 over `id.timestamp.body`. */
export function signatureOf(secret: string, id: string, timestamp: number, body: string | Uint8Array): string {
  const key = fromBase64(secret.replace(/^whsec_/, "")) ?? new Uint8Array(0);
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return `v1,${toBase64(mac)}`;
}
