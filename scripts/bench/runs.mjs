// One run of one contender, and the summary of many: median, smallest and largest.
import { readdirSync, readFileSync } from "node:fs";

const drainMillisecondsMax = 120_000;
/** Linux counts a process's time in hundredths of a second. */
const tickMicroseconds = 10_000;

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export const median = (numbers) => quantile(numbers, 0.5);

/** The quantile of this share. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** Median, smallest and largest. */
export const spread = (numbers) => ({
  median: median(numbers),
  min: Math.min(...numbers),
  max: Math.max(...numbers),
  runs: numbers.length,
});

/** Waits until `check` answers true, up to `milliseconds`; answers whether it did. */
export async function until(check, milliseconds = drainMillisecondsMax) {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await check()) return true;
    await pause(50);
  }
  return false;
}

/**
 * Loads a contender with a fixed count and waits until the carrier has every accepted message. Throws when a request was
 * refused or a message did not arrive, because a fast wrong answer is worth nothing.
 */
export async function runOnce({ load, carrier }, contender, job) {
  await carrier.ask({ ask: "reset", secret: job.secret });
  const before = cpuMicroseconds(contender.pid);
  const run = await load.ask(job);
  const after = cpuMicroseconds(contender.pid);
  if (Object.keys(run.other).length > 0) throw new Error(`refused under load: ${JSON.stringify(run.other)}`);
  const atEnd = await carrier.ask({ ask: "counts" });
  let counts = atEnd;
  const whole = await until(async () => {
    counts = await carrier.ask({ ask: "counts" });
    return job.undelivered || counts.distinct >= run.accepted;
  });
  if (!whole) throw new Error(`of ${run.accepted} accepted messages the carrier has ${counts.distinct}`);
  if (counts.twice > 0) throw new Error(`the carrier was handed ${counts.twice} messages twice`);
  const seconds = (run.ended - run.began) / 1_000;
  return {
    accepted: run.accepted,
    acceptPerSecond: run.accepted / seconds,
    deliveredPerSecond: (counts.distinct * 1_000) / (counts.lastHit - run.began),
    handedOverMeanwhile: atEnd.distinct / run.accepted,
    cpuPerAccepted: before === null ? null : (after - before) / run.accepted,
    answerP50: quantile(run.latencies, 0.5),
    answerP99: quantile(run.latencies, 0.99),
    run,
  };
}

/** Processor time used by a process and its descendants, from /proc; null where there is none. */
export function cpuMicroseconds(pid) {
  if (process.platform !== "linux") return null;
  const parents = new Map();
  const used = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(name), Number(fields[1]));
      used.set(Number(name), (Number(fields[11]) + Number(fields[12])) * tickMicroseconds);
    } catch {
      // it ended meanwhile
    }
  }
  const isBelow = (each) => each === pid || (parents.has(each) && parents.get(each) > 1 && isBelow(parents.get(each)));
  return [...used].filter(([each]) => isBelow(each)).reduce((sum, [, time]) => sum + time, 0);
}
