/** What a message costs follows whoever has it, and what its carrier says of it; and that carrier is asked to forget it. */
import { beforeEach, describe, expect, it } from "vitest";
import { reroute } from "../../src/messages/dispatch.ts";
import { applyReports } from "../../src/messages/reports.ts";
import { Outbox, ROUTES } from "../support/rooms/outbox.ts";

const [first = "", second = ""] = ROUTES;
const gbp = (amount: number) => ({ amount, currency: "GBP" });
const [SID1, SID2, SID3] = ["SM9f1c0f2ab4e94d0c8e0f5d2b7a6c3e11", "SM9f1c0f2ab4e94d0c8e0f5d2b7a6c3e12", "SM9f1c0f2ab4e94d0c8e0f5d2b7a6c3e13"]; // prettier-ignore
const accepted = (reference?: string) => ({
  outcome: "accepted" as const,
  ...(reference === undefined ? {} : { reference }),
});
let box: Outbox;
beforeEach(() => void (box = new Outbox()));

describe("the price of a message", () => {
  it("becomes the next account's when the message moves there, skipped or declined", () => {
    const prices = [gbp(1), gbp(2)];
    const [skipped, declined] = [box.admit({ prices }), box.admit({ prices })];
    reroute(box.deps, first, [skipped]);
    box.claim(first, declined);
    box.settle(declined, 1, { outcome: "declined", code: "busy", permanent: false });
    expect([skipped, declined].map((id) => [box.get(id).account, box.get(id).facts.price])).toEqual([
      [second, gbp(2)],
      [second, gbp(2)],
    ]);
  });

  it("is the one in the carrier's answer, and finally the one in its receipt", () => {
    const id = box.admit();
    box.claim(first, id);
    box.settle(id, 1, { ...accepted(), price: gbp(39) });
    expect(box.get(id).facts.price).toEqual(gbp(39));
    applyReports(box.deps, first, [{ message: id, state: "delivered", code: null, at: null, price: gbp(40) }]);
    expect(box.get(id).facts.price).toEqual(gbp(40));
    applyReports(box.deps, first, [{ message: id, state: "delivered", code: null, at: null, price: gbp(99) }]);
    expect(box.get(id).facts.price).toEqual(gbp(40));
  });

  it("is for the whole text, also if the receipt's is for one part", () => {
    const id = box.admit({ segments: 3 });
    box.claim(first, id);
    box.settle(id, 1, { ...accepted(), price: gbp(99) });
    const part = { message: id, state: "delivered", code: null, at: null, price: gbp(33), perPart: true } as const;
    applyReports(box.deps, first, [part]);
    expect(box.get(id).facts.price).toEqual(gbp(99));
  });
});

describe("a carrier that redacts", () => {
  it("is asked once its message is over, by its own reference, and not before", () => {
    box.redacting.add(first);
    const id = box.admit();
    box.claim(first, id);
    box.settle(id, 1, accepted(SID1));
    box.report(first, id, "sent");
    expect(box.redacted).toEqual([]);
    box.report(first, id, "undelivered");
    box.report(first, id, "delivered");
    expect(box.redacted).toEqual([`${first} ${SID1}`]);
  });

  it("is asked also if the receipt came before the answer, which has the reference", () => {
    box.redacting.add(first);
    const id = box.admit();
    box.claim(first, id);
    box.report(first, id, "delivered");
    expect(box.redacted).toEqual([]);
    box.settle(id, 1, accepted(SID2));
    expect(box.redacted).toEqual([`${first} ${SID2}`]);
  });

  it("is asked when no receipt can count any more, and not before", () => {
    box.redacting.add(first);
    const id = box.admit();
    box.claim(first, id);
    box.settle(id, 1, accepted(SID1));
    box.pass(13_000);
    box.sweep();
    box.pass(75 * 3_600_000);
    box.sweep();
    expect(box.redacted).toEqual([]);
    box.pass(3_660_000);
    expect(box.sweep().ended).toEqual([id]);
    expect(box.redacted).toEqual([`${first} ${SID1}`]);
  });

  it("is not asked if it did not take the message, gave no reference, or its account does not redact", () => {
    box.redacting.add(first);
    const [declined, nameless, other] = [box.admit(), box.admit(), box.admit()];
    box.claim(first, declined, nameless, other);
    box.settle(declined, 1, { outcome: "declined", code: "no", permanent: true });
    box.settle(nameless, 1, accepted("447700900123")); // what may say a number is not kept
    box.report(first, nameless, "delivered");
    box.redacting.clear();
    box.settle(other, 1, accepted(SID3));
    box.report(first, other, "delivered");
    expect(box.redacted).toEqual([]);
  });
});
