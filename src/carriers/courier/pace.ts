/**
 * A courier's rules, without storage or timers: how fast an account may be used, whether it asked to be left alone, and
 * whose turn it is. Codes go first; tenants of one lane take turns, so a newsletter of one never starves another.
 */

import type { Calls } from "./health.ts";

export type Want = {
  tenant: string;
  lane: "otp" | "bulk";
  wanted: number;
  /** How the sender's calls have gone since it last asked. */
  reports?: Calls[];
};

/** A permit is good for this long, so that a sender that died holds nothing for ever. */
export const PERMIT_MS = 1_000;
/** Without a limit of ours, a permit is a formality that keeps the courier's word heard every so often. */
const UNLIMITED_GRANT = 1_000;

/** The pace of one account, in memory; a restart begins with a tenth of a second's calls and the stored hold. */
export class Pace {
  readonly #perSecond: number | null;
  #tokens: number;
  #filledAt: number;
  #holdUntil: number;
  #served: string[] = [];

  constructor(perSecond: number | null, holdUntil: number, now: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond === null ? 0 : Math.max(1, perSecond / 10);
    this.#filledAt = now;
    this.#holdUntil = holdUntil;
  }

  get holdUntil(): number {
    return this.#holdUntil;
  }

  /** The carrier said Retry-After: no permit before then. A shorter word never shortens a longer one. */
  hold(until: number): boolean {
    if (until <= this.#holdUntil) return false;
    this.#holdUntil = until;
    return true;
  }

  /** How many calls may be made now, or how long to wait. */
  grant(wanted: number, now: number): { granted: number; waitMs: number } {
    if (now < this.#holdUntil) return { granted: 0, waitMs: this.#holdUntil - now };
    if (this.#perSecond === null) return { granted: Math.max(wanted, UNLIMITED_GRANT), waitMs: 0 };
    this.#fill(now);
    const granted = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= granted;
    return { granted, waitMs: granted > 0 ? 0 : Math.ceil(((1 - this.#tokens) * 1_000) / this.#perSecond) };
  }

  /** Which of those waiting is next: codes before all, then the tenant whose last turn is longest ago. */
  next<W extends Want>(waiting: readonly W[]): W | null {
    let best: W | null = null;
    let bestRank = Infinity;
    for (const want of waiting) {
      const rank = (want.lane === "otp" ? 0 : 1_000_000) + this.#served.indexOf(want.tenant) + 1;
      if (rank < bestRank) {
        best = want;
        bestRank = rank;
      }
    }
    return best;
  }

  /** The want that was next was given something: only that uses a turn up, or a full bucket's end would skip a tenant for ever. */
  served({ tenant }: Want): void {
    this.#served = [...this.#served.filter((other) => other !== tenant), tenant].slice(-1_000);
  }

  /** Refills the bucket; its depth is a tenth of a second, so a pause never ends in a burst. A backward clock adds nothing. */
  #fill(now: number): void {
    const perSecond = this.#perSecond ?? 0;
    const depth = Math.max(1, perSecond / 10);
    this.#tokens = Math.min(depth, this.#tokens + (Math.max(0, now - this.#filledAt) * perSecond) / 1_000);
    this.#filledAt = now;
  }
}
