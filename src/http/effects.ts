/**
 * Work outside the object, done after the answer. If it fails nothing is lost: the rows are stored, and the object's
 * alarm finds them.
 */
import type { Owner } from "../base/ids.ts";
import { isEmpty, type Effects } from "../rpc/effects.ts";
import type { C } from "./context.ts";
import type { Doors } from "./doors.ts";

/** Puts on the queues what a transaction of this owner's object left to do, without delaying the answer. */
export function doAfterwards(c: C, doors: Pick<Doors, "outside">, owner: Owner, effects: Effects): void {
  if (isEmpty(effects)) return;
  c.executionCtx.waitUntil(doors.outside(owner, effects).catch(() => undefined));
}
