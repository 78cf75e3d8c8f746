/**
 * The carrier Telnyx, API v2: one message in JSON under a bearer key, delivery reports signed with Ed25519 over
 * `timestamp|body`. Telnyx takes no id of ours and no validity; its reports contain the URL they were sent to, which is signed too and
 * names the message. It repeats a report until it is answered; reports come in any order.
 */
import { z } from "zod";
import { readJson } from "../../../contract/json.ts";
import { UrlText } from "../../../contract/label.ts";
import type { FieldError } from "../../../base/refusal.ts";
import { fromBase64 } from "../../../base/seal.ts";
import { ed25519KeyFlaw } from "../../../base/ed25519.ts";
import { weaknessOf } from "../../../base/weak-key.ts";
import {
  baseOf,
  call,
  INCOMPLETE,
  isFresh,
  jsonOf,
  keywordOf,
  mediaOf,
  plainCode,
  pricedAt,
  probedBy,
  refusalOf,
  SENDERLESS,
  SenderSetting,
  type Answered,
} from "../call.ts";
import { INBOUND_CHARACTERS_MAX } from "../../carrier.ts";
import type { Account, Answer, Callback, Carrier, CarrierIo, Handover, Inbound, InboundCallback, Probed, Read, Report } from "../../carrier.ts"; // prettier-ignore
import { TELNYX_CODES, TELNYX_STATES } from "./codes.ts";
import { telnyxShop } from "./numbers.ts";

const BASE_URL = "https://api.telnyx.com";
const KEY_BYTES = 32;

/**
 * The account's public key. With a published or made-up key somebody else could forge reports, and with a point of small order anybody
 * can.
 */
const PublicKey = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/, "32 bytes in base64.")
  .refine((text) => isKey(fromBase64(text) ?? new Uint8Array()), "This is not the key of an account.");

function isKey(key: Uint8Array): boolean {
  return weaknessOf(key, KEY_BYTES) === null && ed25519KeyFlaw(key) === null;
}

/** The key that was judged last, cached because a courier has one account and judging takes milliseconds. */
let judged: { key: string; trusted: boolean } | null = null;

/** As `isKey`, for a stored account, whose key may be older than this check. */
function isTrusted(key: string): boolean {
  if (judged?.key !== key) judged = { key, trusted: ed25519KeyFlaw(fromBase64(key) ?? new Uint8Array()) === null };
  return judged.trusted;
}

const ApiKey = z.string().regex(/^[\x21-\x7e]{16,200}$/, "16 to 200 visible characters.");

const fields = {
  settings: {
    public_key: PublicKey.meta({ description: "The account's public key from the portal, which signs the receipts." }),
    messaging_profile_id: z.uuid().optional().meta({ description: "The profile whose numbers send, or whose name." }),
    sender: SenderSetting.optional().meta({ description: "Who sends when a message names no sender." }),
    base_url: UrlText.optional().meta({ description: "Another region, or a simulator." }),
  },
  secrets: { api_key: ApiKey.meta({ description: "An API key of the account." }) },
};

/** No call was made: Telnyx sends with a name only if a messaging profile allows it. Numbers of the account need none. */
const PROFILELESS: Answer = { outcome: "declined", code: "profile_missing", permanent: false };

const isName = (sender: string): boolean => /[A-Za-z]/.test(sender);

/** The error of an account whose sender is a name, without a messaging profile. */
function conflict({ sender, messaging_profile_id: profile }: Account["settings"]): FieldError | null {
  if (sender === undefined || profile !== undefined || !isName(sender)) return null;
  const detail = "Telnyx sends with a name only if there is a messaging profile: give its id, or a number as sender.";
  return { field: "messaging_profile_id", code: "invalid_field", detail };
}

const Taken = z.object({
  data: z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/), cost: z.unknown().optional() }),
});
const Errors = z.object({ errors: z.array(z.object({ code: z.union([z.string(), z.int()]) })).min(1) });
const Cost = z.object({ amount: z.unknown(), currency: z.unknown() });

/** The fields read of a callback; unknown fields are ignored. */
const Event = z.object({
  data: z.object({
    event_type: z.string(),
    occurred_at: z.string().nullish(),
    payload: z.record(z.string(), z.unknown()).nullish(),
  }),
  meta: z.object({ delivered_to: z.string().nullish() }).nullish(),
});
const Payload = z.object({
  to: z.array(z.object({ status: z.string().max(64) })).length(1),
  webhook_url: z.string().nullish(),
  completed_at: z.string().nullish(),
  cost: z.unknown().optional(),
  errors: z.array(z.object({ code: z.union([z.string(), z.int()]) })).nullish(),
});
/** The fields read of an inbound text. Telnyx joins the parts of a long text. */
const Received = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  from: z.object({ phone_number: z.string().min(1).max(64) }),
  to: z
    .array(z.object({ phone_number: z.string().min(1).max(64) }))
    .min(1)
    .max(100),
  cc: z.array(z.unknown()).nullish(),
  text: z.string().max(INBOUND_CHARACTERS_MAX).nullish(),
  media: z.array(z.unknown()).nullish(),
  autoresponse_type: z.string().max(40).nullish(),
});
/** The events that report an outgoing message's state; others are ignored. */
const DELIVERY_EVENTS: ReadonlySet<string> = new Set(["message.sent", "message.finalized"]);

/** Telnyx. */
export const telnyxCarrier: Carrier = {
  fields,
  conflict,
  send,
  canAsk: () => false,
  stopCodes: { answer: "40300", receipt: "40300" },
  readReceipts,
  readInbound,
  probe,
  shop: telnyxShop,
};

async function send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
  const { api_key: key } = account.secrets;
  const { messaging_profile_id: profile, sender } = account.settings;
  if (key === undefined) return INCOMPLETE;
  const from = handover.from ?? sender;
  if (from === undefined && profile === undefined) return SENDERLESS;
  if (from !== undefined && isName(from) && profile === undefined) return PROFILELESS;
  const body = JSON.stringify({
    to: handover.to,
    from,
    messaging_profile_id: profile,
    text: handover.text,
    type: "SMS",
    // Explicit, because Telnyx's "smart encoding" would replace characters of the text.
    encoding: handover.encoding,
    webhook_url: handover.receiptUrl,
    // The profile's own webhooks would receive number and text as well.
    use_profile_webhooks: false,
  });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", accept: "application/json" };
  const called = await call(`${baseOf(account, "base_url", BASE_URL)}/v2/messages`, { headers, body }, io);
  return "fault" in called ? { outcome: "unknown", code: called.fault } : classify(called);
}

function classify(called: Answered): Answer {
  const json = jsonOf(called);
  if (called.status < 200 || called.status >= 300) return refusalOf(called, errorOf(json), TELNYX_CODES);
  const taken = Taken.safeParse(json);
  if (!taken.success) return { outcome: "unknown", code: "unreadable_answer" };
  const { id, cost } = taken.data.data;
  return { outcome: "accepted", reference: id, ...priceOf(cost) };
}

/** The code of the first error, as text. */
function errorOf(json: unknown): string | null {
  const parsed = Errors.safeParse(json);
  const first = parsed.success ? parsed.data.errors[0] : undefined;
  return first === undefined ? null : String(first.code);
}

function priceOf(cost: unknown): Pick<Report, "price"> {
  const parsed = Cost.safeParse(cost);
  return parsed.success ? pricedAt(parsed.data.amount, parsed.data.currency) : {};
}

async function readReceipts(account: Account, callback: Callback): Promise<Read<Report>> {
  const signed = await readSigned(account, callback);
  if (!("event" in signed)) return signed;
  const { data, meta } = signed.event;
  if (!DELIVERY_EVENTS.has(data.event_type)) return { read: [] };
  const payload = Payload.safeParse(data.payload);
  if (!payload.success) return { malformed: "payload" };
  for (const meant of [payload.data.webhook_url, meta?.delivered_to])
    if (typeof meant === "string" && !samePath(meant, callback.url)) return { forged: "another_message" };
  return { read: [reportOf(callback.message, payload.data, data.occurred_at)] };
}

/** An inbound text, with the number of its pictures, which are not fetched. Group messages are ignored. */
async function readInbound(account: Account, callback: InboundCallback): Promise<Read<Inbound>> {
  const signed = await readSigned(account, callback);
  if (!("event" in signed)) return signed;
  const { data, meta } = signed.event;
  if (data.event_type !== "message.received") return { read: [] };
  const payload = Received.safeParse(data.payload);
  if (!payload.success) return { malformed: "payload" };
  const meant = meta?.delivered_to;
  if (typeof meant === "string" && !samePath(meant, callback.url)) return { forged: "another_account" };
  const { id, from, to, cc, autoresponse_type: answered } = payload.data;
  const [only, ...others] = to;
  const text = payload.data.text ?? "";
  const media = mediaOf(payload.data.media?.length ?? 0);
  const keyword = keywordOf(answered); // a recognised keyword counts also without a text
  const isEmpty = text === "" && media.media === undefined && keyword.keyword === undefined;
  if (only === undefined || others.length + (cc?.length ?? 0) > 0 || isEmpty) return { read: [] };
  const inbound = { id, from: from.phone_number, to: only.phone_number, text };
  return { read: [{ ...inbound, ...media, ...keyword }] };
}

/** The event of a callback, after its signature was verified as genuine and fresh. */
async function readSigned(
  account: Account,
  callback: InboundCallback,
): Promise<{ event: z.infer<typeof Event> } | { forged: string } | { malformed: string }> {
  const forged = await forgeryIn(account, callback);
  if (forged !== null) return { forged };
  const json = readJson(callback.body);
  const event = Event.safeParse("fault" in json ? null : json.value);
  return event.success ? { event: event.data } : { malformed: "body" };
}

/** Why the callback is not authentic, or null. The signature covers the timestamp header's text. */
async function forgeryIn(account: Account, { headers, body, now }: InboundCallback): Promise<string | null> {
  const written = account.settings["public_key"] ?? "";
  const key = fromBase64(written);
  const signature = headers["telnyx-signature-ed25519"];
  const timestamp = headers["telnyx-timestamp"];
  if (key?.length !== KEY_BYTES || signature === undefined || timestamp === undefined) return "unsigned";
  if (!/^\d{1,12}$/.test(timestamp) || !/^[A-Za-z0-9+/]{86}==$/.test(signature)) return "malformed_header";
  if (!isTrusted(written)) return "weak_key";
  const signed = Buffer.concat([Buffer.from(`${timestamp}|`), body]);
  const imported = await crypto.subtle.importKey("raw", new Uint8Array(key), { name: "Ed25519" }, false, ["verify"]);
  const matched = await crypto.subtle.verify("Ed25519", imported, Buffer.from(signature, "base64"), signed);
  if (!matched) return "signature";
  return isFresh(Number(timestamp), now) ? null : "stale";
}

/** Whether a URL has the path that was called; the service's origin may have changed since the message was sent. */
function samePath(meant: string, called: string): boolean {
  return URL.canParse(meant, called) && new URL(meant, called).pathname === new URL(called).pathname;
}

function reportOf(message: string, payload: z.infer<typeof Payload>, occurred: string | null | undefined): Report {
  const status = payload.to[0]?.status ?? "";
  const state = TELNYX_STATES.get(status);
  const error = payload.errors?.[0];
  const code = error === undefined ? null : String(error.code);
  const unmapped = state === undefined || (code !== null && TELNYX_CODES.get(code) === undefined);
  const at = Date.parse(payload.completed_at ?? occurred ?? "");
  return {
    message,
    // An unknown state means at least that Telnyx has the message.
    state: state ?? "sent",
    code: code !== null ? plainCode(code, "unnamed") : state === status ? null : plainCode(status, "unnamed"),
    at: Number.isNaN(at) ? null : at,
    ...priceOf(payload.cost),
    ...(unmapped ? { unmapped: true } : {}),
  };
}

/** Asks for the balance, which is free and shows that base URL and key work. */
async function probe(account: Account, io: CarrierIo): Promise<Probed> {
  const { api_key: key } = account.secrets;
  if (key === undefined) return { found: "rejected", code: "account_incomplete" };
  const headers = { authorization: `Bearer ${key}`, accept: "application/json" };
  return probedBy(await call(`${baseOf(account, "base_url", BASE_URL)}/v2/balance`, { method: "GET", headers }, io));
}
