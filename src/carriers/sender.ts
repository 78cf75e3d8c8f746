/**
 * A sender makes the calls of one carrier account: it claims only as many messages as it has free connections and permits
 * for, so that a crash leaves no more in doubt than the calls that were in flight. It holds no state that matters: what it
 * forgets, the tenant's outbox remembers.
 */
import { CALL_TIMEOUT_MS, type Account, type Answer, type Carrier, type CarrierIo, type Handover } from "./carrier.ts";
import type { Want } from "./pace.ts";

/** Six connections an object is the platform's limit in production; the local runtime does not enforce it, so we do. */
export const CALLS_IN_FLIGHT_MAX = 6;
/** A job is handed back after this long; a queue consumer may run far longer, but its batch waits for the slowest. */
export const JOB_MS_MAX = 20_000;

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
  /** Ends early, its timer gone, when `over` is aborted. */
  sleep: (milliseconds: number, over?: AbortSignal) => Promise<void>;
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

  /** Sends what it can of a job. Ids it could not get to are handed back; an id that was sent already claims nothing. */
  async drive(job: Job): Promise<JobReport> {
    const deadline = this.#deps.now() + JOB_MS_MAX;
    const queue = [...job.ids];
    const gather = () => this.#deps.sleep(GATHER_MS);
    const settler = new Settler((settlements) => this.#deps.settle(job, settlements), gather);
    const calls: Promise<void>[] = [];
    let waitMs = 0;
    while (queue.length > 0) {
      await this.#freeSlot();
      if (this.#free < Math.min(queue.length, CALLS_IN_FLIGHT_MAX)) await this.#gather();
      const want = Math.min(this.#free, queue.length);
      this.#free -= want; // reserved before any await, or two jobs would count the same slot
      const granted = await this.#permit(job, want);
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
    await Promise.all(calls);
    return { left: queue, waitMs, onward: await settler.finish() };
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

  async #call(job: Job, claimed: Claimed, settler: Settler): Promise<void> {
    const started = this.#deps.now();
    let answer: Answer = { outcome: "unknown", code: "sender" };
    try {
      answer = this.#account === null ? answer : await this.#bounded(this.#account, claimed, this.#deps.ioOf(job));
      if (answer.outcome === "throttled") {
        this.#permits = 0;
        await this.#deps.hold(answer.retryAfterSeconds);
      }
    } finally {
      this.#release(1);
      const latencyMs = Math.max(0, this.#deps.now() - started);
      settler.add({ message: claimed.message, attempt: claimed.attempt, answer, latencyMs });
    }
  }

  /** A call that neither answers nor fails is given up, whatever the adapter does about its own timeout. */
  async #bounded(account: Account, claimed: Claimed, io: CarrierIo): Promise<Answer> {
    const over = new AbortController();
    const giveUp = this.#deps
      .sleep(CALL_TIMEOUT_MS + 500, over.signal)
      .then((): Answer => ({ outcome: "unknown", code: "timeout" }));
    try {
      return await Promise.race([this.#deps.carrierOf(account).send(account, claimed, io), giveUp]);
    } catch {
      return { outcome: "unknown", code: "adapter" };
    } finally {
      over.abort(); // a timer left behind wakes the object ten seconds later, once for every call
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

/** Settles in one call whatever has finished meanwhile: a hanging call holds nobody's result back. */
class Settler {
  readonly #settle: (settlements: Settlement[]) => Promise<Onward[]>;
  readonly #gather: () => Promise<void>;
  #ready: Settlement[] = [];
  #running: Promise<void> | null = null;
  #onward: Onward[] = [];

  constructor(settle: (settlements: Settlement[]) => Promise<Onward[]>, gather: () => Promise<void>) {
    this.#settle = settle;
    this.#gather = gather;
  }

  add(settlement: Settlement): void {
    this.#ready.push(settlement);
    this.#running ??= this.#run();
  }

  async finish(): Promise<Onward[]> {
    while (this.#running !== null) await this.#running;
    return this.#onward;
  }

  async #run(): Promise<void> {
    try {
      while (this.#ready.length > 0) {
        await this.#gather();
        const batch = this.#ready;
        this.#ready = [];
        this.#onward.push(...(await this.#settle(batch)));
      }
    } finally {
      this.#running = null;
    }
  }
}
