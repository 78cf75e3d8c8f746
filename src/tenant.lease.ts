/**
 * Borrowing shared numbers and giving them back: outside any transaction, one thing after the other, so that an answer of the
 * operator's object is never older than what the tenant did since. What breaks off heals with the next of either.
 */
import { readClock, MINUTE_MS } from "./base/clock.ts";
import { nameOfError } from "./base/log.ts";
import { isRefused, type Outcome } from "./base/refusal.ts";
import type { LeaseWish } from "./numbers/stock.ts";
import { giveBack, returnIdle, takeNumbers } from "./numbers/verbs.ts";
import type { TenantHome } from "./tenant.home.ts";
import type { TenantMind } from "./tenant.mind.ts";
import type { TenantParts } from "./wiring.ts";

/** A pool that was lent nothing does not ask again before this. */
const ASK_AGAIN_MS = MINUTE_MS;

type Borrowing = { last: Promise<unknown>; notBefore: Map<string, number> };
const borrowings = new WeakMap<TenantHome, Borrowing>();

function borrowingOf(home: TenantHome): Borrowing {
  const known = borrowings.get(home) ?? { last: Promise.resolve(), notBefore: new Map<string, number>() };
  borrowings.set(home, known);
  return known;
}

/** Does it when whatever was begun before is done. */
function inTurn<T>(home: TenantHome, act: () => Promise<T>): Promise<T> {
  const borrowing = borrowingOf(home);
  const done = borrowing.last.then(act);
  borrowing.last = done.catch(() => undefined);
  return done;
}

const depsOf = (mind: TenantMind) => ({
  numbers: mind.lines.numbers,
  now: () => mind.now(),
  newId: (prefix: "num" | "pol") => mind.ids.make(prefix, mind.now()),
});

/** Borrows for the pools that were found short since the last time. Never throws: the next allocation asks again. */
export async function runLeases(home: TenantHome, parts: TenantParts): Promise<void> {
  const { notBefore } = borrowingOf(home);
  try {
    for (const { pool, ...wish } of home.mind().lines.takeShort()) {
      if ((notBefore.get(pool) ?? 0) > readClock()) continue;
      notBefore.set(pool, readClock() + ASK_AGAIN_MS); // until it is known that there was something
      if ((await inTurn(home, () => borrow(home, parts, pool, wish))) > 0) notBefore.delete(pool);
    }
  } catch (error) {
    parts.log({ level: "error", what: nameOfError(error), code: "lease_failed" });
  }
}

/** One block for one pool; answers how many numbers came. */
async function borrow(home: TenantHome, parts: TenantParts, pool: string, wish: LeaseWish): Promise<number> {
  const lent = await parts.operator().lease(parts.tenantId, wish);
  if (isRefused(lent) || lent.ok.length === 0) return 0;
  return home.transaction((mind) => {
    const there = mind.lines.numbers.pool(pool) !== null;
    const numbers = takeNumbers(depsOf(mind), lent.ok, there ? pool : null);
    if (numbers > 0) mind.enterFor("system", "stock", { act: "number.lent", subject: null, facts: { numbers } });
    return numbers;
  });
}

/**
 * Gives up lent numbers that nobody needs, and tells which stay: whatever else is lent to this tenant comes back too. `lent`: the
 * stock has numbers for it, which may be news here; the answer that brought them was lost.
 */
export async function returnLent(home: TenantHome, parts: TenantParts, lent: boolean): Promise<number> {
  return inTurn(home, async () => {
    const { gone, kept } = home.transaction((mind) => {
      const returned = returnIdle(depsOf(mind));
      if (returned.gone > 0) mind.enterFor("system", "stock", { act: "number.returned", subject: null, facts: { numbers: returned.gone } }); // prettier-ignore
      return returned;
    });
    const borrows = home.mind().lines.numbers.pools().some(({ lease }) => lease !== null); // prettier-ignore
    const told =
      lent || gone > 0 || kept.length > 0 || borrows ? parts.operator().keepLent(parts.tenantId, kept) : null;
    await told?.catch((error: unknown) =>
      parts.log({ level: "error", what: nameOfError(error), code: "return_failed" }),
    ); // the next night tells it again
    return gone;
  });
}

/** The operator takes numbers away: those that nobody has; answers which are not the tenant's any more. */
export function giveBackNumbers(home: TenantHome, operator: string, named: string[]): Promise<Outcome<string[]>> {
  return inTurn(home, async () =>
    home.transaction((mind) => {
      const ok = giveBack(depsOf(mind), named);
      mind.enterFor("operator", operator, { act: "number.taken_back", subject: null, facts: { numbers: ok.length } });
      return { ok };
    }),
  );
}
