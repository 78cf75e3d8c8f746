/**
 * Codes on the queue, in memory only. A code whose queue message was lost is found within three seconds, not at the
 * first sweep, 12 s after admission. Costs no row: an ordinary code is claimed long before that, and a code put on the
 * queue once too often finds nothing to claim. Uses real time, not a sandbox's clock.
 */
import { SECOND_MS } from "../../base/clock.ts";
import type { MessagesLedger } from "../ledger.ts";
import { claimable } from "../dispatch.ts";
import type { DispatchDeps } from "../outcome.ts";

/** How often waiting codes are checked; ordinarily a code is claimed before the first check. */
export const WAITING_CODES_CHECK_MS = SECOND_MS / 2;
/** A code unclaimed for this long is put on the queue again, unless its account's queue is only slow. */
export const CODE_LOST_MS = 2 * SECOND_MS;
/** The wait doubles each time up to this, so that a stopped queue is not filled. */
const CODE_LOST_MS_MAX = 30 * SECOND_MS;
/** Codes remembered; the first sweep finds those beyond it. */
const CODES_MAX = 10_000;
/** Codes put on the queue when an object wakes; the first sweeps find those beyond it. */
const CODES_AT_WAKE_MAX = 1_000;

type Waiting = { account: string; putAt: number; patienceMs: number };

/** One tenant's codes that wait to be claimed, as known since its object woke. */
export class WaitingCodes {
  readonly #waiting = new Map<string, Waiting>();
  /** By account: when a code was last claimed, and how far the queue has advanced. */
  readonly #accounts = new Map<string, { movedAt: number; reached: number }>();

  get count(): number {
    return this.#waiting.size;
  }

  /** A code was put on the queue for an account; one that was lost before keeps its longer wait. */
  put(id: string, account: string, now: number): void {
    const known = this.#waiting.get(id);
    if (known === undefined && this.#waiting.size >= CODES_MAX) return;
    this.#waiting.set(id, { account, putAt: now, patienceMs: known?.patienceMs ?? CODE_LOST_MS });
  }

  /** A sender of the account has claimed these ids. */
  claimed(account: string, ids: readonly string[], now: number): void {
    for (const id of ids) {
      const one = this.#waiting.get(id);
      if (one === undefined) continue;
      this.#waiting.delete(id);
      const reached = Math.max(this.#accounts.get(account)?.reached ?? 0, one.putAt);
      this.#accounts.set(account, { movedAt: now, reached });
    }
  }

  /** A sender could not process these ids; they return after `waitMs`. */
  handedBack(ids: readonly string[], waitMs: number, now: number): void {
    for (const id of ids) {
      const one = this.#waiting.get(id);
      if (one !== undefined) this.put(id, one.account, now + Math.min(waitMs, CODE_LOST_MS_MAX));
    }
  }

  /** Codes that the queue has lost, rather than not reached yet. */
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

  /** The code no longer waits to be claimed. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }
}

type Deps = Pick<DispatchDeps, "dispatch"> & { ledger: Pick<MessagesLedger, "get" | "waitingCodes"> };

/** Puts lost codes that may still be claimed on the queue again. Writes no row. */
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

/**
 * Puts every waiting code on the queue when the object wakes, because then nothing is known of the queue. Writes no
 * row.
 */
export function queueCodesAtWake({ ledger, dispatch }: Deps, now: number): void {
  for (const { id, account } of ledger.waitingCodes(now, CODES_AT_WAKE_MAX))
    if (account !== null) dispatch(account, "otp", id);
}
