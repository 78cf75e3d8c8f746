/** A call without a clear answer, where the carrier can be asked: asked a few times, sent again only after a binding `never`. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CLAIM_LEASE_MS } from "../../src/messages/dispatch.ts";
import { FIRST_SWEEP_MS } from "../../src/messages/ledger.ts";
import { Outbox } from "../support/rooms/outbox.ts";

/** A message whose call ended without a clear answer. */
function doubtful(box: Outbox, over: Parameters<Outbox["admit"]>[0] = {}): string {
  const id = box.admit(over);
  expect(box.claimAskable("car_a", id)).toHaveLength(1);
  box.settle(id, 1, { outcome: "unknown", code: "timeout" });
  return id;
}

test("an inquiry is made at once, and meanwhile the message cannot be claimed", () => {
  const box = new Outbox();
  const id = doubtful(box);
  expect(box.asked).toEqual([id]);
  expect(box.get(id)).toMatchObject({ state: "sending", reason: "timeout" });
  expect(box.questions("car_a", id)).toEqual([{ message: id, attempt: 1 }]);
  expect(box.questions("car_b", id)).toEqual([]);
  expect(box.claimAskable("car_a", id)).toEqual([]);
  expect(box.told.map(({ state }) => state)).toEqual(["sending"]);
});

test("after `never` the same account sends it again, once, and an answer about the first call changes nothing more", () => {
  const box = new Outbox();
  const id = doubtful(box);
  box.hear("car_a", { message: id, attempt: 1 }, { said: "never" });
  expect(box.dispatched).toEqual([id]);
  expect(box.get(id)).toMatchObject({ state: "sending", lease: null, attempts: [{ outcome: "declined", code: "never_taken" }] });
  expect(box.claimAskable("car_a", id)).toHaveLength(1);
  for (const said of ["never", "accepted"] as const) box.hear("car_a", { message: id, attempt: 1 }, { said });
  expect(box.get(id).attempts.map(({ outcome }) => outcome)).toEqual(["declined", null]);
  box.settle(id, 2, { outcome: "unknown", code: "timeout" });
  box.hear("car_a", { message: id, attempt: 1 }, { said: "never" }); // a late word about the first call
  expect(box.claimAskable("car_a", id)).toEqual([]);
  expect(box.dispatched).toEqual([id]);
}); // prettier-ignore

test("a message whose every call is lost and answered with `never` ends after the highest number of calls", () => {
  const box = new Outbox();
  const id = doubtful(box);
  for (let nth = 1; nth < 50; nth += 1) {
    box.hear("car_a", { message: id, attempt: nth }, { said: "never" });
    expect(box.claimAskable("car_a", id)).toHaveLength(1);
    box.settle(id, nth + 1, { outcome: "unknown", code: "timeout" });
  }
  box.hear("car_a", { message: id, attempt: 50 }, { said: "never" });
  expect(box.get(id)).toMatchObject({ state: "failed", reason: "never_taken" });
  expect(box.claimAskable("car_a", id)).toEqual([]);
});

test("a message that the carrier has is never sent again, and a final state in its answer is applied", () => {
  for (const said of ["accepted", "sent", "delivered", "undelivered"] as const) {
    const box = new Outbox();
    const id = doubtful(box);
    box.hear("car_a", { message: id, attempt: 1 }, said === "accepted" ? { said } : { said, code: null });
    expect(box.get(id)).toMatchObject({ state: said === "accepted" ? "sent" : said, attempts: [{ outcome: "accepted" }] }); // prettier-ignore
    expect(box.claimAskable("car_a", id)).toEqual([]);
    expect(box.dispatched).toEqual([]);
  }
});

test("a call that stays unclear has inquiries for ten minutes, with growing waits; then the message is `unknown`, not sent", () => {
  const box = new Outbox();
  const id = doubtful(box);
  const askedAt: number[] = [0];
  for (let second = 1; second < 660; second += 1) {
    box.pass(1_000);
    box.hear("car_a", { message: id, attempt: 1 }, { said: "unclear", code: "http_500" });
    box.sweep();
    if (box.asked.length > askedAt.length) askedAt.push(second);
    if (second < 600) expect(box.get(id).state).toBe("sending");
  }
  expect(askedAt).toEqual([0, 5, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480]);
  expect(box.get(id)).toMatchObject({ state: "unknown", reason: "timeout" });
  expect(box.dispatched).toEqual([]);
  box.hear("car_a", { message: id, attempt: 1 }, { said: "never" });
  expect(box.get(id).state).toBe("unknown");
});

test("after a sender was lost an inquiry is made when its claim has run out, and a late `accepted` still counts", () => {
  const box = new Outbox();
  const [lost, late] = [box.admit(), box.admit()];
  box.claimAskable("car_a", lost, late);
  box.pass(FIRST_SWEEP_MS + 1);
  box.sweep();
  expect(box.asked).toEqual([]);
  box.pass(CLAIM_LEASE_MS);
  box.sweep();
  expect(box.asked).toEqual([lost, late]);
  box.settle(late, 1, { outcome: "accepted" });
  expect(box.get(late)).toMatchObject({ state: "sent" });
  box.hear("car_a", { message: lost, attempt: 1 }, { said: "never" });
  expect(box.get(lost)).toMatchObject({ state: "sending", lease: null });
});

test("`never` after the message has expired does not send it", () => {
  const box = new Outbox();
  const id = doubtful(box, { lifeMs: 5_000 });
  box.pass(6_000);
  box.hear("car_a", { message: id, attempt: 1 }, { said: "never" });
  expect(box.get(id)).toMatchObject({ state: "expired", reason: "too_late" });
});

test("without inquiries at the carrier the message is `unknown` at once", () => {
  const box = new Outbox();
  const id = box.admit();
  box.claim("car_a", id);
  box.settle(id, 1, { outcome: "unknown", code: "timeout" });
  expect(box.get(id).state).toBe("unknown");
  expect(box.asked).toEqual([]);
});

test("answers of another account, or after a receipt, change nothing", () => {
  const box = new Outbox();
  const [first, second] = [doubtful(box), doubtful(box)];
  box.hear("car_b", { message: first, attempt: 1 }, { said: "never" });
  expect(box.claimAskable("car_a", first)).toEqual([]);
  box.report("car_a", second, "delivered");
  box.hear("car_a", { message: second, attempt: 1 }, { said: "never" });
  expect(box.get(second).state).toBe("delivered");
  expect(box.dispatched).toEqual([]);
});

test("over any order of sweeps, answers, receipts and restarts a message can be claimed only before its first call or after `never`", () => {
  const step = fc.oneof(
    fc.constantFrom("look", "claim", "unknown", "accepted", "never", "unclear", "receipt").map((does) => ({ does, ms: 0 })),
    fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ does: "pass", ms })),
  ); // prettier-ignore
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const box = new Outbox();
      const id = box.admit();
      let mayBeSent = false; // the carrier may have it, and has not sworn otherwise
      let attempt = 0;
      for (const { does, ms } of steps) {
        if (does === "pass") box.pass(ms);
        else if (does === "look") box.sweep();
        else if (does === "receipt") box.report("car_a", id, "delivered");
        else if (does === "claim") {
          const [claimed] = box.claimAskable("car_a", id);
          if (claimed === undefined) continue;
          expect(mayBeSent).toBe(false);
          mayBeSent = true;
          ({ attempt } = claimed);
        } else if (does === "unknown") box.settle(id, attempt, { outcome: "unknown", code: "timeout" });
        else if (does === "accepted") box.settle(id, attempt, { outcome: "accepted" });
        else if (does === "unclear") box.hear("car_a", { message: id, attempt }, { said: "unclear", code: "x" });
        else {
          const asked = box.questions("car_a", id).some((question) => question.attempt === attempt);
          if (!asked) continue; // a carrier swears only when it is asked
          box.hear("car_a", { message: id, attempt }, { said: "never" });
          mayBeSent = false;
        }
      }
    }),
    { numRuns: 2_000 },
  );
});
