/**
 * What a tenant's object is given by the platform. `worker/` supplies it.
 */
import type { DoorKeys } from "../access/api-key.ts";
import type { Owner } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { FetchLike } from "../net/bounded.ts";
import type { Resolver, UrlPolicy } from "../net/outside-url.ts";
import type { Effects } from "../rpc/effects.ts";
import type { OperatorPort } from "../rpc/operator.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { Sql } from "../storage/sql.ts";
import type { Keyring } from "../vault/keyring.ts";
import type { KeyShelf } from "../vault/tenant-keys.ts";

export type TenantParts = {
  sql: Sql;
  transaction: <T>(act: () => T) => T;
  owner: Owner;
  tenantId: string;
  shelf: KeyShelf;
  ring: Keyring;
  door: DoorKeys;
  publicUrl: string;
  db: RecordDb;
  log: Log;
  auditKey: string | null;
  auditOrigin: string;
  outside: (effects: Effects) => Promise<void>;
  operator: () => OperatorPort;
  setAlarm: (at: number) => void;
  getAlarm: () => Promise<number | null>;
  /** Runs something a little later, if the object still lives then. */
  later: (milliseconds: number, run: () => void) => void;
  urlPolicy: UrlPolicy;
  fetchLike: FetchLike;
  resolve: Resolver;
};
