/**
 * How long a test waits for an event before it gives up, in terms of what the event takes on a quiet machine.
 */
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** How many times slower this machine was at the start of the run than the one the bounds were written on. */
    slowness: number;
  }
}

/** Others may come to use the machine after its speed was measured. */
const HEADROOM = 3;

/** Gives up after this; `milliseconds` is what the event takes at most on a quiet machine. */
export const patience = (milliseconds: number): number => Math.ceil(milliseconds * HEADROOM * inject("slowness"));

/** A promise about time itself, on this machine at its speed of now: no headroom. */
export const atSpeed = (milliseconds: number): number => Math.ceil(milliseconds * inject("slowness"));

/**
 * Measures a time again, three times at most, while it is not below `limit`; answers the least. What the service is slow at it is
 * slow at each time; what the machine was busy with is not.
 */
export async function leastOf(measure: () => Promise<number>, limit: number): Promise<number> {
  let least = Infinity;
  for (let again = 0; again < 3 && least >= limit; again += 1) least = Math.min(least, await measure());
  return least;
}
