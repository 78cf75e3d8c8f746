/**
 * The person whom a request names, by number or by token: one value, made once for each request. It has what is known
 * of the number without opening it, and is the only access to the person's contact, number and key.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import { maskOf, prefixOf, type Num } from "../sms/phone.ts";
import type { Contact, VaultLedger } from "./ledger.ts";

/** How a request names somebody. */
export type To = Num | { token: string };

type Use = { usedAt?: number; kept?: boolean; by?: "code" | "more" };
type Named = Pick<Recipient, "index" | "block" | "country" | "kind" | "mask">;

/** A named person: a contact of the tenant already, or one to be made when something is written for them. */
export class Recipient {
  /** Keyed name of the number: deterministic, and meaningless without the tenant's index key. */
  readonly index: Uint8Array;
  /** Keyed name of the number's block of a thousand, by which limits count. */
  readonly block: string;
  readonly country: string;
  readonly kind: Num["kind"];
  readonly mask: string;
  readonly #vault: VaultLedger;
  #contact: Contact | null;
  #number: Num["e164"] | null;

  private constructor(vault: VaultLedger, named: Named, contact: Contact | null, number: string | null) {
    this.#vault = vault;
    this.index = named.index;
    this.block = named.block;
    this.country = named.country;
    this.kind = named.kind;
    this.mask = named.mask;
    this.#contact = contact;
    this.#number = number;
  }

  /** The person whom a request names. An unknown token is refused; an unknown number is not. */
  static of(vault: VaultLedger, to: To): Recipient | Refusal {
    if ("token" in to) {
      const contact = vault.findToken(to.token);
      return contact === null ? refuse("token_unknown") : Recipient.ofContact(vault, contact);
    }
    return Recipient.ofNumber(vault, to);
  }

  /** The person with this number, seen before or not. */
  static ofNumber(vault: VaultLedger, { e164, country, kind }: Num): Recipient {
    const index = vault.indexOf(e164);
    const contact = vault.find(index);
    const named = contact ?? { index, block: blockOf(vault, e164), country, kind, mask: maskOf(e164) };
    return new Recipient(vault, named, contact, e164);
  }

  /** A person who is a contact already. */
  static ofContact(vault: VaultLedger, contact: Contact): Recipient {
    return new Recipient(vault, contact, contact, null);
  }

  /** The contact; null while the number is new to the tenant. */
  get contact(): Contact | null {
    return this.#contact;
  }

  /** The shorter keyed name under which codes to this person are counted and locked. */
  get destination(): Uint8Array {
    return this.index.subarray(0, 16);
  }

  /** Whether the tenant knows the person by more than unconfirmed codes. */
  get met(): boolean {
    return this.#contact?.met ?? false;
  }

  /** The mobile network that a carrier last named, or null. */
  get network(): string | null {
    return this.#contact?.network ?? null;
  }

  /** The number in plaintext; null when it was erased. Opened at most once. */
  number(): string | null {
    this.#number ??= this.#contact === null ? null : this.#vault.openNumber(this.#contact.token);
    return this.#number;
  }

  /**
   * The contact, made if the number is new and marked as used at `usedAt`. A scheduled message passes its send time, so
   * that the number is not deleted before it. `kept`: until it is erased. `by: "code"` does not mark the person as met,
   * or anybody could make people known by typing their numbers into a login.
   */
  use(now: number, { usedAt = now, kept = false, by = "more" }: Use = {}): Contact {
    const known = this.#contact;
    if (known === null) this.#contact = this.#add(now, kept, by === "more");
    const contact = this.#contact ?? missing();
    if (known !== null || usedAt > now) this.#vault.touch(contact.token, kept, usedAt);
    if (by === "more" && !contact.met) this.#vault.meet(contact.token);
    return contact;
  }

  /**
   * Seals a field of a record under the person's own key. `use` must have been called; null when the key was destroyed.
   */
  seal(record: string, field: string, text: string): Uint8Array | null {
    return this.#vault.sealText((this.#contact ?? missing()).subject, record, field, text);
  }

  #add(now: number, kept: boolean, met: boolean): Contact {
    const { index, block, country, kind, mask } = this;
    const e164 = this.#number ?? missing();
    return this.#vault.add({ e164, country, kind }, index, mask, block, kept, now, met);
  }
}

/** The keyed name of a number's block of a thousand. */
function blockOf(vault: VaultLedger, e164: string): string {
  return Buffer.from(vault.keyedName("block", prefixOf(e164)).subarray(0, 12)).toString("base64url");
}

function missing(): never {
  throw new Error("a recipient without number or contact");
}
