/**
 * The turn of the alarm: whatever the fast belt lost is found here. Every message is looked at once when it is a few seconds
 * old, and again at each deadline of its own. Bounded in every turn; a backlog that is merely slow is left alone.
 */
import { HOUR_MS, DAY_MS } from "../base/clock.ts";
import type { Belt } from "./queue/queue-tracker.ts";
import { saidStop, type StopDeps } from "./consent.ts";
import { askOrDoubt } from "./inquire.ts";
import { claimable, SENDER_LOST } from "./dispatch.ts";
import { FIRST_LOOK_MS, LOOK_AGAIN_MS } from "./ledger.ts";
import { ENDED, type Message } from "./message.ts";
import { laneOf } from "../sms/purpose.ts";
import { end, forget, tellMoved, type DispatchDeps } from "./outcome.ts";

/** Rows of each kind in one turn; a turn that was full is followed by the next at once. */
export const LOOKS_MAX = 1_000;
/** Carriers send receipts up to 72 hours after the call; a message without one ends then, as `sent`. */
export const RECEIPTS_MS = 72 * HOUR_MS;
/** A receipt that is late until then still says how such a message ended. */
export const LATE_RECEIPTS_MS = 76 * HOUR_MS;
/** Until then a receipt may still correct an `unknown`. */
const CORRECTED_MS = 7 * DAY_MS;

/**
 * `ended` are recorded and then removed; `kept` are recorded, and stay until a time because a receipt may correct them. `seenTo`
 * becomes the cursor of first looks once they are recorded; until then they would be found again.
 */
export type Turn = Found & { looked: number; seenTo: string | null };
type Found = { ended: string[]; kept: { id: string; until: number }[] };

export type LookDeps = DispatchDeps & StopDeps;

/** One turn. Messages that are to be recorded are named; until somebody says that they are, each turn names them again. */
export function look(deps: LookDeps, belt: Belt, now: number): Turn {
  const found: Found = { ended: [], kept: [] };
  const unseen = deps.ledger.unseen(deps.ledger.looked(), now - FIRST_LOOK_MS, LOOKS_MAX);
  for (const message of unseen) lookAt(deps, belt, message, now, found);
  const due = deps.ledger.due(now, LOOKS_MAX);
  for (const message of due) lookAt(deps, belt, message, now, found);
  return { ...found, looked: unseen.length + due.length, seenTo: unseen.at(-1)?.id ?? null };
}

function lookAt(deps: LookDeps, belt: Belt, message: Message, now: number, found: Found): void {
  const { ended } = found;
  const { state, facts } = message;
  if (ENDED.has(state)) {
    ended.push(message.id);
    return;
  }
  if ((state === "scheduled" || state === "held" || claimable(message)) && facts.expiresAt <= now) {
    const over = end(deps, message, "expired", state === "held" ? "never_released" : "too_late", now);
    if (over !== null) ended.push(over.id);
    return;
  }
  if (state === "scheduled") return release(deps, belt, message, now, ended);
  if (state === "held") return deps.ledger.look(message.id, facts.expiresAt);
  if (claimable(message)) return requeue(deps, belt, message, now);
  if (state === "sending") return lookAtSending(deps, message, now);
  if (state === "unknown") return lookAtDoubt(deps, message, now, found);
  lookAtSent(deps, message, now, ended);
}

/** Its time has come, or the next look is at its time. Whoever has said stop since it was admitted gets no text for that. */
function release(deps: LookDeps, belt: Belt, message: Message, now: number, ended: string[]): void {
  const at = message.facts.scheduleAt ?? now;
  const account = message.facts.routes[0] ?? null;
  if (at > now || account === null) return deps.ledger.look(message.id, Math.max(at, now + LOOK_AGAIN_MS));
  if (hasStopped(deps, message)) {
    const held = deps.ledger.move(message, "held");
    const blocked = held === null ? null : end(deps, held, "blocked", "opted_out", now);
    if (blocked !== null) ended.push(blocked.id);
    return;
  }
  const moved = deps.ledger.move(message, "queued", { account, due: now + FIRST_LOOK_MS });
  if (moved === null) return;
  deps.tell(moved);
  belt.put(message.id, now);
  deps.dispatch(account, laneOf(message.purpose), message.id);
}

function hasStopped(deps: LookDeps, { purpose, token, facts }: Message): boolean {
  const contact = deps.vault.findToken(token);
  if (contact === null) return false; // erased: the claim finds that out, and says so
  return saidStop(deps, contact.index, { purpose, sender: facts.sender, accounts: facts.routes });
}

/** Queued, or between two attempts: put on the belt again when it was lost. */
function requeue(deps: DispatchDeps, belt: Belt, message: Message, now: number): void {
  const { account } = message;
  const between = message.state === "sending";
  if (account !== null && (between ? !belt.carries(message.id, now) : belt.lost(message.id, now))) {
    belt.put(message.id, now);
    deps.dispatch(account, laneOf(message.purpose), message.id);
  }
  deps.ledger.look(message.id, Math.min(now + LOOK_AGAIN_MS, message.facts.expiresAt));
}

/** The claim's lease is over and nobody settled: the call was in flight when its sender died. Or a question had no answer. */
function lookAtSending(deps: DispatchDeps, message: Message, now: number): void {
  const lease = message.lease ?? now;
  if (lease > now) return deps.ledger.look(message.id, lease);
  const open = message.attempts.at(-1);
  const attempts =
    open === undefined ? [] : [...message.attempts.slice(0, -1), { ...open, outcome: "unknown" as const }];
  askOrDoubt(deps, message, attempts, message.reason ?? SENDER_LOST, now);
}

/**
 * With its carrier: waits for a receipt as long as one may come, then ends as it is, which is told once. Its row stays a little
 * longer for one that is late; then its record is all that is left, and its carrier is asked to forget it.
 */
function lookAtSent(deps: DispatchDeps, message: Message, now: number, ended: string[]): void {
  const until = calledAt(message) + RECEIPTS_MS;
  if (until > now) return deps.ledger.look(message.id, until);
  if (message.endedAt === null) {
    const over = deps.ledger.amend(message, { endedAt: now });
    if (over === null) return;
    tellMoved(deps, over);
  }
  const last = calledAt(message) + LATE_RECEIPTS_MS;
  if (last > now) return deps.ledger.look(message.id, last);
  ended.push(message.id);
  forget(deps, message);
}

/** Its window is over, so it ends as it is: told it was when the doubt began. Its row stays while a receipt may correct it. */
function lookAtDoubt(deps: DispatchDeps, message: Message, now: number, found: Found): void {
  if (message.endedAt === null && deps.ledger.amend(message, { endedAt: now }) === null) return;
  const until = calledAt(message) + CORRECTED_MS;
  if (until > now) return void found.kept.push({ id: message.id, until });
  found.ended.push(message.id);
  forget(deps, message);
}

const calledAt = ({ attempts, facts }: Message): number => attempts.at(-1)?.at ?? facts.createdAt;
