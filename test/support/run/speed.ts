/**
 * How slow this machine is now, measured once at the start of a run. Tests wait for events; a bound only says when one gives up, and
 * it must not decide on a machine that others use as well.
 */
import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";

/** What one sample takes on a quiet core of the machine that the bounds were written on. */
const SAMPLE_MS = 8;
const SAMPLES = 15;
const BLOCK = Buffer.alloc(1 << 20, 1);

/** How many times longer work takes than on that machine when it is quiet; never less than one, never more than twenty. */
export function measureSlowness(): number {
  const samples = Array.from({ length: SAMPLES }, () => {
    const began = performance.now();
    for (let block = 0; block < 8; block += 1) createHash("sha256").update(BLOCK).digest();
    return performance.now() - began;
  });
  const mean = samples.reduce((sum, each) => sum + each, 0) / SAMPLES;
  return Math.min(20, Math.max(1, mean / SAMPLE_MS));
}
