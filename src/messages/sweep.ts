/**
 * The sweep of the alarm, which finds messages that the queue lost. It visits every message that has not ended 12 s after admission,
 * and again at each deadline of the message. Bounded in every run; a queue that is only slow is left alone.
 */
import type { DueRow } from "../contract/room.ts";
import { minuteAfter } from "../base/clock.ts";
import type { QueueTracker } from "./queue/queue-tracker.ts";
import { saidStop, type StopDeps } from "./consent.ts";
import { depart } from "./departure.ts";
import { askOrDoubt } from "./inquire.ts";
import { claimable, SENDER_LOST } from "./dispatch.ts";
import { FIRST_SWEEP_MS, SWEEP_AGAIN_MS } from "./ledger.ts";
import { ENDED, isWaiting, type Message } from "./message.ts";
import { laneOf } from "../sms/purpose.ts";
import {
  calledAt,
  CORRECTED_MS,
  end,
  forget,
  LATE_RECEIPTS_MS,
  RECEIPTS_MS,
  tellMoved,
  type DispatchDeps,
} from "./outcome.ts";

/** Rows of each kind in one run; after a full run the next follows at once. */
export const SWEEP_MAX = 1_000;
/** Ended messages to record: they are removed, or stay `until` a receipt can no longer correct them. */
export type Found = { rows: { message: Message; until: number | null }[]; seenTo: string | null };

export type SweepDeps = DispatchDeps & StopDeps;

/**
 * The messages to visit now. Running a row adds it to `found` if it is to be recorded; until it is recorded, each sweep finds it
 * again. After that `seenTo` becomes the cursor of first sweeps.
 */
export function dueMessages(
  deps: SweepDeps,
  queueTracker: QueueTracker,
  now: number,
  limit: number,
  found: Found,
): DueRow[] {
  const sweepOne = (read: () => Message) => sweepAt(deps, queueTracker, read(), now, found);
  const unseen = deps.ledger.unseen(deps.ledger.sweptUpTo(), now - FIRST_SWEEP_MS, limit);
  return [
    ...unseen.map(({ id, read }) => ({
      id,
      run: () => {
        sweepOne(read);
        found.seenTo = id;
      },
    })),
    ...deps.ledger.due(now, limit).map(({ id, read }) => ({ id, run: () => sweepOne(read) })),
  ];
}

function sweepAt(deps: SweepDeps, queueTracker: QueueTracker, message: Message, now: number, found: Found): void {
  const { state, facts } = message;
  if (ENDED.has(state)) return hasEnded(found, message);
  if ((state === "scheduled" || state === "held" || claimable(message)) && facts.expiresAt <= now) {
    const late = state === "held" && message.reason === null ? "never_released" : "too_late";
    const over = end(deps, message, "expired", isWaiting(message) ? message.reason : late, now);
    return hasEnded(found, over);
  }
  if (state === "scheduled") return release(deps, queueTracker, message, now, found);
  if (state === "held" && message.reason !== null) return release(deps, queueTracker, message, now, found);
  if (state === "held") return deps.ledger.setDue(message.id, facts.expiresAt);
  if (claimable(message)) return requeue(deps, queueTracker, message, now);
  if (state === "sending") return sweepSending(deps, message, now);
  if (state === "unknown") return sweepInDoubt(deps, message, now, found);
  sweepSent(deps, message, now, found);
}

/** Queues a scheduled message that is due, unless its person has stopped it since the admission; an earlier one is swept at its time. */
function release(deps: SweepDeps, queueTracker: QueueTracker, message: Message, now: number, found: Found): void {
  const at = message.facts.scheduleAt ?? now;
  const account = message.facts.routes[0] ?? null;
  if (at > now || account === null) return deps.ledger.setDue(message.id, Math.max(at, now + SWEEP_AGAIN_MS));
  if (hasStopped(deps, message)) {
    const held = message.state === "held" ? message : deps.ledger.move(message, "held");
    const blocked = held === null ? null : end(deps, held, "blocked", "opted_out", now);
    return hasEnded(found, blocked);
  }
  const leaving = depart(deps, message, now);
  if (leaving === null) return;
  const moved = deps.ledger.move(message, "queued", { reason: null, ...leaving, account, due: now + FIRST_SWEEP_MS });
  if (moved === null) return;
  deps.tell(moved);
  queueTracker.put(message.id, now);
  deps.dispatch(account, laneOf(message.purpose), message.id);
}

function hasStopped(deps: SweepDeps, { purpose, token, facts }: Message): boolean {
  const contact = deps.vault.findToken(token);
  if (contact === null) return false; // the person was erased; the claim ends the message
  return saidStop(deps, contact.index, { purpose, sender: facts.sender, accounts: facts.routes });
}

/** Puts a message that may be claimed on the queue again if the queue lost it, or if its wait for a cap is over. */
function requeue(deps: DispatchDeps, queueTracker: QueueTracker, message: Message, now: number): void {
  const { account } = message;
  const between = message.state === "sending";
  const waited = isWaiting(message);
  const comes = between ? queueTracker.carries(message.id, now) : !queueTracker.lost(message.id, now);
  if (account !== null && (waited || !comes)) {
    queueTracker.put(message.id, now);
    deps.dispatch(account, laneOf(message.purpose), message.id);
  }
  const due = Math.min(now + SWEEP_AGAIN_MS, message.facts.expiresAt);
  if (waited) deps.ledger.amend(message, { reason: null, due });
  else deps.ledger.setDue(message.id, due);
}

/** The lease is over without a settlement: the sender was lost during the call, or an inquiry has no answer. */
function sweepSending(deps: DispatchDeps, message: Message, now: number): void {
  const lease = message.lease ?? now;
  if (lease > now) return deps.ledger.setDue(message.id, lease);
  const open = message.attempts.at(-1);
  const attempts =
    open === undefined ? [] : [...message.attempts.slice(0, -1), { ...open, outcome: "unknown" as const }];
  askOrDoubt(deps, message, attempts, message.reason ?? SENDER_LOST, now);
}

/**
 * A `sent` message ends as it is when no receipt has come within 72 hours; one event says so. Its row stays four hours longer for a
 * late receipt; then it is recorded and removed, and its carrier is asked to redact it.
 */
function sweepSent(deps: DispatchDeps, message: Message, now: number, found: Found): void {
  const until = calledAt(message) + RECEIPTS_MS;
  if (until > now) return deps.ledger.setDue(message.id, until);
  const over = message.endedAt === null ? deps.ledger.amend(message, { endedAt: now }) : message;
  if (over === null) return;
  if (over !== message) tellMoved(deps, over);
  const last = minuteAfter(calledAt(message) + LATE_RECEIPTS_MS);
  if (last > now) return deps.ledger.setDue(message.id, last);
  hasEnded(found, over);
  forget(deps, over);
}

/** An `unknown` message ends when its window is over; its event was emitted before. Its row stays while a receipt may correct it. */
function sweepInDoubt(deps: DispatchDeps, message: Message, now: number, found: Found): void {
  const ended = message.endedAt === null ? deps.ledger.amend(message, { endedAt: now }) : message;
  if (ended === null) return;
  const until = minuteAfter(calledAt(message) + CORRECTED_MS);
  if (until > now) return void found.rows.push({ message: ended, until });
  hasEnded(found, ended);
  forget(deps, message);
}

/** The message is to be recorded and then removed. Null: it moved in between, and the next sweep finds it. */
function hasEnded({ rows }: Found, message: Message | null): void {
  if (message !== null) rows.push({ message, until: null });
}
