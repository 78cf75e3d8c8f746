/**
 * Chance that can be repeated: a random test draws from here, prints its seed, and runs again the same way with SEED=….
 */
import { env } from "node:process";

export type Chance = {
  readonly seed: number;
  /** A fraction in [0, 1). */
  fraction(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** One of these, each as likely. */
  pick<T>(of: readonly [T, ...T[]]): T;
};

/** The seed of this run: SEED, or a new one. */
export function seedOfRun(): number {
  const given = Number(env["SEED"]);
  return Number.isSafeInteger(given) && given > 0 ? given : crypto.getRandomValues(new Uint32Array(1))[0]! || 1;
}

/** A source of chance (mulberry32). Says its seed, so that a failure can be repeated. */
export function chance(name: string, seed = seedOfRun()): Chance {
  console.log(`${name}: SEED=${seed}`);
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    fraction,
    between: (low, high) => low + Math.floor(fraction() * (high - low + 1)),
    pick: (of) => of[Math.floor(fraction() * of.length)] ?? of[0],
  };
}

/** Full size under `npm run soak`, small size in `npm test`. */
export const soak = env["MASKLINE_SOAK"] === "1";
export const sized = (small: number, full: number): number => (soak ? full : small);
