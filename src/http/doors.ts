/**
 * What the doors are given: access to every object, and nothing that can open a number. `worker/` supplies it.
 */
import type { DoorKeys } from "../access/api-key.ts";
import type { AccessKeys, OperatorSettings } from "../access/operators.ts";
import type { Jurisdiction, Owner } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { FetchLike } from "../net/bounded.ts";
import type { Resolver, UrlPolicy } from "../net/outside-url.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { OperatorPort } from "../rpc/operator.ts";
import type { Effects } from "../rpc/effects.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { RecordDb } from "../storage/record-db.ts";

export type Doors = {
  door: DoorKeys;
  operators: OperatorSettings;
  accessKeys: AccessKeys | null;
  /** How tenants' own URLs are judged. */
  policy: UrlPolicy;
  /** Calls a tenant's identity provider; every address is judged by `policy` first. */
  fetchLike: FetchLike;
  resolve: Resolver;
  publicUrl: string;
  log: Log;
  rootVersions: readonly number[];
  tenant: (owner: Owner) => TenantPort;
  courier: (account: string) => CourierPort;
  operator: (jurisdiction: Jurisdiction) => OperatorPort;
  records: (jurisdiction: Jurisdiction) => RecordDb;
  /** Puts on the queues what a transaction left to do; answers within a few milliseconds share a message. */
  outside: (owner: Owner, effects: Effects) => Promise<void>;
};

/** What the app asks of the platform before it serves. */
export type Platform = {
  doors: (env: Env) => Doors;
  /** Why this deployment must not serve, or null. */
  unfit: (env: Env) => string | null;
  /** The origin under which readers find this service. */
  site: (env: Env, url: string) => string;
  /** This isolate's counts in a benchmark; null otherwise. */
  meter: (env: Env) => { requests: number } | null;
};
