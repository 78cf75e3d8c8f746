/**
 * The circuit of one account: whether it may be called. Closed: calls go, but only a few at once until one has come back well,
 * since a courier that wakes knows nothing of its carrier. Open: none go, and another account may take what was never called.
 * Probing: one call shows whether it is well again. Pure; the courier keeps it in memory.
 *
 * Ill are calls that broke or had no clear answer, and refusals of the account itself. A refused number or text says nothing
 * about the carrier, and being throttled has its own hold.
 */
import { SECOND_MS } from "../../base/clock.ts";

/** So many ill calls in a row open the circuit. */
export const ILL_IN_A_ROW_MAX = 5;
/** Or this share of at least so many calls of the last half minute. */
export const ILL_SHARE_MAX = 0.5;
export const ILL_CALLS_MIN = 20;
const WINDOW_MS = 30 * SECOND_MS;
/** What may be out at once while nothing has come back well. */
export const UNPROVEN_CALLS_MAX = 6;
/** Probes come this far apart, twice as far after each that failed. T11 asks for at most one a second. */
export const PROBE_MS = { first: SECOND_MS, max: 30 * SECOND_MS } as const;
/** A call that was let go and never heard of again is forgotten: its sender is gone, or did not use its leave. */
const LOST_MS = 15 * SECOND_MS;

export type CircuitState = "closed" | "open" | "probing";
/** What a call said of the account's health. */
export type Health = "well" | "ill";
/** How many calls may go now; with 0, when to ask again. `watched`: their outcomes must be told at once. */
export type Leave = { calls: number; askAgainAt: number; watched: boolean };

/** The circuit of one account. */
export class Circuit {
  #state: CircuitState = "closed";
  #proven = false;
  #row = 0;
  #recent: { at: number; ill: boolean }[] = [];
  /** Calls let go while their outcomes are watched, by when they were. */
  #out: number[] = [];
  #probeAt = 0;
  #probeMs: number = PROBE_MS.first;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** When it came to be as it is. */
  get since(): number {
    return this.#since;
  }

  /** How many of the calls wanted may go now. What is let go under watch is counted as out until it is heard of. */
  leave(wanted: number, now: number): Leave {
    if (this.#state === "closed" && this.#proven) return { calls: wanted, askAgainAt: now, watched: false };
    this.#out = this.#out.filter((at) => at > now - LOST_MS);
    const most = this.#state === "closed" ? UNPROVEN_CALLS_MAX : 1;
    const early = this.#state !== "closed" && now < this.#probeAt;
    const calls = early ? 0 : Math.max(0, Math.min(wanted, most - this.#out.length));
    for (let nth = 0; nth < calls; nth += 1) this.#out.push(now);
    if (calls > 0 && this.#state !== "closed") {
      this.#probeAt = now + PROBE_MS.first;
      this.#enter("probing", now);
    }
    return { calls, askAgainAt: early ? this.#probeAt : now + 100, watched: true };
  }

  /** Leaves that were not used after all. */
  unused(calls: number): void {
    this.#out.splice(0, calls);
    if (this.#state === "probing" && this.#out.length === 0) this.#probeAt = 0;
  }

  /** Counts a call's outcome; answers the state when it changed by it. */
  observe(health: Health, now: number): CircuitState | null {
    const before = this.#state;
    const ill = health === "ill";
    if (!ill || this.#state === "probing") this.#out.shift(); // ill ones make no room, or each would let another go
    this.#recent = [...this.#recent.filter(({ at }) => at > now - WINDOW_MS), { at: now, ill }].slice(-200);
    this.#row = ill ? this.#row + 1 : 0;
    if (!ill) this.#close(now);
    if (ill && (this.#state === "probing" || (this.#state === "closed" && this.#isIll()))) this.#open(now);
    return this.#state === before ? null : this.#state;
  }

  #isIll(): boolean {
    if (this.#row >= ILL_IN_A_ROW_MAX) return true;
    const ill = this.#recent.filter((one) => one.ill).length;
    return this.#recent.length >= ILL_CALLS_MIN && ill / this.#recent.length >= ILL_SHARE_MAX;
  }

  /** Open, or open again: the next probe is then twice as far away as the one that failed. */
  #open(now: number): void {
    this.#probeMs = this.#state === "probing" ? Math.min(PROBE_MS.max, this.#probeMs * 2) : PROBE_MS.first;
    this.#probeAt = now + this.#probeMs;
    this.#proven = false;
    this.#out = [];
    this.#enter("open", now);
  }

  /** A call came back well: one that was sent before the circuit opened is as good a sign as a probe. */
  #close(now: number): void {
    this.#proven = true;
    if (this.#state === "closed") return;
    this.#recent = [];
    this.#out = [];
    this.#probeMs = PROBE_MS.first;
    this.#enter("closed", now);
  }

  #enter(state: CircuitState, now: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = now;
  }
}
