/**
 * What a tenant's object is given by the platform. `worker/` supplies it.
 */
import type { DoorKeys, Environment } from "../access/api-key.ts";
import type { Head } from "../audit/entry.ts";
import type { HeadSigner } from "../audit/head.ts";
import type { Owner } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { QueueTracker } from "../messages/queue/queue-tracker.ts";
import type { MessagesDeps } from "../messages/verbs.ts";
import type { FetchLike } from "../net/bounded.ts";
import type { Resolver, UrlPolicy } from "../net/outside-url.ts";
import type { Policy } from "../policy/policy.ts";
import type { Effects } from "../rpc/effects.ts";
import type { OperatorPort } from "../rpc/operator.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { Sql } from "../storage/sql.ts";
import type { Keyring } from "../vault/keyring.ts";
import type { KeyStore, TenantKeys } from "../vault/tenant-keys.ts";

export type TenantParts = {
  sql: Sql;
  transaction: <T>(act: () => T) => T;
  owner: Owner;
  tenantId: string;
  keyStore: KeyStore;
  ring: Keyring;
  door: DoorKeys;
  publicUrl: string;
  db: RecordDb;
  log: Log;
  auditKey: string | null;
  auditOrigin: string;
  outside: (effects: Effects) => Promise<void>;
  operator: () => OperatorPort;
  /** What the object's storage takes now. */
  storageBytes: () => number;
  setAlarm: (at: number) => void;
  getAlarm: () => Promise<number | null>;
  /** Runs something later, if the object is still in memory then. */
  later: (milliseconds: number, run: () => void) => void;
  urlPolicy: UrlPolicy;
  fetchLike: FetchLike;
  resolve: Resolver;
};

/** What the operator set, as stored in the object. */
export type TenantRecord = {
  id: string;
  name: string;
  environment: Environment;
  state: "active" | "suspended";
  createdAt: number;
};

export type RoomsDeps = {
  sql: Sql;
  owner: Owner;
  record: TenantRecord;
  keys: TenantKeys;
  door: DoorKeys;
  /** Kept when the rooms are rebuilt, because the queue's state does not depend on storage. */
  queueTracker: QueueTracker;
  policy: () => Policy;
  accountOf: MessagesDeps["accountOf"];
  redacts: MessagesDeps["redacts"];
  clockOffset: () => number;
  advance: (seconds: number) => void;
  publicUrl: () => string;
  signer: HeadSigner | null;
  /** The head signed last, kept outside the object's storage so that a rolled-back log is not signed. */
  signedBefore: () => Head | null;
  /** What the object's storage takes now. */
  storageBytes: () => number;
  /** Remembers a head that was signed. */
  signed: (note: string) => void;
};
