/** What concurrent requests leave for the queues goes there once, together, and never depends on one request alone. */
import { expect, test } from "vitest";
import { Gather, OVERDUE_MS } from "../../src/worker/gather.ts";
import type { Owner } from "../../src/base/ids.ts";
import type { Effects } from "../../src/rpc/effects.ts";

const one: Owner = { jurisdiction: "eu", code: "aaaaaaaa" };
const other: Owner = { jurisdiction: "eu", code: "bbbbbbbb" };
const sends = (...ids: string[]): Effects => ({ dispatch: [{ account: "car_1", lane: "bulk", ids }], wake: [] });
const wakes = (...wake: string[]): Effects => ({ dispatch: [], wake });

/** A gather whose time stands still until `pass`: requests that wait go on in the order in which they began to. */
function world(refuses = false) {
  const sent: { code: string; after: Effects }[] = [];
  const waiting: (() => void)[] = [];
  let now = 1_000;
  const gather = new Gather({
    send: (owner, after) => {
      if (refuses) return Promise.reject(new Error("queue is overloaded"));
      sent.push({ code: owner.code, after });
      return Promise.resolve();
    },
    wait: () => new Promise((resume) => waiting.push(resume)),
    now: () => now,
  });
  return { gather, sent, waiting, pass: (ms: number) => (now += ms), wake: () => waiting.shift()?.() };
}

test("ids of requests that are answered together leave in one message, none twice and none left behind", async () => {
  const { gather, sent, waiting, wake } = world();
  const first = gather.put(one, sends("msg_1"));
  await gather.put(one, sends("msg_2"));
  await gather.put(one, sends("msg_3", "msg_4"));
  expect([sent, waiting.length]).toEqual([[], 1]);
  wake();
  await first;
  expect(sent).toEqual([{ code: one.code, after: sends("msg_1", "msg_2", "msg_3", "msg_4") }]);
});

test("what comes after a bundle has left begins the next one and does not wait for a third request", async () => {
  const { gather, sent, wake } = world();
  const first = gather.put(one, sends("msg_1"));
  wake();
  await first;
  const second = gather.put(one, sends("msg_2"));
  wake();
  await second;
  expect(sent.map(({ after }) => after)).toEqual([sends("msg_1"), sends("msg_2")]);
});

test("tenants, lanes and accounts are not mixed, and an endpoint is woken once", async () => {
  const { gather, sent, wake } = world();
  const code = { account: "car_1", lane: "otp" as const, ids: ["msg_2"] };
  const abroad = { account: "car_2", lane: "bulk" as const, ids: ["msg_3"] };
  const first = gather.put(one, sends("msg_1"));
  await gather.put(one, { dispatch: [code, abroad], wake: ["wbh_1"] });
  await gather.put(one, wakes("wbh_1", "wbh_2"));
  const foreign = gather.put(other, sends("msg_9"));
  wake();
  wake();
  await Promise.all([first, foreign]);
  expect(sent).toEqual([
    { code: one.code, after: { dispatch: [...sends("msg_1").dispatch, code, abroad], wake: ["wbh_1", "wbh_2"] } },
    { code: other.code, after: sends("msg_9") },
  ]);
});

test("a request that was ended before it could send holds nobody's ids: the next one sends them, and a late waker none again", async () => {
  const { gather, sent, pass, wake, waiting } = world();
  const ended = gather.put(one, sends("msg_1"));
  pass(OVERDUE_MS + 1);
  const next = gather.put(one, sends("msg_2"));
  expect(waiting).toHaveLength(2);
  waiting.reverse(); // the one that was believed ended wakes last
  wake();
  await next;
  expect(sent.map(({ after }) => after)).toEqual([sends("msg_1", "msg_2")]);
  wake();
  await ended;
  expect(sent).toHaveLength(1);
});

test("a queue that refuses is told to the request that sends, and the next bundle does not carry the refused ids", async () => {
  const { gather, wake } = world(true);
  const first = gather.put(one, sends("msg_1"));
  await gather.put(one, sends("msg_2"));
  wake();
  await expect(first).rejects.toThrow("overloaded");
  const again = gather.put(one, sends("msg_3"));
  wake();
  await expect(again).rejects.toThrow("overloaded");
});
