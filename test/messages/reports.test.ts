/** A receipt speaks of one call: of which, its address tells. */
import { describe, expect, it } from "vitest";
import { callbackMac } from "../../src/access/api-key.ts";
import { IdMaker } from "../../src/base/ids.ts";
import type { Report } from "../../src/carriers/carrier.ts";
import { receiveReceipt } from "../../src/messages/receipts.routes.ts";
import { CLAIM_LEASE_MS } from "../../src/messages/dispatch.ts";
import { Outbox } from "../support/rooms/outbox.ts";

const declined = { outcome: "declined", code: "no", permanent: false } as const;
const throttled = { outcome: "throttled", code: "slow", retryAfterSeconds: 5 } as const;

describe("an `undelivered` report before the call's answer", () => {
  it("ends nothing if the answer is `declined`: the next account gets the message", () => {
    const box = new Outbox();
    const id = box.admit();
    box.claim("car_a", id);
    expect(box.report("car_a", id, "undelivered", { code: "30008" })).toBe(0);
    expect(box.get(id).state).toBe("sending");
    box.settle(id, 1, declined);
    expect(box.get(id)).toMatchObject({ state: "sending", account: "car_b" });
    box.claim("car_b", id);
    box.settle(id, 2, { outcome: "accepted" });
    expect(box.get(id)).toMatchObject({ state: "sent", account: "car_b" });
  });

  it.each([{ outcome: "accepted" }, { outcome: "unknown", code: "timeout" }] as const)("counts once the answer is %j, and no inquiry or call follows", (answer) => {
    const box = new Outbox();
    const id = box.admit();
    box.claimAskable("car_a", id);
    const price = { amount: 40_000, currency: "GBP" };
    for (const state of ["undelivered", "undelivered", "sent"] as const) box.report("car_a", id, state, { code: "30008", price });
    box.settle(id, 1, answer);
    expect(box.get(id)).toMatchObject({ state: "undelivered", reason: "30008", facts: { price } });
    expect([box.asked, box.dispatched, box.told.map(({ state }) => state)]).toEqual([[], [], ["sending", "undelivered"]]);
  }); // prettier-ignore

  it("counts if the sender never reports, and `delivered` counts at once", () => {
    const box = new Outbox();
    const [lost, arrived] = [box.admit(), box.admit()];
    box.claim("car_a", lost, arrived);
    for (const id of [lost, arrived]) box.report("car_a", id, "undelivered");
    box.report("car_a", arrived, "delivered");
    expect(box.get(arrived).state).toBe("delivered");
    box.pass(CLAIM_LEASE_MS + 1);
    box.sweep();
    expect(box.get(lost).state).toBe("undelivered");
  });
});

describe.each([0, 86_400_000])("two calls by one account, the clock %i ms ahead:", (aheadMs) => {
  function retried() {
    const box = new Outbox();
    box.aheadMs = aheadMs;
    const id = box.admit();
    const first = box.now - aheadMs;
    box.claim("car_a", id);
    box.settle(id, 1, throttled);
    box.pass(5_000);
    box.jump(60_000); // a sandbox's clock, which no callback's address follows
    box.aheadMs += 60_000;
    const second = box.now - box.aheadMs;
    box.claim("car_a", id);
    return { box, id, first, second };
  }

  it("a late failure of the first, which was throttled, does not end the message", () => {
    const { box, id, first } = retried();
    expect(box.report("car_a", id, "undelivered", { called: first })).toBe(0);
    box.settle(id, 2, { outcome: "accepted" });
    expect(box.get(id).state).toBe("sent");
    for (const state of ["undelivered", "sent"] as const) expect(box.report("car_a", id, state, { called: first })).toBe(0);
    expect(box.get(id).state).toBe("sent");
  }); // prettier-ignore

  it("a failure of the second ends it, and so does a delivery by the first", () => {
    const failed = retried();
    failed.box.settle(failed.id, 2, { outcome: "accepted" });
    expect(failed.box.report("car_a", failed.id, "undelivered", { called: failed.second })).toBe(1);
    const { box, id, first } = retried();
    expect(box.report("car_a", id, "delivered", { called: first })).toBe(1);
  });
});

it("the call that the URL names is passed with the report of its own message, and of no other", async () => {
  const ids = new IdMaker({ jurisdiction: "eu", code: "12345678" });
  const [message, other] = [ids.make("msg", 1), ids.make("msg", 2)];
  const account = ids.make("car", 1);
  const door = [new Uint8Array(32).fill(7)];
  const at = 1_795_000_000_999;
  const settled: Report[] = [];
  const name = `${message}.${callbackMac(door, account, message, { at, lane: "bulk" })}`;
  const report = { state: "delivered", code: null, at: null } as const;
  const deps = {
    door,
    publicUrl: "",
    verify: async () => ({ ok: [message, other].map((id) => ({ message: id, ...report })) }),
    settle: async (_owner: unknown, _account: string, reports: Report[]) => ({ ok: settled.push(...reports) }),
  };
  const request = new Request(`http://127.0.0.1/carriers/${account}/receipts/${name}`, { method: "POST", body: "{}" });
  expect(await receiveReceipt(deps, account, name, request)).toEqual({ ok: 2 });
  expect(settled).toEqual([
    { message, ...report, called: 1_795_000_000_000 },
    { message: other, ...report },
  ]);
});
