/**
 * The background work of masked sessions: expiry, rotation by schedule, and calls of the hook that were lost, which are repeated.
 */
import type { Step } from "../contract/room.ts";
import type { MaskingDeps } from "./deps.ts";
import { endSession } from "./close.ts";
import { INTERCEPT_CHECK_MS } from "./relay.ts";
import { rotateByRule } from "./rotate.ts";
import { dueAt, isOver, isToRotate, type Session } from "./session.ts";

/** Sessions processed in one alarm run. */
const SESSIONS_MAX = 200;

/** Pending texts whose hook is called again in one run. */
const WAITING_MAX = 50;

/** The steps of the room. */
export function maskingSteps(deps: MaskingDeps): Step[] {
  return [
    {
      name: "masking.sessions",
      rowsMax: SESSIONS_MAX,
      due: (now, limit) =>
        deps.ledger.due(now, limit).map(({ id, read }) => ({ id, run: () => seeTo(deps, read(), now) })),
      nextAt: (_now, after) => deps.ledger.nextDue("sessions", after),
    },
    {
      name: "masking.intercepts",
      rowsMax: WAITING_MAX,
      due: (now, limit) =>
        deps.ledger.waiting(now, limit).map(({ id, session }) => ({ id, run: () => askAgain(deps, id, session, now) })),
      nextAt: (_now, after) => deps.ledger.nextDue("interactions", after),
    },
  ];
}

function seeTo(deps: MaskingDeps, session: Session, now: number): void {
  const over = session.state === "open" ? isOver(session, now) : null;
  if (session.state !== "open") deps.ledger.setDue(session.id, null);
  else if (over !== null) endSession(deps, session, "expired", over);
  else if (isToRotate(session, now)) rotateByRule(deps, session);
  else deps.ledger.setDue(session.id, dueAt(session));
}

function askAgain(deps: MaskingDeps, interaction: string, session: string, now: number): void {
  deps.ledger.waitOn(interaction, now + INTERCEPT_CHECK_MS);
  deps.wait(interaction, session);
}
