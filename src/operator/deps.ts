/**
 * What the verbs of one jurisdiction's operator object need from the platform.
 */
import type { DoorKeys, Environment } from "../access/api-key.ts";
import type { OperatorSignIn } from "../access/people/operators.ts";
import type { Jurisdiction, Owner } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { Sql } from "../storage/sql.ts";
import type { Keyring } from "../vault/keyring.ts";
import type { AlertsIo } from "./alerts.ts";

export type OperatorDeps = AlertsIo & {
  setAlarm: (at: number) => void;
  sql: Sql;
  transaction: <T>(act: () => T) => T;
  jurisdiction: Jurisdiction;
  ring: Keyring;
  tenant: (owner: Owner) => TenantPort;
  courier: (account: string) => CourierPort;
  /** Whether the Worker has a client-certificate binding of this name. */
  hasBinding: (name: string) => boolean;
  door: DoorKeys;
  environment: Environment;
  publicUrl: () => string;
  /** How operators sign in, where the deployment itself says it. */
  signIn: OperatorSignIn | null;
  log: Log;
  /** What this object's storage, and the jurisdiction's database, take now. */
  storageBytes: () => number;
  databaseBytes: () => Promise<number>;
};
