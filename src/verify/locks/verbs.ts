/**
 * What a tenant's people can ask about a destination's locks: see them, lift them, block it. With a reason, and an entry in the
 * audit; the number itself stands in no answer.
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
    /** Every lock and block goes, and the counts of failures with them; devices that verified before stay known. */
    "locks.lift": change("lock.lifted", lifted),
    /** No code leaves for it and no guess counts, until it is lifted; nobody outside can tell. */
    "locks.block": change("lock.blocked", (destination, now) => ({ ...destination, blocked: { at: now } })),
  };
}

export type LocksVerbs = ReturnType<typeof locksVerbs>;

/** A number that is named is counted, found or not: the answer tells its token, and must not serve to list numbers. */
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

/** The latest lock of any of them. */
function latest(budgets: readonly Budget[], now: number): string | null {
  const until = Math.max(...budgets.map(({ lockedUntil }) => lockedUntil));
  return until > now ? isoOf(until) : null;
}

export type LocksView = ReturnType<typeof locksView>;
