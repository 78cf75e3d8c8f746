/**
 * The verbs of a destination's locks: see them, lift them, block it. Changes have a reason and an audit entry; no answer has the
 * number.
 */
import { byCaller } from "../../contract/record.ts";
import { isoOf } from "../../base/clock.ts";
import { refuse, type Outcome, type Refusal } from "../../base/refusal.ts";
import { verb } from "../../contract/verb.ts";
import type { Contact } from "../../vault/ledger.ts";
import type { To } from "../../vault/recipient.ts";
import type { VerifyDeps } from "../deps.ts";
import { lifted, sendRoom, type Budget, type Destination } from "./locks.ts";

export const LOCK_REASONS = ["support", "mistake", "fraud", "abuse", "test"] as const;
export type LockReason = (typeof LOCK_REASONS)[number];

type Whom = { to: To };

/** The verbs of locks, over the tenant's ledgers. */
export function locksVerbs(deps: VerifyDeps) {
  const change = (act: string, how: (destination: Destination, now: number) => Destination) =>
    verb("verify:locks", (who, input: Whom & { reason: LockReason }): Outcome<LocksView> => {
      const contact = knownContact(deps, who.id, input);
      if ("refused" in contact) return contact;
      const now = deps.now();
      const name = contact.index.subarray(0, 16);
      const next = how(deps.ledger.destination(name, now), now);
      deps.ledger.putDestination(name, next);
      deps.record(byCaller(who.id), { act, subject: contact.token, facts: { reason: input.reason } });
      return { ok: locksView(contact, next, now) };
    });
  return {
    "locks.look": verb("verify:locks", (who, input: Whom): Outcome<LocksView> => {
      const contact = knownContact(deps, who.id, input);
      if ("refused" in contact) return contact;
      const now = deps.now();
      return { ok: locksView(contact, deps.ledger.destination(contact.index.subarray(0, 16), now), now) };
    }),
    /** Lifts locks and block and resets the counts of failures; known devices stay known. */
    "locks.lift": change("lock.lifted", lifted),
    /** Until it is lifted, no code is sent to it and no guess is right; no answer of a start or check reveals it. */
    "locks.block": change("lock.blocked", (destination, now) => ({ ...destination, blocked: { at: now } })),
  };
}

export type LocksVerbs = ReturnType<typeof locksVerbs>;

/** The contact of a number. The number is counted as named, found or not, because the answer shows whether it is a contact. */
function knownContact(deps: VerifyDeps, key: string, { to }: Whom): Contact | Refusal {
  const recipient = deps.naming.name(key, to);
  if ("refused" in recipient) return recipient;
  return recipient.contact ?? refuse("token_unknown", { detail: "Tokenise the number first." });
}

function locksView(contact: Contact, destination: Destination, now: number) {
  const budget = ({ failures, lockedUntil }: Budget) => ({
    failures: failures.length,
    locked_until: lockedUntil > now ? isoOf(lockedUntil) : null,
  });
  const { left, nextAt } = sendRoom(destination, now, null);
  return {
    to: { token: contact.token, mask: contact.mask, country: contact.country, kind: contact.kind },
    blocked_at: destination.blocked === null ? null : isoOf(destination.blocked.at),
    strangers: {
      failures: destination.strangers.failures.length,
      locked_until: latest([destination.strangers, ...destination.fingerprints], now),
    },
    known: destination.known.map((one) => ({
      of: one.fingerprint.startsWith("d") ? ("device" as const) : ("network" as const),
      seen_at: isoOf(one.seenAt),
      ...budget(one),
    })),
    sends_left: left,
    next_send_at: nextAt > now ? isoOf(nextAt) : null,
  };
}

/** The latest end of any budget's lock; null if none is locked. */
function latest(budgets: readonly Budget[], now: number): string | null {
  const until = Math.max(...budgets.map(({ lockedUntil }) => lockedUntil));
  return until > now ? isoOf(until) : null;
}

export type LocksView = ReturnType<typeof locksView>;
