/** Every message ends once: without a receipt it ends as `sent`, and parts whose receipts differ give one state in any order. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LATE_RECEIPTS_MS, RECEIPTS_MS } from "../../src/messages/outcome.ts";
import { MINUTE_MS } from "../../src/base/clock.ts";
import type { Price } from "../../src/messages/message.ts";
import { Outbox } from "../support/rooms/outbox.ts";
import { seedOfRun } from "../support/run/seed.ts";

function sent(over: Parameters<Outbox["admit"]>[0] & { reference?: string } = {}) {
  const { reference, ...admitted } = over;
  const box = new Outbox();
  box.redacting.add("car_a");
  const id = box.admit(admitted);
  box.claim("car_a", id);
  box.settle(id, 1, { outcome: "accepted", reference: reference ?? "ab".repeat(16) });
  return { box, id };
}

describe("a message without a receipt", () => {
  it.each(["otp", "service", "marketing"] as const)(
    "for %s ends as `sent` after 72 hours and not before, with one event, `unconfirmed`",
    (purpose) => {
      const { box, id } = sent({ purpose });
      box.sweep();
      box.pass(RECEIPTS_MS - 1);
      box.sweep();
      expect(box.get(id)).toMatchObject({ state: "sent", endedAt: null });
      box.pass(1);
      for (let nth = 0; nth < 3; nth += 1) expect(box.sweep()).toMatchObject({ ended: [], kept: [] });
      expect(box.get(id)).toMatchObject({ state: "sent", endedAt: box.now, reason: null });
      expect(box.stateWord).toEqual(["sending", "sent", "unconfirmed"]);
      expect([box.dispatched, box.asked, box.claim("car_a", id), box.redacted]).toEqual([[], [], [], []]);
    },
  );

  it.each(["delivered", "undelivered"] as const)(
    "is still made %s by a receipt that is a little late, and `sent` changes nothing more",
    (state) => {
      const { box, id } = sent();
      box.pass(RECEIPTS_MS);
      box.sweep();
      expect(box.report("car_a", id, "sent")).toBe(0);
      box.pass(LATE_RECEIPTS_MS - RECEIPTS_MS - 1);
      expect(box.sweep().ended).toEqual([]);
      expect(box.report("car_a", id, state)).toBe(1);
      expect(box.get(id)).toMatchObject({ state, endedAt: box.now });
      expect(box.stateWord.slice(-2)).toEqual(["unconfirmed", state]);
    },
  );

  it.each(["delivered", "undelivered"] as const)(
    "is not made %s by a receipt after 76 hours, though its row is there yet",
    (state) => {
      const { box, id } = sent();
      box.pass(RECEIPTS_MS);
      box.sweep();
      box.pass(LATE_RECEIPTS_MS - RECEIPTS_MS);
      expect(box.report("car_a", id, state)).toBe(0);
      expect(box.get(id).state).toBe("sent");
      expect(box.stateWord.at(-1)).toBe("unconfirmed");
    },
  );

  it("leaves the object after 76 hours, and its carrier is asked to redact it, also if no sweep ran in between", () => {
    const [quiet, late] = [sent(), sent()];
    quiet.box.pass(RECEIPTS_MS);
    quiet.box.sweep();
    quiet.box.pass(LATE_RECEIPTS_MS - RECEIPTS_MS + MINUTE_MS);
    late.box.pass(400 * 86_400_000);
    for (const { box, id } of [quiet, late]) {
      expect(box.sweep()).toMatchObject({ ended: [id], kept: [] });
      expect(box.stateWord).toEqual(["sending", "sent", "unconfirmed"]);
      expect(box.redacted).toEqual([`car_a ${"ab".repeat(16)}`]);
    }
  });
});

describe("a message of several parts", () => {
  const IDS = ["0A0000000123ABC1", "0A0000000123ABC2", "0A0000000123ABC3", "0A0000000123ABC4"];
  const price: Price = { amount: 33_000, currency: "EUR" };
  type Receipt = { part: string; state: "sent" | "delivered" | "undelivered" };

  const play = (segments: number, receipts: readonly Receipt[], isKnown: boolean) => {
    const { box, id } = sent({ segments, reference: isKnown ? IDS.slice(0, segments).join(",") : "not opaque" });
    for (const { part, state } of receipts) box.report("car_a", id, state, { part, price, perPart: true });
    return { box, message: box.get(id) };
  };

  it("ends in one state whatever the order and repetition of its parts' receipts: delivered only when every part is", () => {
    const seed = seedOfRun();
    console.log(`parts: SEED=${seed}`);
    const part = (nth: number) =>
      fc.record({ part: fc.constant(IDS[nth]!), state: fc.constantFrom("delivered" as const, "undelivered" as const) });
    const parts = fc
      .integer({ min: 1, max: 4 })
      .chain((many) => fc.tuple(...Array.from({ length: many }, (_, nth) => part(nth))));
    const noise = fc.array(fc.record({ part: fc.constantFrom(...IDS), state: fc.constant("sent" as const) }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        parts,
        noise,
        fc.boolean(),
        fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
        (finals, sents, isKnown, keys) => {
          const repeated: Receipt[] = [...finals, ...finals, ...sents];
          const shuffled = repeated
            .map((one, nth) => ({ one, key: keys[nth] ?? 0 }))
            .toSorted((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const right = finals.every(({ state }) => state === "delivered") ? "delivered" : "undelivered";
          const { box, message } = play(finals.length, shuffled, isKnown);
          expect(message.state).toBe(right);
          expect(message.facts.price).toEqual({ ...price, amount: price.amount * finals.length });
          expect(box.stateWord.filter((word) => word === "delivered" || word === "undelivered")).toEqual([right]);
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("ends in the same state wherever the answer to its call comes among the receipts, or if it never comes", () => {
    const seed = seedOfRun();
    console.log(`parts and answers: SEED=${seed}`);
    const finals = fc.array(fc.constantFrom("delivered" as const, "undelivered" as const), {
      minLength: 1,
      maxLength: 4,
    });
    const answers = fc.constantFrom("accepted" as const, "unknown" as const);
    fc.assert(
      fc.property(
        finals,
        fc.nat(),
        answers,
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        (states, place, outcome, keys) => {
          const box = new Outbox();
          const id = box.admit({ segments: states.length });
          box.claim("car_a", id);
          const order = states
            .map((state, nth) => ({ state, part: IDS[nth]!, key: keys[nth] ?? 0 }))
            .toSorted((a, b) => a.key - b.key);
          const answerAt = place % (order.length + 1);
          const answer = () =>
            box.settle(
              id,
              1,
              outcome === "accepted"
                ? { outcome, reference: IDS.slice(0, states.length).join(",") }
                : { outcome, code: "timeout" },
            );
          for (const [at, { state, part }] of order.entries()) {
            if (at === answerAt) answer();
            box.report("car_a", id, state, { part, price, perPart: true });
          }
          if (answerAt === order.length) answer();
          const right = states.every((state) => state === "delivered") ? "delivered" : "undelivered";
          expect(box.get(id).state).toBe(right);
          expect(box.stateWord.filter((word) => word === "delivered" || word === "undelivered")).toEqual([right]);
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("with one receipt missing stays `sent`, and ends so", () => {
    const { box, message } = play(
      3,
      [
        { part: IDS[0]!, state: "delivered" },
        { part: IDS[2]!, state: "delivered" },
      ],
      true,
    );
    expect(message.state).toBe("sent");
    box.pass(RECEIPTS_MS);
    box.sweep();
    expect(box.get(message.id)).toMatchObject({ state: "sent", endedAt: box.now });
    expect(box.report("car_a", message.id, "delivered", { part: IDS[1]! })).toBe(1);
    expect(box.get(message.id).state).toBe("delivered");
  });

  it("that is `unknown` becomes `sent` once one part is delivered", () => {
    const box = new Outbox();
    const id = box.admit({ segments: 2 });
    box.claim("car_a", id);
    box.settle(id, 1, { outcome: "unknown", code: "timeout" });
    expect(box.report("car_a", id, "delivered", { part: IDS[0]! })).toBe(1);
    expect(box.get(id).state).toBe("sent");
    expect(box.report("car_a", id, "delivered", { part: IDS[0]! })).toBe(0);
    expect(box.report("car_a", id, "delivered", { part: IDS[1]! })).toBe(1);
  });

  it("keeps no id that a gateway invents of a part", () => {
    const { message } = play(2, [{ part: "to 07700 900123", state: "delivered" }], false);
    expect(JSON.stringify(message)).not.toContain("900123");
  });
});
