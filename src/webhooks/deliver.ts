/**
 * Delivers to one endpoint, outside the object: take what is owed, judge the URL, post, report. The object signs, so
 * the secret never leaves it. The URL is resolved before every batch and again within a long one; if it cannot be
 * resolved, no call is made.
 */
import type { FetchLike } from "../net/bounded.ts";
import { judgeResolved, judgeUrl, type Resolver, type UrlPolicy } from "../net/outside-url.ts";
import { postOnce, type PostAnswer } from "./post.ts";

/** One signed call, ready to be made. */
export type Parcel = { event: string; attempt: number; headers: Record<string, string>; body: string };
/** `putAside`: nothing was taken, because the endpoint is slow and this is not the slow lane. */
export type Taken = { url: string; slow: boolean; putAside: boolean; parcels: Parcel[] };
/** `put_aside`: not tried now, because the endpoint has just proved slow or the run's time is over. */
export type Delivered = {
  event: string;
  attempt: number;
  answer: PostAnswer | { failed: "refused_url" | "put_aside" };
};

export type DeliverDeps = {
  take: (endpoint: string, limit: number) => Promise<Taken | null>;
  settle: (endpoint: string, delivered: Delivered[]) => Promise<void>;
  fetchLike: FetchLike;
  resolve: Resolver;
  policy: UrlPolicy;
  now: () => number;
};

/** The first try is short, so that a dead receiver costs little; an endpoint known to be slow gets the whole time. */
export const TIMEOUT_FAST_MS = 5_000;
export const TIMEOUT_SLOW_MS = 20_000;
/**
 * Concurrent calls to an endpoint once it has answered in this run. Before that it gets one call: an invocation has six
 * connections and serves up to five endpoints (wrangler.toml), so every endpoint has a connection even if others hang.
 */
const POSTS_AT_ONCE = 4;
const PARCELS_AT_ONCE = 40;
/** An invocation serves one endpoint no longer than this; the rest is still owed. */
const RUN_MS_MAX = 20_000;

/** Delivers until nothing is owed or the time is up; answers whether more is waiting. */
export async function deliver(deps: DeliverDeps, endpoint: string): Promise<{ more: boolean }> {
  const until = deps.now() + RUN_MS_MAX;
  let answered = false;
  while (deps.now() < until) {
    const taken = await deps.take(endpoint, PARCELS_AT_ONCE);
    if (taken === null || taken.parcels.length === 0) return { more: false };
    const urlNow = judgedAnew(deps, taken.url);
    const queue = [...taken.parcels];
    const done: Delivered[] = [];
    let slow = false;
    const one = async () => {
      const parcel = queue.shift();
      if (parcel === undefined) return false;
      const aside = (slow && !taken.slow) || deps.now() >= until;
      const url = aside ? null : await urlNow();
      const failed = aside ? ("put_aside" as const) : ("refused_url" as const);
      const answer = url === null ? { failed } : await post(deps, url, taken.slow, parcel);
      slow ||= isSlow(answer);
      done.push({ event: parcel.event, attempt: parcel.attempt, answer });
      return true;
    };
    const lane = async () => {
      while (await one());
    };
    if (!answered && !taken.slow) answered = await one();
    await Promise.all(Array.from({ length: Math.min(POSTS_AT_ONCE, queue.length) }, lane));
    await deps.settle(endpoint, done);
  }
  return { more: true };
}

/** A call this long is slow even if its status came at once, because it holds a connection. */
const SLOW_CALL_MS = 4_000;

/** Whether an answer shows that its endpoint belongs on the slow lane. */
export function isSlow(answer: Delivered["answer"]): boolean {
  return "latencyMs" in answer && answer.latencyMs >= SLOW_CALL_MS;
}

function post(deps: DeliverDeps, url: string, slow: boolean, parcel: Parcel): Promise<PostAnswer> {
  return postOnce({
    url,
    headers: parcel.headers,
    body: parcel.body,
    timeoutMs: slow ? TIMEOUT_SLOW_MS : TIMEOUT_FAST_MS,
    fetchLike: deps.fetchLike,
    now: deps.now,
  });
}

/** A resolved name is judged again after this, because a batch at a slow receiver can outlast DNS answers. */
const JUDGED_MS_MAX = 5_000;

/** Answers the URL to call; judges it again when the last judgement is too old. */
function judgedAnew(deps: DeliverDeps, text: string): () => Promise<string | null> {
  let judgedAt = -Infinity;
  let url: Promise<string | null> = Promise.resolve(null);
  return () => {
    if (deps.now() - judgedAt >= JUDGED_MS_MAX) {
      judgedAt = deps.now();
      url = callable(deps, text);
    }
    return url;
  };
}

/** The URL to call, or null when it is not allowed or its name now has an address that is not public. */
async function callable(deps: DeliverDeps, text: string): Promise<string | null> {
  const judged = judgeUrl(text, deps.policy);
  if ("refused" in judged) return null;
  if (judged.url.kind !== "name") return judged.url.href;
  const addresses = judgeResolved(await deps.resolve(judged.url.host));
  return "refused" in addresses ? null : judged.url.href;
}
