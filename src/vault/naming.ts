/**
 * The one place where a request's `to` becomes a recipient. A number is counted before anything is judged about it, known and
 * new alike, so that no answer tells numbers apart for less than a count each. A token names nobody anew and is not counted.
 */
import type { Refusal } from "../base/refusal.ts";
import type { VaultLedger } from "./ledger.ts";
import { Recipient, type To } from "./recipient.ts";

/** Counts a number that a key names; handed in by whoever joins the rooms. */
export type CountNaming = {
  /** For texts, tokens, consents, sessions, relays, locks: the refusal of the budget that is spent, or null. */
  texts: (key: string, recipient: Recipient) => Refusal | null;
  /** For codes: always counted, never refused; false where the budget is spent and the tenant does not know the person. */
  codes: (key: string, recipient: Recipient) => boolean;
};

/** Makes recipients of what requests name. */
export class Naming {
  readonly #vault: VaultLedger;
  readonly #count: CountNaming;

  constructor(vault: VaultLedger, count: CountNaming) {
    this.#vault = vault;
    this.#count = count;
  }

  /** Whom a key names; refused where it, or its tenant, has named as many numbers as it may. */
  name(key: string, to: To): Recipient | Refusal {
    const recipient = Recipient.of(this.#vault, to);
    if ("refused" in recipient || "token" in to) return recipient;
    return this.#count.texts(key, recipient) ?? recipient;
  }

  /** Whom a key names for a code, and whether one may go to them: that never refuses, so that nobody can stop logins. */
  nameForCode(key: string, to: To): { recipient: Recipient; within: boolean } | Refusal {
    const recipient = Recipient.of(this.#vault, to);
    if ("refused" in recipient) return recipient;
    return { recipient, within: "token" in to || this.#count.codes(key, recipient) };
  }
}
