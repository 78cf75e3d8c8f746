/** One sweep over live messages, as the alarm's step does it: every row that is due, and what it finds to record. */
import type { QueueTracker } from "../../../src/messages/queue/queue-tracker.ts";
import { dueMessages, SWEEP_MAX, type Found, type SweepDeps } from "../../../src/messages/sweep.ts";

export type Swept = { ended: string[]; kept: { id: string; version: number; until: number }[]; seenTo: string | null };

export function sweep(deps: SweepDeps, queueTracker: QueueTracker, now: number): Swept {
  const found: Found = { rows: [], seenTo: null };
  for (const { run } of dueMessages(deps, queueTracker, now, SWEEP_MAX, found)) run();
  return {
    ended: found.rows.flatMap(({ message, until }) => (until === null ? [message.id] : [])),
    kept: found.rows.flatMap(({ message: { id, version }, until }) => (until === null ? [] : [{ id, version, until }])),
    seenTo: found.seenTo,
  };
}
