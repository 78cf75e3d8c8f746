/**
 * Checking a code. A guess is counted before it is compared, for the verification and for the destination, and both counts are
 * written in the transaction of the comparison, so that concurrent guesses cannot exceed the limits. A right code approves once, by
 * compare-and-swap.
 */
import { byCaller, byRule } from "../contract/record.ts";
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { equalBytes } from "../base/seal.ts";
import type { To } from "../vault/recipient.ts";
import { contextText, digestText, normaliseCode } from "./code/code.ts";
import type { GivenContext } from "./code/context.ts";
import { contextOf } from "./code/context.ts";
import type { VerifyDeps } from "./deps.ts";
import { ended } from "./ends.ts";
import type { Secrets, Whole } from "./ledger.ts";
import { barredUntil, countFailure, learn, type Destination } from "./locks/locks.ts";
import { fingerprintOf, type EndUser } from "./person.ts";
import {
  ATTEMPTS_MAX,
  attemptsLeft,
  endReason,
  type CheckReason,
  type Intent,
  type State,
  type Verification,
} from "./code/verification.ts";

export type CheckInput = { id: string; code: string; context: GivenContext; endUser: EndUser | null };
export type CheckToInput = Omit<CheckInput, "id"> & {
  to: To;
  service: string | null;
  intent: Intent | null;
};

export type CheckAnswer = { state: State; valid: boolean; reason: CheckReason | null; attempts_left: number };

/** Checks one verification by its id. A check without an end user counts as one by the end user of the start. */
export function check(deps: VerifyDeps, key: string, input: CheckInput): Outcome<CheckAnswer> {
  const whole = deps.ledger.getWhole(input.id);
  if (whole === null) return refuse("not_found");
  const fingerprint =
    input.endUser === null ? whole.verification.facts.fingerprint : fingerprintOf(deps.vault, input.endUser);
  return { ok: guess(deps, key, whole, input, fingerprint) };
}

/**
 * Checks the newest pending verification of a number. A check without an end user counts as one by a stranger, because the number
 * alone does not prove that the guesser started it.
 */
export function checkTo(deps: VerifyDeps, key: string, input: CheckToInput): Outcome<CheckAnswer & { id: string }> {
  const named = deps.naming.nameForCode(key, input.to);
  if ("refused" in named) return named;
  const { recipient } = named;
  const fingerprint = fingerprintOf(deps.vault, input.endUser);
  const destination = deps.ledger.destination(recipient.destination, deps.now());
  const whole = newest(deps, destination, fingerprint, input);
  if (whole === null) return refuse("verification_unknown");
  return { ok: { id: whole.verification.id, ...guess(deps, key, whole, input, fingerprint) } };
}

/** The end user's own, then one without a fingerprint, then any that another device did not start; pending ones first. */
function newest(
  deps: VerifyDeps,
  destination: Destination,
  fingerprint: string | null,
  input: CheckToInput,
): Whole | null {
  const now = deps.now();
  const candidates = destination.recent
    .toReversed()
    .flatMap((id) => deps.ledger.getWhole(id) ?? [])
    .filter(({ verification: { facts } }) => input.service === null || facts.service === input.service)
    .filter(({ verification: { facts } }) => input.intent === null || facts.intent === input.intent)
    .filter(({ verification: { facts } }) => !areTwoDevices(facts.fingerprint, fingerprint));
  const rank = ({ verification: { state, facts } }: Whole): number =>
    (state === "pending" && now < facts.expiresAt ? 0 : 10) +
    (facts.fingerprint === fingerprint ? 0 : facts.fingerprint === null ? 1 : 2);
  return candidates.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** A device never guesses at what another device started, since it would use up that person's attempts. */
const areTwoDevices = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one.startsWith("d") && other.startsWith("d") && one !== other;

type Guess = Pick<CheckInput, "code" | "context">;

function guess(deps: VerifyDeps, key: string, whole: Whole, input: Guess, fingerprint: string | null): CheckAnswer {
  const now = deps.now();
  const verification = expired(deps, whole.verification, now);
  const destination = deps.ledger.destination(verification.destination, now);
  const shown = outwardly(verification, destination, now);
  if (shown.state !== "pending") return answer(shown, endReason(shown.state, shown.reason));
  if (barredUntil(destination, fingerprint, now) !== null) return answer(shown, "locked");

  const attempts = verification.attempts + 1;
  const failure = countFailure(destination, fingerprint, now);
  const compared =
    compare(deps, verification, whole.secrets, input) ?? (destination.blocked === null ? null : "wrong_code");
  if (compared === null) return approve(deps, key, verification, { attempts, fingerprint, destination }, now);
  deps.ledger.putDestination(verification.destination, failure.destination);
  if (failure.lockedUntil !== null) recordLock(deps, verification, failure.lockedUntil);
  const own = fingerprint === verification.facts.fingerprint;
  const state = attempts >= ATTEMPTS_MAX ? "failed" : failure.lockedUntil !== null && own ? "locked" : "pending";
  const reason = state === "failed" ? "too_many_attempts" : "locked";
  const after =
    state === "pending" || verification.state !== "pending"
      ? deps.ledger.amend(verification, { attempts })
      : ended(deps, verification, state, reason, now, attempts);
  if (after === null) throw new Error("a verification moved in its own transaction");
  deps.watch.guessed(verification.id, false, now);
  return answer({ ...after, state }, compared);
}

/** The audit entry of a lock by rule; written for a withheld code too, so that timing reveals nothing. */
function recordLock(deps: VerifyDeps, { id, token }: Verification, until: number): void {
  deps.record(byRule("verify"), { act: "verification.locked", subject: id, facts: { token, until: isoOf(until) } });
}

/**
 * The verification as checks show it. A withheld one looks like one that was sent, until it would have ended: no check reveals that
 * its number is blocked, locked, stopped or over a cap.
 */
function outwardly(verification: Verification, destination: Destination, now: number): Verification {
  if (!verification.facts.withheld) return verification;
  const as = (state: State, reason: string | null): Verification => ({ ...verification, state, reason });
  if (verification.attempts >= ATTEMPTS_MAX) return as("failed", "too_many_attempts");
  if (now >= verification.facts.expiresAt) return as("expired", "expired");
  const lockedSince =
    verification.attempts > 0 && barredUntil(destination, verification.facts.fingerprint, now) !== null;
  if (destination.recent.includes(verification.id)) return lockedSince ? as("locked", "locked") : as("pending", null);
  const newer = destination.recent.some((id) => id > verification.id);
  return as("canceled", newer ? "superseded" : "by_caller");
}

/** What is wrong with the guess, or null. Both digests are always compared, in constant time. */
function compare(
  deps: VerifyDeps,
  { id, facts }: Verification,
  stored: Secrets,
  input: Guess,
): "wrong_code" | "context_mismatch" | null {
  const given = contextOf(input.context);
  const context = given === "partial" ? null : given;
  const code = normaliseCode(input.code);
  const sameContext = equalBytes(
    deps.vault.keyedName("verify-context", contextText(id, facts.intent, context)),
    stored.context ?? NOTHING,
  );
  const sameCode = equalBytes(
    deps.vault.keyedName("verify-code", digestText(id, facts.intent, context, code)),
    stored.digest ?? NOTHING,
  );
  if (!sameContext || given === "partial") return "context_mismatch";
  return sameCode && stored.digest !== null ? null : "wrong_code";
}

/** Compared with a guess at a code that was never sent, so that the check takes as long. */
const NOTHING = new Uint8Array(32);

type Approving = { attempts: number; fingerprint: string | null; destination: Destination };

function approve(
  deps: VerifyDeps,
  key: string,
  verification: Verification,
  { attempts, fingerprint, destination }: Approving,
  now: number,
): CheckAnswer {
  const approved = ended(deps, verification, "approved", null, now, attempts);
  if (approved.state !== "approved") throw new Error("a verification moved in its own transaction");
  if (fingerprint !== null) deps.ledger.putDestination(verification.destination, learn(destination, fingerprint, now));
  deps.vault.meet(approved.token);
  deps.watch.guessed(approved.id, true, now);
  deps.record(byCaller(key), { act: "verification.approved", subject: approved.id, facts: { token: approved.token } });
  return { state: "approved", valid: true, reason: null, attempts_left: 0 };
}

/** The verification, ended first if its time has passed and the alarm has not ended it yet. */
export function expired(deps: VerifyDeps, verification: Verification, now: number): Verification {
  const over = verification.state === "pending" && now >= verification.facts.expiresAt;
  return over ? ended(deps, verification, "expired", "expired", now) : verification;
}

function answer(verification: Verification, reason: CheckReason): CheckAnswer {
  return { state: verification.state, valid: false, reason, attempts_left: attemptsLeft(verification) };
}
