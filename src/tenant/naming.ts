/**
 * Numbers that a tenant's keys name, counted: which caps stand, what is told when one is reached, and what the audit keeps.
 */
import type { Refusal } from "../base/refusal.ts";
import type { Policy } from "../policy/policy.ts";
import { countedAs, namingRefusal, type NamingReached } from "../risk/act.ts";
import type { CapsLedger } from "../risk/ledger.ts";
import { namingCaps, trickleOf, type NamingBudget } from "../risk/naming.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import { Naming, type CountNaming } from "../vault/naming.ts";
import type { Recipient } from "../vault/recipient.ts";

/** What of a tenant's rooms is asked here. */
type Rooms = {
  vault: VaultLedger;
  caps: CapsLedger;
  now: () => number;
  enterFor: (type: "key", id: string, entry: Entry) => void;
  emit: (type: "alert.limit", resource: string, data: unknown) => void;
};
type Entry = { act: string; subject: string; facts: Record<string, string | number> };

/** The numbers that a tenant's keys name. */
export class NamedNumbers {
  readonly naming: Naming;
  readonly #rooms: Rooms;

  constructor(rooms: Rooms, policy: () => Policy) {
    this.naming = new Naming(rooms.vault, countNaming(rooms, policy));
    this.#rooms = rooms;
  }

  /**
   * After each verb: what it counted is written, refused or not, and is in the audit. It has an entry of its own where the verb
   * made none for the one number that it was named.
   */
  settle(key: string, hadEntry: boolean): void {
    const counted = this.#rooms.caps.takeCounted();
    this.#rooms.caps.flush();
    if (counted === null || (hadEntry && counted.numbers === 1)) return;
    this.#rooms.enterFor("key", key, { act: "key.named_numbers", subject: key, facts: counted });
  }
}

/** The counter behind the vault's naming. */
function countNaming(rooms: Rooms, policy: () => Policy): CountNaming {
  const { caps } = rooms;
  const now = () => rooms.now();
  const capsFor = (key: string, budget: NamingBudget) => {
    const { limits, namingAllowance = null } = policy();
    const granted = namingAllowance?.key ?? null;
    const theirs = granted === null || caps.lineOf(granted) === caps.lineOf(key);
    return namingCaps(budget, limits, theirs ? namingAllowance : null, now());
  };
  const tell = (key: string, budget: NamingBudget, { by, window }: NamingReached) => {
    if (!caps.isNews({ key, budget }, by, now())) return;
    rooms.enterFor("key", key, { act: "key.limit_reached", subject: key, facts: { budget, by, window } });
    rooms.emit("alert.limit", key, { limit: "naming", key, budget, by, window });
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
