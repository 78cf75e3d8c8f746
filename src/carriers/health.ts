/**
 * How an account has been doing: rolling windows of calls and of the time from call to receipt, by lane, and a weight that
 * moves with them. The weight is GOV.UK Notify's rule for service texts, and the same rule in seconds for codes: when 15 % of
 * the window's texts were slow it falls by 10 points, at most once in a while; after quiet it drifts back. Pure; the courier
 * keeps it in memory and stores the weight.
 */
import { MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import type { Lane } from "../base/purpose.ts";
import type { Seen } from "./anomalies.ts";

export type { Lane } from "../base/purpose.ts";

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
/** Windows are kept in slices of this, and for so long. */
const SLICE_MS = 10 * SECOND_MS;
const KEPT_MS = 15 * MINUTE_MS;
/** Upper bounds of the latency classes, in milliseconds; the last is open. */
const CLASSES = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800] as const;

export type Outcome = "accepted" | "declined" | "throttled" | "unknown";
/** Calls as a sender tells of them, many at once. */
export type Calls = {
  lane: Lane;
  outcome: Outcome;
  count: number;
  latencyMs: number;
  /** Declined for what is wrong with the account, not with the number or the text. */
  accountRefused?: boolean;
  /** Answered with a code that no table has. */
  unmapped?: true;
  /** Not a message's call but a question about one: it tells of the account's health, and is in no window. */
  asked?: true;
};
/** A receipt: how long after the call it came, and what it said. */
export type Receipt = { lane: Lane; afterMs: number; delivered: boolean; network?: string; unmapped?: true };
export type Move = { at: number; lane: Lane; from: number; to: number; slowShare: number };

type Slice = {
  at: number;
  calls: Record<Outcome, number>;
  latency: number[];
  receipts: number;
  slow: number;
  delivered: number;
  afterMs: number;
  /** Answers and receipts with a code that no table has. */
  unmapped: number;
};
type LaneHealth = { slices: Slice[]; weight: number; movedAt: number; slowAt: number };

const emptySlice = (at: number): Slice => ({
  at,
  calls: { accepted: 0, declined: 0, throttled: 0, unknown: 0 },
  latency: Array.from({ length: CLASSES.length + 1 }, () => 0),
  receipts: 0,
  slow: 0,
  delivered: 0,
  afterMs: 0,
  unmapped: 0,
});

/** The health of one account. */
export class HealthWindows {
  readonly #lanes: Record<Lane, LaneHealth>;
  readonly #networks = new Map<string, { receipts: number; slow: number; delivered: number }>();
  #networksSince: number;

  constructor(weights: Partial<Record<Lane, number>>, now: number) {
    const lane = (weight = WEIGHT_MAX): LaneHealth => ({ slices: [], weight, movedAt: now, slowAt: now });
    this.#lanes = { otp: lane(weights.otp), bulk: lane(weights.bulk) };
    this.#networksSince = now;
  }

  called({ lane, outcome, count, latencyMs, unmapped }: Calls, now: number): void {
    const slice = this.#slice(lane, now);
    slice.calls[outcome] += count;
    slice.unmapped += unmapped === true ? count : 0;
    const at = CLASSES.findIndex((bound) => latencyMs <= bound);
    const index = at < 0 ? CLASSES.length : at;
    slice.latency[index] = (slice.latency[index] ?? 0) + count;
  }

  received({ lane, afterMs, delivered, network, unmapped }: Receipt, now: number): void {
    const slice = this.#slice(lane, now);
    const slow = afterMs > STEERING[lane].slowMs;
    slice.receipts += 1;
    slice.unmapped += unmapped === true ? 1 : 0;
    slice.slow += slow ? 1 : 0;
    slice.delivered += delivered ? 1 : 0;
    slice.afterMs += afterMs;
    if (network === undefined) return;
    if (now - this.#networksSince > KEPT_MS || this.#networks.size > 100) {
      this.#networks.clear();
      this.#networksSince = now;
    }
    const seen = this.#networks.get(network) ?? { receipts: 0, slow: 0, delivered: 0 };
    seen.receipts += 1;
    seen.slow += slow ? 1 : 0;
    seen.delivered += delivered ? 1 : 0;
    this.#networks.set(network, seen);
  }

  weights(): Record<Lane, number> {
    return { otp: this.#lanes.otp.weight, bulk: this.#lanes.bulk.weight };
  }

  /** Moves the weights if it is time; answers what moved and why. */
  steer(now: number): Move[] {
    return (["otp", "bulk"] as const).flatMap((lane) => {
      const move = this.#steerLane(lane, now);
      return move === null ? [] : [move];
    });
  }

  #steerLane(lane: Lane, now: number): Move | null {
    const health = this.#lanes[lane];
    const { windowMs, moveMs, quietMs } = STEERING[lane];
    const { receipts, slow } = this.#sum(lane, now, windowMs);
    const slowShare = receipts === 0 ? 0 : slow / receipts;
    const isSlow = receipts >= RECEIPTS_MIN && slowShare >= SLOW_SHARE_MAX;
    if (isSlow) health.slowAt = now;
    const from = health.weight;
    const since = now - health.movedAt;
    if (isSlow && from > WEIGHT_MIN && since >= moveMs) health.weight = Math.max(WEIGHT_MIN, from - WEIGHT_STEP);
    else if (!isSlow && from < WEIGHT_MAX && now - health.slowAt >= quietMs && since >= quietMs)
      health.weight = Math.min(WEIGHT_MAX, from + WEIGHT_STEP);
    if (health.weight === from) return null;
    health.movedAt = now;
    return { at: now, lane, from, to: health.weight, slowShare };
  }

  /** What a lane's window holds for an eye on anomalies. */
  seen(lane: Lane, now: number): Seen {
    const { windowMs, slowMs } = STEERING[lane];
    const { calls, receipts, delivered } = this.#sum(lane, now, windowMs);
    const young = this.#sum(lane, now, slowMs).calls.accepted;
    return { ...calls, due: calls.accepted - young, receipts, delivered };
  }

  /** What operators see, over the lane's own window. */
  view(now: number) {
    const lane = (name: Lane) => {
      const { windowMs } = STEERING[name];
      const sum = this.#sum(name, now, windowMs);
      const calls = Object.values(sum.calls).reduce((all, count) => all + count, 0);
      return {
        window_seconds: windowMs / SECOND_MS,
        weight: this.#lanes[name].weight,
        calls,
        ...sum.calls,
        unmapped: sum.unmapped,
        latency_ms_p50: quantileOf(sum.latency, 0.5),
        latency_ms_p99: quantileOf(sum.latency, 0.99),
        receipts: sum.receipts,
        delivered: sum.delivered,
        slow: sum.slow,
        receipt_ms_mean: sum.receipts === 0 ? null : Math.round(sum.afterMs / sum.receipts),
      };
    };
    return { otp: lane("otp"), bulk: lane("bulk"), networks: Object.fromEntries(this.#networks) };
  }

  #sum(lane: Lane, now: number, windowMs: number): Slice {
    const sum = emptySlice(now);
    for (const slice of this.#lanes[lane].slices) {
      if (slice.at <= now - windowMs) continue;
      for (const outcome of ["accepted", "declined", "throttled", "unknown"] as const)
        sum.calls[outcome] += slice.calls[outcome];
      slice.latency.forEach((count, at) => (sum.latency[at] = (sum.latency[at] ?? 0) + count));
      sum.receipts += slice.receipts;
      sum.slow += slice.slow;
      sum.delivered += slice.delivered;
      sum.afterMs += slice.afterMs;
      sum.unmapped += slice.unmapped;
    }
    return sum;
  }

  /** The slice of this moment; those too old for any window go. */
  #slice(lane: Lane, now: number): Slice {
    const health = this.#lanes[lane];
    const at = now - (now % SLICE_MS);
    const last = health.slices.at(-1);
    if (last !== undefined && last.at >= at) return last;
    const fresh = emptySlice(at);
    health.slices = [...health.slices.filter((slice) => slice.at > now - KEPT_MS), fresh];
    return fresh;
  }
}

/** The upper bound of the class in which this share of the calls lies; null without calls. */
function quantileOf(latency: readonly number[], share: number): number | null {
  const all = latency.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let seen = 0;
  for (const [at, count] of latency.entries()) {
    seen += count;
    if (seen >= share * all) return CLASSES[at] ?? CLASSES[CLASSES.length - 1] ?? null;
  }
  return null;
}
