/**
 * What is due in masked sessions: those whose time has passed end, those whose numbers are to change get others, exclusive numbers
 * whose cool-off is over are free again. Bounded; what is left is due still.
 */
import type { MaskingDeps } from "./deps.ts";
import { endSession } from "./close.ts";
import { INTERCEPT_LOOK_MS } from "./relay.ts";
import { rotateSession } from "./rotate.ts";
import { dueAt, isOver, isToRotate } from "./session.ts";

/** Sessions seen to in one turn of the alarm. */
const SESSIONS_MAX = 200;

/** Texts whose hook is asked again in one turn: a crash left them waiting. */
const WAITING_MAX = 50;

/** Sees to what is due; answers whether there may be more. */
export function runMasking(deps: MaskingDeps): boolean {
  const now = deps.now();
  const sessions = deps.ledger.due(now, SESSIONS_MAX);
  for (const session of sessions) {
    const over = session.state === "open" ? isOver(session, now) : null;
    if (session.state !== "open") deps.ledger.setDue(session.id, null);
    else if (over !== null) endSession(deps, session, "expired", over);
    else if (isToRotate(session, now)) rotateSession(deps, session, null);
    else deps.ledger.setDue(session.id, dueAt(session));
  }
  for (const { id, session } of deps.ledger.waiting(now, WAITING_MAX)) {
    deps.ledger.waitOn(id, now + INTERCEPT_LOOK_MS);
    deps.wait(id, session);
  }
  const released = deps.numbers.release(now, SESSIONS_MAX);
  for (const { id, state } of released) if (state === "cooling") deps.emit("number.released", id, { number: id });
  return sessions.length === SESSIONS_MAX || released.length === SESSIONS_MAX;
}
