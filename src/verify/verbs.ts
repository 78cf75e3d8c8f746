/**
 * The verbs of verifications.
 */
import { byCaller } from "../contract/record.ts";
import { DAY_MS, isoOf } from "../base/clock.ts";
import { idsBetween } from "../base/ids.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { rowsFor } from "../contract/list.ts";
import { adding, verb } from "../contract/verb.ts";
import { check, checkTo, expired, type CheckInput, type CheckToInput } from "./check.ts";
import { COUNTS_KEPT_DAYS, type Dimension, type SummaryRow } from "./counts.ts";
import type { VerifyDeps } from "./deps.ts";
import { ended, live } from "./ends.ts";
import { looksOpen, sendAgain, waitSeconds } from "./handover.ts";
import { sendRoom } from "./locks/locks.ts";
import { metadataOf, readMetadata } from "./notes.ts";
import { start, type StartInput } from "./start.ts";
import type { RecordFilter } from "../storage/records.ts";
import {
  acceptedView,
  resendAt,
  viewOf,
  type State,
  type Verification,
  type VerificationView,
} from "./code/verification.ts";

export type ListInput = {
  limit: number;
  before?: string;
  state?: State;
  token?: string;
  createdFrom?: number;
  createdTo?: number;
};

/** The live part of a list, and the filter for the rest, which is in the records. */
export type ListPart = { live: VerificationView[]; limit: number; records: RecordFilter };

/** The verification while it is in the object, and its metadata, which stay in the object when it is a record. */
export type Part = { verification: VerificationView | null; metadata: Record<string, string> | null };

export type SummaryInput = { by: Dimension; from?: number; to?: number };
export type Summary = { by: Dimension; from: string; to: string; data: SummaryRow[] };

/** The default period of a summary. */
const SUMMARY_DAYS = 7;
const SUMMARY_ROWS_MAX = 1_000;

/** The verbs of verifications, over the tenant's ledgers. */
export function verifyVerbs(deps: VerifyDeps) {
  return {
    "verify.start": adding(verb("verify:start", (who, input: StartInput) => start(deps, who.id, input))),
    "verify.check": verb("verify:check", (who, input: CheckInput) => check(deps, who.id, input)),
    "verify.check_to": verb("verify:check", (who, input: CheckToInput) => checkTo(deps, who.id, input)),
    "verify.resend": verb("verify:start", (who, input: { id: string }) => resend(deps, who.id, input.id)),
    "verify.cancel": verb("verify:start", (who, input: { id: string }) => cancel(deps, who.id, input.id)),

    "verify.get": verb("verify:read", (_who, input: { id: string }): Outcome<Part> => {
      const found = deps.ledger.get(input.id);
      const metadata = readMetadata(deps, input.id);
      if (found === null) return { ok: { verification: null, metadata } };
      return { ok: { verification: readView(deps, expired(deps, found, deps.now())), metadata } };
    }),

    "verify.list": verb("verify:read", (_who, input: ListInput): Outcome<ListPart> => {
      const { limit, createdFrom, createdTo, ...rest } = input;
      const filter = { ...rest, ...idsBetween(deps.ids.prefixOf("ver"), createdFrom, createdTo) };
      for (const id of deps.ledger.due(deps.now(), EXPIRED_MAX)) expireOne(deps, id);
      const views = deps.ledger.list(filter, rowsFor(limit)).map((one) => readView(deps, one));
      return { ok: { live: views, limit, records: filter } };
    }),

    "verify.summary": verb("verify:read", (_who, input: SummaryInput): Outcome<Summary> => {
      const to = Math.min(input.to ?? Infinity, deps.now() + 1);
      const from = Math.max(input.from ?? to - SUMMARY_DAYS * DAY_MS, to - COUNTS_KEPT_DAYS * DAY_MS);
      const data = deps.counts.summary(input.by, from, to, SUMMARY_ROWS_MAX);
      return { ok: { by: input.by, from: isoOf(from), to: isoOf(to), data } };
    }),

    "verify.notes": verb(
      "verify:read",
      (_who, input: { ids: string[] }): Outcome<Record<string, Record<string, string>>> => ({
        ok: Object.fromEntries(
          input.ids.flatMap((id) => {
            const metadata = readMetadata(deps, id);
            return metadata === null ? [] : [[id, metadata]];
          }),
        ),
      }),
    ),
  };
}

export type VerifyVerbs = ReturnType<typeof verifyVerbs>;

/** Expired verifications that a list ends before it answers; the alarm ends the others. */
const EXPIRED_MAX = 1_000;

/** Ends a verification whose time has passed, if it is still pending. */
export function expireOne(deps: VerifyDeps, id: string): void {
  const found = deps.ledger.get(id);
  if (found !== null) expired(deps, found, deps.now());
}

function readView(deps: VerifyDeps, verification: Verification): VerificationView {
  const destination = deps.ledger.destination(verification.destination, deps.now());
  const room = sendRoom(destination, deps.now(), verification.facts.fingerprint);
  return viewOf(live(deps, verification), room, metadataOf(deps, verification));
}

/** Sends the same code again; refusals are the same whether it was withheld or not. */
function resend(deps: VerifyDeps, key: string, id: string): Outcome<VerificationView> {
  const whole = deps.ledger.getWhole(id);
  if (whole === null) return refuse("not_found");
  const now = deps.now();
  const verification = expired(deps, whole.verification, now);
  const destination = deps.ledger.destination(verification.destination, now);
  if (!looksOpen(verification, destination, now)) return refuse("verification_ended");
  const seconds = waitSeconds(verification, destination, now);
  if (seconds === 0) return sendAgain(deps, key, whole, destination);
  const spent = resendAt(verification.sends) <= now;
  return refuse(spent ? "sends_exceeded" : "resend_too_early", { retryAfterSeconds: seconds });
}

/** Ends a pending verification. The answer does not reveal whether it was withheld. */
function cancel(deps: VerifyDeps, key: string, id: string): Outcome<VerificationView> {
  const found = deps.ledger.get(id);
  if (found === null) return refuse("not_found");
  const now = deps.now();
  const verification = expired(deps, found, now);
  const destination = deps.ledger.destination(verification.destination, now);
  if (!looksOpen(verification, destination, now)) return refuse("verification_ended");
  const after =
    verification.state === "pending" ? ended(deps, verification, "canceled", "by_caller", now) : verification;
  const recent = verification.facts.withheld ? destination.recent.filter((one) => one !== id) : destination.recent;
  const next = { ...destination, recent };
  deps.ledger.putDestination(verification.destination, next);
  deps.record(byCaller(key), { act: "verification.canceled", subject: id, facts: { token: verification.token } });
  const view = acceptedView(
    { ...after, sends: verification.sends },
    sendRoom(next, now, verification.facts.fingerprint),
    metadataOf(deps, verification),
  );
  const over = { state: "canceled", reason: "by_caller", attempts_left: 0, sends_left: 0, resend_after: null } as const;
  return { ok: { ...view, ...over, ended_at: isoOf(now) } };
}
