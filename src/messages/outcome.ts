/**
 * What the steps of the dispatch path share: a message becomes `unknown` or ends, and its moves are told. Every move is a
 * compare-and-swap, so a late or repeated one changes nothing.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, minuteAfter } from "../base/clock.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Change, MessagesLedger } from "./ledger.ts";
import type { Attempt, Message } from "./message.ts";
import type { Lane } from "../sms/purpose.ts";
import type { DepartureDeps } from "./departure.ts";

export type DispatchDeps = DepartureDeps & {
  ledger: MessagesLedger;
  vault: VaultLedger;
  now: () => number;
  /** Real time, also in a sandbox with a clock of its own. */
  realNow: () => number;
  receiptUrl: (account: string, message: string, called: { at: number; lane: Lane }) => string;
  tell: (message: Message) => void;
  dispatch: (account: string, lane: Lane, id: string) => void;
  /** Queues an inquiry about a message. */
  ask: (account: string, lane: Lane, id: string) => void;
  /** Queues a redaction: the carrier is asked to delete the message with this reference. */
  redact: (account: string, reference: string) => void;
  /** Whether the account redacts messages at its carrier. */
  redacts: (account: string) => boolean;
  /** The carrier reported that the recipient has stopped the message's sender. */
  saidStop: (message: Message, account: string) => void;
  /** Applies the sandbox's receipts that are due after a settlement. */
  settled: () => void;
};

/** After this long without a receipt the message ends as `unknown`; a receipt that says more may still correct it. */
export const UNKNOWN_WINDOW_MS = { otp: 10 * MINUTE_MS, service: 72 * HOUR_MS, marketing: 72 * HOUR_MS } as const;

/** Carriers send receipts up to 72 hours after the call; a message without one ends then, as `sent`. */
export const RECEIPTS_MS = 72 * HOUR_MS;
/** Until then a late receipt still corrects such a message. */
export const LATE_RECEIPTS_MS = 76 * HOUR_MS;
/** Until then a receipt may still correct an `unknown`. */
export const CORRECTED_MS = 7 * DAY_MS;

/** When the message's last call began. */
export const calledAt = ({ attempts, facts }: Message): number => attempts.at(-1)?.at ?? facts.createdAt;

/** Most calls for one message; more would be a loop of throttling, or of `never` answers to inquiries. */
export const ATTEMPTS_MAX = 50;

/** The message may have been sent: it becomes `unknown`, its text is deleted, it is not sent again; a receipt within the window decides. */
export function doubt(deps: DispatchDeps, message: Message, attempts: Attempt[], reason: string, now: number): void {
  const due = now + UNKNOWN_WINDOW_MS[message.purpose];
  const change: Change = { attempts, lease: null, reason, dropText: true, due };
  tellMoved(deps, deps.ledger.move(message, "unknown", change));
}

/** Ends a message and deletes its text. */
export function end(
  deps: DispatchDeps,
  message: Message,
  state: "failed" | "expired" | "canceled" | "blocked" | "delivered" | "undelivered",
  reason: string | null,
  now: number,
  known: Pick<Change, "attempts" | "price" | "network"> = {},
): Message | null {
  // A message with a deadline is swept with the others of its minute, to be recorded: a run for each would cost rows.
  const due = message.due === null ? null : minuteAfter(now);
  const moved = deps.ledger.move(message, state, { ...known, lease: null, reason, endedAt: now, dropText: true, due });
  tellMoved(deps, moved);
  if (moved !== null) forget(deps, moved);
  return moved;
}

/** Queues redaction of an ended message at the carriers that took it. */
export function forget(deps: DispatchDeps, { attempts }: Message): void {
  for (const { carrier, reference } of attempts) {
    if (reference !== undefined && deps.redacts(carrier)) deps.redact(carrier, reference);
  }
}

/** Tells rooms and tenant of a move; null: there was none. */
export function tellMoved(deps: DispatchDeps, moved: Message | null): void {
  if (moved !== null) deps.tell(moved);
}
