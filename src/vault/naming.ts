/**
 * The only place where a request's `to` becomes a recipient. Every number, known or new, is counted before it is
 * judged, so that learning anything about a number costs one count. A token is not counted, because it reveals no
 * number.
 */
import type { Refusal } from "../base/refusal.ts";
import type { VaultLedger } from "./ledger.ts";
import { Recipient, type To } from "./recipient.ts";

/** Counts a number that a key names; passed in by `tenant/rooms.ts`. */
export type CountNaming = {
  /** For texts, tokens, consents, sessions, relays, locks: the refusal if the budget is spent, or null. */
  texts: (key: string, recipient: Recipient) => Refusal | null;
  /** For codes: always counted, never refused; false where the budget is spent and the tenant does not know the person. */
  codes: (key: string, recipient: Recipient) => boolean;
};

/** Makes recipients from the numbers and tokens in requests. */
export class Naming {
  readonly #vault: VaultLedger;
  readonly #count: CountNaming;

  constructor(vault: VaultLedger, count: CountNaming) {
    this.#vault = vault;
    this.#count = count;
  }

  /** The recipient that a key names; refused when the key, or its tenant, has spent its budget of named numbers. */
  name(key: string, to: To): Recipient | Refusal {
    const recipient = Recipient.of(this.#vault, to);
    if ("refused" in recipient || "token" in to) return recipient;
    return this.#count.texts(key, recipient) ?? recipient;
  }

  /**
   * The recipient of a code, and whether it may be sent. A spent budget does not refuse here, so that nobody can block
   * logins.
   */
  nameForCode(key: string, to: To): { recipient: Recipient; within: boolean } | Refusal {
    const recipient = Recipient.of(this.#vault, to);
    if ("refused" in recipient) return recipient;
    return { recipient, within: "token" in to || this.#count.codes(key, recipient) };
  }
}
