/** A world around one sender; every part of it can be made to fail. */
import { vi } from "vitest";
import { PLAIN_ACCOUNT, type Account, type Answer, type Handover } from "../../../src/carriers/carrier.ts";
import type { Calls } from "../../../src/carriers/courier/health.ts";
import {
  Sender,
  type Claimed,
  type Job,
  type SenderDeps,
  type Settlement,
} from "../../../src/carriers/sender/sender.ts";

export const account: Account = { ...PLAIN_ACCOUNT, id: "car_1", kind: "http", mode: "test", settings: {}, secrets: {} }; // prettier-ignore
/** An account that is well. */
export const well = { circuit: "closed", watched: false, weights: { otp: 100, bulk: 100 } } as const;
export const accepted: Answer = { outcome: "accepted" };
export const job = (count: number, from = 0): Job => ({
  tenant: "ten_1",
  account: "car_1",
  lane: "bulk",
  ids: Array.from({ length: count }, (_, n) => `msg_${from + n}`),
});

/** A world around one sender: what is claimed, in flight, settled; every part can be made to fail. */
export function world(over: Partial<SenderDeps> & { answer?: (message: string) => Promise<Answer> | Answer } = {}) {
  const seen = { claimedNow: 0, claimedMost: 0, inFlight: 0, most: 0, permits: 0, used: 0, settled: [] as Settlement[], settles: 0, called: [] as string[], held: [] as number[], reported: [] as Calls[] }; // prettier-ignore
  const { answer = () => accepted, ...deps } = over;
  const sender = new Sender({
    permit: ({ wanted }) => {
      seen.permits += wanted;
      return Promise.resolve({ granted: wanted, waitMs: 0, goodUntil: Date.now() + 1_000, account, ...well });
    },
    hold: (seconds) => Promise.resolve(void seen.held.push(seconds)),
    claim: (_job, ids) => {
      seen.claimedNow += ids.length;
      seen.claimedMost = Math.max(seen.claimedMost, seen.claimedNow);
      return Promise.resolve(ids.map(claimedOf));
    },
    settle: (_job, settlements) => {
      seen.settles += 1;
      seen.settled.push(...settlements);
      return Promise.resolve([]);
    },
    handBack: () => Promise.resolve(),
    report: (calls) => Promise.resolve(void seen.reported.push(...calls)),
    reroute: () => Promise.resolve([]),
    questions: () => Promise.resolve([]),
    takeInquiryAnswer: () => Promise.resolve(),
    carrierOf: () => ({
      canAsk: () => false,
      fields: { settings: {}, secrets: {} },
      send: async (_account: Account, handover: Handover) => {
        seen.called.push(handover.message);
        seen.inFlight += 1;
        seen.most = Math.max(seen.most, seen.inFlight);
        try {
          return await answer(handover.message);
        } finally {
          seen.inFlight -= 1;
          seen.claimedNow -= 1;
        }
      },
      readReceipts: async () => ({ forged: "no" }),
    }),
    ioOf: () => ({ fetch: () => Promise.reject(new Error("no")), now: Date.now, handset: () => Promise.resolve() }),
    log: () => undefined,
    now: Date.now,
    sleep: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
    ...deps,
  });
  return { sender, seen };
}

export const claimedOf = (message: string): Claimed => ({ message, attempt: 1, to: "+447700900123", kind: "drama", from: null, text: "x", encoding: "gsm7", validitySeconds: 60, lane: "bulk", receiptUrl: "" }); // prettier-ignore

/** Lets everything run that needs no more than time, and answers what the promise came to. */
export async function run<T>(promise: Promise<T>): Promise<T | { threw: unknown }> {
  const outcome = promise.catch((error: unknown) => ({ threw: error }));
  await vi.advanceTimersByTimeAsync(60_000);
  return outcome;
}

export const slowly = () => new Promise<Answer>((resolve) => setTimeout(() => resolve(accepted), 100));
