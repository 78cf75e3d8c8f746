/**
 * An account's health on each mobile network that receipts name, because one network can be slow by one carrier while
 * all others are well. Same windows and rule as for the whole account, by lane. Bounded: at most thirty-two networks
 * with receipts in the last quarter of an hour; further ones are not counted. Pure.
 */
import { MINUTE_MS, SECOND_MS } from "../../base/clock.ts";
import { LANES, type Lane } from "../../sms/purpose.ts";
import { isSlow, STEERING, Weight, WEIGHT_MAX, type Weights } from "./steering.ts";

export const NETWORKS_MAX = 32;
const SLICE_MS = 10 * SECOND_MS;
const KEPT_MS = 15 * MINUTE_MS;

type Sum = { receipts: number; slow: number; delivered: number };
type Slice = Sum & { at: number };
type Watched = { slices: Slice[]; weight: Weight };
/** A weight as it is stored. */
export type NetworkWeight = { network: string; lane: Lane; weight: number };
export type NetworkMove = { at: number; lane: Lane; network: string; from: number; to: number; slowShare: number };

/** The networks of one account. */
export class NetworkWindows {
  readonly #networks = new Map<string, Record<Lane, Watched>>();

  constructor(stored: readonly NetworkWeight[], now: number) {
    for (const { network } of stored) {
      const of = (lane: Lane) => stored.find((each) => each.network === network && each.lane === lane)?.weight;
      this.#networks.set(network, { otp: watched("otp", now, of("otp")), bulk: watched("bulk", now, of("bulk")) });
    }
  }

  /** Counts one receipt. */
  received(network: string, lane: Lane, { slow, delivered }: { slow: boolean; delivered: boolean }, now: number): void {
    const known = this.#networks.get(network) ?? this.#add(network, now);
    if (known === null) return;
    const watch = known[lane];
    const at = now - (now % SLICE_MS);
    let slice = watch.slices.at(-1);
    if (slice === undefined || slice.at < at) {
      slice = { at, receipts: 0, slow: 0, delivered: 0 };
      watch.slices = [...watch.slices.filter((each) => each.at > now - KEPT_MS), slice];
    }
    slice.receipts += 1;
    slice.slow += slow ? 1 : 0;
    slice.delivered += delivered ? 1 : 0;
  }

  /** Adjusts the weights if it is time; answers what changed and why. */
  steer(now: number): NetworkMove[] {
    return [...this.#networks].flatMap(([network, lanes]) =>
      LANES.flatMap((lane) => {
        const move = lanes[lane].weight.steer(sumOf(lanes[lane], now, STEERING[lane].windowMs), now);
        return move === null ? [] : [{ at: now, lane, network, ...move }];
      }),
    );
  }

  /** The receipts in the lane's window from slow networks. */
  slow(lane: Lane, now: number): { receipts: number; slow: number } {
    const all = { receipts: 0, slow: 0 };
    for (const lanes of this.#networks.values()) {
      const sum = sumOf(lanes[lane], now, STEERING[lane].windowMs);
      if (!isSlow(sum)) continue;
      all.receipts += sum.receipts;
      all.slow += sum.slow;
    }
    return all;
  }

  /** The weights that are below their initial value. */
  weights(): NonNullable<Weights["networks"]> {
    const lowered: NonNullable<Weights["networks"]> = {};
    for (const [network, lanes] of this.#networks)
      for (const lane of LANES)
        if (lanes[lane].weight.value < WEIGHT_MAX) (lowered[network] ??= {})[lane] = lanes[lane].weight.value;
    return lowered;
  }

  /** For operators: both lanes, each over its own window. */
  view(now: number): Record<string, Sum & { weights: Record<Lane, number> }> {
    return Object.fromEntries(
      [...this.#networks].map(([network, lanes]) => {
        const [otp, bulk] = LANES.map((lane) => sumOf(lanes[lane], now, STEERING[lane].windowMs));
        const add = (field: keyof Sum) => (otp?.[field] ?? 0) + (bulk?.[field] ?? 0);
        const weights = { otp: lanes.otp.weight.value, bulk: lanes.bulk.weight.value };
        return [network, { receipts: add("receipts"), slow: add("slow"), delivered: add("delivered"), weights }];
      }),
    );
  }

  /** Adds a network; if there are too many, first drops those without recent receipts and with an initial weight. */
  #add(network: string, now: number): Record<Lane, Watched> | null {
    if (this.#networks.size >= NETWORKS_MAX) {
      for (const [name, lanes] of this.#networks)
        if (LANES.every((lane) => isIdle(lanes[lane], now))) this.#networks.delete(name);
      if (this.#networks.size >= NETWORKS_MAX) return null;
    }
    // A new network's weight may move as soon as enough receipts were seen.
    const fresh = (lane: Lane) => watched(lane, now - STEERING[lane].moveMs);
    const lanes = { otp: fresh("otp"), bulk: fresh("bulk") };
    this.#networks.set(network, lanes);
    return lanes;
  }
}

const watched = (lane: Lane, now: number, weight = WEIGHT_MAX): Watched => ({
  slices: [],
  weight: new Weight(lane, weight, now),
});

const isIdle = ({ slices, weight }: Watched, now: number): boolean =>
  weight.value === WEIGHT_MAX && (slices.at(-1)?.at ?? 0) <= now - KEPT_MS;

function sumOf({ slices }: Watched, now: number, windowMs: number): Sum {
  const sum = { receipts: 0, slow: 0, delivered: 0 };
  for (const slice of slices) {
    if (slice.at <= now - windowMs) continue;
    sum.receipts += slice.receipts;
    sum.slow += slice.slow;
    sum.delivered += slice.delivered;
  }
  return sum;
}
