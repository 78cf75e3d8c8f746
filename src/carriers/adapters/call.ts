/**
 * What the adapters share: one bounded HTTP call, strict reading of answers and forms, and the meaning of an answer whose code is in
 * no table of the carrier. Nothing here is specific to a carrier.
 */
import { z } from "zod";
import { readWholeAtMost, TIMED_OUT, withDeadline } from "../../net/bounded.ts";
import type { LogLine } from "../../base/log.ts";
import { toBase64 } from "../../base/seal.ts";
import { ANSWER_BYTES_MAX, CALL_TIMEOUT_MS, type Account, type Answer, type CarrierIo, type Keyword, type Price, type Probed } from "../carrier.ts"; // prettier-ignore

/** An answer and when it came; its text is null if it was too long or broke off, but the status is valid. */
export type Answered = { status: number; headers: Headers; text: string | null; at: number };
export type Called = Answered | { fault: "timeout" | "connection" };
export type Outgoing = {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  headers?: Record<string, string>;
  body?: string;
};

/** One call within the carriers' timeout: never throws, follows no redirect, reads at most `ANSWER_BYTES_MAX`. */
export async function call(url: string, outgoing: Outgoing, io: CarrierIo): Promise<Called> {
  const { method = "POST", headers = {}, body } = outgoing;
  let response: Response | null = null;
  try {
    // `AbortSignal.timeout` cannot be canceled, so its timer would run on for every answered call.
    const text = await withDeadline(CALL_TIMEOUT_MS, async (signal) => {
      const carried = body === undefined ? {} : { body };
      response = await io.fetch(url, { method, redirect: "manual", headers, signal, ...carried });
      return textOf(response);
    });
    const answer = response as Response | null; // the compiler does not see an assignment in a callback
    if (answer === null) return { fault: "timeout" };
    return { status: answer.status, headers: answer.headers, text: text === TIMED_OUT ? null : text, at: io.now() };
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return { fault: late ? "timeout" : "connection" };
  }
}

async function textOf(response: Response): Promise<string | null> {
  const bytes = await readWholeAtMost(response, ANSWER_BYTES_MAX).catch(() => null);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** The answer's JSON; null if it was cut off or is not labelled JSON. */
export function jsonOf({ headers, text }: Answered): unknown {
  if (text === null || !/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The carrier's base URL without a slash at its end: the account's setting, else the default. */
export function baseOf(account: Account, setting: string, otherwise: string): string {
  return (account.settings[setting] ?? otherwise).replace(/\/+$/, "");
}

/** Form parameters, percent-encoded; those without a value are left out. */
export function formOf(fields: Readonly<Record<string, string | null | undefined>>): string {
  const given = Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === "string");
  return new URLSearchParams(given).toString();
}

/**
 * The parameters of a form; null for bytes that are not UTF-8, an invalid escape or a repeated name, because different readers would
 * read such a form differently.
 */
export function readForm(bytes: Uint8Array): Map<string, string> | null {
  const form = new Map<string, string>();
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    for (const part of text === "" ? [] : text.split("&")) {
      const [name = "", value = ""] = cutAt(part, "=").map((side) => decodeURIComponent(side.replaceAll("+", " ")));
      if (name === "" || form.has(name)) return null;
      form.set(name, value);
    }
  } catch {
    return null;
  }
  return form;
}

function cutAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** The value of HTTP's Basic scheme. */
export function basicOf(user: string, password: string): string {
  return `Basic ${toBase64(new TextEncoder().encode(`${user}:${password}`))}`;
}

const BY_WORD: ReadonlyMap<string, Keyword> = new Map([
  ...["stop", "optout", "unsubscribe"].map((word): [string, Keyword] => [word, "stop"]),
  ...["start", "optin", "subscribe", "unstop"].map((word): [string, Keyword] => [word, "start"]),
  ...["help", "info"].map((word): [string, Keyword] => [word, "help"]),
]);

/** The keyword that a carrier says it has recognised and answered, in any spelling; nothing if it names none. */
export function keywordOf(written: string | null | undefined): { keyword?: Keyword } {
  const word = (written ?? "").toLowerCase().replaceAll(/[^a-z]/g, "");
  return word === "" ? {} : { keyword: BY_WORD.get(word) ?? "other" };
}

/** The number of files sent with a text; nothing if there were none. */
export function mediaOf(count: number): { media?: number } {
  return Number.isSafeInteger(count) && count > 0 ? { media: Math.min(count, MEDIA_MAX) } : {};
}
/** The highest number reported; an MMS has at most ten with every carrier. */
const MEDIA_MAX = 100;

/** A number in E.164, for carriers that write it without the plus; short codes and names are unchanged. */
export function e164Of(written: string): string {
  return /^[1-9]\d{6,14}$/.test(written) ? `+${written}` : written;
}

/** The form of codes that are stored and shown; seven digits in a row are excluded, because they could be a phone number. */
const PLAIN_CODE = /^(?!(?:.*\d){7})[A-Za-z0-9_.:-]{1,64}$/;

/** The carrier's code if it may be stored, else `otherwise`. */
export function plainCode(code: string | null | undefined, otherwise: string): string {
  return typeof code === "string" && PLAIN_CODE.test(code) ? code : otherwise;
}

const RETRY_AFTER_SECONDS_DEFAULT = 5;
const RETRY_AFTER_SECONDS_MAX = 3_600;

/** A time in HTTP's present format; the two obsolete formats are not read. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/**
 * Seconds to pause the account, from one to an hour: the header's, or until the time that it names, by the carrier's own clock if the
 * answer has a `Date` (RFC 9110, 10.2.3); five without a valid header.
 */
export function retryAfterOf({ headers, at }: Pick<Answered, "headers" | "at">): number {
  const header = headers.get("retry-after")?.trim() ?? "";
  const until = httpDateOf(header);
  if (until === null && !/^\d{1,6}$/.test(header)) return RETRY_AFTER_SECONDS_DEFAULT;
  const seconds = until === null ? Number(header) : Math.ceil((until - (httpDateOf(headers.get("date") ?? "") ?? at)) / 1_000); // prettier-ignore
  return Math.min(Math.max(1, seconds), RETRY_AFTER_SECONDS_MAX);
}

function httpDateOf(text: string): number | null {
  const time = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** The code when no call was made, because the account lacks a setting or secret. */
export const INCOMPLETE_CODE = "account_incomplete";
/** The same as the answer to a text: it was not sent. */
export const INCOMPLETE: Answer = {
  outcome: "declined",
  code: INCOMPLETE_CODE,
  permanent: false,
  ofAccount: true,
};
/** No call was made, because neither message nor account names a sender, which this carrier requires. */
export const SENDERLESS: Answer = { outcome: "declined", code: "sender_missing", permanent: false };

/** The account's default sender: a number of its own, a short code, or a name. */
export const SenderSetting = z
  .string()
  .regex(
    /^(?:\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 +&._-]{1,11})$/,
    "A number, a short code, or a name of up to 11 characters.",
  );

/**
 * What a carrier's code means for a call. `permanent`: the number or the text itself is refused, no other account is tried.
 * `declined`: this account did not take it. `account`: it takes nothing, because of its credentials, funds or standing. `throttled`:
 * not taken, too fast. `unknown`: it may have been taken.
 */
export type Verdict = (typeof VERDICTS)[number];
const VERDICTS = ["permanent", "declined", "account", "throttled", "unknown"] as const;
export type NotAccepted = Exclude<Answer, { outcome: "accepted" }>;
export type Verdicts = { get(code: string): Verdict | undefined };

/**
 * The table from code to verdict, from lists of codes by verdict, as adapters write them: `21211 30001-30005`. Throws if a code occurs
 * twice.
 */
export function verdictsOf(lists: Readonly<Partial<Record<Verdict, string>>>): Verdicts {
  const table = new Map<string, Verdict>();
  for (const verdict of VERDICTS) {
    for (const code of (lists[verdict] ?? "").split(/\s+/).flatMap(codesIn)) {
      if (table.has(code)) throw new Error(`the code ${code} has two verdicts`);
      table.set(code, verdict);
    }
  }
  return table;
}

function codesIn(written: string): string[] {
  const range = /^(\d+)-(\d+)$/.exec(written);
  if (range === null) return written === "" ? [] : [written];
  const from = Number(range[1]);
  return Array.from({ length: Number(range[2]) - from + 1 }, (_, step) => String(from + step));
}

/** The answer for a verdict. */
export function answerOf(verdict: Verdict, code: string, answered: Pick<Answered, "headers" | "at">): NotAccepted {
  if (verdict === "throttled") return { outcome: "throttled", code, retryAfterSeconds: retryAfterOf(answered) };
  if (verdict === "unknown") return { outcome: "unknown", code };
  const declined = { outcome: "declined", code, permanent: verdict === "permanent" } as const;
  return verdict === "account" ? { ...declined, ofAccount: true } : declined;
}

/**
 * What an HTTP status means without a known code: 429: nothing was taken; 401 and 402: the account is refused; other 4xx but 408: the
 * request was refused, perhaps only for this account; anything else may have been sent.
 */
export function verdictOfStatus(status: number): Verdict {
  if (status === 429) return "throttled";
  if (status === 401 || status === 402) return "account";
  return status >= 400 && status < 500 && status !== 408 ? "declined" : "unknown";
}

/** Whether a status alone says that the request was refused and had no effect. */
export function isDeclined(status: number): boolean {
  const verdict = verdictOfStatus(status);
  return verdict === "declined" || verdict === "account";
}

/**
 * The answer to a call that was refused or failed: by the carrier's code if the table has it, else by the status, as `unmapped`. If
 * the status says that the text may have been sent, no code overrides it.
 */
export function refusalOf(answered: Answered, code: string | null, table: Verdicts): NotAccepted {
  const { status } = answered;
  const known = code === null ? undefined : table.get(code);
  const byStatus = verdictOfStatus(status);
  const verdict = known === undefined || byStatus === "unknown" ? byStatus : known;
  const answer = answerOf(verdict, plainCode(code, `http_${status}`), answered);
  return code === null || known !== undefined ? answer : { ...answer, unmapped: true };
}

/** The log line about a code that is in no table, so that it can be added. */
export function unmappedCode(account: string, code: string | null): LogLine {
  return { level: "warn", what: "carrier_unmapped", id: account, ...(code === null ? {} : { code }) };
}

/**
 * A carrier's decimal amount in whole micro-units, rounded half up at the seventh decimal; null for anything but a plain,
 * non-negative amount.
 */
export function microsOf(decimal: string | number): number | null {
  const parts = /^(\d{1,9})(?:\.(\d{1,20}))?$/.exec(String(decimal));
  if (parts === null) return null;
  const digits = (parts[2] ?? "").padEnd(7, "0");
  return Number(parts[1]) * 1_000_000 + Number(digits.slice(0, 6)) + (Number(digits[6]) >= 5 ? 1 : 0);
}

/** A price for an answer or a report; nothing if amount or currency is invalid. */
export function pricedAt(decimal: unknown, currency: unknown): { price?: Price } {
  const amount = typeof decimal === "string" || typeof decimal === "number" ? microsOf(decimal) : null;
  if (amount === null || typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return {};
  return { price: { amount, currency } };
}

/** A network for a report; nothing if the text is no mobile country and network code. */
export function ofNetwork(code: unknown): { network?: string } {
  return typeof code === "string" && /^\d{5,6}$/.test(code) ? { network: code } : {};
}

/** The result of a probe: 2xx is well; 401 and 403 reject the credentials; anything else counts as down. */
export function probedBy(called: Called): Probed {
  if ("fault" in called) return { found: "down", code: called.fault };
  if (called.status >= 200 && called.status < 300) return { found: "well" };
  const rejected = called.status === 401 || called.status === 403;
  return { found: rejected ? "rejected" : "down", code: `http_${called.status}` };
}

/** Signatures and timestamps older than this, or further ahead, are stale. */
export const FRESH_SECONDS = 300;

/** Whether a time that a carrier signed, in seconds, is near enough to `now`, in milliseconds. */
export function isFresh(seconds: number, now: number): boolean {
  return Math.abs(now / 1_000 - seconds) <= FRESH_SECONDS;
}
