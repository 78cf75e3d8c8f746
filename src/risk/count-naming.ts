/**
 * Counts the numbers that a tenant's keys name: which caps hold, and the alert when one is reached.
 */
import type { Refusal } from "../base/refusal.ts";
import { countedAs, namingRefusal, type NamingReached } from "./act.ts";
import type { Limits, NamingAllowance } from "./caps.ts";
import type { CapsLedger } from "./ledger.ts";
import { namingCaps, trickleOf, type NamingBudget } from "./naming.ts";
import type { CountNaming } from "../vault/naming.ts";
import type { Recipient } from "../vault/recipient.ts";

/** The alert when a cap on naming is reached. */
export type NamingAlert = { key: string; budget: NamingBudget; by: "key" | "tenant"; window: "hour" | "day" };

export type NamingParts = {
  caps: CapsLedger;
  lineOf: (key: string) => string;
  policy: () => { limits: Limits; namingAllowance?: NamingAllowance | null };
  now: () => number;
  /** Called once an hour for each reached cap: event and audit entry. */
  alert: (alert: NamingAlert) => void;
};

/** The counter behind the vault's naming. */
export function countNaming({ caps, lineOf, policy, now, alert }: NamingParts): CountNaming {
  const capsFor = (key: string, budget: NamingBudget) => {
    const { limits, namingAllowance = null } = policy();
    const granted = namingAllowance?.key ?? null;
    const theirs = granted === null || lineOf(granted) === lineOf(key);
    return namingCaps(budget, limits, theirs ? namingAllowance : null, now());
  };
  const tell = (key: string, budget: NamingBudget, { by, window }: NamingReached) => {
    if (caps.isNews({ key, budget }, by, now())) alert({ key, budget, by, window });
  };
  return {
    texts(key: string, recipient: Recipient): Refusal | null {
      const named = { key, recipient: countedAs(recipient.index), budget: "texts" } as const;
      const reached = caps.name(named, capsFor(key, "texts"), now());
      if (reached === null) return null;
      tell(key, "texts", reached);
      return namingRefusal(reached);
    },

    codes(key: string, recipient: Recipient): boolean {
      const named = { key, recipient: countedAs(recipient.index), budget: "codes" } as const;
      const limits = capsFor(key, "codes");
      const reached = caps.name(named, limits, now(), "always");
      if (reached === null) return true;
      tell(key, "codes", reached);
      return recipient.met || caps.namedThisMinute(named, now())[reached.by] <= trickleOf(limits[reached.by]);
    },
  };
}
