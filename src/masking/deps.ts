/**
 * What the room `masking` is given by the root.
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

/** One text from a virtual number of ours to a person. */
export type Leaving = {
  to: To;
  /** The virtual number it comes from, and the one account it can leave by. */
  from: { e164: string; account: string };
  text: string;
  /** The id of what it is sent for. */
  about: string;
  /** A person's text may have more segments than the tenant's programs send. */
  segmentsMax?: number;
  /** A person must be told it, whatever it costs: no budget stands against it. */
  always?: true;
  /** Whose text it is, in which session: what its limit is counted by, since its reader did not ask for it. */
  by: string;
  /** What counts it besides: everything that people write to this reader. */
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
  | "number.released"
  | "alert.limit";

export type MaskingDeps = {
  ledger: MaskingLedger;
  numbers: NumbersLedger;
  vault: VaultLedger;
  ids: IdMaker;
  now: () => number;
  /** Whether the tenant may text such a number at all. */
  judge: (number: { country: string; kind: Num["kind"] }) => Refusal | null;
  /** Whether the virtual number is a relay address's: no session may be given it. */
  isLasting: (number: string) => boolean;
  naming: Naming;
  /** Puts a text on the dispatch path: purpose `service`, by the virtual number's own account. */
  send: (key: string, leaving: Leaving) => Outcome<Message>;
  /** Counts something under a name, up to so many times the limit per recipient; false where it is one too many. */
  tally: (name: string, times: number) => boolean;
  /** As `tally`, up to so many a day. */
  tallyDay: (name: string, most: number) => boolean;
  emit: (type: MaskingEvent, resource: string, data: unknown) => void;
  /** A text waits for the tenant's hook: to be asked once this transaction stands. */
  wait: (interaction: string, session: string) => void;
  record: Recorder;
  /** What the operator's policy says of the tenant's hook. */
  interceptPolicy: () => InterceptPolicy;
};
