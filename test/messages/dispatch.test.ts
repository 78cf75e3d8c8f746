/** The consumer of the lanes: which ids travel together, and what is asked for again. */
import { expect, test } from "vitest";
import { consumeDispatchQueue, type DispatchQueueDeps } from "../../src/messages/queue/dispatch.queue.ts";
import type { Job, JobReport } from "../../src/carriers/sender/sender.ts";

function world(report: (job: Job) => Partial<JobReport>) {
  const [driven, requeued, logged]: [Job[], [Job, number][], unknown[]] = [[], [], []];
  const deps: DispatchQueueDeps = {
    drive: (job) => {
      driven.push(job);
      return Promise.resolve({ left: [], waitMs: 0, onward: [], ...report(job) });
    },
    requeue: (job, seconds) => Promise.resolve(void requeued.push([job, seconds])),
    senders: 2,
    waitUntil: () => undefined,
    sleep: () => new Promise(() => undefined),
    log: (line) => void logged.push(line),
  };
  return { deps, driven, requeued, logged };
}
const job = (over: Partial<Job> = {}): Job => ({
  tenant: "ten_e1",
  account: "car_1",
  lane: "bulk",
  ids: ["a"],
  ...over,
});

test("messages to send, to inquire about and to redact are never in one job, nor are different tries", async () => {
  const { deps, driven } = world(() => ({}));
  const bodies = [job(), job({ ids: ["b"] }), job({ task: "ask" }), job({ task: "redact", ids: ["sid"] }), job({ task: "redact", ids: ["sid2"], tries: 1 })]; // prettier-ignore
  await consumeDispatchQueue(bodies, deps);
  expect(driven.map(({ ids, task, tries }) => [ids.join(), task, tries])).toEqual([
    ["a,b", undefined, undefined],
    ["a", "ask", undefined],
    ["sid", "redact", undefined],
    ["sid2", "redact", 1],
  ]);
});

test("a redaction that the carrier has not confirmed is repeated with growing waits, and finally logged with the count", async () => {
  const { deps, requeued, logged } = world(({ ids }) => ({ left: ids.slice(0, 1) }));
  let next: Job = job({ task: "redact", ids: ["one", "two"] });
  const waits: number[] = [];
  for (;;) {
    requeued.length = 0;
    await consumeDispatchQueue([next], deps);
    const [again] = requeued;
    if (again === undefined) break;
    expect(again[0]).toMatchObject({ task: "redact", ids: ["one"] });
    [next] = again;
    waits.push(again[1]);
  }
  expect(waits).toEqual([60, 600, 3_600, 14_400, 28_800, 43_200]);
  expect(logged).toEqual([{ level: "error", what: "car_1", tenant: "ten_e1", count: 1, code: "redaction_failed" }]);
});

test("a malformed queue message calls no sender", async () => {
  const { deps, driven, logged } = world(() => ({}));
  await consumeDispatchQueue([null, { ...job(), task: "reveal" }, { ...job(), more: 1 }, { ...job(), ids: [] }], deps);
  expect(driven).toEqual([]);
  expect(logged).toHaveLength(4);
});
