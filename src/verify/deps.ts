/**
 * What the room `verify` needs: its ledgers, the vault, and functions of other rooms.
 */
import type { Recorder } from "../contract/record.ts";
import type { IdMaker } from "../base/ids.ts";
import type { Outcome, Refusal } from "../base/refusal.ts";
import type { Message } from "../messages/message.ts";
import type { Policy } from "../policy/policy.ts";
import type { VaultLedger } from "../vault/ledger.ts";
import type { Naming } from "../vault/naming.ts";
import type { Recipient } from "../vault/recipient.ts";
import type { EventType } from "../webhooks/event.ts";
import type { Template } from "./settings/choose.ts";
import type { CountsLedger } from "./counts.ts";
import type { VerifyLedger } from "./ledger.ts";
import type { Service } from "./settings/settings.ts";
import type { Channel } from "./code/verification.ts";
import type { FailureWatch } from "./watch.ts";

/** What a channel is given to send. */
export type CodeMessage = {
  to: Recipient;
  text: string;
  /** The verification it is for, its service and its template. */
  about: string;
  service: string | null;
  template: string;
  secondsLeft: number;
  /** The account to go to last: the one whose message has not arrived. */
  avoid: string | null;
  /** Not null: it is not sent, which the answer does not reveal; this reason is recorded. */
  withhold: string | null;
  /** Whether a device asks for it that has verified the number before. */
  knownDevice: boolean;
};

/** A channel: sends a code message and answers its message. */
export type ChannelSender = (key: string, codeMessage: CodeMessage) => Outcome<Message>;

/** The caller's free fields, stored sealed among those of messages. */
export type Notes = {
  put: (id: string, subject: string, sealed: Uint8Array, until: number) => void;
  get: (id: string) => { subject: string; sealed: Uint8Array } | null;
};

export type VerifyDeps = {
  ledger: VerifyLedger;
  vault: VaultLedger;
  ids: IdMaker;
  now: () => number;
  policy: () => Policy;
  environment: "sandbox" | "live";
  channels: Readonly<Record<Channel, ChannelSender>>;
  /** The message while it lives; null when it has become a record. */
  messageOf: (id: string) => Message | null;
  /** Ends a message that has not left; does nothing if it has. */
  recall: (id: string) => void;
  notes: Notes;
  counts: CountsLedger;
  watch: FailureWatch;
  serviceOf: (id: string) => Service | null;
  templateOf: (id: string) => Template | null;
  /** Limits that callers name, by service. */
  limits: {
    judge: (service: Service | null, given: Record<string, string>, now: number) => Refusal | null;
    count: (service: Service | null, given: Record<string, string>, now: number) => void;
  };
  naming: Naming;
  /** The name in a text when no brand is given. */
  tenantName: string;
  /** Whether a key has a scope that its verb does not require. */
  may: (keyId: string, scope: "verify:custom_code") => boolean;
  randomBytes: (length: number) => Uint8Array;
  record: Recorder;
  emit: (type: EventType, resource: string, data: unknown) => void;
  wanted: (type: EventType) => boolean;
};
