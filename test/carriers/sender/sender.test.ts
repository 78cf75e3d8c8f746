/** The sender of an account: connections, permits, settling, and what it tells of its calls. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "../../../src/carriers/carrier.ts";
import type { Calls } from "../../../src/carriers/courier/health.ts";
import {
  CALLS_IN_FLIGHT_MAX,
  JOB_MS_MAX,
  type SenderDeps,
  type Settlement,
} from "../../../src/carriers/sender/sender.ts";
import { account, well, accepted, job, world, claimedOf, run, slowly } from "../../support/carriers/sender-world.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe("a sender", () => {
  it("calls for every id of a job once and settles each with its own attempt", async () => {
    const { sender, seen } = world({ answer: slowly });
    expect(await run(sender.drive(job(50)))).toEqual({ left: [], waitMs: 0, onward: [] });
    expect(seen.called.sort()).toEqual(job(50).ids.sort());
    expect(seen.settled.map(({ message }) => message).sort()).toEqual(job(50).ids.sort());
    expect(seen.settled.every(({ attempt, answer }) => attempt === 1 && answer.outcome === "accepted")).toBe(true);
  });

  it("never claims more than it has free connections for, nor more than it has permits for, with many jobs at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 10 }),
        async (jobs, grants) => {
          let granted = 0;
          let turn = 0;
          const { sender, seen } = world({
            answer: slowly,
            permit: () => {
              const now = Math.max(grants[turn++ % grants.length] ?? 0, turn % 7 === 0 ? 1 : 0);
              granted += now;
              return Promise.resolve({
                granted: now,
                waitMs: now > 0 ? 0 : 50,
                goodUntil: Date.now() + 1_000,
                account,
                ...well,
              });
            },
          });
          let from = 0;
          const drives = jobs.map((count) => sender.drive(job(count, (from += 100))));
          await run(Promise.all(drives));
          expect(seen.most).toBeLessThanOrEqual(CALLS_IN_FLIGHT_MAX);
          expect(seen.claimedMost).toBeLessThanOrEqual(CALLS_IN_FLIGHT_MAX);
          expect(seen.called.length).toBeLessThanOrEqual(granted);
          const left = (await Promise.all(drives)).flatMap((report) => report.left);
          expect(seen.called.length + left.length).toBe(jobs.reduce((sum, count) => sum + count, 0));
          expect(new Set(seen.called).size).toBe(seen.called.length);
          expect(seen.settled.length).toBe(seen.called.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("hands back what it could not get to in time, uncalled and unclaimed", async () => {
    const { sender, seen } = world({ permit: () => Promise.resolve({ granted: 0, waitMs: 6_000, goodUntil: 0, account, ...well, }) }); // prettier-ignore
    const report = await run(sender.drive(job(3)));
    expect(report).toEqual({ left: job(3).ids, waitMs: 6_000, onward: [] });
    expect([seen.called, seen.settled, seen.claimedMost]).toEqual([[], [], 0]);
    expect(Date.now()).toBeGreaterThanOrEqual(JOB_MS_MAX - 6_000);
  });

  it("of an account that is not there calls nobody", async () => {
    const { sender, seen } = world({ permit: () => Promise.resolve(null) });
    expect(await run(sender.drive(job(2)))).toMatchObject({ left: job(2).ids });
    expect(seen.called).toEqual([]);
  });

  it("gives a permit that a claim did not use to the next one", async () => {
    const { sender, seen } = world({ claim: (_job, ids) => Promise.resolve(ids.filter((id) => id.endsWith("0")).map(claimedOf)) }); // prettier-ignore
    await run(sender.drive(job(10)));
    await run(sender.drive(job(10, 10)));
    expect(seen.called).toEqual(["msg_0", "msg_10"]);
  });

  it("throttled once tells the courier and drops the permits it still held", async () => {
    const answer = (message: string): Answer =>
      message === "msg_0" ? { outcome: "throttled", code: "x", retryAfterSeconds: 7 } : accepted;
    const asked: number[] = [];
    const { sender, seen } = world({
      answer,
      permit: ({ wanted }) => {
        asked.push(wanted);
        return Promise.resolve({ granted: 1_000, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well });
      },
    });
    await run(sender.drive(job(1)));
    expect([seen.held, asked.length]).toEqual([[7], 1]);
    await run(sender.drive(job(1, 1)));
    expect(asked.length).toBe(2);
  });

  it("gives a call up that neither answers nor fails: its outcome is unknown, and no timer is left behind", async () => {
    const { sender, seen } = world({ answer: (message) => (message === "msg_0" ? new Promise(() => undefined) : accepted) }); // prettier-ignore
    const drive = sender.drive(job(3));
    await vi.advanceTimersByTimeAsync(50);
    expect(seen.settled.map(({ message }) => message).sort()).toEqual(["msg_1", "msg_2"]);
    expect(vi.getTimerCount()).toBe(1);
    await run(drive);
    expect(seen.settled.at(-1)).toMatchObject({ message: "msg_0", answer: { outcome: "unknown", code: "timeout" } });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("whatever throws, every slot is free again", () => {
  const boom = () => Promise.reject(new Error("broken"));
  const once = <A extends unknown[], T>(good: (...args: A) => Promise<T>) => {
    let first = true;
    return (...args: A) => {
      if (!first) return good(...args);
      first = false;
      return boom();
    };
  };
  const permit: SenderDeps["permit"] = ({ wanted }) =>
    Promise.resolve({ granted: wanted, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well });
  const claim: SenderDeps["claim"] = (_job, ids) => Promise.resolve(ids.map(claimedOf));

  it.each<[string, Parameters<typeof world>[0]]>([
    ["the courier", { permit: once(permit) }],
    ["the claim", { claim: once(claim) }],
    ["the word to the courier", { hold: boom, answer: () => ({ outcome: "throttled", code: "x", retryAfterSeconds: 1 }) }], // prettier-ignore
    ["the adapter", { answer: () => { throw new Error("adapter"); } }], // prettier-ignore
  ])("%s", async (_, broken) => {
    const { sender, seen } = world(broken);
    await run(sender.drive(job(CALLS_IN_FLIGHT_MAX)));
    seen.called.length = 0;
    await run(sender.drive(job(20, 100)));
    expect(seen.called.length).toBe(20);
    expect(seen.inFlight).toBe(0);
  });

  it("the settlement, for good: its calls keep their connections until they are given up, and no longer", async () => {
    let broken = true;
    const { sender, seen } = world({ settle: () => (broken ? boom() : Promise.resolve([])) });
    const first = sender.drive(job(20));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen.called.length).toBe(CALLS_IN_FLIGHT_MAX); // what a crash would leave in doubt now
    broken = false;
    expect(await run(first)).toMatchObject({ left: [] });
    expect(new Set(seen.called).size).toBe(20);
    broken = true;
    await run(sender.drive(job(CALLS_IN_FLIGHT_MAX, 100)));
    broken = false;
    seen.called.length = 0;
    await run(sender.drive(job(20, 200)));
    expect(seen.called.length).toBe(20);
  });

  it("and a courier that fails in the middle of a job lets the calls that run come to their end", async () => {
    let asked = 0;
    const { sender, seen } = world({
      answer: slowly,
      permit: (want) => (++asked > 1 ? boom() : permit(want)),
      claim: (_job, ids) => Promise.resolve(ids.map(claimedOf)),
    });
    expect(await run(sender.drive(job(12)))).toMatchObject({ left: job(6, 6).ids });
    expect(seen.called.length).toBe(6);
    expect(seen.settled.length).toBe(6);
  });
});

describe("settling", () => {
  it("takes what has finished meanwhile in one call, and a hanging call holds nobody back", async () => {
    const answer = async (message: string): Promise<Answer> => {
      await new Promise((resolve) => setTimeout(resolve, message === "msg_0" ? 5_000 : 10));
      return accepted;
    };
    const batches: number[] = [];
    const { sender } = world({
      answer,
      settle: async (_job, settlements) => {
        batches.push(settlements.length);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [];
      },
    });
    const drive = sender.drive(job(6));
    await vi.advanceTimersByTimeAsync(100);
    expect(batches).toEqual([5]);
    await run(drive);
    expect(batches).toEqual([5, 1]);
  });

  it("that fails is tried again until it is taken: an answer the carrier gave is not thrown away", async () => {
    let failures = 3;
    const settled: Settlement[] = [];
    const { sender, seen } = world({
      settle: (_job, settlements) => {
        if (failures-- > 0) return Promise.reject(new Error("storage"));
        settled.push(...settlements);
        return Promise.resolve([{ account: "car_2", lane: "bulk", ids: ["msg_0"] }]);
      },
    });
    expect(await run(sender.drive(job(1)))).toEqual({ left: [], waitMs: 0, onward: [{ account: "car_2", lane: "bulk", ids: ["msg_0"] }] }); // prettier-ignore
    expect(settled.map(({ message }) => message)).toEqual(["msg_0"]);
    expect(seen.called).toEqual(["msg_0"]);
  });

  it("tells what goes on to another account, also what a broken neighbour would have hidden", async () => {
    const { sender } = world({
      answer: (message) => message === "msg_0" ? { outcome: "throttled", code: "x", retryAfterSeconds: 1 } : { outcome: "declined", code: "no", permanent: false }, // prettier-ignore
      hold: () => Promise.reject(new Error("the courier is away")),
      settle: (_job, settlements) => Promise.resolve(settlements.filter(({ answer }) => answer.outcome === "declined").map(({ message }) => ({ account: "car_2", lane: "bulk" as const, ids: [message] }))), // prettier-ignore
    });
    expect(await run(sender.drive(job(2)))).toMatchObject({ onward: [{ ids: ["msg_1"] }] });
  });
});

describe("what a sender tells of its calls", () => {
  it("goes with the next want where all is well, added up", async () => {
    const wants: (Calls[] | undefined)[] = [];
    const { sender, seen } = world({
      permit: ({ wanted, reports }) => {
        wants.push(reports);
        return Promise.resolve({ granted: wanted, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well });
      },
    });
    await run(sender.drive(job(12)));
    await run(sender.drive(job(1, 100)));
    expect(seen.reported).toEqual([]);
    expect(wants.flat().reduce((sum, calls) => sum + (calls?.count ?? 0), 0)).toBe(12);
    expect(wants.at(-1)!.every(({ outcome, lane }) => outcome === "accepted" && lane === "bulk")).toBe(true);
  });

  it("goes at once when a call had no clear answer, when the account was refused, and while nothing is proven", async () => {
    const unclear = world({ answer: () => ({ outcome: "unknown", code: "x" }) });
    await run(unclear.sender.drive(job(1)));
    expect(unclear.seen.reported).toMatchObject([{ outcome: "unknown", count: 1 }]);
    const refused = world({ answer: () => ({ outcome: "declined", code: "http_401", permanent: false, ofAccount: true }) }); // prettier-ignore
    await run(refused.sender.drive(job(1)));
    expect(refused.seen.reported).toMatchObject([{ outcome: "declined", accountRefused: true }]);
    const watched = world({ permit: ({ wanted }) => Promise.resolve({ granted: wanted, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well, watched: true }) }); // prettier-ignore
    await run(watched.sender.drive(job(1)));
    expect(watched.seen.reported).toMatchObject([{ outcome: "accepted" }]);
  });
});

it("while the circuit is open nothing is called, and what another account may take goes on to it", async () => {
  const { sender, seen } = world({
    permit: () => Promise.resolve({ granted: 0, waitMs: 5_000, goodUntil: 0, account, ...well, circuit: "open" as const, watched: true }), // prettier-ignore
    reroute: (_job, ids) => Promise.resolve([{ account: "car_2", lane: "bulk", ids: ids.slice(0, 2) }]),
  });
  expect(await run(sender.drive(job(3)))).toEqual({
    left: ["msg_2"],
    waitMs: 5_000,
    onward: [{ account: "car_2", lane: "bulk", ids: ["msg_0", "msg_1"] }],
  });
  expect(seen.called).toEqual([]);
});
