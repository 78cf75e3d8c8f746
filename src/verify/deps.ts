/**
 * What the room is handed: its ledgers, the vault, and the few things that other rooms do for it.
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

/** What a channel is given to hand over. */
export type CodeMessage = {
  to: Recipient;
  text: string;
  /** The verification it is for. */
  about: string;
  secondsLeft: number;
  /** The account to go to last: the one whose message has not arrived. */
  avoid: string | null;
  /** Not to be sent, although it looks so from outside; the reason goes on record. */
  withhold: string | null;
  /** The service it is for. */
  service: string | null;
  /** Asked for by a device that has verified the number before. */
  knownDevice: boolean;
};

/** A channel: hands a code message over and answers what became a message of it. A new channel is one more of these. */
export type ChannelSender = (key: string, codeMessage: CodeMessage) => Outcome<Message>;

/** The caller's free fields, sealed where the messages' are. */
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
  /** Takes a message back that has not left; late is no error. */
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
  /** The name a text bears when nobody gives a brand. */
  tenantName: string;
  /** Whether a key holds a scope beyond its verb's. */
  may: (keyId: string, scope: "verify:custom_code") => boolean;
  randomBytes: (length: number) => Uint8Array;
  record: Recorder;
  emit: (type: EventType, resource: string, data: unknown) => void;
  wanted: (type: EventType) => boolean;
};
