/**
 * The rule by which an account's weight moves with the time its texts take: GOV.UK Notify's for service texts, and the same in
 * seconds for codes. When 15 % of a window's texts were slow the weight falls by 10 points, at most once in a while; after quiet
 * it drifts back. One rule for the account as a whole and for each mobile network that its receipts name. Pure.
 */
import { MINUTE_MS, SECOND_MS } from "../../base/clock.ts";
import type { Lane } from "../../sms/purpose.ts";

/** What each lane calls slow, over which window, and how its weight moves. */
export const STEERING: Record<Lane, { slowMs: number; windowMs: number; moveMs: number; quietMs: number }> = {
  bulk: { slowMs: 5 * MINUTE_MS, windowMs: 15 * MINUTE_MS, moveMs: 5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  otp: { slowMs: 20 * SECOND_MS, windowMs: 2 * MINUTE_MS, moveMs: 30 * SECOND_MS, quietMs: 5 * MINUTE_MS },
};
export const SLOW_SHARE_MAX = 0.15;
/** Fewer texts than this say nothing. */
export const RECEIPTS_MIN = 20;
export const WEIGHT_STEP = 10;
/** Some traffic is left to it, or nobody would see it recover. */
export const WEIGHT_MIN = 10;
export const WEIGHT_MAX = 100;

/** Weights of an account: for each lane, and for the networks whose own is lower than it was. */
export type Weights = Record<Lane, number> & { networks?: Record<string, Partial<Record<Lane, number>>> };
export const FULL_WEIGHTS: Weights = { otp: WEIGHT_MAX, bulk: WEIGHT_MAX };

/** The weight that counts for a text to somebody on this network: the lower of the account's and the network's own. */
export function weightFor(weights: Weights, lane: Lane, network: string | null): number {
  const own = network === null ? undefined : weights.networks?.[network]?.[lane];
  return Math.min(weights[lane], own ?? WEIGHT_MAX);
}

/** Whether so many receipts, so many of them slow, say that texts are slow. */
export const isSlow = ({ receipts, slow }: { receipts: number; slow: number }): boolean =>
  receipts >= RECEIPTS_MIN && slow / receipts >= SLOW_SHARE_MAX;

/** One weight and when it last moved. */
export class Weight {
  readonly #lane: Lane;
  #value: number;
  #movedAt: number;
  #slowAt: number;

  constructor(lane: Lane, value: number, now: number) {
    this.#lane = lane;
    this.#value = value;
    this.#movedAt = now;
    this.#slowAt = now;
  }

  get value(): number {
    return this.#value;
  }

  /** Moves it if what the lane's window holds says so and it is time. */
  steer(seen: { receipts: number; slow: number }, now: number) {
    const { moveMs, quietMs } = STEERING[this.#lane];
    const slow = isSlow(seen);
    if (slow) this.#slowAt = now;
    const from = this.#value;
    const since = now - this.#movedAt;
    if (slow && from > WEIGHT_MIN && since >= moveMs) this.#value = Math.max(WEIGHT_MIN, from - WEIGHT_STEP);
    else if (!slow && from < WEIGHT_MAX && now - this.#slowAt >= quietMs && since >= quietMs)
      this.#value = Math.min(WEIGHT_MAX, from + WEIGHT_STEP);
    if (this.#value === from) return null;
    this.#movedAt = now;
    return { from, to: this.#value, slowShare: seen.receipts === 0 ? 0 : seen.slow / seen.receipts };
  }
}
