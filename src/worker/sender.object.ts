/**
 * One of the senders of a carrier account, in the account's jurisdiction. Holds plaintext only while a call runs and
 * stores nothing; delegates to carriers/sender/sender.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { readClock } from "../base/clock.ts";
import { writeLog } from "../base/log.ts";
import type { HandsetDelivery } from "../carriers/carrier.ts";
import { carrierOf } from "../carriers/registry.ts";
import { Sender, type Job, type JobReport } from "../carriers/sender/sender.ts";
import { senderParts } from "./wiring.ts";
import { isEmpty, type Effects } from "../rpc/effects.ts";

/** A sender's object. */
export class SenderObject extends DurableObject<Env> {
  readonly #parts: ReturnType<typeof senderParts>;
  #sender: Sender | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = senderParts(env);
  }

  async drive(job: Job): Promise<JobReport> {
    this.#sender ??= this.#make(job.account);
    return this.#sender.drive(job);
  }

  /** The carrier asked for a pause, as the courier reports. A sender that is not in memory has no call to stop. */
  async hold(until: number): Promise<void> {
    this.#sender?.hold(until);
  }

  #make(account: string): Sender {
    const { courier, tenant, fetchBy, outside } = this.#parts;
    /** Nothing is lost if the queue refuses: the rows are stored, and the object's alarm finds them. */
    const doOutside = async (id: string, effects: Effects) =>
      isEmpty(effects) ? undefined : outside(id, effects).catch(() => undefined);
    return new Sender({
      permit: (want) => courier(account).permit(want),
      hold: (retryAfterSeconds) => courier(account).hold(retryAfterSeconds),
      report: (calls, unused) => courier(account).report(calls, unused),
      claim: (job, ids, news) => tenant(job.tenant).claim(job.account, ids, news),
      reroute: async (job, ids, news) => {
        const { onward, effects } = await tenant(job.tenant).reroute(job.account, ids, news);
        await doOutside(job.tenant, effects);
        return onward;
      },
      handBack: (job, ids, waitMs) => tenant(job.tenant).handBack(ids, waitMs),
      settle: async (job, settlements) => {
        const { onward, effects } = await tenant(job.tenant).settle(settlements);
        await doOutside(job.tenant, effects);
        return onward;
      },
      questions: (job) => tenant(job.tenant).questions(job.account, job.ids),
      takeInquiryAnswer: async (job, answer) => {
        await doOutside(job.tenant, await tenant(job.tenant).takeInquiryAnswers(job.account, [answer]));
      },
      carrierOf: ({ kind }) => carrierOf(kind),
      ioOf: (job, { mtls }) => {
        const fetchLike = fetchBy(mtls);
        const handset = (delivery: HandsetDelivery) => tenant(job.tenant).handset(delivery);
        return fetchLike === null ? null : { fetch: fetchLike, now: readClock, handset };
      },
      log: writeLog,
      now: readClock,
      sleep: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
    });
  }
}
