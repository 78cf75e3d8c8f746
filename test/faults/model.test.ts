/**
 * T18 and T10 at full speed: the ledger and the rules against a model of a few lines, under random claims, redeliveries,
 * answers, receipts, lost senders and clocks that jump.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ENDED, mayEnter, type State } from "../../src/messages/message.ts";
import { Outbox, ROUTES } from "../support/rooms/outbox.ts";
import { seedOfRun, sized } from "../support/run/seed.ts";

type Op =
  | { op: "claim"; of: number; account: number }
  | { op: "answer"; of: number; outcome: "accepted" | "declined" | "throttled" | "unknown"; stale: boolean }
  | { op: "report"; of: number; account: number; state: "sent" | "delivered" | "undelivered"; times: number }
  | { op: "pass"; seconds: number }
  | { op: "jump"; seconds: number }
  | { op: "look" };

/** What a message should be. `open`: a call is out; `lost`: its sender was given up for lost, and may still answer. */
type Model = {
  state: State;
  route: number;
  /** Accounts that were called, and whether the last word of their call was that it was not taken. */
  given: Map<number, { refused: boolean }>;
  open: boolean;
  lost: boolean;
  attempts: number;
  lease: number;
  /** When the doubt ends as it is, and whether it has. */
  window: number;
  over: boolean;
  /** That it was undelivered, said before the call was answered. */
  early: boolean;
};

const WINDOW_MS = 600_000;

const of = fc.nat(2);
const account = fc.nat(1);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant("claim" as const), of, account }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant("answer" as const),
      of,
      outcome: fc.constantFrom("accepted", "declined", "throttled", "unknown"),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("report" as const),
      of,
      account,
      state: fc.constantFrom("sent", "delivered", "undelivered"),
      times: fc.constantFrom(1, 2, 5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("pass" as const),
      seconds: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(599, 601)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant("jump" as const), seconds: fc.integer({ min: -3_600, max: 300 }) }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("look" as const) }) },
);

test("whatever happens in whatever order, each message is where the model says and nobody is called twice", () => {
  const seed = seedOfRun();
  console.log(`model: SEED=${seed}`);
  const run = (ops: Op[]) => {
    const box = new Outbox();
    const ids = [0, 1, 2].map(() => box.admit({ purpose: "otp", lifeMs: 600_000 }));
    const expires = box.now + 600_000;
    const models = ids.map((): Model => ({
      state: "queued",
      route: 0,
      given: new Map(),
      open: false,
      lost: false,
      attempts: 0,
      lease: 0,
      window: Infinity,
      over: false,
      early: false,
    }));
    for (const step of ops) {
      play(box, ids, models, expires, step);
      ids.forEach((id, nth) => {
        const { state, attempts, endedAt } = box.get(id);
        const model = models[nth];
        expect([state, attempts.length]).toEqual([model?.state, model?.attempts]);
        expect(endedAt !== null).toBe(ENDED.has(state) || (state === "unknown" && model?.over === true));
      });
    }
    judgeTelling(box, ids);
  };
  fc.assert(fc.property(fc.array(op, { maxLength: 60 }), run), { seed, numRuns: sized(1_000, 30_000) });
});

function play(box: Outbox, ids: string[], models: Model[], expires: number, step: Op): void {
  if (step.op === "pass") return box.pass(step.seconds * 1_000);
  if (step.op === "jump") {
    box.jump(step.seconds * 1_000);
    for (const model of models) model.lease += Math.max(0, step.seconds) * 1_000;
    return;
  }
  if (step.op === "look") {
    box.sweep();
    return models.forEach((model, nth) => looked(box, model, ids[nth] ?? "", expires));
  }
  const id = ids[step.of] ?? "";
  const model = models[step.of];
  if (model === undefined) return;
  if (step.op === "claim") return claimed(box, model, id, step.account, expires);
  if (step.op === "report") {
    for (let nth = 0; nth < step.times; nth += 1) box.report(ROUTES[step.account] ?? "", id, step.state);
    const called = model.given.get(step.account);
    const heard = called !== undefined && (!called.refused || step.state === "delivered");
    const waits = model.state === "sending" && model.open && model.route === step.account;
    if (heard && waits && step.state === "undelivered") return void (model.early = true);
    const counts = heard && !((model.over || model.early) && step.state === "sent");
    if (counts && !ENDED.has(model.state) && mayEnter(model.state, step.state)) {
      model.state = step.state;
      model.lost = false;
    }
    return;
  }
  const answer = {
    accepted: { outcome: "accepted" as const },
    declined: { outcome: "declined" as const, code: "no", permanent: false },
    throttled: { outcome: "throttled" as const, code: "slow", retryAfterSeconds: 5 },
    unknown: { outcome: "unknown" as const, code: "timeout" },
  }[step.outcome];
  if (step.stale) return box.settle(id, model.attempts + (model.open || model.lost ? -1 : 0), answer);
  box.settle(id, model.attempts, answer);
  answered(box, model, step.outcome);
}

const waits = (model: Model) => model.state === "queued" || (model.state === "sending" && !model.open);

function claimed(box: Outbox, model: Model, id: string, route: number, expires: number): void {
  const granted = box.claim(ROUTES[route] ?? "", id);
  if (!waits(model) || route !== model.route) return expect(granted).toEqual([]);
  if (box.now >= expires) {
    model.state = "expired";
    return expect(granted).toEqual([]);
  }
  expect(granted).toHaveLength(1);
  Object.assign(model, {
    state: "sending",
    open: true,
    early: false,
    attempts: model.attempts + 1,
    lease: box.now + 30_000,
  });
  model.given.set(route, { refused: false });
}

function answered(box: Outbox, model: Model, outcome: "accepted" | "declined" | "throttled" | "unknown"): void {
  const { open, lost } = model;
  model.open = false;
  const refused = outcome === "declined" || outcome === "throttled";
  if (open && refused) model.given.set(model.route, { refused });
  if (lost && !model.over && outcome === "accepted") model.state = "sent";
  model.lost = lost && outcome !== "accepted" ? model.lost : false;
  if (!open || model.state !== "sending") return;
  if (model.early && !refused) return void (model.state = "undelivered");
  if (outcome === "accepted") model.state = "sent";
  if (outcome === "unknown") Object.assign(model, { state: "unknown", window: box.now + WINDOW_MS });
  if (outcome === "declined" && model.route === 1) model.state = "failed";
  else if (outcome === "declined") model.route = 1;
}

/** A look may end what is past its time or in doubt for too long, and give up a sender whose lease is over; nothing else. */
function looked(box: Outbox, model: Model, id: string, expires: number): void {
  const { state } = box.get(id);
  if (state === "unknown" && model.state === "unknown" && box.now >= model.window) model.over = true;
  if (state === model.state) return;
  const late = waits(model) && box.now >= expires;
  const lost = model.state === "sending" && model.open && box.now >= model.lease;
  expect([late, lost, state]).toEqual([late, !late, late ? "expired" : model.early ? "undelivered" : "unknown"]);
  model.state = state;
  model.lost = state === "unknown";
  if (model.lost) model.window = box.now + WINDOW_MS;
}

function judgeTelling(box: Outbox, ids: string[]): void {
  for (const id of ids) {
    let at: State = "queued";
    for (const { state } of box.told.filter((each) => each.id === id)) {
      expect(mayEnter(at, state)).toBe(true);
      at = state;
    }
  }
}
