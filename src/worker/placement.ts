/**
 * The only file that reads bindings: chooses object, queue, key store and database by jurisdiction. Only the helper
 * here calls `.jurisdiction()`. The local runtime does not support it, so a variable switches it off; a production
 * deployment with it off refuses to serve.
 */
import { OPERATOR_CODE, parseId, type Jurisdiction, type Owner } from "../base/ids.ts";
import type { FetchLike } from "../net/bounded.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { OperatorPort } from "../rpc/operator.ts";
import type { SenderPort } from "../rpc/sender.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { Lane } from "../sms/purpose.ts";
import type { RecordDb } from "../storage/record-db.ts";
import { settingsOf } from "./fitness.ts";
import { counted, countedRecords, meter, type Meter } from "./meter.ts";

/** An object of a namespace, by name, pinned to its jurisdiction. Locally only the name contains the jurisdiction. */
function objectOf<T extends Rpc.DurableObjectBranded | undefined>(
  env: Env,
  namespace: DurableObjectNamespace<T>,
  jurisdiction: Jurisdiction,
  name: string,
): DurableObjectStub<T> {
  const pinned = settingsOf(env).DO_JURISDICTIONS === "on" ? namespace.jurisdiction(jurisdiction) : namespace;
  const stub = pinned.getByName(`${jurisdiction}:${name}`);
  return benchMeter(env) === null ? stub : counted(stub, () => (meter.objectCalls += 1));
}

/** This isolate's counts in a benchmark; null otherwise. */
export function benchMeter(env: Env): Meter | null {
  return settingsOf(env).BENCH === "on" ? meter : null;
}

/** A queue of a jurisdiction. */
export function queueOf(env: Env, lane: Lane | "events" | "slow", jurisdiction: Jurisdiction): Queue {
  const queue = {
    otp: { eu: env.OTP_EU, us: env.OTP_US },
    bulk: { eu: env.BULK_EU, us: env.BULK_US },
    events: { eu: env.EVENTS_EU, us: env.EVENTS_US },
    slow: { eu: env.SLOW_EU, us: env.SLOW_US },
  }[lane][jurisdiction];
  if (benchMeter(env) === null) return queue;
  return counted(queue, (_name, [sent]) => (meter.queueMessages += Array.isArray(sent) ? sent.length : 1));
}

/** The key store of a jurisdiction. */
export function keyStoreOf(env: Env, jurisdiction: Jurisdiction): KVNamespace {
  const store = jurisdiction === "eu" ? env.KEYS_EU : env.KEYS_US;
  if (benchMeter(env) === null) return store;
  return counted(store, (name) => (meter[name === "get" ? "keyReads" : "keyWrites"] += 1));
}

/** The database of records of a jurisdiction. */
export function recordsOf(env: Env, jurisdiction: Jurisdiction): RecordDb {
  const db: RecordDb = jurisdiction === "eu" ? env.DB_EU : env.DB_US;
  return benchMeter(env) === null ? db : countedRecords(db);
}

/** What the database of records takes, by its own word. */
export async function databaseBytesOf(env: Env, jurisdiction: Jurisdiction): Promise<number> {
  const db = jurisdiction === "eu" ? env.DB_EU : env.DB_US;
  return (await db.prepare("SELECT 1").all()).meta.size_after;
}

/** The owner in an id; of an id that is none, the operators of the EU. */
export function ownerOf(id: string): Owner {
  return parseId(id) ?? { jurisdiction: "eu", code: OPERATOR_CODE };
}

/**
 * The object of a tenant. The platform's stub type loses which answer belongs to which verb, so this cast is unchecked;
 * the compiler checks the object's class instead, which implements the port.
 */
export function tenantObjectOf(env: Env, owner: Owner): TenantPort {
  return objectOf(env, env.TENANTS, owner.jurisdiction, owner.code);
}

/** The operator object of a jurisdiction. */
export function operatorObjectOf(env: Env, jurisdiction: Jurisdiction): OperatorPort {
  return objectOf(env, env.OPERATORS, jurisdiction, "operator");
}

/** The courier of a carrier account. */
export function courierOf(env: Env, account: string): CourierPort {
  return objectOf(env, env.COURIERS, ownerOf(account).jurisdiction, account);
}

/** One of the senders of a carrier account. */
export function senderOf(env: Env, account: string, shard: number): SenderPort {
  return objectOf(env, env.SENDERS, ownerOf(account).jurisdiction, `${account}/${shard}`);
}

/**
 * How an account's carrier is called: plainly, or through the binding that holds the client certificate it asks for.
 * Null when there is no such binding: then no call is made, because this traffic must never go out without the
 * certificate.
 */
export function fetchBy(env: Env, mtls: string | null): FetchLike | null {
  if (mtls === null) return (url, init) => fetch(url, init);
  const binding = (env as unknown as Record<string, unknown>)[mtls];
  if (typeof binding !== "object" || binding === null || !("fetch" in binding)) return null;
  return (url, init) => (binding as Fetcher).fetch(url, init);
}
