/**
 * What a tenant's object remembers of the queue, in memory only: when an id was put on it last, and how far it has come. Tells a
 * row that the queue has lost from one that it has merely not reached, so that a long wait does not multiply queue messages.
 * After a restart nothing is remembered, so every row that still waits is put on once more.
 */
import { SECOND_MS } from "../../base/clock.ts";
import { timeOfId } from "../../base/ids.ts";
import { WaitingCodes } from "./waiting-codes.ts";

/** Nothing claimed and nothing handed back for so long: the queue stands still, so what waits is put on it again. */
export const STANDSTILL_MS = 30 * SECOND_MS;
/** The queue keeps order roughly; a row put on this much before one that was claimed was lost, not slow. */
export const OVERTAKEN_MS = 10 * SECOND_MS;
/** What is handed back comes again within this; a time further ahead is no promise but a clock that stepped back. */
export const RETURN_MS_MAX = 60 * SECOND_MS;
/** Ids remembered; beyond it the oldest is forgotten, and may be put on the queue once more than needed. */
const REMEMBERED_MAX = 50_000;

/** The queue as one tenant's object has seen it since it woke. */
export class QueueTracker {
  /** Codes among them are found sooner. */
  readonly codes = new WaitingCodes();
  readonly #since: number;
  readonly #put = new Map<string, number>();
  #movedAt = 0;
  #reached = 0;

  /** `since`: admissions from then on have put their ids on the queue; of earlier ones nothing is known. */
  constructor(since: number) {
    this.#since = since;
  }

  /** A sender came for these ids. */
  claimed(ids: readonly string[], now: number): void {
    this.#movedAt = now;
    for (const id of ids) {
      this.#reached = Math.max(this.#reached, this.#put.get(id) ?? timeOfId(id));
      this.#put.delete(id);
    }
  }

  /** A sender could not get to these ids; they come again after `waitMs`. */
  handedBack(ids: readonly string[], waitMs: number, now: number): void {
    this.#movedAt = now;
    for (const id of ids) this.put(id, now + Math.min(waitMs, RETURN_MS_MAX));
  }

  put(id: string, at: number): void {
    this.#put.delete(id); // so that the order is that of putting
    this.#put.set(id, at);
    const oldest = this.#put.size > REMEMBERED_MAX ? this.#put.keys().next().value : undefined;
    if (oldest !== undefined) this.#put.delete(oldest);
  }

  /** Whether a waiting row has been lost on the way rather than not reached yet. */
  lost(id: string, now: number): boolean {
    const admitted = timeOfId(id);
    const putAt = this.#put.get(id) ?? (admitted < this.#since ? null : admitted);
    if (putAt === null) return true;
    const since = [this.#movedAt, putAt].filter((at) => at <= now + RETURN_MS_MAX);
    return this.#reached - putAt > OVERTAKEN_MS || now - Math.max(0, ...since) > STANDSTILL_MS;
  }

  /** Whether it was put on the queue so recently that nobody need do it again. */
  carries(id: string, now: number): boolean {
    const putAt = this.#put.get(id);
    return putAt !== undefined && putAt > now - STANDSTILL_MS && putAt <= now + RETURN_MS_MAX;
  }
}
