/**
 * The rule by which an account's weight follows its delivery times: GOV.UK Notify's for service texts, and the same
 * with seconds for codes. When 15 % of a window's texts were slow the weight falls by 10 points, at most once per
 * `moveMs`; after `quietMs` it rises again. The same rule applies to the whole account and to each mobile network that
 * its receipts name. Pure.
 */
import { MINUTE_MS, SECOND_MS } from "../../base/clock.ts";
import type { Lane } from "../../sms/purpose.ts";

/** For each lane: the threshold of slow, the window, and how often its weight moves. */
export const STEERING: Record<Lane, { slowMs: number; windowMs: number; moveMs: number; quietMs: number }> = {
  bulk: { slowMs: 5 * MINUTE_MS, windowMs: 15 * MINUTE_MS, moveMs: 5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  otp: { slowMs: 20 * SECOND_MS, windowMs: 2 * MINUTE_MS, moveMs: 30 * SECOND_MS, quietMs: 5 * MINUTE_MS },
};
export const SLOW_SHARE_MAX = 0.15;
/** With fewer receipts than this a weight does not move. */
export const RECEIPTS_MIN = 20;
export const WEIGHT_STEP = 10;
/** Some traffic remains, so that a recovery is noticed. */
export const WEIGHT_MIN = 10;
export const WEIGHT_MAX = 100;

/** Weights of an account: for each lane, and for networks with a lowered weight. */
export type Weights = Record<Lane, number> & { networks?: Record<string, Partial<Record<Lane, number>>> };
export const FULL_WEIGHTS: Weights = { otp: WEIGHT_MAX, bulk: WEIGHT_MAX };

/** The weight for a text to this network: the lower of the account's and the network's. */
export function weightFor(weights: Weights, lane: Lane, network: string | null): number {
  const own = network === null ? undefined : weights.networks?.[network]?.[lane];
  return Math.min(weights[lane], own ?? WEIGHT_MAX);
}

/** Whether enough of the receipts are slow. */
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

  /** Moves the weight if the lane's window requires it and it is time. */
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
