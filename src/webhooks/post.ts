/**
 * One call to one receiver, bounded in time and size. Called for each attempt, with a URL that was judged just before.
 * Never throws and never follows a redirect. Returns nothing that the receiver wrote but a short Retry-After, because a
 * tenant must not read other hosts' pages through this service.
 */
import { type FetchLike, readAtMost, TIMED_OUT, withDeadline } from "../net/bounded.ts";

/** Enough for any acknowledgement; reading more would let a receiver hold the connection. */
export const ANSWER_BYTES_MAX = 64 * 1_024;

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
  | { status: number; retryAfter: string | null; latencyMs: number }
  | { failed: "timeout" | "connection" | "redirect"; latencyMs: number };

/**
 * Posts once. A status that has arrived counts even if the body breaks off, is too long or passes the deadline: the
 * receiver has answered, and a retry would deliver twice. Without a status the cause is `timeout`, or `connection` for
 * a DNS, TLS or network failure, which the runtime does not tell apart.
 */
export async function postOnce({ url, headers, body, timeoutMs, fetchLike, now }: Post): Promise<PostAnswer> {
  const startedAt = now();
  const seen: { response?: Response } = {};
  let timedOut = false;
  try {
    const ended = await withDeadline(timeoutMs, async (signal) => {
      const response = await fetchLike(url, { method: "POST", headers, body, redirect: "manual", signal });
      seen.response = response;
      // Read and discarded: a receiver that is cut off while it writes may treat its own answer as failed.
      await readAtMost(response.body, ANSWER_BYTES_MAX);
    });
    timedOut = ended === TIMED_OUT;
  } catch {
    // The connection failed before or after the status; `seen` tells which.
  }
  const latencyMs = Math.max(0, now() - startedAt);
  const response = seen.response;
  if (response === undefined) return { failed: timedOut ? "timeout" : "connection", latencyMs };
  if (isRedirect(response)) return { failed: "redirect", latencyMs };
  return { status: response.status, retryAfter: shortRetryAfter(response), latencyMs };
}

/** Status 0 is how some runtimes hide a redirect they did not follow; `redirected` would be one that followed it. */
function isRedirect(response: Response): boolean {
  return response.redirected || response.status === 0 || REDIRECTS.has(response.status);
}

function shortRetryAfter(response: Response): string | null {
  const value = response.headers.get("retry-after");
  return value !== null && value.length <= RETRY_AFTER_CHARS_MAX ? value : null;
}
