/**
 * Gives the doors and each object what they need of the platform.
 */
import { accessKeys, type OperatorSettings } from "../access/operators.ts";
import { readClock } from "../base/clock.ts";
import { parseTenantId, tenantId, type Jurisdiction, type Owner } from "../base/ids.ts";
import { writeLog } from "../base/log.ts";
import type { Account, CarrierIo } from "../carriers/carrier.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { Doors, Platform } from "../http/doors.ts";
import type { FetchLike } from "../net/bounded.ts";
import { dohResolver } from "../net/doh.ts";
import type { Resolver, UrlPolicy } from "../net/outside-url.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { Effects } from "../rpc/effects.ts";
import type { OperatorPort } from "../rpc/operator.ts";
import type { SenderPort } from "../rpc/sender.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { TenantParts } from "../tenant/parts.ts";
import { Keyring } from "../vault/keyring.ts";
import { sendOutside } from "./enqueue.ts";
import { doorKeysOf, operatorSignInOf, settingsOf, siteOf, unfit, type Settings } from "./fitness.ts";
import { Gather } from "./gather.ts";
import { meter } from "./meter.ts";
import { meteredSql } from "./metered-sql.ts";
import {
  benchMeter,
  courierOf,
  fetchBy,
  operatorObjectOf,
  ownerOf,
  databaseBytesOf,
  recordsOf,
  senderOf,
  keyStoreOf,
  tenantObjectOf,
} from "./placement.ts";

/** Where names are resolved (DNS over HTTPS). */
const RESOLVER_URL = "https://cloudflare-dns.com/dns-query";

/**
 * The audit log's name in local development. A stable name, not host and port, because verifiers pin the key under it;
 * production sets its own (AUDIT_ORIGIN).
 */
const LOCAL_AUDIT_ORIGIN = "maskline.local";

/** What the Worker's handlers are given: the doors, and what the queues need besides. */
export type Wired = Doors & {
  sender: (account: string, shard: number) => SenderPort;
  senders: number;
};

/** This platform, as the app needs it. */
export const platform: Platform = { doors: doorsOf, unfit, site: siteOf, meter: benchMeter };

let opened: { env: Env; doors: Wired } | null = null;

/** The doors of this isolate, built once. */
export function doorsOf(env: Env): Wired {
  if (opened === null || opened.env !== env) opened = { env, doors: makeDoors(env) };
  return opened.doors;
}

/** The part of the wiring that the doors need. */
function makeDoors(env: Env): Wired {
  const settings = settingsOf(env);
  const local = settings.ENVIRONMENT === "local";
  const { urlPolicy: policy, fetchLike, resolve } = outsideOf(settings);
  const operators: OperatorSettings = {
    team: settings.ACCESS_TEAM === "" ? null : settings.ACCESS_TEAM,
    audience: settings.ACCESS_AUDIENCE === "" ? null : settings.ACCESS_AUDIENCE,
    adminToken: local ? (settings.ADMIN_TOKEN ?? null) : null,
  };
  const gather = new Gather({
    send: (owner, effects) => sendOutside(env, owner, effects),
    wait: (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds)),
    now: readClock,
  });
  return {
    door: doorKeysOf(settings),
    operators,
    accessKeys: operators.team === null ? null : accessKeys(operators.team),
    policy,
    fetchLike,
    resolve,
    publicUrl: settings.PUBLIC_URL.replace(/\/$/, ""),
    log: writeLog,
    rootVersions: Keyring.parse(settings.KEYRING).versions,
    tenant: (owner: Owner): TenantPort => tenantObjectOf(env, owner),
    courier: (account: string): CourierPort => courierOf(env, account),
    sender: (account: string, shard: number): SenderPort =>
      senderOf(env, account, shard % settings.SENDERS_PER_ACCOUNT),
    senders: settings.SENDERS_PER_ACCOUNT,
    operator: (jurisdiction: Jurisdiction): OperatorPort => operatorObjectOf(env, jurisdiction),
    records: (jurisdiction: Jurisdiction): RecordDb => recordsOf(env, jurisdiction),
    outside: (owner, effects) => gather.put(owner, effects),
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
    keyStore: keyStoreOf(env, owner.jurisdiction),
    ring: Keyring.parse(settings.KEYRING),
    door: doorKeysOf(settings),
    publicUrl: settings.PUBLIC_URL.replace(/\/$/, ""),
    db: recordsOf(env, owner.jurisdiction),
    log: writeLog,
    auditKey: settings.AUDIT_KEY ?? null,
    auditOrigin: settings.AUDIT_ORIGIN === "" ? LOCAL_AUDIT_ORIGIN : settings.AUDIT_ORIGIN,
    outside: (effects) => sendOutside(env, owner, effects),
    operator: (): OperatorPort => operatorObjectOf(env, owner.jurisdiction),
    getAlarm: () => ctx.storage.getAlarm(),
    later: (milliseconds, run) => void setTimeout(run, milliseconds),
  };
}

function storageParts(settings: Settings, ctx: DurableObjectState) {
  const bare = settings.FAULTS === undefined && settings.BENCH === undefined;
  return {
    sql: bare ? ctx.storage.sql : meteredSql(ctx.storage.sql, settings.FAULTS, meter),
    transaction: <T>(act: () => T): T => ctx.storage.transactionSync(act),
    storageBytes: (): number => ctx.storage.sql.databaseSize,
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
      const operator: OperatorPort = operatorObjectOf(env, ownerOf(noted.account).jurisdiction);
      return operator.note(noted);
    },
    inboundUrl: (account: string) =>
      settings.PUBLIC_URL === "" ? null : `${settings.PUBLIC_URL.replace(/\/$/, "")}/carriers/${account}/inbound`,
    senders: (account: string) => shards.map((shard) => senderOf(env, account, shard)),
  };
}

/** What a sender's object is given: its courier, and the tenants whose messages it sends. */
export function senderParts(env: Env) {
  return {
    courier: (account: string) => courierOf(env, account),
    tenant: (id: string): TenantPort => {
      const owner = parseTenantId(id);
      if (owner === null) throw new Error("a job names a tenant");
      return tenantObjectOf(env, owner);
    },
    fetchBy: (mtls: string | null) => fetchBy(env, mtls),
    outside: async (id: string, effects: Effects) => {
      const owner = parseTenantId(id);
      if (owner !== null) await sendOutside(env, owner, effects);
    },
  };
}

/** What the operators' object is given. */
export function operatorParts(env: Env, ctx: DurableObjectState) {
  const settings = settingsOf(env);
  const { urlPolicy: policy, fetchLike, resolve } = outsideOf(settings);
  const jurisdiction: Jurisdiction = (ctx.id.name ?? "").startsWith("us:") ? "us" : "eu";
  return {
    ...storageParts(settings, ctx),
    jurisdiction,
    ring: Keyring.parse(settings.KEYRING),
    tenant: (owner: Owner): TenantPort => tenantObjectOf(env, owner),
    courier: (account: string) => courierOf(env, account),
    hasBinding: (name: string) => fetchBy(env, name) !== null,
    databaseBytes: () => databaseBytesOf(env, jurisdiction),
    door: doorKeysOf(settings),
    environment: settings.ENVIRONMENT === "local" ? ("sandbox" as const) : ("live" as const),
    publicUrl: () => settings.PUBLIC_URL.replace(/\/$/, ""),
    signIn: operatorSignInOf(settings),
    policy,
    fetchLike,
    resolve,
    log: writeLog,
  };
}
