/** What the queue lost is found; what is merely slow is left alone. */
import { expect, test } from "vitest";
import { FIRST_SWEEP_MS } from "../../../src/messages/ledger.ts";
import { QueueTracker } from "../../../src/messages/queue/queue-tracker.ts";
import { Outbox } from "../../support/rooms/outbox.ts";

/** Turns of the alarm every second for a while. */
function turns(box: Outbox, seconds: number, each: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second += 1) {
    box.pass(1_000);
    each();
    box.sweep();
  }
}

test("after a restart every waiting row is put on the queue once, although other rows are claimed meanwhile", () => {
  const box = new Outbox();
  const waiting = Array.from({ length: 200 }, () => box.admit());
  box.pass(2_000);
  box.queueTracker = new QueueTracker(box.now);
  turns(box, 20, () => box.claim("car_a", box.admit())); // the queue is busy with what came after
  expect(new Set(box.dispatched)).toEqual(new Set(waiting));
  expect(box.dispatched).toHaveLength(waiting.length);
});

test("a row whose queue message vanished while the queue runs is put on it again, and the others are not", () => {
  const box = new Outbox();
  const vanished = box.admit();
  turns(box, 25, () => box.claim("car_a", box.admit()));
  expect(box.dispatched).toEqual([vanished]);
});

test("a queue that stands still is noticed within the minute", () => {
  const box = new Outbox();
  const ids = Array.from({ length: 3 }, () => box.admit());
  turns(box, 59);
  expect(new Set(box.dispatched)).toEqual(new Set(ids));
});

test("a backlog that a held account hands back again and again is never multiplied", () => {
  const box = new Outbox();
  const ids = Array.from({ length: 100 }, () => box.admit());
  let second = 0;
  turns(box, 600, () => {
    if (second++ % 20 === 0) box.queueTracker.handedBack(ids, 20_000, box.now);
  });
  expect(box.dispatched).toEqual([]);
});

test("a backlog that drains in order for ten minutes is never multiplied", () => {
  const box = new Outbox();
  const ids = Array.from({ length: 600 }, () => box.admit());
  turns(box, 599, () => box.claim("car_a", ids.shift() ?? ""));
  expect(box.dispatched).toEqual([]);
});

test("a throttled row is put on the queue when it is due, and not again while it is on the queue", () => {
  const box = new Outbox();
  const id = box.admit();
  const [claimed] = box.claim("car_a", id);
  box.settle(id, claimed?.attempt ?? 0, { outcome: "throttled", code: "http_429", retryAfterSeconds: 30 });
  turns(box, 29);
  expect(box.dispatched).toEqual([]);
  turns(box, 25);
  expect(box.dispatched).toEqual([id]);
});

test("a clock that steps back an hour hides no row from the first sweep, and leaves no claim in the future", () => {
  const box = new Outbox();
  box.claim("car_a", box.admit());
  box.now -= 3_600_000;
  const queueTracker = new QueueTracker(box.now - 1);
  queueTracker.claimed([], box.now + 3_600_000);
  const id = box.ids.make("msg", box.now);
  expect(queueTracker.lost(id, box.now + FIRST_SWEEP_MS + 60_000)).toBe(true);
});

test("a row admitted after the clock stepped back behind the cursor is still found", () => {
  const box = new Outbox();
  box.pass(3_600_000);
  box.sweep(); // nothing is there up to here
  box.pass(-3_600_000);
  box.queueTracker = new QueueTracker(box.now + 1);
  const id = box.admit();
  box.pass(FIRST_SWEEP_MS + 1);
  box.sweep();
  expect(box.dispatched).toEqual([id]);
});
