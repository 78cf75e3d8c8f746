/** A sender whose job is to ask its carrier what became of calls. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CALLS_IN_FLIGHT_MAX } from "../../../src/carriers/sender/sender.ts";
import { account, well, job, world, run, slowly } from "../../support/carriers/sender-world.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

describe("a sender that is to ask", () => {
  const none = { fields: { settings: {}, secrets: {} }, canAsk: () => true };
  const asking = { ...job(3), task: "ask" as const };
  const questions = () => Promise.resolve(asking.ids.map((message) => ({ message, attempt: 1 })));

  it("asks about what still needs it, tells what was said, and sends nothing", async () => {
    const heard: unknown[] = [];
    const { sender, seen } = world({
      questions: () => questions().then((all) => all.slice(1)),
      takeInquiryAnswer: (_job, said) => Promise.resolve(void heard.push(said)),
      carrierOf: () => ({
        ...none,
        send: () => Promise.reject(new Error("sent")),
        ask: (_account, { message }) => Promise.resolve({ said: message === "msg_1" ? "never" : "accepted" }),
        readReceipts: async () => ({ forged: "no" }),
      }),
    });
    expect(await run(sender.drive(asking))).toEqual({ left: [], waitMs: 0, onward: [] });
    expect(heard).toEqual([
      { message: "msg_1", attempt: 1, said: { said: "never" } },
      { message: "msg_2", attempt: 1, said: { said: "accepted" } },
    ]);
    expect(seen.settled).toEqual([]);
  });

  it("waits its turn for leave, and tells the courier of every question, so that none is taken for a call that is out", async () => {
    let refused = 3;
    const said = { msg_0: "never", msg_1: "unclear" } as const;
    const { sender, seen } = world({
      permit: ({ wanted }) => {
        const granted = (refused -= 1) >= 0 ? 0 : wanted;
        return Promise.resolve({ granted, waitMs: 100, goodUntil: Date.now() + 1_000, account, ...well });
      },
      questions,
      carrierOf: () => ({
        ...none,
        send: () => Promise.reject(new Error("sent")),
        ask: (_account, { message }) =>
          message === "msg_2" ? Promise.reject(new Error("broken")) : Promise.resolve({ said: said[message as "msg_0"], code: "x" }), // prettier-ignore
        readReceipts: async () => ({ forged: "no" }),
      }),
    });
    await run(sender.drive(asking));
    expect(seen.reported.map(({ outcome, asked }) => [outcome, asked])).toEqual([
      ["accepted", true],
      ["unknown", true],
      ["unknown", true],
    ]);
  });

  it("tells of forgetting as of something that says nothing about sending", async () => {
    const { sender, seen } = world({
      carrierOf: () => ({
        ...none,
        send: () => Promise.reject(new Error("sent")),
        redact: (_account, reference) => Promise.resolve(reference === "msg_0" ? "done" : "unclear"),
        readReceipts: async () => ({ forged: "no" }),
      }),
    });
    expect(await run(sender.drive({ ...job(2), task: "redact" }))).toMatchObject({ left: ["msg_1"] });
    expect(seen.reported.map(({ asked, aside }) => [asked, aside])).toEqual([[true, true], [true, true]]); // prettier-ignore
  });

  it("keeps to its connections and permits, and whatever throws, every connection is free again", async () => {
    let [asks, most, asked] = [0, 0, 0];
    const many = { ...job(20), task: "ask" as const };
    const { sender, seen } = world({
      questions: () => Promise.resolve(many.ids.map((message) => ({ message, attempt: 1 }))),
      takeInquiryAnswer: () => Promise.reject(new Error("storage")),
      carrierOf: () => ({
        ...none,
        send: async () => {
          seen.called.push("one");
          return slowly();
        },
        ask: async () => {
          most = Math.max(most, (asks += 1));
          await slowly();
          asks -= 1;
          if ((asked += 1) % 2 === 0) throw new Error("adapter");
          return { said: "never" };
        },
        readReceipts: async () => ({ forged: "no" }),
      }),
    });
    await run(sender.drive(many));
    expect([asked, most]).toEqual([20, CALLS_IN_FLIGHT_MAX]);
    await run(sender.drive(job(20, 100)));
    expect(seen.called.length).toBe(20);
  });

  it("asks nobody while the courier grants nothing, or of an account whose carrier has no such question", async () => {
    const heard = vi.fn(() => Promise.resolve());
    const held = world({ questions, takeInquiryAnswer: heard, permit: () => Promise.resolve({ granted: 0, waitMs: 1_000, goodUntil: 0, account, ...well, }) }); // prettier-ignore
    await run(held.sender.drive(asking));
    await run(world({ questions, takeInquiryAnswer: heard }).sender.drive(asking));
    expect(heard).not.toHaveBeenCalled();
  });
});
