/**
 * T10: clocks that jump, in both directions, over real ledgers. A process cannot be given another real clock here, so these
 * are shown where `now` is an argument; the sandbox's clock, which only moves forward, is shown against the process.
 */
import { expect, test } from "vitest";
import { IdempotencyLedger, KEPT_MS } from "../../src/access/idempotency.ts";
import { DAY_MS, HOUR_MS } from "../../src/base/clock.ts";
import { IdMaker, timeOfId } from "../../src/base/ids.ts";
import { Pace } from "../../src/carriers/courier/pace.ts";
import { timesOf } from "../../src/messages/validity.ts";
import { FIRST_SWEEP_MS } from "../../src/messages/ledger.ts";
import { count, emptyWindows, roomIn, rollWindows } from "../../src/risk/caps.ts";
import { nextAttempt } from "../../src/webhooks/schedule.ts";
import { chance, sized } from "../support/run/seed.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";
import { Outbox } from "../support/rooms/outbox.ts";

const random = chance("clock");
/** A time of day a moment after midnight, where every window turns. */
const midnight = Math.ceil(1_795_000_000_000 / DAY_MS) * DAY_MS + 60_000;
const jump = () => random.pick([-HOUR_MS, HOUR_MS, -1, 1, 1_000, -DAY_MS, 60_000]);

test("ids rise through every jump, and after a restart under an earlier clock", () => {
  const owner = { jurisdiction: "eu" as const, code: "tttttttt" };
  let maker = new IdMaker(owner);
  let [now, last] = [midnight, ""];
  for (let nth = 0; nth < sized(20_000, 500_000); nth += 1) {
    if (random.fraction() < 0.01) now += jump();
    if (random.fraction() < 0.001 && last !== "") {
      maker = new IdMaker(owner);
      maker.startAfter(last);
    }
    const id = maker.make("msg", now);
    expect(id > last).toBe(true);
    last = id;
  }
});

test("a key of repetition is found after the clock stepped back, over midnight too, and not after its day", () => {
  const sql = nodeSql();
  IdempotencyLedger.migrate(sql);
  const ledger = new IdempotencyLedger(sql);
  const name = new Uint8Array([1]);
  ledger.keep(name, name, name, midnight);
  for (const back of [1, 60_000, 120_000, HOUR_MS]) expect(ledger.find(name, midnight - back)).not.toBeNull();
  expect(ledger.find(name, midnight + KEPT_MS - 1)).not.toBeNull();
  expect(ledger.find(name, midnight + KEPT_MS)).toBeNull();
});

test("a clock that steps back opens no cap again, and no wait is negative", () => {
  const windows = emptyWindows();
  const caps = { minute: 5, hour: 20, day: 50 };
  let now = midnight;
  let counted = 0;
  const until = now + HOUR_MS;
  while (now < until) {
    now += random.between(0, 5_000);
    const seen = random.fraction() < 0.2 ? now - random.between(1, 3_600_000) : now;
    rollWindows(windows, seen);
    const room = roomIn(windows, caps, seen);
    expect(room.resetSeconds).toBeGreaterThan(0);
    if (room.left === 0) continue;
    count(windows);
    counted += 1;
  }
  expect(counted).toBeLessThanOrEqual(40); // two hours are touched at most
});

test("a pace grants no more than its rate through jumps, and asks nobody to wait a negative time", () => {
  const pace = new Pace(10, 0, midnight);
  let [now, granted, forward] = [midnight, 0, 0];
  for (let nth = 0; nth < 2_000; nth += 1) {
    const step = random.fraction() < 0.02 ? -random.between(1, HOUR_MS) : random.between(0, 50);
    now += step;
    forward += Math.max(0, step);
    const grant = pace.grant(6, now);
    granted += grant.granted;
    expect(grant.waitMs).toBeGreaterThanOrEqual(0);
  }
  expect(granted).toBeLessThanOrEqual((forward * 10) / 1_000 + 2);
});

test("a webhook's next attempt is never before now, whatever date the receiver named", () => {
  for (const now of [midnight - HOUR_MS, midnight, midnight + HOUR_MS])
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const next = nextAttempt({ attempt, outcome: "failed", now, random: random.fraction(), retryAfterSeconds: -5 });
      if ("dueAt" in next) expect(next.dueAt).toBeGreaterThanOrEqual(now);
    }
});

test("a code's life never exceeds ten minutes from its admission", () => {
  for (const ttlSeconds of [null, 10, 600, 601, 86_400]) {
    const times = timesOf({ scheduleAt: null, expiresAt: null, ttlSeconds, purpose: "otp" }, midnight);
    if ("expiresAt" in times) expect(times.expiresAt).toBeLessThanOrEqual(midnight + 600_000);
    else expect(ttlSeconds).toBeGreaterThan(600);
  }
});

test("moving the tenant's clock puts no call in doubt: a lease moves with it", () => {
  const box = new Outbox();
  const id = box.admit({ lifeMs: DAY_MS * 3 });
  const [claimed] = box.claim("car_a", id);
  box.jump(DAY_MS);
  box.sweep();
  expect(box.get(id).state).toBe("sending");
  box.settle(id, claimed?.attempt ?? 0, { outcome: "accepted" });
  expect(box.get(id).state).toBe("sent");
});

test("an answer that comes after its sender was given up for lost still counts, once, and nobody is called again", () => {
  const box = new Outbox();
  const id = box.admit();
  const [claimed] = box.claim("car_a", id);
  box.pass(31_000);
  box.sweep();
  expect(box.get(id)).toMatchObject({ state: "unknown", reason: "sender_lost" });
  box.settle(id, claimed?.attempt ?? 0, { outcome: "accepted" });
  expect(box.get(id)).toMatchObject({ state: "sent", reason: null });
  box.settle(id, claimed?.attempt ?? 0, { outcome: "declined", code: "no", permanent: true });
  expect([box.get(id).state, box.claim("car_a", id)]).toEqual(["sent", []]);
});

test("random jumps of the clock never make a message claimable a second time", () => {
  for (let run = 0; run < sized(200, 5_000); run += 1) {
    const box = new Outbox();
    const ids = Array.from({ length: 3 }, () => box.admit({ lifeMs: DAY_MS }));
    const calls = new Map<string, number>();
    for (let step = 0; step < 40; step += 1) {
      if (random.fraction() < 0.3) box.jump(jump());
      else box.pass(random.between(0, 20_000));
      if (random.fraction() < 0.5) box.sweep();
      for (const { message, attempt } of box.claim("car_a", ...ids, ...box.dispatched.splice(0))) {
        calls.set(message, (calls.get(message) ?? 0) + 1);
        if (random.fraction() < 0.7) box.settle(message, attempt, { outcome: "accepted" });
      }
    }
    expect([...calls.values()].every((times) => times === 1)).toBe(true);
  }
});

test("a first sweep is never further away than it should be: an id ahead of the clock is given a look of its own", () => {
  const box = new Outbox();
  const first = box.admit();
  box.now -= HOUR_MS;
  const second = box.ids.make("msg", box.now);
  expect(second > first).toBe(true);
  expect(timeOfId(second)).toBeGreaterThan(box.now + FIRST_SWEEP_MS);
});
