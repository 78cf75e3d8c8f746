/**
 * The order in which test files begin: those that take longest first, so that no worker is left alone with one of them at the end.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds on a quiet machine, of files that take more than ten; all others are short. Only the order depends on them. */
const SECONDS: Record<string, number> = {
  "laws/free-text": 110,
  "laws/hostile": 110,
  "faults/kill": 38,
  "faults/chaos": 34,
  "faults/failover": 33,
  "faults/storage": 33,
  "faults/routes": 32,
  "faults/hostile": 27,
  "faults/answers": 26,
  "faults/keys": 26,
  "faults/verify": 24,
  "faults/verify-day": 24,
  "faults/audit": 23,
  "stories/conversation": 40,
  "stories/console": 43,
  "stories/docs": 31,
  "stories/handset": 21,
  "masking/intercept": 17,
  "faults/carriers": 16,
  "faults/pace": 16,
  "faults/webhooks": 15,
  "faults/inbound": 14,
  "faults/neighbours": 12,
  "worker/cron": 12,
  "console/roles": 12,
  "laws/audit": 11,
  "laws/scopes": 10,
  "laws/routes": 10,
};

const secondsOf = ({ moduleId }: TestSpecification): number =>
  SECONDS[/test\/(.+?)\.[^/]*test\.ts$/.exec(moduleId)?.[1] ?? ""] ?? 0;

/** Vitest's sequencer, by length. */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(
      files.toSorted((a, b) => secondsOf(b) - secondsOf(a) || a.moduleId.localeCompare(b.moduleId)),
    );
  }
}
