/**
 * The room's deadlines, for the one alarm of the tenant's object: pending verifications end when their time has passed, and
 * those that have been here long enough are named, to be recorded and then removed.
 */
import { timeOfId } from "../base/ids.ts";
import type { VerifyDeps } from "./deps.ts";
import { KEPT_HERE_MS } from "./ledger.ts";
import { expireDue } from "./verbs.ts";
import type { Verification } from "./code/verification.ts";

const RECORDED_MAX = 500;

/** Ends what is due; answers what is to be recorded and removed. */
export function verifyTurn(deps: VerifyDeps): Verification[] {
  expireDue(deps);
  deps.counts.flush();
  return deps.ledger.old(deps.now(), RECORDED_MAX);
}

/** When the room next has something to do; null when nothing is waiting. */
export function nextVerifyAt(deps: VerifyDeps): number | null {
  const { endsAt, oldest } = deps.ledger.next();
  const recordAt = oldest === null ? null : timeOfId(oldest) + KEPT_HERE_MS + 1;
  return endsAt === null || recordAt === null ? (endsAt ?? recordAt) : Math.min(endsAt, recordAt);
}
