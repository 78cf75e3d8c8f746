/**
 * What is used of one budget: money reserved and spent, in the windows that still count. Pure; `now` is passed in.
 */
import { z } from "zod";
import { bucketAt, countsUntil, lengthMs, stillCounts, type BudgetWindow, type Span } from "./window.ts";

/** `late`: what a text cost more than was reserved for it, known only after its own window was over. */
const Bucket = z.strictObject({ at: z.int(), reserved: z.int(), spent: z.int(), late: z.int() });
type Bucket = z.infer<typeof Bucket>;

/** As stored: buckets in the order of time, and when each soft level was told last. */
export const StoredTotals = z.strictObject({ buckets: z.array(Bucket), told: z.record(z.string(), z.int()) });
export type StoredTotals = z.infer<typeof StoredTotals>;

/** The totals of one budget, turned to each moment it is asked about. A clock that steps back counts on in the newest bucket. */
export class Totals {
  readonly #window: BudgetWindow;
  #buckets: Bucket[];
  #told: Record<string, number>;
  #present: Span | null = null;
  #isOld = false;

  constructor(window: BudgetWindow, { buckets, told }: StoredTotals) {
    this.#window = window;
    this.#buckets = buckets;
    this.#told = told;
  }

  toStored(): StoredTotals {
    this.#isOld = false;
    return { buckets: this.#buckets, told: this.#told };
  }

  /** Turns the totals to a moment and answers the bucket of it. */
  turn(now: number): Span {
    const newest = this.#buckets.at(-1)?.at ?? now;
    const at = Math.max(now, newest);
    if (this.#present === null || at < this.#present.from || at >= this.#present.to)
      this.#present = bucketAt(this.#window, at);
    const present = this.#present;
    if (this.#buckets.some(({ at: from }) => !stillCounts(this.#window, from, present))) {
      this.#buckets = this.#buckets.filter(({ at: from }) => stillCounts(this.#window, from, present));
      this.#isOld = true;
    }
    return present;
  }

  /** Whether what is stored has buckets that no longer count. */
  isOld(now: number): boolean {
    this.turn(now);
    return this.#isOld;
  }

  used(now: number): { reserved: number; spent: number } {
    this.turn(now);
    return this.#buckets.reduce(
      (sum, { reserved, spent, late }) => ({ reserved: sum.reserved + reserved, spent: sum.spent + spent + late }),
      { reserved: 0, spent: 0 },
    );
  }

  /**
   * Adds to what is reserved and spent since `at`. Where that no longer counts, what came more counts now, and what came less does
   * not: the window of it is over.
   */
  add(at: number, reserved: number, spent: number, now: number): void {
    const present = this.turn(now);
    const isRing = this.#window.rolling;
    const from = at >= present.from ? present.from : isRing ? bucketAt(this.#window, at).from : at;
    if (stillCounts(this.#window, from, present)) {
      const bucket = this.#bucket(from);
      bucket.reserved += reserved;
      bucket.spent += spent;
    } else if (reserved + spent > 0) this.#bucket(present.from).late += reserved + spent;
  }

  /** The first moment at which so much is free that is not free now, should nothing else come; null where nothing frees it. */
  freeAt(amount: number, now: number): number | null {
    const present = this.turn(now);
    let freed = 0;
    for (const { at, reserved, spent, late } of this.#buckets) {
      freed += reserved + spent + late;
      if (freed >= amount) return countsUntil(this.#window, at, present);
    }
    return null;
  }

  /** When what is used now begins to count no longer. */
  turnsAt(now: number): number {
    const present = this.turn(now);
    return countsUntil(this.#window, this.#buckets[0]?.at ?? present.from, present);
  }

  /** Whether the level was not told in this window yet; remembers it as told. Of a rolling window: not within its length. */
  isNews(level: number, now: number): boolean {
    const present = this.turn(now);
    const told = this.#told[level];
    const since = this.#window.rolling ? present.from - lengthMs(this.#window) : present.from;
    if (told !== undefined && told >= since) return false;
    this.#told = { ...this.#told, [level]: present.from };
    return true;
  }

  #bucket(from: number): Bucket {
    const found = this.#buckets.find(({ at }) => at === from);
    if (found !== undefined) return found;
    const made: Bucket = { at: from, reserved: 0, spent: 0, late: 0 };
    this.#buckets = [...this.#buckets, made].sort((a, b) => a.at - b.at);
    return made;
  }
}
