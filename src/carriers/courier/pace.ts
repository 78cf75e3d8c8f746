/**
 * A courier's rules, without storage or timers: the account's rate, its hold, and the order of requests for permits.
 * Codes go first; the tenants of one lane are served round-robin, so one tenant's newsletter never starves another.
 */

import type { Calls } from "./health.ts";

export type Want = {
  tenant: string;
  lane: "otp" | "bulk";
  wanted: number;
  /** The outcomes of the sender's calls since its last request. */
  reports?: Calls[];
};

/** A permit is valid for this long, so that a sender that died holds none for ever. */
export const PERMIT_MS = 1_000;
/** The grant without a limit of ours; bounded so that senders still receive the courier's state regularly. */
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

  /** The carrier sent Retry-After: no permits before then. A shorter hold never shortens a longer one. */
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

  /** The next request to serve: codes first, then the tenant that was served longest ago. */
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

  /**
   * Marks a tenant as served, only when it was granted something; otherwise a tenant could be skipped for ever when the
   * bucket is empty.
   */
  served({ tenant }: Want): void {
    this.#served = [...this.#served.filter((other) => other !== tenant), tenant].slice(-1_000);
  }

  /**
   * Refills the bucket; it holds a tenth of a second's calls, so no burst follows a pause. A clock that steps back adds
   * nothing.
   */
  #fill(now: number): void {
    const perSecond = this.#perSecond ?? 0;
    const depth = Math.max(1, perSecond / 10);
    this.#tokens = Math.min(depth, this.#tokens + (Math.max(0, now - this.#filledAt) * perSecond) / 1_000);
    this.#filledAt = now;
  }
}
