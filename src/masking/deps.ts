/**
 * What the room `masking` needs from other rooms.
 */
import type { Recorder } from "../contract/record.ts";
import type { IdMaker } from "../base/ids.ts";
import type { Num } from "../sms/phone.ts";
import type { Outcome, Refusal } from "../base/refusal.ts";
import type { NumbersLedger } from "../numbers/ledger.ts";
import type { Message } from "../messages/message.ts";
import type { InterceptPolicy } from "../policy/policy.ts";
import type { Scope } from "../risk/act.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import type { To } from "../vault/recipient.ts";
import type { MaskingLedger } from "./ledger.ts";

/** One text from a virtual number to a person. */
export type Leaving = {
  to: To;
  /** The virtual number it comes from, and the one account it can leave by. */
  from: { e164: string; account: string };
  text: string;
  /** The id of what it is sent for. */
  about: string;
  /** Most segments allowed; absent: the tenant's limit. A relayed text may be longer than those that the tenant's programs send. */
  segmentsMax?: number;
  /** The name that the cap per recipient is counted under, in place of the recipient: the sender in the session. */
  by: string;
  /** A second counter: all that people write to this reader. */
  scope?: Scope;
};

export type MaskingEvent =
  | "session.opened"
  | "session.expired"
  | "session.closed"
  | "session.rotated"
  | "interaction.relayed"
  | "interaction.vetoed"
  | "interaction.out_of_session"
  | "number.low"
  | "number.cooling"
  | "number.released";

export type MaskingDeps = {
  ledger: MaskingLedger;
  numbers: NumbersLedger;
  vault: VaultLedger;
  ids: IdMaker;
  now: () => number;
  /** The refusal of a number that the tenant must not text, by its country and kind; null otherwise. */
  judge: (number: { country: string; kind: Num["kind"] }) => Refusal | null;
  /** Whether the virtual number belongs to a relay address; then no participant may ask for it by name. */
  isLasting: (number: string) => boolean;
  naming: Naming;
  /** Admits a text: purpose `service`, by the virtual number's own account. */
  send: (key: string, leaving: Leaving) => Outcome<Message>;
  /** Counts an act under a name, up to `times` times the cap per recipient; false beyond it. */
  tally: (name: string, times: number) => boolean;
  /** As `tally`, up to `most` a day. */
  tallyDay: (name: string, most: number) => boolean;
  /** A limit of people's texts was reached, in a session or at an address. */
  alert: (about: string, limit: string) => void;
  emit: (type: MaskingEvent, resource: string, data: unknown) => void;
  /** A text waits for the tenant's hook, which is called after this transaction has committed. */
  wait: (interaction: string, session: string) => void;
  record: Recorder;
  /** The operator's policy on the tenant's hook. */
  interceptPolicy: () => InterceptPolicy;
};
