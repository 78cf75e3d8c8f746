/**
 * One call to one receiver, bounded in time and size. Called for each attempt, with a URL that was judged just before.
 * Never throws and never follows a redirect. Of what the receiver wrote it returns only a short Retry-After and, of a
 * failure, the first 200 characters if they are text, with numbers masked: enough to see the cause, too little to read
 * other hosts' pages through this service.
 */
import { maskNumbersIn } from "../sms/phone.ts";
import { stripControls } from "../sms/sms-text.ts";
import { type FetchLike, readAtMost, TIMED_OUT, withDeadline } from "../net/bounded.ts";

/** Enough for any acknowledgement; reading more would let a receiver hold the connection. */
export const ANSWER_BYTES_MAX = 64 * 1_024;

/** The part of a failed answer that is kept. */
export const HEAD_CHARS_MAX = 200;
const TEXT_TYPE = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml)\b)/i;

/** An HTTP date has 29 characters, a number of seconds fewer; a longer value is neither. */
const RETRY_AFTER_CHARS_MAX = 64;

/** Statuses that redirect (RFC 9110 15.4); other 3xx name no location and are reported as they are. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export type Post = {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  fetchLike: FetchLike;
  now: () => number;
};

/** `latencyMs` is the whole call, the reading of the answer included. */
export type PostAnswer =
  | { status: number; retryAfter: string | null; latencyMs: number; head: string | null }
  | { failed: "timeout" | "connection" | "redirect"; latencyMs: number };

/**
 * Posts once. A status that has arrived counts even if the body breaks off, is too long or passes the deadline: the
 * receiver has answered, and a retry would deliver twice. Without a status the cause is `timeout`, or `connection` for
 * a DNS, TLS or network failure, which the runtime does not tell apart.
 */
export async function postOnce({ url, headers, body, timeoutMs, fetchLike, now }: Post): Promise<PostAnswer> {
  const startedAt = now();
  const seen: { response?: Response; bytes?: Uint8Array | null } = {};
  let timedOut = false;
  try {
    const ended = await withDeadline(timeoutMs, async (signal) => {
      const response = await fetchLike(url, { method: "POST", headers, body, redirect: "manual", signal });
      seen.response = response;
      // Read and discarded: a receiver that is cut off while it writes may treat its own answer as failed.
      seen.bytes = await readAtMost(response.body, ANSWER_BYTES_MAX);
    });
    timedOut = ended === TIMED_OUT;
  } catch {
    // The connection failed before or after the status; `seen` tells which.
  }
  const latencyMs = Math.max(0, now() - startedAt);
  const response = seen.response;
  if (response === undefined) return { failed: timedOut ? "timeout" : "connection", latencyMs };
  if (isRedirect(response)) return { failed: "redirect", latencyMs };
  const head = response.ok ? null : headOf(response, seen.bytes ?? null);
  return { status: response.status, retryAfter: shortRetryAfter(response), latencyMs, head };
}

/** Status 0 is how some runtimes hide a redirect they did not follow; `redirected` would be one that followed it. */
function isRedirect(response: Response): boolean {
  return response.redirected || response.status === 0 || REDIRECTS.has(response.status);
}

/** The beginning of an answer that is text; numbers are masked before it is cut, so that no half of one is left. */
function headOf(response: Response, bytes: Uint8Array | null): string | null {
  if (bytes === null || bytes.length === 0 || !TEXT_TYPE.test(response.headers.get("content-type") ?? "")) return null;
  const text = new TextDecoder().decode(bytes.subarray(0, 8 * HEAD_CHARS_MAX));
  return [...maskNumbersIn(stripControls(text))].slice(0, HEAD_CHARS_MAX).join("");
}

function shortRetryAfter(response: Response): string | null {
  const value = response.headers.get("retry-after");
  return value !== null && value.length <= RETRY_AFTER_CHARS_MAX ? value : null;
}
