/**
 * The consumer of the lanes: each message has a tenant, an account and ids. Passes each job to one of the account's
 * senders; opens nothing and knows no number. Every message is acknowledged in any case, because the row in the
 * tenant's object guarantees delivery: its alarm finds what is lost here.
 */
import { z } from "zod";
import type { Log } from "../../base/log.ts";
import { nameOfError } from "../../base/log.ts";
import { REFERENCE_LENGTH_MAX } from "../../carriers/reference.ts";
import { TASKS, type Job, type JobReport } from "../../carriers/sender/sender.ts";
import { RETURN_MS_MAX } from "./queue-tracker.ts";

const JobMessage = z.strictObject({
  tenant: z.string().max(16),
  account: z.string().max(64),
  lane: z.enum(["otp", "bulk"]),
  ids: z.array(z.string().max(REFERENCE_LENGTH_MAX)).min(1).max(100),
  task: z.enum(TASKS).optional(),
  tries: z.int().min(0).max(100).optional(),
});

export type DispatchQueueDeps = {
  /** Calls sender number `shard` of the job's account. */
  drive: (job: Job, shard: number) => Promise<JobReport>;
  /** Puts a job on its lane, with a delay. */
  requeue: (job: Job, delaySeconds: number) => Promise<void>;
  senders: number;
  /** Keeps the invocation alive for work after the batch. */
  waitUntil: (work: Promise<unknown>) => void;
  sleep: (milliseconds: number) => Promise<void>;
  log: Log;
};

/**
 * The least ids for one sender: a batch is shared among the senders, but none is woken for fewer ids than it calls at
 * once.
 */
const IDS_PER_JOB_MIN = 6;
const IDS_PER_JOB_MAX = 50;
/** The longest wait for a batch, as back-pressure; a job that takes longer goes on without delaying the next batch. */
const BATCH_MS_MAX = 500;
/** Waits between tries at redaction: over a day in all. */
const REDACT_AGAIN_SECONDS = [60, 600, 3_600, 14_400, 28_800, 43_200] as const;
let nextSender = 0;

/** Serves one batch. */
export async function consumeDispatchQueue(bodies: readonly unknown[], deps: DispatchQueueDeps): Promise<void> {
  const jobs = new Map<string, Job>();
  for (const body of bodies) {
    const parsed = JobMessage.safeParse(body);
    if (!parsed.success) {
      deps.log({ level: "error", what: "a message on a lane is malformed", code: "queue_message_malformed" });
      continue;
    }
    const { tenant, account, lane, ids, task, tries } = parsed.data;
    const name = `${account} ${tenant} ${task} ${tries}`;
    const job = jobs.get(name);
    if (job !== undefined) job.ids.push(...ids);
    else jobs.set(name, { tenant, account, lane, ids: [...ids], ...(task && { task }), ...(tries && { tries }) });
  }
  const served = Promise.all(
    [...jobs.values()].flatMap((job) => split(job, deps.senders).map((part) => serve(part, deps))),
  );
  deps.waitUntil(served);
  await Promise.race([served, deps.sleep(BATCH_MS_MAX)]);
}

function split(job: Job, senders: number): Job[] {
  const share = Math.min(IDS_PER_JOB_MAX, Math.max(IDS_PER_JOB_MIN, Math.ceil(job.ids.length / senders)));
  const parts: Job[] = [];
  for (let at = 0; at < job.ids.length; at += share) parts.push({ ...job, ids: job.ids.slice(at, at + share) });
  return parts;
}

/** Repeats redactions that a carrier has not done yet, with growing waits; after the last try an error is logged. */
async function redactAgain({ tries = 0, ...job }: Job, ids: string[], deps: DispatchQueueDeps): Promise<void> {
  if (ids.length === 0) return;
  const wait = REDACT_AGAIN_SECONDS[tries];
  if (wait !== undefined) return deps.requeue({ ...job, ids, tries: tries + 1 }, wait);
  deps.log({ level: "error", what: job.account, tenant: job.tenant, count: ids.length, code: "redaction_failed" });
}

async function serve(job: Job, deps: DispatchQueueDeps): Promise<void> {
  nextSender = (nextSender + 1) % deps.senders;
  try {
    const report = await deps.drive(job, nextSender);
    if (job.task === "redact") return await redactAgain(job, report.left, deps);
    if (report.left.length > 0) {
      await deps.requeue({ ...job, ids: report.left }, Math.ceil(Math.min(RETURN_MS_MAX, report.waitMs) / 1_000));
    }
    for (const onward of report.onward) await deps.requeue({ ...onward, tenant: job.tenant }, 0);
  } catch (error) {
    deps.log({
      level: "error",
      what: nameOfError(error),
      tenant: job.tenant,
      count: job.ids.length,
      code: "drive_failed",
    });
  }
}
