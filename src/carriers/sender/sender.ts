/**
 * Makes the calls of one carrier account. Claims only as many messages as it has free connections and permits for, so
 * that a crash leaves no more messages unknown than calls were in flight. Holds no durable state: that is in the
 * tenant's outbox.
 */
import { TIMED_OUT, withTimeout } from "../../net/bounded.ts";
import type { Log } from "../../base/log.ts";
import {
  CALL_TIMEOUT_MS,
  type Account,
  type Answer,
  type Carrier,
  type CarrierIo,
  type Handover,
  type Question,
  type Said,
} from "../carrier.ts";
import { unmappedCode } from "../adapters/call.ts";
import type { CircuitState } from "../courier/circuit.ts";
import { factsOf, type AccountFacts } from "../facts.ts";
import type { Permit } from "../courier/courier.ts";
import type { Calls } from "../courier/health.ts";
import type { Want } from "../courier/pace.ts";
import { FULL_WEIGHTS, type Weights } from "../courier/steering.ts";
import { markAnswer } from "../said-stop.ts";
import { Tally } from "./tally.ts";
import { GATHER_MS, Settler } from "./settler.ts";

/**
 * The platform allows six connections per object in production; the local runtime does not enforce this, so this file
 * does.
 */
export const CALLS_IN_FLIGHT_MAX = 6;
/**
 * A job begins no call after this; with the last call's ten seconds it ends within the half minute that a consumer may
 * wait.
 */
export const JOB_MS_MAX = 15_000;
/** For a longer wait the job is handed back, so that it delays no other. */
export const WAIT_MS_MAX = 1_000;
/** Ids whose claim failed are put on the queue again after this. */
const CLAIM_AGAIN_MS = 1_000;

/**
 * Jobs other than sending: `ask` inquires about messages, `redact` asks the carrier to delete texts and numbers; there
 * the ids are the carrier's own references.
 */
export const TASKS = ["ask", "redact"] as const;
export type Task = (typeof TASKS)[number];
/** Messages of one tenant for one account. `tries`: how often a task was postponed. */
export type Job = { tenant: string; account: string; lane: "otp" | "bulk"; ids: string[]; task?: Task; tries?: number };
/** A message claimed for one call now. `attempt` identifies the claim, so that only its own settlement counts. */
export type Claimed = Handover;
export type Settlement = { message: string; attempt: number; answer: Answer; latencyMs: number };
/** The tenant's answer to a settlement: messages that move on to another account. */
export type Onward = { account: string; lane: "otp" | "bulk"; ids: string[] };

/** What a sender knows of the account, for the tenant. `facts` are absent until the courier has answered once. */
export type AccountNews = {
  canAsk: boolean;
  circuit: CircuitState;
  weights: Weights;
  facts?: AccountFacts;
};

export type SenderDeps = {
  permit: (want: Want) => Promise<Permit | null>;
  /** Reports outcomes and unused permits to the courier at once. */
  report: (calls: Calls[], unused: number) => Promise<void>;
  hold: (retryAfterSeconds: number) => Promise<void>;
  claim: (job: Job, ids: string[], news: AccountNews) => Promise<Claimed[]>;
  /** The account's circuit is open: messages without a call may go by another account. Answers which go where. */
  reroute: (job: Job, ids: string[], news: AccountNews) => Promise<Onward[]>;
  settle: (job: Job, settlements: Settlement[]) => Promise<Onward[]>;
  /** Which of these messages still need an inquiry. */
  questions: (job: Job) => Promise<Question[]>;
  takeInquiryAnswer: (job: Job, answer: Question & { said: Said }) => Promise<void>;
  /** Tells the tenant that these ids are on the queue again, so that it does not count them as lost. */
  handBack: (job: Job, ids: string[], waitMs: number) => Promise<void>;
  carrierOf: (account: Account) => Carrier;
  /** Null when the account's client certificate is missing: then no call is made. */
  ioOf: (job: Job, account: Account) => CarrierIo | null;
  log: Log;
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
};

export type JobReport = { left: string[]; waitMs: number; onward: Onward[] };

/** One sender of one account; its object delegates to it. */
export class Sender {
  readonly #deps: SenderDeps;
  #free = CALLS_IN_FLIGHT_MAX;
  #calling = 0;
  #waiting: (() => void)[] = [];
  #permits = 0;
  #permitsUntil = 0;
  #holdUntil = 0;
  #permit: Permit | null = null;
  readonly #tally = new Tally();

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** Sends what it can of a job and hands the other ids back. An id that was already sent cannot be claimed again. */
  async drive(job: Job): Promise<JobReport> {
    const deadline = this.#deps.now() + JOB_MS_MAX;
    if (job.task === "ask") return this.#askAll(job, deadline);
    if (job.task === "redact") return this.#redactAll(job, deadline);
    const settler = new Settler(
      (settlements: Settlement[]) => this.#deps.settle(job, settlements),
      this.#deps.sleep,
      () => this.#calling > 0,
    );
    const calls: Promise<void>[] = [];
    const begin = (one: Claimed) => void calls.push(this.#call(job, one, settler));
    const { left: waiting, waitMs } = await this.#callAll(job, deadline, begin);
    const rerouted = waiting.length > 0 ? await this.#reroute(job, waiting) : [];
    const gone = new Set(rerouted.flatMap(({ ids }) => ids));
    const left = waiting.filter((id) => !gone.has(id));
    if (left.length > 0) await this.#deps.handBack(job, left, waitMs).catch(() => undefined); // an optimisation only
    await Promise.all(calls);
    return { left, waitMs, onward: [...rerouted, ...(await settler.finish())] };
  }

  /** The account must pause until then: earlier permits are void. */
  hold(until: number): void {
    this.#holdUntil = Math.max(this.#holdUntil, until);
  }

  /** Claims and calls until the job is done, its time is over, or the wait is too long. */
  async #callAll(
    job: Job,
    deadline: number,
    begin: (one: Claimed) => void,
  ): Promise<{ left: string[]; waitMs: number }> {
    const left = [...job.ids];
    while (left.length > 0) {
      await this.#freeSlot(deadline);
      if (this.#deps.now() >= deadline) {
        this.#waiting.shift()?.(); // lets the next waiting job continue
        break;
      }
      if (this.#free < Math.min(left.length, CALLS_IN_FLIGHT_MAX)) await this.#gather(deadline);
      const want = Math.min(this.#free, left.length);
      if (want === 0) continue;
      this.#free -= want; // reserved before any await, or two jobs would count the same slot
      const granted = await this.#leave(job, want).catch(() => ({ count: 0, waitMs: WAIT_MS_MAX + 1 }));
      this.#release(want - granted.count);
      if (granted.count === 0) {
        if (granted.waitMs > WAIT_MS_MAX) return { left, waitMs: granted.waitMs };
        await this.#deps.sleep(granted.waitMs);
        continue;
      }
      const ids = left.splice(0, granted.count);
      const claimed = await this.#claim(job, ids);
      if (claimed === null) return { left: [...ids, ...left], waitMs: CLAIM_AGAIN_MS };
      for (const one of claimed) begin(one);
    }
    return { left, waitMs: 0 };
  }

  /** If the circuit is not closed, the remaining messages, which had no call, may go by another account. */
  async #reroute(job: Job, ids: string[]): Promise<Onward[]> {
    if (this.#permit === null || this.#permit.circuit === "closed") return [];
    return this.#deps.reroute(job, ids, this.#news()).catch(() => []);
  }

  /**
   * Null when the tenant did not answer. If only its answer was lost, the claimed messages end `unknown` without a
   * call.
   */
  async #claim(job: Job, ids: string[]): Promise<Claimed[] | null> {
    let claimed: Claimed[] | null = null;
    try {
      claimed = await this.#deps.claim(job, ids, this.#news());
    } catch {
      claimed = null;
    }
    const unused = ids.length - (claimed?.length ?? 0);
    this.#release(unused);
    if (this.#permit?.watched === true && unused > 0) this.#tell(unused);
    else this.#permits += unused;
    return claimed;
  }

  /** What the claim tells the tenant, including whether calls can be inquired about. */
  #news(): AccountNews {
    const { account, circuit = "closed", weights = FULL_WEIGHTS } = this.#permit ?? {};
    if (account === undefined) return { canAsk: false, circuit, weights };
    const canAsk = this.#deps.carrierOf(account).canAsk(account);
    return { canAsk, circuit, weights, facts: factsOf(account) };
  }

  #tell(unused: number): void {
    void this.#deps.report(this.#tally.take(), unused).catch(() => undefined);
  }

  /**
   * The connection is free again only when the answer is durable, so a crash never leaves more messages unknown than
   * there are connections.
   */
  async #call(job: Job, claimed: Claimed, settler: Settler<Settlement, Onward>): Promise<void> {
    const started = this.#deps.now();
    this.#calling += 1;
    const answer = await this.#answerOf(job, claimed, started);
    this.#calling -= 1;
    if ("unmapped" in answer) this.#deps.log(unmappedCode(job.account, answer.code));
    const throttled = answer.outcome === "throttled" && answer.onlyThis !== true;
    if (throttled) this.hold(this.#deps.now() + answer.retryAfterSeconds * 1_000);
    const latencyMs = Math.max(0, this.#deps.now() - started);
    if (this.#tally.add(job.lane, answer, latencyMs) || this.#permit?.watched === true) this.#tell(0);
    await settler.add({ message: claimed.message, attempt: claimed.attempt, answer, latencyMs });
    this.#release(1);
    if (throttled) await this.#deps.hold(answer.retryAfterSeconds).catch(() => undefined); // this sender pauses in any case
  }

  /** The carrier's answer; no call is made when the carrier asked for a pause since the claim. */
  async #answerOf(job: Job, claimed: Claimed, now: number): Promise<Answer> {
    if (this.#permit === null) return { outcome: "unknown", code: "sender" };
    const waitSeconds = Math.ceil((this.#holdUntil - now) / 1_000);
    if (waitSeconds > 0) return { outcome: "throttled", code: "held", retryAfterSeconds: waitSeconds, onlyThis: true };
    const { account } = this.#permit;
    const io = this.#deps.ioOf(job, account);
    if (io === null) return { outcome: "declined", code: "no_client_certificate", permanent: false, ofAccount: true };
    return this.#bounded(account, claimed, io);
  }

  /** Bounds a call even if the adapter's own timeout fails. */
  async #bounded(account: Account, claimed: Claimed, io: CarrierIo): Promise<Answer> {
    try {
      const carrier = this.#deps.carrierOf(account);
      const answer = await withTimeout(CALL_TIMEOUT_MS + 500, carrier.send(account, claimed, io));
      return answer === TIMED_OUT ? { outcome: "unknown", code: "timeout" } : markAnswer(carrier, answer);
    } catch {
      return { outcome: "unknown", code: "adapter" };
    }
  }

  /** Inquires about each of the job's messages; the tenant repeats those that were not reached. */
  async #askAll(job: Job, deadline: number): Promise<JobReport> {
    const asked = await this.#deps.questions(job).catch(() => []);
    await this.#each(job, asked, deadline, async (question, account, io) => {
      const said = await this.#deps.carrierOf(account).ask?.(account, question, io);
      if (said !== undefined) await this.#deps.takeInquiryAnswer(job, { ...question, said }).catch(() => undefined); // inquired again later
      return said !== undefined && said.said !== "unclear";
    });
    return { left: [], waitMs: 0, onward: [] };
  }

  /** Asks the carrier to delete each; those not deleted are handed back. */
  async #redactAll(job: Job, deadline: number): Promise<JobReport> {
    const left = new Set(job.ids);
    await this.#each(job, job.ids, deadline, async (reference, account, io) => {
      const said = await this.#deps.carrierOf(account).redact?.(account, reference, io);
      if (said === "done") left.delete(reference); // a refusal may only mean that it is too early
      return said !== "unclear";
    });
    return { left: [...left], waitMs: 0, onward: [] };
  }

  /**
   * Runs inquiries or redactions with the same connections and permits as sending, until the deadline. Each reports its
   * outcome to the courier (`act` answers whether the carrier's answer was clear), which otherwise would wait for it.
   */
  async #each<T>(
    job: Job,
    all: readonly T[],
    deadline: number,
    act: (one: T, account: Account, io: CarrierIo) => Promise<boolean>,
  ): Promise<void> {
    const running: Promise<void>[] = [];
    for (const one of all) {
      await this.#freeSlot(deadline);
      if (this.#free === 0) break;
      this.#free -= 1;
      if (await this.#leaveBy(job, deadline)) running.push(this.#question(job, (account, io) => act(one, account, io)));
      else this.#release(1);
    }
    await Promise.all(running);
  }

  /** A permit for one inquiry, waited for as for a call. */
  async #leaveBy(job: Job, deadline: number): Promise<boolean> {
    while (this.#deps.now() < deadline) {
      const granted = await this.#leave(job, 1).catch(() => ({ count: 0, waitMs: WAIT_MS_MAX + 1 }));
      if (granted.count > 0) return true;
      if (granted.waitMs > WAIT_MS_MAX) return false;
      await this.#deps.sleep(granted.waitMs);
    }
    return false;
  }

  async #question(job: Job, ask: (account: Account, io: CarrierIo) => Promise<boolean>): Promise<void> {
    const { account } = this.#permit ?? {};
    const io = account === undefined ? null : this.#deps.ioOf(job, account);
    let clear: boolean | typeof TIMED_OUT = false;
    try {
      if (account !== undefined && io !== null) clear = await withTimeout(CALL_TIMEOUT_MS + 500, ask(account, io));
    } catch {
      clear = false; // it is repeated later
    }
    const outcome = clear === true ? "accepted" : "unknown";
    // Redaction is another service of the carrier, often at another address: its outcome says nothing about sending.
    const about = job.task === "redact" ? { asked: true as const, aside: true as const } : { asked: true as const };
    void this.#deps.report([...this.#tally.take(), { lane: job.lane, outcome, count: 1, latencyMs: 0, ...about }], 0).catch(() => undefined); // prettier-ignore
    this.#release(1);
  }

  async #leave(job: Job, want: number): Promise<{ count: number; waitMs: number }> {
    const held = () => Math.max(0, this.#holdUntil - this.#deps.now());
    if (held() > 0) return { count: 0, waitMs: held() };
    if (this.#permits === 0 || this.#deps.now() >= this.#permitsUntil) {
      const reports = this.#tally.take();
      const answer = await this.#deps.permit({ tenant: job.tenant, lane: job.lane, wanted: want, reports });
      if (answer === null) return { count: 0, waitMs: JOB_MS_MAX };
      this.#permit = answer;
      this.#permits = answer.granted;
      this.#permitsUntil = answer.goodUntil;
      if (held() > 0) return { count: 0, waitMs: held() }; // the carrier asked for a pause while the courier was answering
      if (answer.granted === 0) return { count: 0, waitMs: Math.max(1, answer.waitMs) };
    }
    const count = Math.min(want, this.#permits);
    this.#permits -= count;
    return { count, waitMs: 0 };
  }

  /** Calls that began together often end together, so a short wait allows one claim for all of them. */
  async #gather(deadline: number): Promise<void> {
    await this.#deps.sleep(GATHER_MS);
    await this.#freeSlot(deadline); // another job may have taken it meanwhile
  }

  /** Waits for a free connection, at most until the deadline. */
  async #freeSlot(deadline: number): Promise<void> {
    while (this.#free === 0) {
      const leftMs = deadline - this.#deps.now();
      if (leftMs <= 0) return;
      let wake = () => {};
      await withTimeout(leftMs, new Promise<void>((resume) => this.#waiting.push((wake = resume))));
      this.#waiting = this.#waiting.filter((other) => other !== wake);
    }
  }

  #release(slots: number): void {
    this.#free += slots;
    for (let at = 0; at < slots; at += 1) this.#waiting.shift()?.();
  }
}
