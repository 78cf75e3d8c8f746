/**
 * Whether a person's stop forbids a message: checked when it is admitted, and when a scheduled one is due.
 */
import type { Choice } from "../carriers/route.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Policy } from "../policy/policy.ts";
import { laneOf, type Purpose } from "../sms/purpose.ts";
import type { RoutingDeps } from "./routing.ts";

export type StopDeps = Pick<RoutingDeps, "accountOf"> & {
  /** Whether the person's stop for this purpose and sender is in force. */
  hasStopped: (who: Uint8Array, purpose: Purpose, sender: string | null) => boolean;
  /** As `hasStopped`, for any sender. */
  hasStoppedSomebody: (who: Uint8Array, purpose: Purpose) => boolean;
};

/**
 * The refusal of a message to a person who has stopped it; checked before anything is counted, so that it uses up no cap. A message
 * without a sender is judged by the senders of its accounts, because a person stops the sender that they saw. Where the carrier
 * chooses the sender, a stop to any sender counts, except for codes.
 */
export function judgeConsent(
  deps: StopDeps,
  who: Uint8Array,
  { purpose, from }: { purpose: Purpose; from: string | null },
  policy: Policy,
  choice: Choice,
): Refusal | null {
  const about = { purpose, sender: from ?? policy.defaultSender, accounts: choice.accounts };
  const stopped = saidStop(deps, who, about);
  return stopped ? refuse("recipient_opted_out") : null;
}

/** Whether a stop is in force for this purpose and sender, or, without a sender, for any sender it may leave with. */
export function saidStop(
  deps: StopDeps,
  who: Uint8Array,
  { purpose, sender, accounts }: { purpose: Purpose; sender: string | null; accounts: readonly string[] },
): boolean {
  const about = { lane: laneOf(purpose), network: null };
  const ofAccounts = accounts.map((id) => deps.accountOf(id, about)?.sender ?? null);
  const senders = sender !== null ? [sender] : [null, ...ofAccounts];
  const anybody = sender === null && purpose !== "otp" && ofAccounts.includes(null);
  return (
    senders.some((one) => deps.hasStopped(who, purpose, one)) || (anybody && deps.hasStoppedSomebody(who, purpose))
  );
}
