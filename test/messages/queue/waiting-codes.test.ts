/** A code that the queue lost is found within three seconds; one that is merely slow is left alone; and none of it costs a row. */
import { expect, test } from "vitest";
import { FIRST_SWEEP_MS } from "../../../src/messages/ledger.ts";
import {
  WAITING_CODES_CHECK_MS,
  queueCodesAtWake,
  requeueCodes,
  WaitingCodes,
} from "../../../src/messages/queue/waiting-codes.ts";
import { Outbox } from "../../support/rooms/outbox.ts";

/** The looks of some time, as the object keeps them while codes wait. */
function looks(box: Outbox, codes: WaitingCodes, milliseconds: number, each: () => void = () => undefined): void {
  const deps = { ledger: box.ledger, dispatch: dispatchInto(box, codes) };
  for (let passed = 0; passed < milliseconds; passed += WAITING_CODES_CHECK_MS) {
    box.pass(WAITING_CODES_CHECK_MS);
    each();
    requeueCodes(deps, codes, box.now);
  }
}

const dispatchInto = (box: Outbox, codes: WaitingCodes) => (account: string, _lane: string, id: string) => {
  box.dispatched.push(id);
  codes.put(id, account, box.now);
};

/** A code, on the queue as admission leaves it. */
function admitCode(box: Outbox, codes: WaitingCodes): string {
  const id = box.admit({ purpose: "otp" });
  codes.put(id, "car_a", box.now);
  return id;
}

const claimCode = (box: Outbox, codes: WaitingCodes, id: string): void => {
  codes.claimed("car_a", [id], box.now);
  box.claim("car_a", id);
};

const changes = (box: Outbox): unknown => box.sql.exec("SELECT total_changes() AS n").toArray();

test("a code whose queue message was lost is on the queue again within three seconds, and nothing is written", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const lost = admitCode(box, codes);
  const before = changes(box);
  looks(box, codes, 2_500);
  expect(box.dispatched).toEqual([lost]);
  expect(changes(box)).toEqual(before);
});

test("a claimed code is tracked no longer, so on the ordinary path it is checked at most once", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const id = admitCode(box, codes);
  claimCode(box, codes, id);
  expect(codes.count).toBe(0);
  looks(box, codes, 60_000);
  expect(box.dispatched).toEqual([]);
});

test("a code that was overtaken on its own account is found while the queue runs, and the others are not", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const lost = admitCode(box, codes);
  looks(box, codes, 3_000, () => claimCode(box, codes, admitCode(box, codes)));
  expect(box.dispatched).toEqual([lost]);
});

test("a backlog that drains in order for five minutes is never multiplied", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const ids = Array.from({ length: 300 }, () => admitCode(box, codes));
  let nth = 0;
  looks(box, codes, 299_000, () => void (nth++ % 2 === 0 && claimCode(box, codes, ids.shift() ?? "")));
  expect(box.dispatched).toEqual([]);
});

test("a code that a held account hands back is not put on the queue again before its wait is over", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const id = admitCode(box, codes);
  let nth = 0;
  looks(box, codes, 120_000, () => void (nth++ % 40 === 0 && codes.handedBack([id], 20_000, box.now)));
  expect(box.dispatched).toEqual([]);
});

test("a queue that stands still for ten minutes is given each code at ever longer intervals", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const id = admitCode(box, codes);
  looks(box, codes, 600_000);
  expect(new Set(box.dispatched)).toEqual(new Set([id]));
  expect(box.dispatched.length).toBeLessThanOrEqual(24);
});

test("a code that has ended or was claimed is no longer tracked and not put on the queue", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const [over, taken] = [admitCode(box, codes), admitCode(box, codes)];
  box.ledger.move(box.get(over), "canceled");
  box.claim("car_a", taken);
  codes.put("msg_of_a_transaction_that_failed", "car_a", box.now);
  looks(box, codes, 3_000);
  expect([box.dispatched, codes.count]).toEqual([[], 0]);
});

test("an object that wakes puts every waiting code on the queue, swept or not, and no other message", () => {
  const [box, codes] = [new Outbox(), new WaitingCodes()];
  const looked = box.admit({ purpose: "otp" });
  box.pass(FIRST_SWEEP_MS + 60_000);
  box.sweep(); // found lost and put on the queue; its next sweep is in a quarter of a minute
  box.dispatched.length = 0;
  const unseen = box.admit({ purpose: "otp" });
  const [sent, claimed, text] = [box.admit({ purpose: "otp" }), box.admit({ purpose: "otp" }), box.admit()];
  const [claim] = box.claim("car_a", sent);
  box.settle(sent, claim?.attempt ?? 0, { outcome: "accepted", reference: "r" });
  box.claim("car_a", claimed);
  const before = changes(box);
  queueCodesAtWake({ ledger: box.ledger, dispatch: dispatchInto(box, codes) }, box.now);
  expect(new Set(box.dispatched)).toEqual(new Set([looked, unseen]));
  expect(box.dispatched).not.toContain(text);
  expect([changes(box), codes.count]).toEqual([before, 2]);
});
