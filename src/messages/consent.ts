/**
 * Whether a person's stop keeps a message from leaving: asked when it is admitted, and again when its time comes.
 */
import type { Choice } from "../carriers/route.ts";
import { refuse, type Refusal } from "../base/refusal.ts";
import type { Policy } from "../policy/policy.ts";
import { laneOf, type Purpose } from "../sms/purpose.ts";
import type { RoutingDeps } from "./routing.ts";

export type StopDeps = Pick<RoutingDeps, "accountOf"> & {
  /** Whether the person said stop to such a message. */
  hasStopped: (who: Uint8Array, purpose: Purpose, sender: string | null) => boolean;
  /** As `hasStopped`, to whichever sender. */
  hasStoppedSomebody: (who: Uint8Array, purpose: Purpose) => boolean;
};

/**
 * A stop is obeyed before anything is counted: what was never going to leave costs the tenant nothing. Of a message that names
 * no sender whoever its accounts send as counts: that is the number a person saw, and said stop to. Where the carrier itself
 * chooses, the person may have seen any number, so any stop counts; but for codes, which nobody loses by a word to somebody else.
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

/** Whether the person said stop to such a message from this sender, or, where it names none, from whoever may be the sender. */
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
