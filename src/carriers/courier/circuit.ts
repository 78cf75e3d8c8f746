/**
 * The circuit breaker of one account. Closed: calls are made, but only a few at once until one has succeeded, because a
 * courier that wakes knows nothing of its carrier. Open: no calls are made, and messages without a call may go to
 * another account. Probing: one call tests whether the account works again. Pure; the courier keeps it in memory.
 *
 * `ill` are calls that broke or had no clear answer, and refusals of the account itself. A refused number or text says
 * nothing about the carrier's health; throttling has its own hold.
 */
import { SECOND_MS } from "../../base/clock.ts";

/** This many ill calls in a row open the circuit. */
export const ILL_IN_A_ROW_MAX = 5;
/** So does this share of at least `ILL_CALLS_MIN` calls within the last half minute. */
export const ILL_SHARE_MAX = 0.5;
export const ILL_CALLS_MIN = 20;
const WINDOW_MS = 30 * SECOND_MS;
/** Concurrent calls while none has succeeded yet. */
export const UNPROVEN_CALLS_MAX = 6;
/** Time between probes, doubled after each failed one. T11 requires at most one per second. */
export const PROBE_MS = { first: SECOND_MS, max: 30 * SECOND_MS } as const;
/** A permitted call without a report is forgotten after this: its sender is gone, or did not use the permit. */
const LOST_MS = 15 * SECOND_MS;

export type CircuitState = "closed" | "open" | "probing";
/** What a call shows of the account's health. */
export type Health = "well" | "ill";
/** How many calls may be made now; if 0, when to ask again. `watched`: their outcomes must be reported at once. */
export type Leave = { calls: number; askAgainAt: number; watched: boolean };

/** The circuit of one account. */
export class Circuit {
  #state: CircuitState = "closed";
  #proven = false;
  #row = 0;
  #recent: { at: number; ill: boolean }[] = [];
  /** The times of watched calls without an outcome. */
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

  /** When the circuit entered its state. */
  get since(): number {
    return this.#since;
  }

  /** How many of the wanted calls may be made now. Watched calls count as running until their outcome is reported. */
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

  /** Takes back permitted calls that were not made. */
  unused(calls: number): void {
    this.#out.splice(0, calls);
    if (this.#state === "probing" && this.#out.length === 0) this.#probeAt = 0;
  }

  /** Counts a call's outcome; answers the state if it changed. */
  observe(health: Health, now: number): CircuitState | null {
    const before = this.#state;
    const ill = health === "ill";
    if (!ill || this.#state === "probing") this.#out.shift(); // an ill call frees no slot, or each would permit another
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

  /** Opens the circuit, or opens it again: then the wait before the next probe doubles. */
  #open(now: number): void {
    this.#probeMs = this.#state === "probing" ? Math.min(PROBE_MS.max, this.#probeMs * 2) : PROBE_MS.first;
    this.#probeAt = now + this.#probeMs;
    this.#proven = false;
    this.#out = [];
    this.#enter("open", now);
  }

  /** A call succeeded. One that was sent before the circuit opened counts like a probe. */
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
