/**
 * Codes that are on the queue, in memory only: a code whose queue message was lost is found within three seconds instead of at
 * the first sweep, 12 s after admission. It costs no row: an ordinary code is claimed long before, and a code that is put on the
 * queue once more than needed finds nothing to claim. Times here are real time, whatever a sandbox's clock does.
 */
import { SECOND_MS } from "../../base/clock.ts";
import type { MessagesLedger } from "../ledger.ts";
import { claimable } from "../dispatch.ts";
import type { DispatchDeps } from "../outcome.ts";

/** How often whoever keeps waiting codes looks at them; none wait on the ordinary path when half a second is over. */
export const WAITING_CODES_CHECK_MS = SECOND_MS / 2;
/** A code that nobody claimed for so long is put on the queue again, unless its account's queue is merely slow. */
export const CODE_LOST_MS = 2 * SECOND_MS;
/** Each further time it waits twice as long, up to this, so that a queue that stands still is not filled. */
const CODE_LOST_MS_MAX = 30 * SECOND_MS;
/** Codes remembered; one beyond it is found by the first sweep. */
const CODES_MAX = 10_000;
/** Codes that one wake of an object puts on the queue; what is beyond is found by the first sweeps. */
const CODES_AT_WAKE_MAX = 1_000;

type Waiting = { account: string; putAt: number; patienceMs: number };

/** The codes of one tenant that wait to be claimed, as its object has seen them since it woke. */
export class WaitingCodes {
  readonly #waiting = new Map<string, Waiting>();
  /** By account, when a code was claimed last, and how far the queue has come. */
  readonly #accounts = new Map<string, { movedAt: number; reached: number }>();

  get count(): number {
    return this.#waiting.size;
  }

  /** A code was put on the queue for an account; one that was lost before keeps its longer patience. */
  put(id: string, account: string, now: number): void {
    const known = this.#waiting.get(id);
    if (known === undefined && this.#waiting.size >= CODES_MAX) return;
    this.#waiting.set(id, { account, putAt: now, patienceMs: known?.patienceMs ?? CODE_LOST_MS });
  }

  /** A sender of the account came for these ids. */
  claimed(account: string, ids: readonly string[], now: number): void {
    for (const id of ids) {
      const one = this.#waiting.get(id);
      if (one === undefined) continue;
      this.#waiting.delete(id);
      const reached = Math.max(this.#accounts.get(account)?.reached ?? 0, one.putAt);
      this.#accounts.set(account, { movedAt: now, reached });
    }
  }

  /** A sender could not get to these ids; they come again after `waitMs`. */
  handedBack(ids: readonly string[], waitMs: number, now: number): void {
    for (const id of ids) {
      const one = this.#waiting.get(id);
      if (one !== undefined) this.put(id, one.account, now + Math.min(waitMs, CODE_LOST_MS_MAX));
    }
  }

  /** Codes that were lost on the way rather than not reached yet. */
  lost(now: number): string[] {
    return [...this.#waiting].filter(([, one]) => this.#isLost(one, now)).map(([id]) => id);
  }

  #isLost({ account, putAt, patienceMs }: Waiting, now: number): boolean {
    const { movedAt, reached } = this.#accounts.get(account) ?? { movedAt: 0, reached: 0 };
    const overtaken = reached - putAt > CODE_LOST_MS;
    return (overtaken || now - movedAt > patienceMs) && now - putAt > patienceMs;
  }

  /** A lost code is about to be put on the queue once more. */
  again(id: string): void {
    const one = this.#waiting.get(id);
    if (one !== undefined) one.patienceMs = Math.min(2 * one.patienceMs, CODE_LOST_MS_MAX);
  }

  /** Nobody waits for this code any more. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }
}

type Deps = Pick<DispatchDeps, "dispatch"> & { ledger: Pick<MessagesLedger, "get" | "waitingCodes"> };

/** Puts lost codes on the queue again: those that may still be claimed. Writes no row. */
export function requeueCodes({ ledger, dispatch }: Deps, codes: WaitingCodes, now: number): void {
  for (const id of codes.lost(now)) {
    const message = ledger.get(id);
    if (message === null || message.account === null || !claimable(message)) {
      codes.forget(id);
      continue;
    }
    codes.again(id);
    dispatch(message.account, "otp", id);
  }
}

/** Of an object that woke nothing is known of the queue: every code that waits is put on it at once. Writes no row. */
export function queueCodesAtWake({ ledger, dispatch }: Deps, now: number): void {
  for (const { id, account } of ledger.waitingCodes(now, CODES_AT_WAKE_MAX))
    if (account !== null) dispatch(account, "otp", id);
}
