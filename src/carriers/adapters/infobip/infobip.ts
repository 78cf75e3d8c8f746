/**
 * The carrier Infobip, SMS API v3. Our message id is the id there, so Infobip rejects a second call for it. It answers 200 also if
 * the message is rejected inside. Delivery reports come in batches, authenticated as the account's notification profile says: by an
 * HMAC over the body (recommended), or by Basic or Bearer, which do not cover the body. None signs a time; a repeated report changes
 * nothing, because each state is entered once.
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { readJson } from "../../../contract/json.ts";
import { UrlText } from "../../../contract/label.ts";
import type { FieldError } from "../../../base/refusal.ts";
import { equalBytes, fromBase64, sha256 } from "../../../base/seal.ts";
import { weaknessOf } from "../../../base/weak-key.ts";
import {
  answerOf,
  baseOf,
  basicOf,
  call,
  e164Of,
  INCOMPLETE,
  jsonOf,
  ofNetwork,
  plainCode,
  pricedAt,
  probedBy,
  refusalOf,
  SenderSetting,
  type Answered,
} from "../call.ts";
import { INBOUND_CHARACTERS_MAX } from "../../carrier.ts";
import type { Account, Answer, Callback, Carrier, CarrierIo, Handover, Inbound, InboundCallback, Probed, Read, Report } from "../../carrier.ts"; // prettier-ignore
import { INFOBIP_ERRORS, INFOBIP_FAULTS, INFOBIP_GROUPS, INFOBIP_STATUSES, type Status } from "./codes.ts";

/** Infobip's longest validity; it shortens a longer one. */
const VALIDITY_SECONDS_MAX = 172_800;
const RECEIPT_SECRET_BYTES = 24;
/** How reports are authenticated. Infobip also offers MD5, SHA-1 and SHA-224, which are not accepted. */
const AUTH = ["hmac_sha256", "hmac_sha384", "hmac_sha512", "basic", "bearer"] as const;
const HMAC_DIGESTS: ReadonlyMap<string, string> = new Map([
  ["hmac_sha256", "sha256"],
  ["hmac_sha384", "sha384"],
  ["hmac_sha512", "sha512"],
]);

const SECRET_FORM = "24 to 190 random bytes in base64 or hexadecimal.";
const visible = (least: number, most: number) => new RegExp(`^[\\x21-\\x7e]{${least},${most}}$`);
const fields = {
  settings: {
    base_url: UrlText.meta({ description: "The account's own base URL, `https://….api.infobip.com`." }),
    sender: SenderSetting.optional().meta({ description: "Who sends when a message names no sender." }),
    receipt_auth: z.enum(AUTH).meta({ description: "How the notification profile authenticates its reports." }),
    receipt_header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, "A header's name.")
      .optional()
      .meta({ description: "The header that carries the HMAC." }),
    receipt_user: z
      .string()
      .regex(/^[\x21-\x39\x3b-\x7e]{1,100}$/, "1 to 100 visible characters, no colon.")
      .optional()
      .meta({ description: "The user name of Basic." }),
  },
  secrets: {
    api_key: z.string().regex(visible(16, 200), "16 to 200 visible characters.").meta({ description: "An API key." }),
    receipt_secret: z
      .string()
      .regex(/^[A-Za-z0-9+/]{32,255}={0,2}$/, SECRET_FORM)
      .meta({ description: "The HMAC's secret key, Basic's password or the bearer token." }),
  },
};

/** Why the secret is weak, or null: with a published or guessable one anybody could forge reports. */
function weakness({ receipt_secret: secret }: Account["secrets"]): FieldError | null {
  if (secret === undefined) return null;
  const bytes = fromBase64(secret);
  const weak = bytes === null ? "not base64" : weaknessOf(bytes, RECEIPT_SECRET_BYTES);
  if (weak === null) return null;
  return { field: "receipt_secret", code: "invalid_field", detail: `The secret is ${weak}. Use ${SECRET_FORM}` };
}

const StatusField = z.object({ groupId: z.int(), id: z.int(), name: z.string().max(100).optional() });
const Taken = z.object({
  messages: z
    .array(
      z.object({
        messageId: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,200}$/)
          .optional(),
        status: StatusField,
      }),
    )
    .length(1),
});
const Fault = z.union([
  z.object({ errorCode: z.string() }).transform((fault) => fault.errorCode),
  z
    .object({ requestError: z.object({ serviceException: z.object({ messageId: z.string() }) }) })
    .transform((fault) => fault.requestError.serviceException.messageId),
]);
/** The fields read of a delivery report; unknown fields are ignored. */
const Result = z.object({
  messageId: z.string(),
  status: StatusField,
  error: z.object({ id: z.int(), name: z.string().max(100).optional() }).nullish(),
  doneAt: z.string().nullish(),
  messageCount: z.int().min(0).max(255).nullish(),
  mccMnc: z.string().nullish(),
  price: z.object({ pricePerMessage: z.unknown(), currency: z.unknown() }).nullish(),
});
/** Infobip sends up to a hundred reports in one call; but each of our messages has a URL of its own. */
const Bundle = z.object({ results: z.array(z.unknown()).max(1_000) });
const Named = z.object({ messageId: z.string() });

/** The fields read of an inbound text. Infobip joins the parts of a long text. */
const Received = z.object({
  messageId: z.string().min(1).max(200),
  from: z.string().min(1).max(64),
  to: z.string().min(1).max(64),
  text: z.string().max(INBOUND_CHARACTERS_MAX).nullish(),
});

/** Infobip. */
export const infobipCarrier: Carrier = {
  fields,
  weakness,
  send,
  canAsk: () => false,
  inboundSecret: "receipt_secret",
  readReceipts,
  readInbound: (account, callback) => Promise.resolve(readInbound(account, callback)),
  probe,
};

async function send(account: Account, handover: Handover, io: CarrierIo): Promise<Answer> {
  const url = urlOf(account, "/sms/3/messages");
  const { api_key: key } = account.secrets;
  if (url === null || key === undefined || !canProve(account)) return INCOMPLETE;
  const message = {
    sender: (handover.from ?? account.settings["sender"])?.replace(/^\+/, ""),
    destinations: [{ to: handover.to.replace(/^\+/, ""), messageId: handover.message }],
    content: { text: handover.text },
    options: {
      validityPeriod: { amount: Math.min(handover.validitySeconds, VALIDITY_SECONDS_MAX), timeUnit: "SECONDS" },
    },
    webhooks: { delivery: { url: handover.receiptUrl }, contentType: "application/json" },
  };
  const headers = { authorization: `App ${key}`, "content-type": "application/json", accept: "application/json" };
  // By default Infobip may replace links in the text to track who follows them.
  const options = { tracking: { shortenUrl: false, trackClicks: false } };
  const called = await call(url, { headers, body: JSON.stringify({ messages: [message], options }) }, io);
  return "fault" in called ? { outcome: "unknown", code: called.fault } : classify(called);
}

function classify(called: Answered): Answer {
  const json = jsonOf(called);
  if (called.status < 200 || called.status >= 300) {
    const fault = Fault.safeParse(json);
    return refusalOf(called, fault.success ? fault.data : null, INFOBIP_FAULTS);
  }
  const taken = Taken.safeParse(json);
  const message = taken.success ? taken.data.messages[0] : undefined;
  if (message === undefined) return { outcome: "unknown", code: "unreadable_answer" };
  const { meaning, unmapped } = meaningOf(message.status);
  if (meaning.call === "accepted")
    return message.messageId === undefined
      ? { outcome: "accepted" }
      : { outcome: "accepted", reference: message.messageId };
  const answer = answerOf(meaning.call, plainCode(message.status.name, `status_${message.status.id}`), called);
  return unmapped ? { ...answer, unmapped } : answer;
}

/** The meaning of a status: by its id, else by its group, else only that Infobip knows the message. */
function meaningOf({ id, groupId }: z.infer<typeof StatusField>): { meaning: Status; unmapped?: true } {
  const known = INFOBIP_STATUSES.get(id);
  if (known !== undefined) return { meaning: known };
  return { meaning: INFOBIP_GROUPS.get(groupId) ?? { call: "unknown", state: "sent" }, unmapped: true };
}

function readReceipts(account: Account, callback: Callback): Promise<Read<Report>> {
  return Promise.resolve(read(account, callback));
}

function read(account: Account, callback: Callback): Read<Report> {
  const forged = forgeryIn(account, callback);
  if (forged !== null) return { forged };
  const json = readJson(callback.body);
  const bundle = Bundle.safeParse("fault" in json ? null : json.value);
  if (!bundle.success) return { malformed: "body" };
  const ours = bundle.data.results.filter((result) => Named.safeParse(result).data?.messageId === callback.message);
  const { good, unreadable } = readEach(Result, ours);
  if (good.length === 0 && unreadable > 0) return { malformed: "result" };
  return { read: good.map(reportOf).filter((report) => report !== null), ...counted(unreadable) };
}

/** The valid results of a bundle, and how many are invalid. One invalid result must not make Infobip repeat all of them. */
function readEach<T>(schema: z.ZodType<T>, results: readonly unknown[]): { good: T[]; unreadable: number } {
  const read = results.map((result) => schema.safeParse(result));
  const good = read.flatMap((each) => (each.success ? [each.data] : []));
  return { good, unreadable: read.length - good.length };
}

const counted = (unreadable: number): { unreadable?: number } => (unreadable === 0 ? {} : { unreadable });

function readInbound(account: Account, callback: InboundCallback): Read<Inbound> {
  const forged = forgeryIn(account, callback);
  if (forged !== null) return { forged };
  const json = readJson(callback.body);
  const bundle = Bundle.safeParse("fault" in json ? null : json.value);
  if (!bundle.success) return { malformed: "body" };
  const { good, unreadable } = readEach(Received, bundle.data.results);
  const texts = good.map(({ messageId: id, from, to, text }) => ({
    id,
    from: e164Of(from),
    to: e164Of(to),
    text: text ?? "",
  }));
  return { read: texts.filter(({ text }) => text !== ""), ...counted(unreadable) };
}

/** Whether the account's reports can be authenticated; without that it sends nothing. */
function canProve({ settings, secrets }: Account): boolean {
  const { receipt_auth: auth, receipt_user: user, receipt_header: header } = settings;
  if (secrets["receipt_secret"] === undefined) return false;
  if (auth === "basic") return user !== undefined;
  return auth === "bearer" || (HMAC_DIGESTS.has(auth ?? "") && header !== undefined);
}

/** Why the callback is not authentic, or null. */
function forgeryIn(account: Account, { headers, body }: InboundCallback): string | null {
  const { receipt_auth: auth, receipt_user: user, receipt_header: header } = account.settings;
  const { receipt_secret: secret } = account.secrets;
  if (secret === undefined) return "unsigned";
  const authorization = headers["authorization"];
  if (auth === "basic") {
    return same(authorization, user === undefined ? undefined : basicOf(user, secret)) ? null : "credentials";
  }
  if (auth === "bearer") return same(authorization, `Bearer ${secret}`) ? null : "credentials";
  const digest = HMAC_DIGESTS.get(auth ?? "");
  const given = header === undefined ? undefined : headers[header.toLowerCase()];
  if (digest === undefined || given === undefined) return "unsigned";
  return isMac(given, createHmac(digest, secret).update(body).digest()) ? null : "signature";
}

/** Whether the header is the MAC, in hexadecimal or base64, with or without the algorithm before it (`sha256=`). */
function isMac(given: string, mac: Uint8Array): boolean {
  const text = given.replace(/^sha\d{3}=(?=.)/i, "");
  const bytes =
    /^(?:[0-9a-f]{2})+$/i.test(text) && text.length === mac.length * 2 ? Buffer.from(text, "hex") : fromBase64(text);
  return bytes !== null && equalBytes(bytes, mac);
}

/** Compares two texts by their hashes, so that the time reveals neither length nor content. */
function same(given: string | undefined, expected: string | undefined): boolean {
  return given !== undefined && expected !== undefined && equalBytes(sha256(given), sha256(expected));
}

function reportOf(result: z.infer<typeof Result>): Report | null {
  const { status, error, messageCount, mccMnc, price } = result;
  const { meaning, unmapped } = meaningOf(status);
  if (meaning.state === null) return null;
  const failed = error !== null && error !== undefined && error.id !== 0 ? error : null;
  const strange = unmapped === true || (failed !== null && INFOBIP_ERRORS.get(String(failed.id)) === undefined);
  const cause =
    failed === null ? plainCode(status.name, `status_${status.id}`) : plainCode(failed.name, `error_${failed.id}`);
  const { price: each } = pricedAt(price?.pricePerMessage, price?.currency);
  return {
    message: result.messageId,
    state: meaning.state,
    code: meaning.state === "delivered" ? null : cause,
    at: timeOf(result.doneAt),
    ...ofNetwork(mccMnc),
    // The price is for one part; the number of parts is a field of its own.
    ...(each === undefined ? {} : { price: { ...each, amount: each.amount * (messageCount ?? 1) } }),
    ...(strange ? { unmapped: true } : {}),
  };
}

/** `2026-11-23T12:00:00.000+0000`, as Infobip writes times; `Date` does not reliably parse a zone without a colon. */
function timeOf(text: string | null | undefined): number | null {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|([+-]\d\d):?(\d\d))$/.exec(text ?? "");
  if (parts === null) return null;
  const at = Date.parse(`${parts[1]}${parts[2] === undefined ? "Z" : `${parts[2]}:${parts[3]}`}`);
  return Number.isNaN(at) ? null : at;
}

/** Asks for the balance, which is free and shows that base URL and key work. */
async function probe(account: Account, io: CarrierIo): Promise<Probed> {
  const url = urlOf(account, "/account/1/balance");
  const { api_key: key } = account.secrets;
  if (url === null || key === undefined || !canProve(account)) return { found: "rejected", code: "account_incomplete" };
  const headers = { authorization: `App ${key}`, accept: "application/json" };
  return probedBy(await call(url, { method: "GET", headers }, io));
}

/** The URL of a path; null if the account has no base URL. */
function urlOf(account: Account, path: string): string | null {
  return account.settings["base_url"] === undefined ? null : baseOf(account, "base_url", "") + path;
}
