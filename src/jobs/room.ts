/**
 * The face of failed jobs: isolates rows of background work that throw, so that they delay no others.
 */
import { room, type DueRow, type Ground, type Step } from "../contract/room.ts";
import { byRule, type Actor, type Recorder } from "../contract/record.ts";
import { FAILURES_MAX, jobView, JobsLedger, type FailedJob, type JobView } from "./ledger.ts";
import { jobsVerbs, retryJob } from "./verbs.ts";

type Below = {
  audit: { record: Recorder };
  alerts: {
    raise: (raised: { type: "alert.job_quarantined"; about: string; facts: { job: JobView } }) => void;
    close: (of: { type: "alert.job_quarantined"; about: string }) => void;
  };
};

/** The room. */
export const jobsRoom = room({
  name: "jobs",
  migrations: [{ id: 1, up: (sql) => JobsLedger.migrate(sql) }],
  open: ({ sql, ids, now, soon }: Ground, { audit: { record }, alerts }: Below) => {
    const jobs = new JobsLedger(sql, soon);
    /** The job of a row that succeeded, or is no longer due, is over, and so is its alert. */
    const over = (job: FailedJob): void => {
      jobs.succeeded(job);
      alerts.close({ type: "alert.job_quarantined", about: job.id });
    };
    /** The failed jobs of a step and of what it records. */
    const jobsOf = ({ name, recording }: Step) =>
      recording === undefined ? jobs.ofStep(name) : [...jobs.ofStep(name), ...jobs.ofStep(recording.name)];
    /** Rows that must not be tried now. */
    const resting = (step: Step, at: number): ReadonlySet<string> =>
      new Set(jobsOf(step).flatMap(({ row, againAt }) => (row !== "" && (againAt ?? Infinity) > at ? [row] : [])));
    const due = (step: Step, at: number): readonly DueRow[] => {
      const skipped = resting(step, at);
      if (skipped.size === 0) return step.due(at, step.rowsMax);
      const rows = step.due(at, step.rowsMax + skipped.size).filter(({ id }) => !skipped.has(id));
      return rows.slice(0, step.rowsMax);
    };
    return {
      verbs: jobsVerbs({ jobs, now, record }),
      steps: [
        { name: "jobs.retry", rowsMax: 1, due: () => [], nextAt: (_at: number, after: number) => jobs.nextAt(after) },
      ],
      purges: [{ name: "failed_jobs", drop: (at: number, limit: number) => jobs.purge(at, limit) }],
      due,
      /** The jobs that are left alone until somebody retries them. */
      quarantined: () => jobs.list(undefined, Infinity).filter(({ againAt }) => againAt === null),
      list: (limit: number) => jobs.list(undefined, limit).map(jobView),
      /** An operator tries a job again. */
      retry: (actor: Actor, id: string) => retryJob({ jobs, now, record }, actor, id),
      /** A step's next deadline: a failed row is not due before its retry. */
      nextAt: (step: Step, at: number): number | null => {
        if (resting(step, at).size === 0) return step.nextAt(at, NEVER);
        return due(step, at).length > 0 ? at : step.nextAt(at, at);
      },
      /**
       * Whether rows of the step are due for a retry. True even if they no longer need work, so that their jobs are
       * deleted.
       */
      isFailing: ({ name }: Step): boolean => jobs.ofStep(name).some(({ againAt }) => (againAt ?? Infinity) <= now()),
      /** These rows ran and none threw: deletes their jobs, and those of rows that are no longer due. */
      ran: (step: Step, rows: readonly DueRow[]): void => {
        const failed = jobs.ofStep(step.name).filter(({ againAt }) => againAt !== null && againAt <= now());
        for (const job of failed) if (rows.length < step.rowsMax || rows.some(({ id }) => id === job.row)) over(job);
      },
      recorded: (name: string, rows: readonly { id: string }[]): void => {
        for (const job of jobs.ofStep(name)) if (rows.some(({ id }) => id === job.row)) over(job);
      },
      /** A row threw; answers when it is tried again, or null when it is quarantined now. Empty: the step could not find its rows. */
      failed: (name: string, row: string, error: string): number | null => {
        const job = jobs.failed(name, row, error, () => ids.make("job", now()), now());
        if (job.failures === FAILURES_MAX) {
          alerts.raise({ type: "alert.job_quarantined", about: job.id, facts: { job: jobView(job) } });
          record(byRule("alarm"), { act: "job.quarantined", subject: job.id, facts: { step: name } });
        }
        return job.againAt;
      },
    };
  },
});

/** Earlier than any time. */
const NEVER = -1;
