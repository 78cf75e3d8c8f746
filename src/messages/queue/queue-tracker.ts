/**
 * What a tenant's object knows of the queue, in memory only: when each id was last put on it, and how far the queue has
 * advanced. It tells a row that the queue lost from one that it has not reached yet, so that a long wait does not
 * multiply queue messages. After a restart nothing is known, so every waiting row is put on the queue once more.
 */
import { SECOND_MS } from "../../base/clock.ts";
import { timeOfId } from "../../base/ids.ts";
import { WaitingCodes } from "./waiting-codes.ts";

/**
 * After this long without a claim or a hand-back the queue is taken to have stopped, and waiting rows are put on it
 * again.
 */
export const STANDSTILL_MS = 30 * SECOND_MS;
/** The queue is roughly ordered: a row put on it this much earlier than one that was claimed is lost. */
export const OVERTAKEN_MS = 10 * SECOND_MS;
/** Handed-back ids return within this; a later time means that the clock stepped back. */
export const RETURN_MS_MAX = 60 * SECOND_MS;
/** Ids remembered; beyond it the oldest is dropped, and may be put on the queue once too often. */
const REMEMBERED_MAX = 50_000;

/** The queue as one tenant's object has seen it since it woke. */
export class QueueTracker {
  /** Tracks codes, whose loss is found sooner. */
  readonly codes = new WaitingCodes();
  readonly #since: number;
  readonly #put = new Map<string, number>();
  #movedAt = 0;
  #reached = 0;

  /** `since`: from then on every admission is tracked; of earlier ones nothing is known. */
  constructor(since: number) {
    this.#since = since;
  }

  /** A sender has claimed these ids. */
  claimed(ids: readonly string[], now: number): void {
    this.#movedAt = now;
    for (const id of ids) {
      this.#reached = Math.max(this.#reached, this.#put.get(id) ?? timeOfId(id));
      this.#put.delete(id);
    }
  }

  /** A sender could not process these ids; they return after `waitMs`. */
  handedBack(ids: readonly string[], waitMs: number, now: number): void {
    this.#movedAt = now;
    for (const id of ids) this.put(id, now + Math.min(waitMs, RETURN_MS_MAX));
  }

  put(id: string, at: number): void {
    this.#put.delete(id); // so that the map's order is the order of putting
    this.#put.set(id, at);
    const oldest = this.#put.size > REMEMBERED_MAX ? this.#put.keys().next().value : undefined;
    if (oldest !== undefined) this.#put.delete(oldest);
  }

  /** Whether the queue has lost a waiting row, rather than not reached it yet. */
  lost(id: string, now: number): boolean {
    const admitted = timeOfId(id);
    const putAt = this.#put.get(id) ?? (admitted < this.#since ? null : admitted);
    if (putAt === null) return true;
    const since = [this.#movedAt, putAt].filter((at) => at <= now + RETURN_MS_MAX);
    return this.#reached - putAt > OVERTAKEN_MS || now - Math.max(0, ...since) > STANDSTILL_MS;
  }

  /** Whether it was put on the queue too recently to be put on again. */
  carries(id: string, now: number): boolean {
    const putAt = this.#put.get(id);
    return putAt !== undefined && putAt > now - STANDSTILL_MS && putAt <= now + RETURN_MS_MAX;
  }
}
