/**
 * Borrowing shared numbers and giving them back: outside any transaction, one thing after the other, so that an answer of the
 * operator's object is never older than what the tenant did since. What breaks off heals with the next of either.
 */
import { readClock, MINUTE_MS } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import type { LeaseWish } from "../numbers/stock.ts";
import { giveBack, returnIdle, takeNumbers } from "../numbers/verbs.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";
import type { TenantRooms } from "./rooms.ts";

/** A pool that was lent nothing does not ask again before this. */
const ASK_AGAIN_MS = MINUTE_MS;

const depsOf = (rooms: TenantRooms) => ({
  numbers: rooms.lines.numbers,
  now: () => rooms.now(),
  newId: (prefix: "num" | "pol") => rooms.ids.make(prefix, rooms.now()),
});

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

  /** Borrows for the pools that were found short since the last time. Never throws: the next allocation asks again. */
  async run(): Promise<void> {
    try {
      for (const { pool, ...wish } of this.#host.rooms().lines.takeShort()) {
        if ((this.#notBefore.get(pool) ?? 0) > readClock()) continue;
        this.#notBefore.set(pool, readClock() + ASK_AGAIN_MS); // until it is known that there was something
        if ((await this.#inOrder(() => this.#borrow(pool, wish))) > 0) this.#notBefore.delete(pool);
      }
    } catch (error) {
      this.#parts.log({ level: "error", what: nameOfError(error), code: "lease_failed" });
    }
  }

  /**
   * Gives up lent numbers that nobody needs, and tells which stay: whatever else is lent to this tenant comes back too. `lent`:
   * the stock has numbers for it, which may be news here; the answer that brought them was lost.
   */
  async returnLent(lent: boolean): Promise<number> {
    const { operator, tenantId, log } = this.#parts;
    return this.#inOrder(async () => {
      const { gone, kept } = this.#host.transaction((rooms) => {
        const returned = returnIdle(depsOf(rooms));
        const facts = { numbers: returned.gone };
        if (returned.gone > 0) rooms.enterFor("system", "stock", { act: "number.returned", subject: null, facts });
        return returned;
      });
      const borrows = this.#host.rooms().lines.numbers.pools();
      if (lent || gone > 0 || kept.length > 0 || borrows.some(({ lease }) => lease !== null)) {
        const failed = (error: unknown) => log({ level: "error", what: nameOfError(error), code: "return_failed" });
        await operator().keepLent(tenantId, kept).catch(failed); // the next night tells it again
      }
      return gone;
    });
  }

  /** The operator takes numbers away: those that nobody has; answers which are not the tenant's any more. */
  giveBack(operator: string, named: string[]): Promise<Outcome<string[]>> {
    return this.#inOrder(async () =>
      this.#host.transaction((rooms) => {
        const ok = giveBack(depsOf(rooms), named);
        rooms.enterFor("operator", operator, {
          act: "number.taken_back",
          subject: null,
          facts: { numbers: ok.length },
        });
        return { ok };
      }),
    );
  }

  /** One block for one pool; answers how many numbers came. */
  async #borrow(pool: string, wish: LeaseWish): Promise<number> {
    const lent = await this.#parts.operator().lease(this.#parts.tenantId, wish);
    if (isRefused(lent) || lent.ok.length === 0) return 0;
    return this.#host.transaction((rooms) => {
      const there = rooms.lines.numbers.pool(pool) !== null;
      const numbers = takeNumbers(depsOf(rooms), lent.ok, there ? pool : null);
      if (numbers > 0) rooms.enterFor("system", "stock", { act: "number.lent", subject: null, facts: { numbers } });
      return numbers;
    });
  }

  /** Does it when whatever was begun before is done. */
  #inOrder<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
