/**
 * How every door reads a request: the body is bounded before it is parsed, each query parameter occurs at most once and
 * holds no number, and requests caused by another site's page are refused.
 */
import { readIncoming } from "../net/incoming.ts";
import { readJson } from "../contract/json.ts";
import { findNumbers } from "../sms/phone.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import type { C } from "./context.ts";

const FAULTS = {
  not_utf8: "The body is not UTF-8.",
  not_json: "The body is not JSON.",
  repeated_key: "The body names a key twice in one object; two readers would see two values.",
  too_deep: "The body is nested too deeply.",
};

/**
 * The body's bytes, none where there is no body. Read on routes without a body too, so that a too large one is refused.
 */
export function readBody(c: C, bytesMax: number): Promise<Outcome<Uint8Array>> {
  return readIncoming(c.req.raw, bytesMax);
}

/** What an idempotency key is bound to: path and body, because the same key for another resource is another request. */
export function requestBytes(c: C, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${c.req.path}\n`), body]);
}

/** The value of a JSON body; an empty one is an empty object. */
export function jsonOf(c: C, bytes: Uint8Array): Outcome<unknown> {
  if (!/^application\/json(;|$)/i.test(c.req.header("content-type") ?? "application/json"))
    return refuse("unsupported_media_type");
  if (bytes.length === 0) return { ok: {} };
  const json = readJson(bytes);
  return "fault" in json ? refuse("malformed_body", { detail: FAULTS[json.fault] }) : { ok: json.value };
}

/**
 * Query parameters, each at most once, because parsers differ on which of two values counts. No value may read as a
 * phone number, whatever its name, because proxies log URLs. A name such as `__proto__` has no special meaning.
 */
export function queryOf(c: C): Outcome<Record<string, string>> {
  if (!c.req.url.includes("?")) return { ok: {} };
  const query: [string, string][] = [];
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (query.some(([known]) => known === name))
      return refuse("malformed_body", { detail: "A query parameter is given twice." });
    if (findNumbers(name).length > 0 || findNumbers(value).length > 0) return refuse("number_in_query");
    if (query.push([name, value]) > PARAMETERS_MAX) return refuse("unknown_field");
  }
  return { ok: Object.fromEntries(query) };
}

/** More than any route of ours has. */
const PARAMETERS_MAX = 20;

/**
 * Whether the browser says that another site's page caused the request (CSRF): operators have a cookie of Access that
 * any page could make a browser send. Our own pages, and programs, pass.
 */
export function isFromAnotherSite(c: C): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== new URL(c.req.url).origin;
}
