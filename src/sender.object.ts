/**
 * One of the senders of a carrier account, in the account's jurisdiction: plaintext is here only while its call runs.
 * Stores nothing; the mind is carriers/sender.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { readClock } from "./base/clock.ts";
import { writeLog } from "./base/log.ts";
import type { HandsetDelivery } from "./carriers/carrier.ts";
import { carrierOf } from "./carriers/carriers.ts";
import { Sender, type Job, type JobReport } from "./carriers/sender.ts";
import { senderParts } from "./wiring.ts";

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

  /** The courier says that the carrier asked for quiet. A sender that is not awake has nothing to stop. */
  async hold(until: number): Promise<void> {
    this.#sender?.hold(until);
  }

  #make(account: string): Sender {
    const { courier, tenant, fetchBy, outside } = this.#parts;
    return new Sender({
      permit: (want) => courier(account).permit(want),
      hold: (retryAfterSeconds) => courier(account).hold(retryAfterSeconds),
      told: (calls, unused) => courier(account).told(calls, unused),
      claim: (job, ids, news) => tenant(job.tenant).claim(job.account, ids, news),
      reroute: async (job, ids, news) => {
        const { onward, after } = await tenant(job.tenant).reroute(job.account, ids, news);
        if (after.wake.length + after.dispatch.length > 0) await outside(job.tenant, after).catch(() => undefined);
        return onward;
      },
      handBack: (job, ids, waitMs) => tenant(job.tenant).handBack(ids, waitMs),
      settle: async (job, settlements) => {
        const { onward, after } = await tenant(job.tenant).settle(settlements);
        if (after.wake.length + after.dispatch.length > 0) await outside(job.tenant, after).catch(() => undefined);
        return onward;
      },
      questions: (job) => tenant(job.tenant).questions(job.account, job.ids),
      hear: async (job, heard) => {
        const after = await tenant(job.tenant).hear(job.account, [heard]);
        if (after.wake.length + after.dispatch.length > 0) await outside(job.tenant, after).catch(() => undefined);
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
