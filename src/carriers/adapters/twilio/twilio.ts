/**
 * Twilio, Programmable Messaging (API 2010-04-01). Twilio is told to keep no text and number, unless the account's settings say
 * otherwise. Twilio takes no reference of ours: a receipt is bound to its message by the URL, which the signature covers.
 * Facts: the public OpenAPI description (twilio/twilio-oai) and docs/carriers.md.
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { UrlText } from "../../../contract/label.ts";
import { equalBytes } from "../../../base/seal.ts";
import { answerOf, formOf, INCOMPLETE, jsonOf, plainCode, probedBy, readForm, refusalOf, SENDERLESS, SenderSetting, isDeclined, keywordOf, mediaOf, type Answered } from "../call.ts"; // prettier-ignore
import { INBOUND_CHARACTERS_MAX } from "../../carrier.ts";
import type { Account, Answer, Callback, Carrier, CarrierIo, Handover, Inbound, InboundCallback, Read, Report } from "../../carrier.ts"; // prettier-ignore
import { faultOf, request } from "./call.ts";
import { TWILIO_CODES } from "./codes.ts";
import { twilioShop } from "./numbers.ts";

/** Twilio's bounds of `ValidityPeriod`, in seconds. */
const VALIDITY_SECONDS_MAX = 36_000;

const sid = (prefix: string) => z.string().regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `${prefix} and 32 hexadecimal digits.`); // prettier-ignore
const Secret = z.string().regex(/^[A-Za-z0-9]{32}$/, "32 letters and digits.");

/** The fields read of the answer to a call. */
const Made = z.object({
  sid: z.string().regex(/^(?:SM|MM)[0-9a-fA-F]{32}$/),
  status: z.string().max(40),
  error_code: z.int().nullish(),
});

/** The fields read of a status callback; unknown fields are ignored. */
const Status = z.object({
  AccountSid: z.string(),
  MessageSid: z.string().regex(/^(?:SM|MM)[0-9a-fA-F]{32}$/),
  MessageStatus: z.string().min(1).max(40),
  ErrorCode: z.string().max(40).optional(),
});

/** The fields read of an inbound text. Twilio joins the parts of a long text. */
const Received = z.object({
  AccountSid: z.string(),
  MessageSid: z.string().regex(/^(?:SM|MM)[0-9a-fA-F]{32}$/),
  From: z.string().min(1).max(64),
  To: z.string().min(1).max(64),
  Body: z.string().max(INBOUND_CHARACTERS_MAX).optional(),
  NumMedia: z.string().max(10).optional(),
  OptOutType: z.string().max(40).optional(),
});

/** Twilio's states. Those before its own hand-over to the network are `sent` too: the carrier has the message. */
const STATES: ReadonlyMap<string, Report["state"]> = new Map([
  ["accepted", "sent"],
  ["scheduled", "sent"],
  ["queued", "sent"],
  ["sending", "sent"],
  ["sent", "sent"],
  ["partially_delivered", "sent"],
  ["delivered", "delivered"],
  ["read", "delivered"],
  ["undelivered", "undelivered"],
  ["failed", "undelivered"],
  ["canceled", "undelivered"],
]);
/** States in the answer to a call which mean that the message was not sent. */
const NOT_SENT: ReadonlySet<string> = new Set(["failed", "undelivered", "canceled"]);

/** The carrier Twilio. */
export const twilioCarrier: Carrier = {
  fields: {
    settings: {
      account_sid: sid("AC").meta({ description: "The account that sends and is billed." }),
      api_key_sid: sid("SK").optional().meta({ description: "An API key to call with, instead of the auth token." }),
      messaging_service_sid: sid("MG").optional().meta({ description: "The service that chooses the sender." }),
      sender: SenderSetting.optional().meta({ description: "Who sends when a message names no sender." }),
      content_retention: z.enum(["discard", "retain"]).optional().meta({ description: "`discard`, the default, keeps no text; the account needs Message Privacy." }), // prettier-ignore
      address_retention: z.enum(["obfuscate", "retain"]).optional().meta({ description: "`obfuscate`, the default, keeps no number; the account needs Message Privacy." }), // prettier-ignore
      bundle_sid: sid("BU").optional().meta({ description: "The regulatory bundle that numbers are bought under, where a country asks for one." }), // prettier-ignore
      address_sid: sid("AD").optional().meta({ description: "The address that numbers are bought under, where a country asks for one." }), // prettier-ignore
      base_url: UrlText.optional().meta({ description: "Another region, or a simulator." }),
    },
    secrets: {
      auth_token: Secret.meta({ description: "Signs the receipts, and calls where there is no API key." }),
      api_key_secret: Secret.optional().meta({ description: "The API key's secret." }),
    },
  },
  send,
  canAsk: () => false, // Twilio lists messages by number and time, and a call under way is in no list
  inboundSecret: "auth_token",
  stopCodes: { answer: "21610", receipt: "21610" },
  readReceipts: (account, callback) => Promise.resolve(readReceipts(account, callback)),
  readInbound: (account, callback) => Promise.resolve(readInbound(account, callback)),
  answersInbound: "nothing", // Twilio sends an answer's body to the texter as a reply
  probe: async (account, io) => {
    const called = await request(account, io, "GET", "/Balance.json");
    // A subaccount has no balance; this error shows that base URL and credentials work.
    const isChild = called !== null && "status" in called && called.status === 404 && faultOf(called) === "20404";
    return called === null ? { found: "rejected", code: "account_incomplete" } : isChild ? { found: "well" } : probedBy(called); // prettier-ignore
  },
  redact,
  shop: twilioShop,
};

async function send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
  const { settings } = account;
  const from = handover.from ?? settings["sender"];
  const service = settings["messaging_service_sid"];
  if (from === undefined && service === undefined) return SENDERLESS;
  const form = formOf({
    To: handover.to,
    From: from,
    MessagingServiceSid: service,
    Body: handover.text,
    StatusCallback: handover.receiptUrl,
    ValidityPeriod: String(Math.min(Math.max(1, handover.validitySeconds), VALIDITY_SECONDS_MAX)),
    ContentRetention: settings["content_retention"] ?? "discard",
    AddressRetention: settings["address_retention"] ?? "obfuscate",
  });
  const called = await request(account, io, "POST", "/Messages.json", form);
  if (called === null) return INCOMPLETE;
  return "fault" in called ? { outcome: "unknown", code: called.fault } : classify(called);
}

function classify(called: Answered): Answer {
  const { status } = called;
  if (status < 200 || status >= 300) return refusalOf(called, faultOf(called), TWILIO_CODES);
  const made = Made.safeParse(jsonOf(called));
  if (!made.success) return { outcome: "unknown", code: "unreadable_answer" };
  const { sid: reference, status: state, error_code: error } = made.data;
  if (!NOT_SENT.has(state)) return { outcome: "accepted", reference };
  const code = typeof error === "number" ? String(error) : null;
  const known = code === null ? undefined : TWILIO_CODES.get(code);
  const answer = answerOf(known ?? "declined", plainCode(code, state), called);
  return code === null || known !== undefined ? answer : { ...answer, unmapped: true };
}

function readReceipts(account: Account, callback: Callback): Read<Report> {
  const signed = readSigned(account, callback);
  if (!("form" in signed)) return signed;
  const parsed = Status.safeParse(signed.form);
  if (!parsed.success) return { malformed: "body" };
  const { AccountSid, MessageStatus, ErrorCode } = parsed.data;
  if (AccountSid !== account.settings["account_sid"]) return { forged: "account" };
  const state = STATES.get(MessageStatus);
  const error = ErrorCode === undefined || ErrorCode === "" || ErrorCode === "0" ? null : ErrorCode;
  const report: Report = {
    message: callback.message,
    state: state ?? "sent",
    code: error === null ? null : plainCode(error, "unnamed"),
    at: null,
  };
  const isMapped = state !== undefined && (error === null || TWILIO_CODES.get(error) !== undefined);
  return { read: [isMapped ? report : { ...report, unmapped: true }] };
}

/** An inbound text, with the number of its pictures, which are not fetched. */
function readInbound(account: Account, callback: InboundCallback): Read<Inbound> {
  const signed = readSigned(account, callback);
  if (!("form" in signed)) return signed;
  const parsed = Received.safeParse(signed.form);
  if (!parsed.success) return { malformed: "body" };
  const { AccountSid, MessageSid: id, From: from, To: to, Body: text = "", NumMedia, OptOutType } = parsed.data;
  if (AccountSid !== account.settings["account_sid"]) return { forged: "account" };
  const media = mediaOf(Number(NumMedia ?? 0));
  const keyword = keywordOf(OptOutType); // a recognised keyword counts also without a text
  const isEmpty = text === "" && media.media === undefined && keyword.keyword === undefined;
  return { read: isEmpty ? [] : [{ id, from, to, text, ...media, ...keyword }] };
}

/** The parameters of a callback, after its signature over URL and parameters was verified. */
function readSigned(
  account: Account,
  { headers, url, body }: InboundCallback,
): { form: Record<string, string> } | { forged: string } | { malformed: string } {
  const token = account.secrets["auth_token"];
  const signature = headers["x-twilio-signature"];
  if (token === undefined || signature === undefined) return { forged: "unsigned" };
  const form = readForm(body);
  if (form === null) return { malformed: "body" };
  const given = Buffer.from(signature);
  const matched = urlsOf(url).filter((each) => equalBytes(given, Buffer.from(signatureOf(token, each, form))));
  return matched.length === 0 ? { forged: "signature" } : { form: Object.fromEntries(form) };
}

/** Base64 of HMAC-SHA-1 over the URL and all parameters, sorted by name, names and values concatenated. */
export function signatureOf(token: string, url: string, form: ReadonlyMap<string, string>): string {
  const mac = createHmac("sha1", token).update(url);
  for (const name of [...form.keys()].sort()) mac.update(name + (form.get(name) ?? ""));
  return mac.digest("base64");
}

/** The forms of the URL that Twilio may have signed: with the port, also the scheme's default, or without any. */
function urlsOf(url: string): string[] {
  const parts = /^(https?):\/\/(\[[0-9a-f:.]+\]|[^/?#:]+)(:\d+)?(.*)$/is.exec(url);
  if (parts === null) return [url];
  const [, scheme = "", host = "", port = scheme.toLowerCase() === "https" ? ":443" : ":80", rest = ""] = parts;
  return [`${scheme}://${host}${rest}`, `${scheme}://${host}${port}${rest}`];
}

/** Deletes the message's record at Twilio, with text and number; Twilio refuses while it is still sending. */
async function redact(account: Account, reference: string, io: CarrierIo): Promise<"done" | "refused" | "unclear"> {
  if (!Made.shape.sid.safeParse(reference).success) return "refused";
  const called = await request(account, io, "DELETE", `/Messages/${reference}.json`);
  if (called === null || "fault" in called) return called === null ? "refused" : "unclear";
  const isGone = called.status === 204 || (called.status === 404 && faultOf(called) === "20404");
  return isGone ? "done" : isDeclined(called.status) ? "refused" : "unclear";
}
