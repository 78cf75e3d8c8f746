/**
 * Limits hold at the moment a text leaves, whenever it was admitted: no window has more texts than its cap, whatever is scheduled,
 * delayed, tried again or restarted, and what does not fit ends as expired with the limit as its reason.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/base/clock.ts";
import { LIMIT_REASONS } from "../../src/messages/message.ts";
import { actOf } from "../../src/risk/act.ts";
import type { Caps } from "../../src/risk/caps.ts";
import { patience } from "../support/run/patience.ts";
import { Outbox, PERSON } from "../support/rooms/outbox.ts";

const CAPS: Caps = { minute: 5, hour: 20, day: 50 };
const act = actOf("key", PERSON, { purpose: "service", countries: ["GB"], relay: null });

/** An outbox whose person may get five texts a minute, and what left it when. */
class World {
  readonly outbox = new Outbox();
  readonly left: number[] = [];
  readonly #ids: string[] = [];

  constructor() {
    this.outbox.now = Math.ceil(this.outbox.now / DAY_MS) * DAY_MS; // midnight: every window begins
    this.outbox.limits = { ...this.outbox.limits, recipient: CAPS };
  }

  /** As admission does it: one that leaves at once is counted by its person too, and refused where it does not fit. */
  admit(scheduleAt?: number, lifeMs = DAY_MS): boolean {
    const { caps, limits, now } = this.outbox;
    const later = scheduleAt !== undefined;
    if (caps.check(act, limits, now, later) !== null) return false;
    caps.count(act, now, later);
    caps.flush();
    const id = this.outbox.admit({ lifeMs, ...(later ? { scheduleAt } : {}) });
    this.#ids.push(id);
    if (!later) this.outbox.dispatched.push(id);
    return true;
  }

  /** The object restarts, and what was on the queue is lost. */
  restart(): void {
    this.outbox.restart();
    this.outbox.dispatched.length = 0;
  }

  /** The alarm runs, senders come for whatever is on the queue, and the carrier answers. */
  turn(answer: "accepted" | "throttled" = "accepted"): void {
    this.outbox.sweep();
    for (const id of this.outbox.dispatched.splice(0)) {
      for (const { message, attempt } of this.outbox.claim("car_a", id)) {
        if (answer === "accepted") this.left.push(this.outbox.now);
        const said =
          answer === "accepted" ? { outcome: answer } : { outcome: answer, code: "slow", retryAfterSeconds: 1 };
        this.outbox.settle(message, attempt, said);
      }
    }
  }

  states(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const id of this.#ids) {
      const { state, reason } = this.outbox.get(id);
      const word = reason === null ? state : `${state}/${reason}`;
      counts[word] = (counts[word] ?? 0) + 1;
    }
    return counts;
  }

  /** The most that left in one window of a length. */
  most(windowMs: number): number {
    const counts = new Map<number, number>();
    for (const at of this.left) counts.set(Math.floor(at / windowMs), (counts.get(Math.floor(at / windowMs)) ?? 0) + 1);
    return Math.max(0, ...counts.values());
  }

  expectWithin(): void {
    expect(this.most(MINUTE_MS)).toBeLessThanOrEqual(CAPS.minute);
    expect(this.most(HOUR_MS)).toBeLessThanOrEqual(CAPS.hour);
    expect(this.most(DAY_MS)).toBeLessThanOrEqual(CAPS.day);
  }
}

describe("150 texts to one person, scheduled for one second", () => {
  it("leave five a minute, 20 an hour and 50 a day, and the rest end as expired with that reason", () => {
    const world = new World();
    const at = world.outbox.now + 3 * DAY_MS;
    for (let n = 0; n < 150; n += 1) expect(world.admit(at)).toBe(true);
    world.outbox.now = at;
    world.turn();
    expect(world.left).toHaveLength(5);
    expect(world.states()).toMatchObject({ sent: 5, "scheduled/recipient_limit": 145 });
    for (let minute = 1; minute <= 24 * 60; minute += 1) {
      world.outbox.pass(MINUTE_MS);
      world.turn();
    }
    world.expectWithin();
    expect(world.left).toHaveLength(50); // as many as the day allows, no fewer
    expect(world.states()).toEqual({ sent: 50, "expired/recipient_limit": 100 });
  });

  it("cost each a few rows, and not one each minute", () => {
    const world = new World();
    const at = world.outbox.now + HOUR_MS;
    for (let n = 0; n < 150; n += 1) world.admit(at);
    world.outbox.now = at;
    let looked = 0;
    for (let minute = 0; minute < 12 * 60; minute += 1) {
      looked += world.outbox.ledger
        .due(world.outbox.now, 1_000)
        .filter(({ read }) => read().state === "scheduled").length;
      world.turn();
      world.outbox.pass(MINUTE_MS);
    }
    expect(looked).toBeLessThanOrEqual(2 * 150);
  });

  it("keep also to the limits of a block, a key, a tenant and a country", () => {
    const caps = { minute: 2, hour: 1_000, day: 1_000 };
    for (const cap of ["block", "key", "tenant", "country"] as const) {
      const world = new World();
      const many = { minute: 1_000, hour: 1_000, day: 1_000 };
      const own = cap === "country" ? { country: { home: caps, abroad: caps } } : { [cap]: caps };
      const at = world.outbox.now + 60 * MINUTE_MS;
      world.outbox.limits = { ...world.outbox.limits, recipient: many };
      for (let n = 0; n < 7; n += 1) world.admit(at); // admitted under other limits, by many keys' worth
      world.outbox.limits = { ...world.outbox.limits, ...own };
      world.outbox.now = at;
      world.turn();
      expect(world.left, cap).toHaveLength(2);
      expect(world.states(), cap).toMatchObject({ [`scheduled/${LIMIT_REASONS[cap]}`]: 5 });
      world.outbox.pass(MINUTE_MS);
      world.turn();
      expect(world.left, cap).toHaveLength(4);
    }
  });
});

describe("texts that were admitted to leave at once", () => {
  it("and leave together after their carrier was down keep to the limits of that minute", () => {
    const world = new World();
    for (let minute = 0; minute < 4; minute += 1) {
      for (let n = 0; n < 5; n += 1) expect(world.admit()).toBe(true);
      world.outbox.pass(MINUTE_MS);
    }
    world.outbox.now -= 1; // the last of them are in their own minute still
    world.turn();
    expect(world.left).toHaveLength(5);
    expect(world.states()).toMatchObject({ "queued/recipient_limit": 15 });
    for (let minute = 0; minute < 60; minute += 1) {
      world.outbox.pass(MINUTE_MS);
      world.turn();
    }
    world.expectWithin();
    expect(world.left).toHaveLength(20);
  });

  it("and are throttled for minutes count once in a day's limit, not once each minute", () => {
    const world = new World();
    world.admit();
    for (let minute = 0; minute < 30; minute += 1) {
      world.turn("throttled");
      world.outbox.pass(MINUTE_MS);
    }
    world.turn();
    expect(world.left).toHaveLength(1);
    let more = 0;
    for (let minute = 0; minute < 30; minute += 1) {
      for (let n = 0; n < 5; n += 1) more += world.admit() ? 1 : 0;
      world.turn();
      world.outbox.pass(MINUTE_MS);
    }
    expect(more).toBeGreaterThanOrEqual(18);
  });
});

it(
  "over any run of schedules, delays, throttling and restarts no window has more than its cap, and nothing waits for ever",
  () => {
    const step = fc.record({
      after: fc.integer({ min: 0, max: 40 * MINUTE_MS }),
      scheduled: fc.integer({ min: 0, max: 12 }),
      ahead: fc.integer({ min: 2_000, max: 3 * HOUR_MS }),
      atOnce: fc.integer({ min: 0, max: 6 }),
      turns: fc.constantFrom("accepted", "throttled", "none"),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
        const world = new World();
        for (const { after, scheduled, ahead, atOnce, turns, restart } of steps) {
          for (let n = 0; n < scheduled; n += 1) world.admit(world.outbox.now + ahead, 2 * HOUR_MS);
          for (let n = 0; n < atOnce; n += 1) world.admit(undefined, 2 * HOUR_MS);
          if (turns !== "none") world.turn(turns);
          if (restart) world.restart();
          world.outbox.pass(after);
        }
        for (let minute = 0; minute < 6 * 60; minute += 5) {
          world.outbox.pass(5 * MINUTE_MS);
          world.turn();
        }
        world.expectWithin();
        expect(Object.keys(world.states()).filter((state) => !/^(sent|expired|failed)/.test(state))).toEqual([]);
      }),
      { numRuns: 15 },
    );
  },
  patience(20_000),
);
