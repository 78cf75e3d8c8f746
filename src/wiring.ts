/**
 * The only file that reads bindings: parses them, chooses by jurisdiction, and hands each object and door the few things it
 * needs. The one helper that calls `.jurisdiction()` is here; the local runtime throws there, so a variable switches it off,
 * and a production deployment with the switch off refuses to serve.
 */
import { z } from "zod";
import { accessKeys, type OperatorSettings } from "./access/operators.ts";
import type { DoorKeys } from "./access/api-key.ts";
import { readClock } from "./base/clock.ts";
import { dohResolver } from "./base/doh.ts";
import type { FetchLike } from "./base/bounded.ts";
import { OPERATOR_CODE, parseId, parseTenantId, tenantId, type Jurisdiction, type Owner } from "./base/ids.ts";
import { writeLog, type Log } from "./base/log.ts";
import type { Resolver, UrlPolicy } from "./base/outside-url.ts";
import { fromBase64 } from "./base/seal.ts";
import { weaknessOf } from "./base/weak-key.ts";
import type { Sql } from "./base/sql.ts";
import { counted, countedRecords, meter, type Meter } from "./base/meter.ts";
import { meteredSql } from "./base/metered-sql.ts";
import type { RecordDb } from "./base/record-db.ts";
import type { Lane } from "./messages/message.ts";
import type { Account, CarrierIo } from "./carriers/carrier.ts";
import type { Job } from "./carriers/sender.ts";
import type { Noted } from "./carriers/watch.ts";
import { Keyring } from "./vault/keyring.ts";
import type { KeyShelf } from "./vault/tenant-keys.ts";
import { Gather } from "./gather.ts";
import type { After, CourierPort, OperatorPort, SenderPort, TenantPort } from "./ports.ts";

const Flag = z.enum(["on", "off"]);

const Settings = z.object({
  ENVIRONMENT: z.enum(["local", "production"]),
  DO_JURISDICTIONS: Flag,
  PUBLIC_URL: z.union([z.literal(""), z.url()]),
  ACCESS_TEAM: z.union([z.literal(""), z.url({ protocol: /^https$/ })]),
  ACCESS_AUDIENCE: z.string().max(200),
  SENDERS_PER_ACCOUNT: z.coerce.number().int().min(1).max(64),
  EGRESS_ALLOWLIST: z.string().max(10_000),
  FAULTS: z.string().max(200).optional(),
  BENCH: Flag.optional(),
  KEYRING: z.string().min(1),
  DOOR_KEY: z.string().min(1),
  AUDIT_KEY: z.string().min(1).optional(),
  ADMIN_TOKEN: z.string().min(32).optional(),
});
type Settings = z.infer<typeof Settings>;

/** Names of the resolver and of the lanes, for both jurisdictions. */
const RESOLVER_URL = "https://cloudflare-dns.com/dns-query";

let parsed: { env: Env; settings: Settings } | null = null;

/** The environment, parsed once an isolate. Throws what is wrong with it, by name and never by value. */
function settingsOf(env: Env): Settings {
  if (parsed !== null && parsed.env === env) return parsed.settings;
  const result = Settings.safeParse(env);
  if (!result.success)
    throw new TypeError(`environment: ${result.error.issues.map((issue) => issue.path.join(".")).join(", ")}`);
  parsed = { env, settings: result.data };
  return result.data;
}

let judged: { env: Env; unfit: string | null } | null = null;

/** Why this deployment must not serve, or null. Judged once an isolate: an environment does not change in one. */
export function unfit(env: Env): string | null {
  if (judged === null || judged.env !== env) judged = { env, unfit: judge(env) };
  return judged.unfit;
}

/** The origin under which readers find this service: the configured one, or where it was called while there is none. */
export function siteOf(env: Env, url: string): string {
  const configured = unfit(env) === null ? settingsOf(env).PUBLIC_URL : "";
  return configured === "" ? new URL(url).origin : configured.replace(/\/$/, "");
}

function judge(env: Env): string | null {
  try {
    const settings = settingsOf(env);
    Keyring.parse(settings.KEYRING);
    doorKeysOf(settings);
    const weakness = auditKeyWeakness(settings);
    if (weakness !== null) return weakness;
    if (settings.DOOR_KEY.split(",").some((key) => settings.KEYRING.includes(key.trim())))
      return "DOOR_KEY is also in KEYRING";
    if (settings.ENVIRONMENT === "local") return null;
    if (settings.DO_JURISDICTIONS !== "on") return "DO_JURISDICTIONS is off";
    if (settings.PUBLIC_URL === "") return "PUBLIC_URL is empty";
    if (settings.ADMIN_TOKEN !== undefined) return "ADMIN_TOKEN is for local development only";
    if (settings.ACCESS_TEAM === "" || settings.ACCESS_AUDIENCE === "")
      return "ACCESS_TEAM or ACCESS_AUDIENCE is empty";
    if (settings.FAULTS !== undefined) return "FAULTS is for tests only";
    if (settings.BENCH !== undefined) return "BENCH is for measuring only";
    return null;
  } catch (error) {
    return error instanceof TypeError ? error.message : "environment";
  }
}

function doorKeysOf(settings: Settings): DoorKeys {
  return settings.DOOR_KEY.split(",").map((text) => {
    const key = fromBase64(text.trim());
    const weakness = key === null ? "not base64" : weaknessOf(key, 32);
    if (key === null || weakness !== null) throw new TypeError(`DOOR_KEY: ${weakness}`);
    return key;
  });
}

/** An Ed25519 key of PKCS#8 ends with its 32 bytes (RFC 8410). */
function auditKeyWeakness(settings: Settings): string | null {
  if (settings.AUDIT_KEY === undefined) return null;
  const der = fromBase64(settings.AUDIT_KEY);
  if (der === null || der.length !== 48) return "AUDIT_KEY: not an Ed25519 key";
  const weakness = weaknessOf(der.subarray(16), 32);
  return weakness === null ? null : `AUDIT_KEY: ${weakness}`;
}

/** An object of a namespace, by name, pinned to its jurisdiction. Locally the name alone tells jurisdictions apart. */
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

/** The counts of this isolate when it runs for the bench; null otherwise. */
export function benchMeter(env: Env): Meter | null {
  return settingsOf(env).BENCH === "on" ? meter : null;
}

function queueOf(env: Env, lane: Lane | "events" | "slow", jurisdiction: Jurisdiction): Queue {
  const queue = {
    otp: { eu: env.OTP_EU, us: env.OTP_US },
    bulk: { eu: env.BULK_EU, us: env.BULK_US },
    events: { eu: env.EVENTS_EU, us: env.EVENTS_US },
    slow: { eu: env.SLOW_EU, us: env.SLOW_US },
  }[lane][jurisdiction];
  if (benchMeter(env) === null) return queue;
  return counted(queue, (_name, [sent]) => (meter.queueMessages += Array.isArray(sent) ? sent.length : 1));
}

function shelfOf(env: Env, jurisdiction: Jurisdiction): KVNamespace {
  const shelf = jurisdiction === "eu" ? env.KEYS_EU : env.KEYS_US;
  if (benchMeter(env) === null) return shelf;
  return counted(shelf, (name) => (meter[name === "get" ? "keyReads" : "keyWrites"] += 1));
}

function recordsOf(env: Env, jurisdiction: Jurisdiction): RecordDb {
  const db: RecordDb = jurisdiction === "eu" ? env.DB_EU : env.DB_US;
  return benchMeter(env) === null ? db : countedRecords(db);
}

/** What the doors are given: how to reach every object, and nothing that opens a number. */
export type Doors = ReturnType<typeof makeDoors>;

let opened: { env: Env; doors: Doors } | null = null;

/** The doors of this isolate, built once. */
export function doorsOf(env: Env): Doors {
  if (opened === null || opened.env !== env) opened = { env, doors: makeDoors(env) };
  return opened.doors;
}

/** The doors' half of the wiring. */
function makeDoors(env: Env) {
  const settings = settingsOf(env);
  const local = settings.ENVIRONMENT === "local";
  const { urlPolicy: policy, fetchLike, resolve } = outsideOf(settings);
  const operators: OperatorSettings = {
    team: settings.ACCESS_TEAM === "" ? null : settings.ACCESS_TEAM,
    audience: settings.ACCESS_AUDIENCE === "" ? null : settings.ACCESS_AUDIENCE,
    adminToken: local ? (settings.ADMIN_TOKEN ?? null) : null,
  };
  const gather = new Gather({
    send: (owner, after) => sendOutside(env, owner, after),
    wait: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
    now: readClock,
  });
  return {
    local,
    door: doorKeysOf(settings),
    operators,
    accessKeys: operators.team === null ? null : accessKeys(operators.team),
    policy,
    fetchLike,
    resolve,
    publicUrl: settings.PUBLIC_URL.replace(/\/$/, ""),
    log: writeLog,
    rootVersions: Keyring.parse(settings.KEYRING).versions,
    tenant: (owner: Owner): TenantPort => objectOf(env, env.TENANTS, owner.jurisdiction, owner.code),
    courier: (account: string): CourierPort => courierOf(env, account),
    sender: (account: string, shard: number): SenderPort =>
      senderOf(env, account, shard % settings.SENDERS_PER_ACCOUNT),
    senders: settings.SENDERS_PER_ACCOUNT,
    operator: (jurisdiction: Jurisdiction): OperatorPort => objectOf(env, env.OPERATORS, jurisdiction, "operator"),
    records: (jurisdiction: Jurisdiction): RecordDb => recordsOf(env, jurisdiction),
    meter: benchMeter(env),
    outside: (owner: Owner, after: After) => gather.put(owner, after),
  };
}

/** How tenants' own URLs are judged and called. */
function outsideOf(settings: Settings): { urlPolicy: UrlPolicy; fetchLike: FetchLike; resolve: Resolver } {
  const hosts = settings.EGRESS_ALLOWLIST.split(",").map((host) => host.trim());
  const allowlist = hosts.filter((host) => host !== "");
  const fetchLike: FetchLike = (url, init) => fetch(url, init);
  const urlPolicy = { allowlist, allowLoopbackHttp: settings.ENVIRONMENT === "local" };
  return { urlPolicy, fetchLike, resolve: dohResolver(fetchLike, RESOLVER_URL) };
}

function ownerOf(id: string): Owner {
  return parseId(id) ?? { jurisdiction: "eu", code: OPERATOR_CODE };
}

function courierOf(env: Env, account: string): CourierPort {
  return objectOf(env, env.COURIERS, ownerOf(account).jurisdiction, account);
}

function senderOf(env: Env, account: string, shard: number): SenderPort {
  return objectOf(env, env.SENDERS, ownerOf(account).jurisdiction, `${account}/${shard}`);
}

/** Ids in one queue message: 40 characters each, far under 128 KB, and few enough for one sender's turn. */
const IDS_PER_MESSAGE_MAX = 100;
/** What the platform takes in one `sendBatch`. */
const MESSAGES_PER_SEND_MAX = 100;

/** Puts on the belt what a transaction left to do. Throws when the queue refuses; the rows are there all the same. */
async function sendOutside(env: Env, owner: Owner, after: After): Promise<void> {
  const tenant = tenantId(owner);
  const sends: Promise<unknown>[] = [];
  for (const { ids, ...job } of after.dispatch) {
    const queue = queueOf(env, job.lane, owner.jurisdiction);
    const bodies: { body: unknown }[] = [];
    for (let at = 0; at < ids.length; at += IDS_PER_MESSAGE_MAX) {
      bodies.push({ body: { tenant, ...job, ids: ids.slice(at, at + IDS_PER_MESSAGE_MAX) } });
    }
    if (bodies.length === 1) sends.push(queue.send(bodies[0]?.body));
    else
      for (let at = 0; at < bodies.length; at += MESSAGES_PER_SEND_MAX)
        sends.push(queue.sendBatch(bodies.slice(at, at + MESSAGES_PER_SEND_MAX)));
  }
  const events = queueOf(env, "events", owner.jurisdiction);
  for (const endpoint of after.wake) sends.push(events.send({ tenant, endpoint }));
  await Promise.all(sends);
}

/** Puts an endpoint on the slow lane. */
export async function sendSlow(env: Env, owner: Owner, endpoint: string): Promise<void> {
  await queueOf(env, "slow", owner.jurisdiction).send({ tenant: tenantId(owner), endpoint });
}

/** Puts a job on its lane after a while: the sender could not get to it, or another account is next. */
export async function requeueJob(env: Env, job: Job, delaySeconds: number): Promise<void> {
  const owner = parseTenantId(job.tenant);
  if (owner !== null) await queueOf(env, job.lane, owner.jurisdiction).send(job, { delaySeconds });
}

/** What a tenant's object is given. */
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
  outside: (after: After) => Promise<void>;
  operator: () => OperatorPort;
  setAlarm: (at: number) => void;
  getAlarm: () => Promise<number | null>;
  /** Runs something a little later, if the object still lives then. */
  later: (milliseconds: number, run: () => void) => void;
  urlPolicy: UrlPolicy;
  fetchLike: FetchLike;
  resolve: Resolver;
};

/** Builds a tenant's parts from its object's name. */
export function tenantParts(env: Env, ctx: DurableObjectState): TenantParts {
  const settings = settingsOf(env);
  const [jurisdiction, code] = (ctx.id.name ?? "").split(":");
  const owner: Owner = { jurisdiction: jurisdiction === "us" ? "us" : "eu", code: code ?? "" };
  if (parseTenantId(tenantId(owner)) === null) throw new Error("a tenant's object has a tenant's name");
  return {
    ...storageParts(settings, ctx),
    ...outsideOf(settings),
    owner,
    tenantId: tenantId(owner),
    shelf: shelfOf(env, owner.jurisdiction),
    ring: Keyring.parse(settings.KEYRING),
    door: doorKeysOf(settings),
    publicUrl: settings.PUBLIC_URL.replace(/\/$/, ""),
    db: recordsOf(env, owner.jurisdiction),
    log: writeLog,
    auditKey: settings.AUDIT_KEY ?? null,
    auditOrigin: settings.PUBLIC_URL === "" ? "maskline.local" : new URL(settings.PUBLIC_URL).host,
    outside: (after) => sendOutside(env, owner, after),
    operator: (): OperatorPort => objectOf(env, env.OPERATORS, owner.jurisdiction, "operator"),
    getAlarm: () => ctx.storage.getAlarm(),
    later: (milliseconds, run) => void setTimeout(run, milliseconds),
  };
}

function storageParts(settings: Settings, ctx: DurableObjectState) {
  const bare = settings.FAULTS === undefined && settings.BENCH === undefined;
  return {
    sql: bare ? ctx.storage.sql : meteredSql(ctx.storage.sql, settings.FAULTS, meter),
    transaction: <T>(act: () => T): T => ctx.storage.transactionSync(act),
    setAlarm: (at: number) => {
      meter.alarmsSet += 1;
      void ctx.storage.setAlarm(at);
    },
  };
}

/** What a courier's object is given. */
export function courierParts(env: Env, ctx: DurableObjectState) {
  const settings = settingsOf(env);
  const shards = Array.from({ length: settings.SENDERS_PER_ACCOUNT }, (_, shard) => shard);
  return {
    ...storageParts(settings, ctx),
    ring: Keyring.parse(settings.KEYRING),
    io: ({ mtls }: Account): CarrierIo | null => {
      const fetchLike = fetchBy(env, mtls);
      return fetchLike === null ? null : { fetch: fetchLike, now: readClock, handset: () => Promise.resolve() };
    },
    note: (noted: Noted): Promise<void> => {
      const operator: OperatorPort = objectOf(env, env.OPERATORS, ownerOf(noted.account).jurisdiction, "operator");
      return operator.note(noted);
    },
    inboundUrl: (account: string) =>
      settings.PUBLIC_URL === "" ? null : `${settings.PUBLIC_URL.replace(/\/$/, "")}/carriers/${account}/inbound`,
    senders: (account: string) => shards.map((shard) => senderOf(env, account, shard)),
  };
}

/**
 * How an account's carrier is called: plainly, or through the binding that holds the client certificate it asks for. Null when
 * there is no such binding: then nobody is called, because this traffic must never leave without the certificate.
 */
function fetchBy(env: Env, mtls: string | null): FetchLike | null {
  if (mtls === null) return (url, init) => fetch(url, init);
  const binding = (env as unknown as Record<string, unknown>)[mtls];
  if (typeof binding !== "object" || binding === null || !("fetch" in binding)) return null;
  return (url, init) => (binding as Fetcher).fetch(url, init);
}

/** What a sender's object is given: its courier, and the tenants whose messages it sends. */
export function senderParts(env: Env) {
  return {
    courier: (account: string) => courierOf(env, account),
    tenant: (id: string): TenantPort => {
      const owner = parseTenantId(id);
      if (owner === null) throw new Error("a job names a tenant");
      return objectOf(env, env.TENANTS, owner.jurisdiction, owner.code);
    },
    fetchBy: (mtls: string | null) => fetchBy(env, mtls),
    outside: async (id: string, after: After) => {
      const owner = parseTenantId(id);
      if (owner !== null) await sendOutside(env, owner, after);
    },
  };
}

/** What the operators' object is given. */
export function operatorParts(env: Env, ctx: DurableObjectState) {
  const settings = settingsOf(env);
  const jurisdiction: Jurisdiction = (ctx.id.name ?? "").startsWith("us:") ? "us" : "eu";
  return {
    ...storageParts(settings, ctx),
    jurisdiction,
    ring: Keyring.parse(settings.KEYRING),
    tenant: (owner: Owner): TenantPort => objectOf(env, env.TENANTS, owner.jurisdiction, owner.code),
    courier: (account: string) => courierOf(env, account),
    hasBinding: (name: string) => fetchBy(env, name) !== null,
    log: writeLog,
  };
}
