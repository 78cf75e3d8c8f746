/** The sender under trouble: failing storage, a hanging or throttling carrier, more jobs than connections. */
import { PLAIN_ACCOUNT } from "../../../src/carriers/carrier.ts";
import { GATHER_MS } from "../../../src/carriers/sender/settler.ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Account, Answer } from "../../../src/carriers/carrier.ts";
import {
  CALLS_IN_FLIGHT_MAX,
  JOB_MS_MAX,
  Sender,
  type Job,
  type Settlement,
} from "../../../src/carriers/sender/sender.ts";

const account: Account = {
  ...PLAIN_ACCOUNT,
  id: "car",
  kind: "http",
  mode: "test",
  settings: { url: "http://carrier" },
  secrets: {},
};

const well = { circuit: "closed", watched: false, weights: { otp: 100, bulk: 100 } } as const;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Every promise that is able to settle has settled. */
const quiet = () => vi.advanceTimersByTimeAsync(0);
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** A sender over a tenant that grants every claim once and a carrier that the test answers for. */
function rig() {
  const open = new Map<string, (answer: Answer) => void>();
  const claimed = new Set<string>();
  const settled: Settlement[] = [];
  const called: string[] = [];
  const deps = {
    permit: vi.fn(async () => ({ granted: 1_000, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well })),
    hold: vi.fn(async () => {}),
    claim: vi.fn(async (_job: Job, ids: string[]) => {
      const fresh = ids.filter((id) => !claimed.has(id));
      for (const id of fresh) claimed.add(id);
      return fresh.map((message) => ({ message, attempt: 1 }) as never);
    }),
    settle: vi.fn(async (_job: Job, settlements: Settlement[]) => {
      settled.push(...settlements);
      return [];
    }),
    handBack: vi.fn(async () => {}),
    report: vi.fn(async () => {}),
    reroute: vi.fn(async () => []),
    questions: vi.fn(async () => []),
    takeInquiryAnswer: vi.fn(async () => {}),
    carrierOf: () => ({
      fields: { settings: {}, secrets: {} },
      canAsk: () => false,
      send: (_account: Account, { message }: { message: string }) => {
        called.push(message);
        return new Promise<Answer>((resolve) => open.set(message, resolve));
      },
      readReceipts: async () => ({ forged: "" }),
    }),
    ioOf: () => ({}) as never,
    log: vi.fn(),
    now: Date.now,
    // Gathering is left out of the clock of these tests: they are about seconds.
    sleep: (milliseconds: number) =>
      milliseconds <= GATHER_MS ? Promise.resolve() : new Promise<void>((resume) => setTimeout(resume, milliseconds)),
  };
  const job = (...ids: string[]): Job => ({ tenant: "ten", account: "car", lane: "otp", ids });
  const answer = async (message: string, with_: Answer = { outcome: "accepted" }) => {
    open.get(message)?.(with_);
    open.delete(message);
    await quiet();
  };
  return { deps, sender: new Sender(deps), job, open, answer, called, settled };
}
const ids = (count: number, prefix = "m") => Array.from({ length: count }, (_, nth) => `${prefix}${nth}`);

test("a call that has answered leaves no timer behind", async () => {
  const { sender, job, answer } = rig();
  const driven = sender.drive(job("a"));
  await quiet();
  expect(vi.getTimerCount()).toBe(1);
  await answer("a");
  await driven;
  expect(vi.getTimerCount()).toBe(0);
});

test("an answer is not lost when the tenant's storage fails for a while, and the call is not made again", async () => {
  const { sender, job, answer, deps, settled, called } = rig();
  deps.settle.mockRejectedValueOnce(new Error("storage")).mockRejectedValueOnce(new Error("storage"));
  const driven = sender.drive(job("a", "b"));
  await quiet();
  await answer("a");
  await answer("b", { outcome: "declined", code: "no", permanent: false });
  await pass(5_000);
  await expect(driven).resolves.toMatchObject({ left: [] });
  expect(settled.map(({ message }) => message).sort()).toEqual(["a", "b"]);
  expect(called).toEqual(["a", "b"]);
});

test("a settlement that fails for good is given up within the lease; nothing throws and nobody is called again", async () => {
  const { sender, job, answer, deps, called } = rig();
  deps.settle.mockRejectedValue(new Error("storage"));
  const driven = sender.drive(job("a"));
  await quiet();
  await answer("a");
  await pass(19_000);
  await expect(driven).resolves.toEqual({ left: [], waitMs: 0, onward: [] });
  expect(called).toEqual(["a"]);
});

test("a failing claim hands its ids back and neither loses a connection nor what is under way", async () => {
  const { sender, job, answer, deps, settled, open } = rig();
  const first = sender.drive(job("a"));
  await quiet();
  deps.claim.mockRejectedValueOnce(new Error("storage"));
  const report = await sender.drive(job("b", "c"));
  expect(report).toMatchObject({ left: ["b", "c"], waitMs: 1_000 });
  await answer("a");
  await first;
  expect(settled.map(({ message }) => message)).toEqual(["a"]);
  void sender.drive(job(...ids(CALLS_IN_FLIGHT_MAX + 1)));
  await quiet();
  expect(open.size).toBe(CALLS_IN_FLIGHT_MAX);
});

test("after a 429 nothing is called until the time is over: not by permits left over, not by claims under way", async () => {
  const { sender, job, answer, deps, called, settled } = rig();
  const first = sender.drive(job("a"));
  await quiet();
  let finishClaim = () => {};
  deps.claim.mockImplementationOnce(async () => {
    await new Promise<void>((resolve) => (finishClaim = resolve));
    return [{ message: "b", attempt: 1 } as never];
  });
  const second = sender.drive(job("b", "x"));
  await quiet();
  await answer("a", { outcome: "throttled", code: "http_429", retryAfterSeconds: 30 });
  finishClaim();
  const report = await second;
  await first;
  expect(called).toEqual(["a"]);
  expect(deps.hold).toHaveBeenCalledExactlyOnceWith(30);
  expect(settled.find(({ message }) => message === "b")?.answer).toMatchObject({ outcome: "throttled", code: "held" });
  const third = await sender.drive(job("c"));
  expect(third.left).toEqual(["c"]);
  expect(third.waitMs).toBe(30_000);
  expect(deps.handBack).toHaveBeenCalledWith(expect.anything(), ["c"], 30_000);
  expect([report.left, called]).toEqual([[], ["a"]]);
  await pass(30_000);
  void sender.drive(job("d"));
  await quiet();
  expect(called).toEqual(["a", "d"]);
});

test("a word from the courier quietens a sender that never heard the 429 itself", async () => {
  const { sender, job, answer, called } = rig();
  const first = sender.drive(job("a"));
  await quiet();
  await answer("a");
  await first;
  sender.hold(Date.now() + 5_000);
  expect(await sender.drive(job("b"))).toMatchObject({ left: ["b"], waitMs: 5_000 });
  expect(called).toEqual(["a"]);
});

test("a failing courier costs no message: what it could not permit is handed back, what was called is settled", async () => {
  const { sender, job, answer, deps, settled } = rig();
  deps.hold.mockRejectedValue(new Error("storage"));
  const driven = sender.drive(job("a"));
  await quiet();
  await answer("a", { outcome: "throttled", code: "http_429", retryAfterSeconds: 1 });
  await expect(driven).resolves.toMatchObject({ left: [] });
  expect(settled).toHaveLength(1);
  const other = rig();
  other.deps.permit.mockRejectedValue(new Error("storage"));
  await expect(other.sender.drive(other.job("b"))).resolves.toMatchObject({ left: ["b"] });
});

test("with every connection hanging, jobs end at their deadline with what is left, and a free connection is used", async () => {
  const { sender, job, called, settled } = rig();
  const hung = sender.drive(job(...ids(CALLS_IN_FLIGHT_MAX)));
  const waiting = ids(20, "w").map((id) => sender.drive(job(id)));
  await pass(10_499);
  expect(called).toHaveLength(CALLS_IN_FLIGHT_MAX);
  await pass(1);
  await hung;
  expect(settled.every(({ answer }) => answer.outcome === "unknown")).toBe(true);
  expect(called).toHaveLength(2 * CALLS_IN_FLIGHT_MAX);
  await pass(JOB_MS_MAX - 10_500);
  await pass(10_500);
  const reports = await Promise.all(waiting);
  expect(reports.flatMap(({ left }) => left)).toHaveLength(20 - CALLS_IN_FLIGHT_MAX);
  expect(called).toHaveLength(2 * CALLS_IN_FLIGHT_MAX);
  expect(new Set(called).size).toBe(called.length);
  void sender.drive(job("z"));
  await quiet();
  expect(called.at(-1)).toBe("z");
});

test("a code that is in no table of ours is counted once a call, and one that is there is not", async () => {
  const { deps, sender, job, answer } = rig();
  const driven = sender.drive(job("one", "two"));
  await quiet();
  const declined: Answer = { outcome: "declined", code: "39999", permanent: false };
  await answer("one", { ...declined, unmapped: true });
  await answer("two", declined);
  await pass(1_000);
  await driven;
  expect(deps.log.mock.calls).toEqual([[{ level: "warn", what: "carrier_unmapped", id: "car", code: "39999" }]]);
});
