/**
 * The verification: its states, from which state each may be entered, its fields, and what a caller is shown. Pure.
 */
import { isoOf, SECOND_MS } from "../../base/clock.ts";
import type { Num } from "../../sms/phone.ts";
import { CHARGED, type Price, type State as MessageState } from "../../messages/message.ts";
import type { Strength } from "./code.ts";

export const STATES = ["pending", "approved", "expired", "locked", "canceled", "failed"] as const;
export type State = (typeof STATES)[number];

/** A state is entered only from the states listed; `null` is a new verification. A withheld one ends at its start. */
export const ENTERS: Record<State, readonly (State | null)[]> = {
  pending: [null],
  approved: ["pending"],
  expired: ["pending"],
  locked: [null, "pending"],
  canceled: ["pending"],
  failed: [null, "pending"],
};

/** True when the table allows the step. */
export function mayEnter(from: State | null, to: State): boolean {
  return ENTERS[to].includes(from);
}

export const INTENTS = ["login", "signup", "payout", "approval", "other"] as const;
export type Intent = (typeof INTENTS)[number];

/** The channels; a new one is an entry here and in the table of senders in room.ts. */
export const CHANNELS = ["sms"] as const;
export type Channel = (typeof CHANNELS)[number];

/** Guesses allowed for one verification. */
export const ATTEMPTS_MAX = 5;
/** Waits between sends: after the first, the second, and so on. */
export const BACK_OFF_MS = [30, 60, 120, 300].map((seconds) => seconds * SECOND_MS);

/**
 * Why a code was not approved: for the tenant, who should tell the end user one sentence for all of them. None reveals anything about
 * the recipient: that a number is blocked, stopped or over a cap needs the scope `verify:read`.
 */
export const CHECK_REASONS = [
  "wrong_code",
  "context_mismatch",
  "expired",
  "already_approved",
  "superseded",
  "canceled",
  "too_many_attempts",
  "locked",
] as const;
export type CheckReason = (typeof CHECK_REASONS)[number];

/** One send by a channel; `state` is the message's, copied when it ends. */
export type Send = { message: string; at: number; state: MessageState; carrier: string | null; price?: Price };

/** Fields that are fixed at the start. */
export type Facts = {
  channel: Channel;
  intent: Intent;
  service: string | null;
  template: string;
  locale: string;
  key: string;
  country: string;
  kind: Num["kind"];
  mask: string;
  strength: Strength;
  /** Keyed fingerprint of the end user; null when none was given. */
  fingerprint: string | null;
  /** Keyed digest of the text's variables; null without any, absent in older rows. */
  words?: string | null;
  /** The combination that statistics count it under. */
  cell: string;
  createdAt: number;
  expiresAt: number;
  /** Whether it has metadata in the notes. */
  note: boolean;
  /** Nothing was sent, although the answer does not say so. */
  withheld: boolean;
};

/** A verification as its object holds it, without code, digest and code message. */
export type Verification = {
  id: string;
  state: State;
  version: number;
  token: string;
  subject: string;
  destination: Uint8Array;
  attempts: number;
  reason: string | null;
  endedAt: number | null;
  facts: Facts;
  sends: Send[];
};

/** Whether a start by the same party may continue this one: it is pending, or withheld and not expired. */
export function isOpen(verification: Verification, now: number): boolean {
  return (verification.state === "pending" || verification.facts.withheld) && now < verification.facts.expiresAt;
}

/** When it may be sent again. */
export function resendAt(sends: readonly Send[]): number {
  const wait = BACK_OFF_MS[Math.min(sends.length, BACK_OFF_MS.length) - 1] ?? 0;
  return (sends.at(-1)?.at ?? 0) + wait;
}

/** Guesses left. */
export function attemptsLeft(verification: Verification): number {
  return verification.state === "pending" ? Math.max(0, ATTEMPTS_MAX - verification.attempts) : 0;
}

/** The reason that a check of an ended verification answers. */
export function endReason(state: State, reason: string | null): CheckReason {
  if (state === "approved") return "already_approved";
  if (state === "expired") return "expired";
  if (state === "canceled") return reason === "superseded" ? "superseded" : "canceled";
  const known = CHECK_REASONS.find((each) => each === reason);
  return known ?? (state === "locked" ? "locked" : "too_many_attempts");
}

/** How many sends are left to the destination, and when the next is possible. */
export type Room = { left: number; nextAt: number };

/** The verification as it is, for reads under `verify:read` and for events. */
export function viewOf(verification: Verification, room: Room | null, metadata: Record<string, string> | null) {
  const { facts } = verification;
  const pending = verification.state === "pending";
  return {
    ...fixedOf(verification),
    state: verification.state,
    reason: verification.reason,
    ended_at: verification.endedAt === null ? null : isoOf(verification.endedAt),
    resend_after: pending ? isoOf(Math.max(resendAt(verification.sends), room?.nextAt ?? 0)) : null,
    attempts_left: attemptsLeft(verification),
    sends_left: pending ? (room?.left ?? 0) : 0,
    sends: verification.sends.map(({ message, at, state, carrier }) => ({
      message_id: message,
      at: isoOf(at),
      state,
      carrier,
    })),
    cost: costOf(verification.sends),
    metadata: facts.note ? metadata : null,
    sequence: verification.version,
  };
}

/** The total of its sends' prices; null if none is known. Prices in another currency than the first are left out. */
function costOf(sends: readonly Send[]): Price | null {
  const prices = sends.flatMap(({ state, price }) => (CHARGED.has(state) && price !== undefined ? [price] : []));
  const currency = prices[0]?.currency;
  if (currency === undefined) return null;
  const same = prices.filter((price) => price.currency === currency);
  return { amount: same.reduce((sum, { amount }) => sum + amount, 0), currency };
}

export type VerificationView = ReturnType<typeof viewOf>;

/**
 * The answer of a start and a resend: the same for every destination, known, new, locked or blocked. It shows what was requested, not
 * what became of it.
 */
export function acceptedView(
  verification: Verification,
  room: Room,
  metadata: Record<string, string> | null,
): VerificationView {
  const shown: Verification = {
    ...verification,
    state: "pending",
    reason: null,
    endedAt: null,
    attempts: 0,
    version: verification.sends.length,
    sends: verification.sends.map((send) => ({ ...send, state: "queued" })),
  };
  return viewOf(shown, room, metadata);
}

function fixedOf(verification: Verification) {
  const { facts } = verification;
  return {
    id: verification.id,
    to: { token: verification.token, mask: facts.mask, country: facts.country, kind: facts.kind },
    channel: facts.channel,
    intent: facts.intent,
    service: facts.service,
    template: facts.template,
    locale: facts.locale,
    created_at: isoOf(facts.createdAt),
    expires_at: isoOf(facts.expiresAt),
    factor_strength: facts.strength,
  };
}
