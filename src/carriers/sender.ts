/**
 * A sender makes the calls of one carrier account: it claims only as many messages as it has free connections and permits
 * for, so that a crash leaves no more in doubt than the calls that were in flight. It holds no state that matters: what it
 * forgets, the tenant's outbox remembers.
 */
import { TIMED_OUT, withDeadline } from "../base/bounded.ts";
import { CALL_TIMEOUT_MS, type Account, type Answer, type Carrier, type CarrierIo, type Handover } from "./carrier.ts";
import type { Want } from "./pace.ts";

/** Six connections an object is the platform's limit in production; the local runtime does not enforce it, so we do. */
export const CALLS_IN_FLIGHT_MAX = 6;
/** A job is handed back after this long; a queue consumer may run far longer, but its batch waits for the slowest. */
export const JOB_MS_MAX = 20_000;
/** A settlement that fails is tried again after this, doubled each time: 6.3 seconds in all, well within a claim's lease. */
const SETTLE_AGAIN_MS = 100;
const SETTLE_TRIES_MAX = 7;

/** Calls and results that come within this time are claimed and settled together: each question is a durable write. */
const GATHER_MS = 2;

export type Job = { tenant: string; account: string; lane: "otp" | "bulk"; ids: string[] };
/** A message claimed for one call now. `attempt` names the claim, so that only its own settlement counts. */
export type Claimed = Handover & { attempt: number };
export type Settlement = { message: string; attempt: number; answer: Answer; latencyMs: number };
/** What the tenant says after settling: messages that go on to another account. */
export type Onward = { account: string; lane: "otp" | "bulk"; ids: string[] };

export type SenderDeps = {
  permit: (want: Want) => Promise<{ granted: number; waitMs: number; goodUntil: number; account: Account } | null>;
  hold: (retryAfterSeconds: number) => Promise<void>;
  claim: (job: Job, ids: string[]) => Promise<Claimed[]>;
  settle: (job: Job, settlements: Settlement[]) => Promise<Onward[]>;
  carrierOf: (account: Account) => Carrier;
  ioOf: (job: Job) => CarrierIo;
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
};

export type JobReport = { left: string[]; waitMs: number; onward: Onward[] };

/** One sender of one account; its object delegates to it. */
export class Sender {
  readonly #deps: SenderDeps;
  #free = CALLS_IN_FLIGHT_MAX;
  #waiting: (() => void)[] = [];
  #permits = 0;
  #permitsUntil = 0;
  #account: Account | null = null;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /**
   * Sends what it can of a job. Ids it could not get to are handed back; an id that was sent already claims nothing. When
   * courier or tenant fail, the calls that run come to their end and are settled before the error goes on.
   */
  async drive(job: Job): Promise<JobReport> {
    const queue = [...job.ids];
    const settler = new Settler(
      (settlements) => this.#deps.settle(job, settlements),
      this.#deps.sleep,
      () => this.#free < CALLS_IN_FLIGHT_MAX,
    );
    const calls: Promise<void>[] = [];
    let waitMs = 0;
    let onward: Onward[] = [];
    try {
      waitMs = await this.#callAll(job, queue, settler, calls);
    } finally {
      await Promise.all(calls);
      onward = await settler.finish();
    }
    return { left: queue, waitMs, onward };
  }

  /** Takes ids off the queue as connections and permits come free; answers how long the courier last asked to wait. */
  async #callAll(job: Job, queue: string[], settler: Settler, calls: Promise<void>[]): Promise<number> {
    const deadline = this.#deps.now() + JOB_MS_MAX;
    let waitMs = 0;
    while (queue.length > 0) {
      await this.#freeSlot();
      if (this.#free < Math.min(queue.length, CALLS_IN_FLIGHT_MAX)) await this.#gather();
      const want = Math.min(this.#free, queue.length);
      this.#free -= want; // reserved before any await, or two jobs would count the same slot
      const granted = await this.#permit(job, want).catch((error: unknown) => {
        this.#release(want);
        throw error;
      });
      this.#release(want - granted.count);
      waitMs = granted.waitMs;
      if (granted.count === 0) {
        if (this.#deps.now() + waitMs >= deadline) break;
        await this.#deps.sleep(waitMs);
        continue;
      }
      const claimed = await this.#claim(job, queue.splice(0, granted.count), granted.count);
      for (const one of claimed) calls.push(this.#call(job, one, settler));
    }
    return waitMs;
  }

  async #claim(job: Job, ids: string[], reserved: number): Promise<Claimed[]> {
    let claimed: Claimed[] = [];
    try {
      claimed = await this.#deps.claim(job, ids);
    } finally {
      this.#release(reserved - claimed.length);
      this.#permits += reserved - claimed.length;
    }
    return claimed;
  }

  /** Never rejects: whatever happens has an answer, and the answer is settled. */
  async #call(job: Job, claimed: Claimed, settler: Settler): Promise<void> {
    const started = this.#deps.now();
    const answer = await this.#answer(job, claimed);
    const latencyMs = Math.max(0, this.#deps.now() - started);
    if (answer.outcome === "throttled") {
      this.#permits = 0;
      await this.#deps.hold(answer.retryAfterSeconds).catch(() => undefined); // the carrier will say it again
    }
    this.#release(1);
    settler.add({ message: claimed.message, attempt: claimed.attempt, answer, latencyMs });
  }

  /** A call that neither answers nor fails is given up, whatever the adapter does about its own timeout. */
  async #answer(job: Job, claimed: Claimed): Promise<Answer> {
    const account = this.#account;
    if (account === null) return { outcome: "unknown", code: "sender" };
    try {
      const send = () => this.#deps.carrierOf(account).send(account, claimed, this.#deps.ioOf(job));
      const answer = await withDeadline(CALL_TIMEOUT_MS + 500, send);
      return answer === TIMED_OUT ? { outcome: "unknown", code: "timeout" } : answer;
    } catch {
      return { outcome: "unknown", code: "adapter" };
    }
  }

  async #permit(job: Job, want: number): Promise<{ count: number; waitMs: number }> {
    if (this.#permits === 0 || this.#deps.now() >= this.#permitsUntil) {
      const answer = await this.#deps.permit({ tenant: job.tenant, lane: job.lane, wanted: want });
      if (answer === null) return { count: 0, waitMs: JOB_MS_MAX };
      this.#account = answer.account;
      this.#permits = answer.granted;
      this.#permitsUntil = answer.goodUntil;
      if (answer.granted === 0) return { count: 0, waitMs: Math.max(1, answer.waitMs) };
    }
    const count = Math.min(want, this.#permits);
    this.#permits -= count;
    return { count, waitMs: 0 };
  }

  /** Calls that began together end together: a moment's wait claims for all of them at once, instead of one by one. */
  async #gather(): Promise<void> {
    await this.#deps.sleep(GATHER_MS);
    await this.#freeSlot(); // another job may have taken it meanwhile
  }

  async #freeSlot(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resume) => this.#waiting.push(resume));
  }

  #release(slots: number): void {
    this.#free += slots;
    for (let at = 0; at < slots; at += 1) this.#waiting.shift()?.();
  }
}

/**
 * Settles in one call whatever has finished meanwhile: a hanging call holds nobody's result back. A settlement that fails is
 * tried again, since only the first one counts; what cannot be settled at all is told by `finish`.
 */
class Settler {
  readonly #settle: (settlements: Settlement[]) => Promise<Onward[]>;
  readonly #sleep: (milliseconds: number) => Promise<void>;
  readonly #busy: () => boolean;
  #ready: Settlement[] = [];
  #running: Promise<void> | null = null;
  #onward: Onward[] = [];
  #failed: { error: unknown } | null = null;

  constructor(
    settle: (settlements: Settlement[]) => Promise<Onward[]>,
    sleep: (milliseconds: number) => Promise<void>,
    busy: () => boolean,
  ) {
    this.#settle = settle;
    this.#sleep = sleep;
    this.#busy = busy;
  }

  add(settlement: Settlement): void {
    this.#ready.push(settlement);
    this.#running ??= this.#run();
  }

  async finish(): Promise<Onward[]> {
    while (this.#running !== null) await this.#running;
    if (this.#failed !== null) throw this.#failed.error;
    return this.#onward;
  }

  async #run(): Promise<void> {
    while (this.#ready.length > 0) {
      await (this.#busy() ? this.#sleep(GATHER_MS) : Promise.resolve()); // a result that is alone waits for nobody
      const batch = this.#ready;
      this.#ready = [];
      try {
        this.#onward.push(...(await this.#settled(batch)));
      } catch (error) {
        this.#failed = { error };
      }
    }
    this.#running = null;
  }

  async #settled(batch: Settlement[]): Promise<Onward[]> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.#settle(batch);
      } catch (error) {
        if (tried === SETTLE_TRIES_MAX) throw error;
        await this.#sleep(SETTLE_AGAIN_MS * 2 ** (tried - 1));
      }
    }
  }
}
