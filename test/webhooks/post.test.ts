import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FetchLike } from "../../src/net/bounded.ts";
import { ANSWER_BYTES_MAX, postOnce } from "../../src/webhooks/post.ts";

const TIMEOUT_MS = 15_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

function post(fetchLike: FetchLike) {
  const call = {
    url: "https://hooks.acme.com/x",
    headers: { "webhook-id": "evt_1" },
    body: '{"é":1}',
    timeoutMs: TIMEOUT_MS,
  };
  return postOnce({ ...call, fetchLike, now: () => Date.now() });
}

const answers =
  (body: BodyInit | null, init: ResponseInit = {}): FetchLike =>
  () =>
    Promise.resolve(new Response(body, init));

/** A body that gives one chunk per pull, and tells how much was taken and whether it was closed. */
function endless(chunkBytes: number, everyMs: number) {
  const seen = { bytes: 0, canceled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, everyMs));
        seen.bytes += chunkBytes;
        controller.enqueue(new Uint8Array(chunkBytes));
      },
      cancel() {
        seen.canceled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, seen };
}

describe("one call to a receiver", () => {
  test("is a POST of exactly these bytes and headers that follows nothing and can be aborted", async () => {
    const sent: [string, RequestInit][] = [];
    await post((url, init) => {
      sent.push([url, init]);
      return Promise.resolve(new Response("ok"));
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.[0]).toBe("https://hooks.acme.com/x");
    expect(sent[0]?.[1]).toMatchObject({
      method: "POST",
      headers: { "webhook-id": "evt_1" },
      body: '{"é":1}',
      redirect: "manual",
    });
    expect(sent[0]?.[1].signal).toBeInstanceOf(AbortSignal);
  });

  test.each([200, 204, 304, 400, 410, 429, 500, 503])(
    "reports status %i and Retry-After, of a failure the head, and nothing else of the answer",
    async (status) => {
      const headers = { "retry-after": "120", "x-secret": "zebra", "set-cookie": "zebra" };
      const empty = status === 204 || status === 304;
      const answer = await post(answers(empty ? null : "zebra", { status, statusText: "zebra", headers }));
      const head = status >= 300 && !empty ? "zebra" : null; // of a failure alone
      expect(answer).toEqual({ status, retryAfter: "120", latencyMs: 0, head });
      expect(vi.getTimerCount()).toBe(0);
    },
  );
  test("a Retry-After longer than any date is dropped", async () => {
    expect(await post(answers("", { status: 429, headers: { "retry-after": "z".repeat(65) } }))).toMatchObject({
      retryAfter: null,
    });
    expect(await post(answers("", { status: 429, headers: { "retry-after": "z".repeat(64) } }))).toMatchObject({
      retryAfter: "z".repeat(64),
    });
  });

  test.each([301, 302, 303, 307, 308])(
    "a redirect by %i is a failure, and its goal is called by nobody",
    async (status) => {
      const fetchLike = vi.fn(answers(null, { status, headers: { location: "http://169.254.169.254/" } }));
      expect(await post(fetchLike)).toEqual({ failed: "redirect", latencyMs: 0 });
      expect(fetchLike).toHaveBeenCalledTimes(1);
    },
  );
  test("a redirect that the runtime hides or has followed is a failure too", async () => {
    expect(await post(() => Promise.resolve(Response.error()))).toEqual({ failed: "redirect", latencyMs: 0 });
    const followed = Object.defineProperty(new Response("ok"), "redirected", { value: true });
    expect(await post(() => Promise.resolve(followed))).toEqual({ failed: "redirect", latencyMs: 0 });
  });

  test("a connection that fails, late or at once, is a failure and no exception", async () => {
    expect(await post(() => Promise.reject(new TypeError("TLS")))).toEqual({ failed: "connection", latencyMs: 0 });
    const thrower: FetchLike = () => {
      throw new Error("at once");
    };
    expect(await post(thrower)).toEqual({ failed: "connection", latencyMs: 0 });
  });

  test("a receiver that never answers is left at the timeout, not before, with its connection closed", async () => {
    let signal: AbortSignal | null | undefined;
    const settled = vi.fn();
    void post((_, init) => {
      signal = init.signal;
      return new Promise(() => undefined);
    }).then(settled);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledWith({ failed: "timeout", latencyMs: TIMEOUT_MS });
    expect(signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a fetch that fails after its timeout goes nowhere", async () => {
    const settled = vi.fn();
    void post(() => new Promise((_, reject) => setTimeout(reject, TIMEOUT_MS + 1, new Error("late")))).then(settled);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + 10);
    expect(settled).toHaveBeenCalledExactlyOnceWith({ failed: "timeout", latencyMs: TIMEOUT_MS });
  });

  test("a body of a byte a second is left at the same timeout; its status stands", async () => {
    const { body, seen } = endless(1, 1_000);
    let signal: AbortSignal | null | undefined;
    const settled = vi.fn();
    void post((_, init) => {
      signal = init.signal;
      return Promise.resolve(new Response(body));
    }).then(settled);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(settled).toHaveBeenCalledWith({ status: 200, retryAfter: null, latencyMs: TIMEOUT_MS, head: null });
    expect(signal?.aborted).toBe(true);
    expect(seen.bytes).toBeLessThanOrEqual(TIMEOUT_MS / 1_000);
  });

  test("a body without end is read to 64 KiB and canceled; its status stands", async () => {
    const { body, seen } = endless(1_024, 0);
    const answer = post(answers(body, { headers: { "content-length": "10" } }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toMatchObject({ status: 200 });
    expect(ANSWER_BYTES_MAX).toBe(65_536);
    expect(seen).toEqual({ bytes: ANSWER_BYTES_MAX + 1_024, canceled: true });
  });

  test("a body that breaks off leaves the status standing", async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("reset"));
      },
    });
    expect(await post(answers(body))).toEqual({ status: 200, retryAfter: null, latencyMs: 0, head: null });
  });

  test("a clock that goes backwards gives no negative latency", async () => {
    const times = [10, 5];
    const now = () => times.shift() ?? 0;
    const call = { url: "https://hooks.acme.com/", headers: {}, body: "", timeoutMs: 1, now };
    expect(await postOnce({ ...call, fetchLike: answers("") })).toMatchObject({ latencyMs: 0 });
  });
});
