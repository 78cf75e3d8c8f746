// One clock for several processes of one machine, in milliseconds with fractions.
import { performance } from "node:perf_hooks";

/** Milliseconds since 1970; comparable between processes, and monotonic within one. */
export const clock = () => performance.timeOrigin + performance.now();
