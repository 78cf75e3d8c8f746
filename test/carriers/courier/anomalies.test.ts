import { describe, expect, it } from "vitest";
import { Alerts, SEEN_MIN, sharesOf, type Seen } from "../../../src/carriers/courier/anomalies.ts";

const seen = (change: Partial<Seen> = {}): Seen => ({
  accepted: 100,
  due: 100,
  declined: 0,
  unknown: 0,
  receipts: 100,
  delivered: 100,
  ended: 100,
  changed: { share: 0, code: "other" },
  ...change,
});

describe("what is strange about an account", () => {
  it("is raised once when it begins, by its kind, and cleared once it is half of what raised it", () => {
    const alerts = new Alerts();
    expect(alerts.judge("otp", seen(), 1)).toEqual([]);
    expect(alerts.judge("otp", seen({ delivered: 60 }), 2)).toEqual([
      { lane: "otp", kind: "bounces", share: 0.4, state: "raised" },
    ]);
    expect(alerts.judge("otp", seen({ delivered: 60 }), 3)).toEqual([]);
    expect(alerts.judge("otp", seen({ delivered: 80 }), 4)).toEqual([]); // below what raises, not below half
    expect(alerts.raised).toEqual([{ lane: "otp", kind: "bounces", share: 0.4, since: 2 }]);
    expect(alerts.judge("bulk", seen({ delivered: 80 }), 5)).toEqual([]); // the other lane is its own matter
    expect(alerts.judge("otp", seen({ delivered: 90 }), 6)).toMatchObject([{ kind: "bounces", state: "cleared" }]);
    expect(alerts.raised).toEqual([]);
  });

  it("is each kind by its own share", () => {
    expect(sharesOf(seen({ receipts: 15 })).receipts_missing).toBe(0.85);
    expect(sharesOf(seen({ accepted: 60, declined: 40 })).refusals).toBe(0.4);
    expect(sharesOf(seen({ accepted: 80, unknown: 20 })).doubts).toBe(0.2);
    expect(new Alerts().judge("bulk", seen({ changed: { share: 0.25, code: "spam" } }), 1)).toEqual([{ lane: "bulk", kind: "codes", share: 0.25, code: "spam", state: "raised" }]); // prettier-ignore
    expect(new Alerts().judge("bulk", seen({ receipts: 15, delivered: 15, accepted: 50, declined: 40, unknown: 10 }), 1).map(({ kind }) => kind)).toEqual(["receipts_missing", "refusals", "doubts"]); // prettier-ignore
  });

  it("is nothing while too little was seen, and a receipt that is not due yet is not missing", () => {
    const few = SEEN_MIN - 1;
    expect(new Alerts().judge("otp", { accepted: 0, due: few, declined: few, unknown: 0, receipts: 0, delivered: 0, ended: few, changed: { share: 1, code: "spam" } }, 1)).toEqual([]); // prettier-ignore
    expect(new Alerts().judge("otp", seen({ due: 0, receipts: 0, delivered: 0 }), 1)).toEqual([]);
  });
});
