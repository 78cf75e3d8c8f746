/**
 * How a message leaves the carrier's hands: in doubt, or ended. What the steps of the dispatch path share. Every move is a
 * compare-and-swap, so whatever comes twice or late finds nothing to change.
 */
import { HOUR_MS, MINUTE_MS, minuteAfter } from "../base/clock.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Change, MessagesLedger } from "./ledger.ts";
import type { Attempt, Message } from "./message.ts";
import type { Lane } from "../sms/purpose.ts";
import type { DepartureDeps } from "./departure.ts";

export type DispatchDeps = DepartureDeps & {
  ledger: MessagesLedger;
  vault: VaultLedger;
  now: () => number;
  /** Real time, also where the tenant's clock is its own. */
  realNow: () => number;
  receiptUrl: (account: string, message: string, called: { at: number; lane: Lane }) => string;
  tell: (message: Message) => void;
  dispatch: (account: string, lane: Lane, id: string) => void;
  /** Puts the question about a message on the queue. */
  ask: (account: string, lane: Lane, id: string) => void;
  /** Puts on the queue that a carrier shall forget what it has under this reference of its own. */
  redact: (account: string, reference: string) => void;
  /** Whether the account's carrier is to be asked that. */
  redacts: (account: string) => boolean;
  /** A carrier said that the recipient had said stop to the message's sender. */
  saidStop: (message: Message, account: string) => void;
  /** The sandbox's receipts that fall due with a settlement. */
  settled: () => void;
};

/** After this long without a receipt the message ends as `unknown`; a receipt that says more may still correct it. */
export const UNKNOWN_WINDOW_MS = { otp: 10 * MINUTE_MS, service: 72 * HOUR_MS, marketing: 72 * HOUR_MS } as const;

/** Calls for one message. More than this is a loop, of throttling or of a carrier that swears each time that it took nothing. */
export const ATTEMPTS_MAX = 50;

/** May have been sent: the text goes, nobody sends again, a receipt within the window decides. */
export function doubt(deps: DispatchDeps, message: Message, attempts: Attempt[], reason: string, now: number): void {
  const due = now + UNKNOWN_WINDOW_MS[message.purpose];
  const change: Change = { attempts, lease: null, reason, dropText: true, due };
  tellMoved(deps, deps.ledger.move(message, "unknown", change));
}

/** Ends a message: its text goes with it. */
export function end(
  deps: DispatchDeps,
  message: Message,
  state: "failed" | "expired" | "canceled" | "blocked" | "delivered" | "undelivered",
  reason: string | null,
  now: number,
  known: Pick<Change, "attempts" | "price" | "network"> = {},
): Message | null {
  // One that has a sweep coming is swept with the others of its minute, to be recorded: a run for each would cost rows.
  const due = message.due === null ? null : minuteAfter(now);
  const moved = deps.ledger.move(message, state, { ...known, lease: null, reason, endedAt: now, dropText: true, due });
  tellMoved(deps, moved);
  if (moved !== null) forget(deps, moved);
  return moved;
}

/** A carrier that took a message which is over now has no more use for its text and number. */
export function forget(deps: DispatchDeps, { attempts }: Message): void {
  for (const { carrier, reference } of attempts) {
    if (reference !== undefined && deps.redacts(carrier)) deps.redact(carrier, reference);
  }
}

/** Tells of a move that happened. */
export function tellMoved(deps: DispatchDeps, moved: Message | null): void {
  if (moved !== null) deps.tell(moved);
}
