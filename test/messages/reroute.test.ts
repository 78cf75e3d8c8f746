/** An account whose circuit is open: what it was never called for goes to the next, and nothing else does. */
import { expect, test } from "vitest";
import { reroute } from "../../src/messages/dispatch.ts";
import { Outbox, ROUTES } from "../support/rooms/outbox.ts";

const [first = "", second = ""] = ROUTES;

test("a queued message goes on to the next account of its route, and its record says which was skipped", () => {
  const box = new Outbox();
  const id = box.admit();
  expect(reroute(box.deps, first, [id])).toEqual([{ account: second, lane: "bulk", ids: [id] }]);
  expect(box.get(id)).toMatchObject({
    state: "queued",
    account: second,
    attempts: [{ carrier: first, outcome: "skipped", code: "circuit_open" }],
  });
  expect(box.claim(first, id)).toEqual([]);
  expect(box.claim(second, id)).toHaveLength(1);
});

test("one with a call under way, an unknown one, one without another account, and another account's stay", () => {
  const box = new Outbox();
  const [out, doubtful, last, other] = [box.admit(), box.admit(), box.admit(), box.admit()];
  box.claim(first, out, doubtful);
  box.settle(doubtful, 1, { outcome: "unknown", code: "timeout" });
  reroute(box.deps, first, [last, other]);
  expect(reroute(box.deps, first, [out, doubtful, other, "msg_nobody"])).toEqual([]);
  expect(reroute(box.deps, second, [last])).toEqual([]);
  expect([box.get(out).state, box.get(doubtful).state, box.get(last).account]).toEqual(["sending", "unknown", second]);
});

test("a receipt from a skipped account changes nothing", () => {
  const box = new Outbox();
  const id = box.admit();
  reroute(box.deps, first, [id]);
  box.claim(second, id);
  expect(box.report(first, id, "delivered")).toBe(0);
  expect(box.report(second, id, "delivered")).toBe(1);
});

test.each(["declined", "throttled"] as const)(
  "a receipt for a call that was %s ends nothing that another call may still bring, unless it says delivered",
  (outcome) => {
    const box = new Outbox();
    const id = box.admit();
    box.claim(first, id);
    const declined = { outcome: "declined", code: "rejected", permanent: false } as const;
    box.settle(id, 1, outcome === "declined" ? declined : { outcome, code: "slow", retryAfterSeconds: 1 });
    const next = outcome === "declined" ? second : first;
    for (const state of ["undelivered", "sent"] as const) expect(box.report(first, id, state)).toBe(0);
    expect(box.get(id)).toMatchObject({ state: "sending", account: next });
    expect(box.claim(next, id)).toHaveLength(1);
    box.settle(id, 2, { outcome: "accepted" });
    expect(box.report(first, id, "undelivered")).toBe(outcome === "declined" ? 0 : 1);
    if (outcome === "declined") expect(box.get(id).state).toBe("sent");
    expect(box.report(first, id, "delivered")).toBe(outcome === "declined" ? 1 : 0);
  },
);
