/**
 * Borrows shared numbers and returns them, outside any transaction. The calls are sequential, so that an answer of the
 * operator's object is never older than the tenant's own changes. The next call repairs one that broke off.
 */
import { readClock, MINUTE_MS } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import type { Actor } from "../contract/record.ts";
import type { LeaseWish } from "../numbers/stock.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/** Wait before a pool that was lent nothing asks again. */
const ASK_AGAIN_MS = MINUTE_MS;

/** The actor of loans and returns in the audit. */
const STOCK: Actor = { type: "system", id: "stock" };

/** The shared numbers of one tenant. */
export class NumberLeases {
  readonly #host: TenantHost;
  readonly #parts: TenantParts;
  #last: Promise<unknown> = Promise.resolve();
  readonly #notBefore = new Map<string, number>();

  constructor(host: TenantHost, parts: TenantParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Borrows for the pools that were found short since the last call. Never throws: the next allocation asks again. */
  async run(): Promise<void> {
    try {
      for (const { pool, ...wish } of this.#host.rooms().room.numbers.takeShort()) {
        if ((this.#notBefore.get(pool) ?? 0) > readClock()) continue;
        this.#notBefore.set(pool, readClock() + ASK_AGAIN_MS); // removed if the loan brings numbers
        if ((await this.#inOrder(() => this.#borrow(pool, wish))) > 0) this.#notBefore.delete(pool);
      }
    } catch (error) {
      this.#parts.log({ level: "error", what: nameOfError(error), code: "lease_failed" });
    }
  }

  /**
   * Returns lent numbers that are not needed, by telling the stock which stay: all others lent to this tenant are taken
   * back. `lent`: the stock lists numbers lent to this tenant, which it may not know of if that answer was lost.
   */
  async returnLent(lent: boolean): Promise<number> {
    const { operator, tenantId, log } = this.#parts;
    return this.#inOrder(async () => {
      const { gone, kept } = this.#host.transaction(({ room }) => {
        const returned = room.numbers.returnIdle();
        const facts = { numbers: returned.gone };
        if (returned.gone > 0) room.audit.record(STOCK, { act: "number.returned", subject: null, facts });
        return returned;
      });
      if (lent || gone > 0 || kept.length > 0 || this.#host.rooms().room.numbers.borrows()) {
        const failed = (error: unknown) => log({ level: "error", what: nameOfError(error), code: "return_failed" });
        await operator().keepLent(tenantId, kept).catch(failed); // the next nightly run repeats it
      }
      return gone;
    });
  }

  /** Takes numbers away for the operator, unless somebody has them; answers which are no longer the tenant's. */
  giveBack(operator: string, named: string[]): Promise<Outcome<string[]>> {
    return this.#inOrder(async () =>
      this.#host.transaction(({ room }) => {
        const ok = room.numbers.giveBack(named);
        const facts = { numbers: ok.length };
        room.audit.record({ type: "operator", id: operator }, { act: "number.taken_back", subject: null, facts });
        return { ok };
      }),
    );
  }

  /** Borrows one block for one pool; answers how many numbers were lent. */
  async #borrow(pool: string, wish: LeaseWish): Promise<number> {
    const lent = await this.#parts.operator().lease(this.#parts.tenantId, wish);
    if (isRefused(lent) || lent.ok.length === 0) return 0;
    return this.#host.transaction(({ room }) => {
      const numbers = room.numbers.takeNumbers(lent.ok, room.numbers.hasPool(pool) ? pool : null);
      if (numbers > 0) room.audit.record(STOCK, { act: "number.lent", subject: null, facts: { numbers } });
      return numbers;
    });
  }

  /** Runs the act after all earlier ones have ended. */
  #inOrder<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
