/**
 * A refusal on the wire: RFC 9457, with what would be right and never what was sent.
 */
import { REASONS, type Refusal } from "./base/refusal.ts";

/** Where each code is explained. */
const ERRORS_PAGE = "https://github.com/maskline/maskline/blob/main/docs/errors.md";

export type Problem = ReturnType<typeof problemOf>;

/** The problem document of a refusal. */
export function problemOf(refusal: Refusal, requestId: string | null) {
  const { status, title, detail } = REASONS[refusal.refused];
  return {
    type: `${ERRORS_PAGE}#${refusal.refused}`,
    title,
    status,
    code: refusal.refused,
    detail: refusal.detail ?? detail,
    ...(refusal.errors === undefined ? {} : { errors: refusal.errors }),
    ...(requestId === null ? {} : { request_id: requestId }),
  };
}

/** The answer that carries it. */
export function problemResponse(refusal: Refusal, requestId: string): Response {
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" });
  const { status } = REASONS[refusal.refused];
  if (refusal.retryAfterSeconds !== undefined) headers.set("retry-after", String(refusal.retryAfterSeconds));
  if (status === 401) headers.set("www-authenticate", 'Bearer realm="maskline"');
  return new Response(JSON.stringify(problemOf(refusal, requestId)), { status, headers });
}
