/**
 * Figures: how many messages and verifications there were by what they have in common, what they cost and how long they took. Sums of
 * the same labels can be added, so an hour's make a day's. No label is a number, a token or an id of a person. Pure.
 */
import { z } from "zod";

/** What is counted. */
export const KINDS = ["messages", "verifications"] as const;
export type Kind = (typeof KINDS)[number];

/** By what figures can be told apart, in the order in which they are stored. */
export const DIMENSIONS = [
  "state",
  "reason",
  "purpose",
  "carrier",
  "network",
  "country",
  "service",
  "template",
] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export type Labels = Readonly<Record<Dimension, string | null>>;

/** One message or verification as figures see it. `at`: when it was accepted, as its id says. */
export type Counted = {
  kind: Kind;
  at: number;
  labels: Labels;
  segments: number;
  cost: { amount: number; currency: string } | null;
  /** How long it took to be delivered, or approved; null where it was not. */
  latencyMs: number | null;
};

/** What is known of many together. Costs by currency, in micro-units; latencies by bucket. */
export type Sums = {
  count: number;
  segments: number;
  cost: Record<string, number>;
  latency: Record<string, number>;
};

const COUNT = z.int().min(0);
/** What is stored: kind and labels, then the sums. */
export const ENTRIES = z.array(
  z.tuple([
    z.enum(KINDS),
    z.array(z.string().nullable()).length(DIMENSIONS.length),
    COUNT,
    COUNT,
    z.record(z.string(), z.int()),
    z.record(z.string(), COUNT),
  ]),
);
export type Entry = z.infer<typeof ENTRIES>[number];

/** Stands for every label of one kind once there are too many of them in one hour or day. */
export const OTHER = "other";
/** Combinations of labels in one hour, or in one day; those that come later are counted with fewer labels. */
export const CELLS_MAX = 1_000;
/** What is given up first: labels of which there may be many. */
const FIRST_FOLDED: readonly Dimension[] = ["reason", "network", "service", "template"];
const FOLDED: readonly Dimension[] = [...FIRST_FOLDED, "carrier", "country"];

/** Latencies are kept by bucket: each is this much wider than the one before, so what is read from one is at most 10 % off. */
export const LATENCY_ERROR = 0.1;
const GROWTH = (1 + LATENCY_ERROR) / (1 - LATENCY_ERROR);

/** The bucket of a latency. Nothing takes less than a millisecond. */
export function bucketOf(latencyMs: number): number {
  return Math.ceil(Math.log(Math.max(1, latencyMs)) / Math.log(GROWTH) - 1e-9);
}

/** A latency in the middle of a bucket: at most `LATENCY_ERROR` away from every other in it. */
export function latencyOf(bucket: number): number {
  return Math.round((2 * GROWTH ** bucket) / (GROWTH + 1));
}

/** The latency that this share of them does not exceed; null where there are none. */
export function percentile(latency: Readonly<Record<string, number>>, share: number): number | null {
  const buckets = Object.entries(latency).map(([bucket, count]) => [Number(bucket), count] as const);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let left = Math.max(1, Math.ceil(total * share));
  for (const [bucket, count] of buckets.toSorted(([a], [b]) => a - b)) {
    left -= count;
    if (left <= 0) return latencyOf(bucket);
  }
  return null;
}

/** A label: a word of ours or of a carrier's. Whatever reads otherwise is no label. */
export const labelOf = (text: string | null): string | null =>
  text === null || /^[\w.:-]{1,64}$/.test(text) ? text : OTHER;

/** Sums of nothing, to add to. */
export const noSums = (): Sums => ({ count: 0, segments: 0, cost: {}, latency: {} });

/** The sums of one. */
export function sumsOf({ segments, cost, latencyMs }: Counted): Sums {
  return {
    count: 1,
    segments,
    cost: cost === null ? {} : { [cost.currency]: cost.amount },
    latency: latencyMs === null ? {} : { [bucketOf(latencyMs)]: 1 },
  };
}

/** Adds to sums, in place. */
export function addTo(sums: Sums, more: Readonly<Sums>): void {
  sums.count += more.count;
  sums.segments += more.segments;
  for (const [currency, amount] of Object.entries(more.cost)) sums.cost[currency] = (sums.cost[currency] ?? 0) + amount;
  for (const [bucket, count] of Object.entries(more.latency))
    sums.latency[bucket] = (sums.latency[bucket] ?? 0) + count;
}

type Cell = { kind: Kind; labels: readonly (string | null)[]; sums: Sums };

/** The figures of one hour or day: the sums of each combination of labels, at most so many of them. */
export class Cells {
  readonly #cells = new Map<string, Cell>();

  /** Figures as they were stored. Throws where the text is none. */
  static read(text: string): Cells {
    const cells = new Cells();
    if (text !== "") cells.addAll(ENTRIES.parse(JSON.parse(text)));
    return cells;
  }

  get size(): number {
    return this.#cells.size;
  }

  add(kind: Kind, labels: readonly (string | null)[], sums: Readonly<Sums>): void {
    const [name, fitting] = this.#place(kind, labels);
    const known = this.#cells.get(name);
    if (known !== undefined) return addTo(known.sums, sums);
    const cell = { kind, labels: fitting, sums: noSums() };
    addTo(cell.sums, sums);
    this.#cells.set(name, cell);
  }

  addAll(entries: readonly Entry[]): void {
    for (const [kind, labels, count, segments, cost, latency] of entries)
      this.add(kind, labels, { count, segments, cost, latency });
  }

  entries(): Entry[] {
    return [...this.#cells.values()].map(({ kind, labels, sums }) => [
      kind,
      [...labels],
      sums.count,
      sums.segments,
      { ...sums.cost },
      { ...sums.latency },
    ]);
  }

  /** Where these labels are counted: as they are while there is a place, else with fewer of them. */
  #place(kind: Kind, labels: readonly (string | null)[]): [string, readonly (string | null)[]] {
    const name = nameOf(kind, labels);
    if (this.#cells.size < CELLS_MAX || this.#cells.has(name)) return [name, labels];
    const fewer = folded(labels, FIRST_FOLDED);
    const fewerName = nameOf(kind, fewer);
    if (this.#cells.size < 2 * CELLS_MAX || this.#cells.has(fewerName)) return [fewerName, fewer];
    const fewest = folded(labels, FOLDED);
    return [nameOf(kind, fewest), fewest];
  }
}

const nameOf = (kind: Kind, labels: readonly (string | null)[]): string => JSON.stringify([kind, ...labels]);

const folded = (labels: readonly (string | null)[], given: readonly Dimension[]): (string | null)[] =>
  DIMENSIONS.map((dimension, at) => (given.includes(dimension) ? OTHER : (labels[at] ?? null)));

/** The labels of one, in their order. */
export const labelsOf = (labels: Labels): (string | null)[] => DIMENSIONS.map((dimension) => labels[dimension]);
