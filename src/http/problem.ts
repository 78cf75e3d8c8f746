/**
 * A refusal as an RFC 9457 problem: says what would be right, and never repeats what was sent.
 */
import { REASONS, type Reason, type Refusal } from "../base/refusal.ts";
import type { C } from "./context.ts";

export type Problem = ReturnType<typeof problemOf>;

/**
 * The URL that explains a code: a page of this service (pages/errors.ts), so that a problem points to no other host.
 */
export const typeOf = (code: Reason, site: string): string => `${site}/errors/${code}`;

/** The problem document of a refusal; `site` is the origin under which readers find this service. */
export function problemOf(refusal: Refusal, site: string, requestId: string | null) {
  const { status, title, detail } = REASONS[refusal.refused];
  return {
    type: typeOf(refusal.refused, site),
    title,
    status,
    code: refusal.refused,
    detail: refusal.detail ?? detail,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
    ...(refusal.budget === undefined ? {} : { budget: refusal.budget }),
    ...(requestId === null ? {} : { request_id: requestId }),
  };
}

/** The response with the problem; the request's log line names the code. */
export function problemResponse(c: C, refusal: Refusal): Response {
  c.set("code", refusal.refused);
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  const { status } = REASONS[refusal.refused];
  if (refusal.retryAfterSeconds !== undefined) headers.set("retry-after", String(refusal.retryAfterSeconds));
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="maskline"');
  return new Response(JSON.stringify(problemOf(refusal, c.get("site"), c.get("requestId"))), { status, headers });
}
