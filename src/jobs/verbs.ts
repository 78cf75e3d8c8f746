/**
 * A tenant's verbs for its background work: list failed rows, and retry one.
 */
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { byCaller, type Actor, type Recorder } from "../contract/record.ts";
import { verb } from "../contract/verb.ts";
import { jobView, type JobsLedger, type JobView } from "./ledger.ts";

export type JobsDeps = { jobs: JobsLedger; now: () => number; record: Recorder };

/** The verbs of failed jobs. */
export function jobsVerbs(deps: JobsDeps) {
  return {
    "jobs.list": verb("jobs:read", (_who, input: { before?: string; limit: number }): Outcome<Page<JobView>> => ({
      ok: readPage(input.limit, (rows) => deps.jobs.list(input.before, rows), jobView),
    })),

    "jobs.retry": verb("jobs:retry", (who, input: { id: string }) => retryJob(deps, byCaller(who.id), input.id)),
  };
}

export type JobsVerbs = ReturnType<typeof jobsVerbs>;

/** Retries a failed job at once, in the alarm. A quarantined one gets as many tries as a new one. */
export function retryJob(deps: JobsDeps, actor: Actor, id: string): Outcome<JobView> {
  const job = deps.jobs.get(id);
  if (job === null) return refuse("not_found");
  deps.record(actor, { act: "job.retried", subject: id, facts: { step: job.step } });
  return { ok: jobView(deps.jobs.retry(job, deps.now())) };
}
