/**
 * The health of an account: rolling windows, by lane, of calls and of the time from call to receipt, the weights that
 * follow from them (`steering.ts`), and their anomalies. Pure; the courier keeps it in memory and stores the weights.
 */
import { MINUTE_MS, SECOND_MS } from "../../base/clock.ts";
import { LANES, type Lane } from "../../sms/purpose.ts";
import type { Seen } from "./anomalies.ts";
import { addTo, sizeOf, Usual } from "./mix.ts";
import { NetworkWindows, type NetworkMove, type NetworkWeight } from "./networks.ts";
import { RECEIPTS_MIN, STEERING, Weight, WEIGHT_MAX, type Weights } from "./steering.ts";

/** The length of a window's slices, and how long they are kept. */
const SLICE_MS = 10 * SECOND_MS;
const KEPT_MS = 15 * MINUTE_MS;
/** Upper bounds of the latency classes, in milliseconds; the last is open. */
const CLASSES = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800] as const;

export type Outcome = "accepted" | "declined" | "throttled" | "unknown";
/** Calls as a sender reports them, many at once. */
export type Calls = {
  lane: Lane;
  outcome: Outcome;
  count: number;
  latencyMs: number;
  /** Declined because of the account, not because of the number or the text. */
  accountRefused?: boolean;
  /** Answered with a code that is not in the adapter's table. */
  unmapped?: true;
  /** Why they were declined, as the adapter names it. */
  code?: string;
  /** An inquiry, not a message's call: it counts for the circuit and in no window. */
  asked?: true;
  /** Not about sending, such as a redaction: it only gives its permit back. */
  aside?: true;
};
/** A receipt: its delay after the call, and its result; `code` says why a text was not delivered. */
export type Receipt = {
  lane: Lane;
  afterMs: number;
  delivered: boolean;
  code?: string;
  network?: string;
  unmapped?: true;
};
/** A weight that moved: the account's, or that of one mobile network. */
export type Move = Omit<NetworkMove, "network"> & { network?: string };

type Slice = {
  at: number;
  calls: Record<Outcome, number>;
  latency: number[];
  receipts: number;
  slow: number;
  delivered: number;
  afterMs: number;
  /** Answers and receipts with a code that is not in the adapter's table. */
  unmapped: number;
  /** How texts ended, by code. */
  mix: Record<string, number>;
};
type LaneHealth = { slices: Slice[]; weight: Weight; usual: Usual };

const emptySlice = (at: number): Slice => ({
  at,
  calls: { accepted: 0, declined: 0, throttled: 0, unknown: 0 },
  latency: Array.from({ length: CLASSES.length + 1 }, () => 0),
  receipts: 0,
  slow: 0,
  delivered: 0,
  afterMs: 0,
  unmapped: 0,
  mix: {},
});

/** The health of one account. */
export class HealthWindows {
  readonly #lanes: Record<Lane, LaneHealth>;
  readonly #networks: NetworkWindows;

  constructor(weights: Partial<Record<Lane, number>>, now: number, networks: readonly NetworkWeight[] = []) {
    const lane = (name: Lane): LaneHealth => ({
      slices: [],
      weight: new Weight(name, weights[name] ?? WEIGHT_MAX, now),
      usual: new Usual(),
    });
    this.#lanes = { otp: lane("otp"), bulk: lane("bulk") };
    this.#networks = new NetworkWindows(networks, now);
  }

  called({ lane, outcome, count, latencyMs, unmapped, code }: Calls, now: number): void {
    const slice = this.#slice(lane, now);
    if (outcome === "declined") addTo(slice.mix, code ?? "declined", count);
    slice.calls[outcome] += count;
    slice.unmapped += unmapped === true ? count : 0;
    const at = CLASSES.findIndex((bound) => latencyMs <= bound);
    const index = at < 0 ? CLASSES.length : at;
    slice.latency[index] = (slice.latency[index] ?? 0) + count;
  }

  received({ lane, afterMs, delivered, code, network, unmapped }: Receipt, now: number): void {
    const slice = this.#slice(lane, now);
    const slow = afterMs > STEERING[lane].slowMs;
    slice.receipts += 1;
    slice.unmapped += unmapped === true ? 1 : 0;
    slice.slow += slow ? 1 : 0;
    slice.delivered += delivered ? 1 : 0;
    slice.afterMs += afterMs;
    addTo(slice.mix, delivered ? "delivered" : (code ?? "undelivered"), 1);
    if (network !== undefined) this.#networks.received(network, lane, { slow, delivered }, now);
  }

  weights(): Weights {
    const networks = this.#networks.weights();
    const lanes = { otp: this.#lanes.otp.weight.value, bulk: this.#lanes.bulk.weight.value };
    return Object.keys(networks).length === 0 ? lanes : { ...lanes, networks };
  }

  /** Adjusts the weights if it is time; answers what changed and why. */
  steer(now: number): Move[] {
    const moves = LANES.flatMap((lane): Move[] => {
      const move = this.#lanes[lane].weight.steer(this.#judged(lane, now), now);
      return move === null ? [] : [{ at: now, lane, ...move }];
    });
    return [...moves, ...this.#networks.steer(now)];
  }

  /** The receipts that count for the account: without those of slow networks, if enough others remain. */
  #judged(lane: Lane, now: number): { receipts: number; slow: number } {
    const all = this.#sum(lane, now, STEERING[lane].windowMs);
    const slow = this.#networks.slow(lane, now);
    const others = { receipts: all.receipts - slow.receipts, slow: all.slow - slow.slow };
    return others.receipts >= RECEIPTS_MIN ? others : all;
  }

  /** A lane's window, for the detection of anomalies. */
  seen(lane: Lane, now: number): Seen {
    const { windowMs, slowMs } = STEERING[lane];
    const { calls, receipts, delivered, mix } = this.#sum(lane, now, windowMs);
    const young = this.#sum(lane, now, slowMs).calls.accepted;
    const changed = this.#lanes[lane].usual.differs(mix);
    return { ...calls, due: calls.accepted - young, receipts, delivered, ended: sizeOf(mix), changed };
  }

  /** What operators see, over the lane's own window. */
  view(now: number) {
    const lane = (name: Lane) => {
      const { windowMs } = STEERING[name];
      const sum = this.#sum(name, now, windowMs);
      const calls = Object.values(sum.calls).reduce((all, count) => all + count, 0);
      return {
        window_seconds: windowMs / SECOND_MS,
        weight: this.#lanes[name].weight.value,
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
    return { otp: lane("otp"), bulk: lane("bulk"), networks: this.#networks.view(now) };
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
      for (const [code, count] of Object.entries(slice.mix)) addTo(sum.mix, code, count);
    }
    return sum;
  }

  /** The present slice; slices too old for any window become the past with which later ones are compared. */
  #slice(lane: Lane, now: number): Slice {
    const health = this.#lanes[lane];
    const at = now - (now % SLICE_MS);
    const last = health.slices.at(-1);
    if (last !== undefined && last.at >= at) return last;
    const fresh = emptySlice(at);
    const isPast = ({ at: began }: Slice) => began <= now - KEPT_MS;
    for (const { mix } of health.slices.filter(isPast)) health.usual.add(mix);
    health.slices = [...health.slices.filter((slice) => !isPast(slice)), fresh];
    return fresh;
  }
}

/** The upper bound of the class that contains this quantile; null without calls. */
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
