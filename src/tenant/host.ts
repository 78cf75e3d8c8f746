/**
 * The host of a tenant's rooms: the object's storage, its record and policy, its clock, its keys and its one alarm.
 * Builds the rooms on the first call and discards them after a failed transaction, so that memory never disagrees with
 * storage.
 */
import { readClock } from "../base/clock.ts";
import { first } from "../storage/sql.ts";
import { nameOfError } from "../base/log.ts";
import type { Head } from "../audit/entry.ts";
import { headSigner, readHead } from "../audit/room.ts";
import type { AccountFacts } from "../carriers/facts.ts";
import type { AccountNews, Onward } from "../carriers/sender/sender.ts";
import { QueueTracker, WAITING_CODES_CHECK_MS } from "../messages/room.ts";
import type { Policy, PolicyChange } from "../policy/policy.ts";
import { changed, defaultPolicy } from "../policy/room.ts";
import { AccountBook } from "../carriers/account-book.ts";
import { migrate } from "../storage/migrations.ts";
import { createTenantKeys, loadTenantKeys, rootsInKeyStore, saveTenantKeys } from "../vault/room.ts";
import type { TenantKeys } from "../vault/tenant-keys.ts";
import { ROOMS, TenantRooms } from "./rooms.ts";
import type { Effects } from "../rpc/effects.ts";
import type { CreateTenant } from "../rpc/tenant.ts";
import type { TenantParts, TenantRecord } from "./parts.ts";

/** An alarm is moved only if it would be this late, because setting one costs a row. */
const ALARM_SLACK_MS = 1_000;
/** An alarm that is overdue by this much is taken for lost, and a new one is set. */
const ALARM_OVERDUE_MS = 10_000;
/** Wait after a failed run. */
const AGAIN_MS = 5_000;

type Opened = TenantRooms | "locked" | null;

/** The host of one tenant's rooms. */
export class TenantHost {
  readonly #parts: TenantParts;
  record: TenantRecord | null = null;
  #policy: Policy | null = null;
  #accounts: Record<string, AccountFacts> = {};
  readonly #book = new AccountBook();
  #offset = 0;
  #clockMoved = false;
  #keys: TenantKeys | null = null;
  #rooms: TenantRooms | null = null;
  #queueTracker: QueueTracker | null = null;
  #opening: Promise<Opened> | null = null;
  #creating: Promise<void> | null = null;
  #armedAt: number | null = null;
  #signedBefore: Head | null = null;
  /** A head signed in the running transaction; stored in KV once the transaction is durable. */
  #signedNow: string | null = null;
  readonly #refusals = new Map<string, number>();
  #watchesCodes = false;

  constructor(parts: TenantParts) {
    this.#parts = parts;
  }

  /** The rooms; null when the tenant was never created, "locked" while its keys cannot be loaded. */
  async open(): Promise<Opened> {
    if (this.#rooms !== null) return this.#rooms;
    this.#opening ??= this.#load().finally(() => (this.#opening = null));
    return this.#opening;
  }

  /** The rooms that `open` found. Only valid right after it, before any await. */
  rooms(): TenantRooms {
    if (this.#rooms === null) this.#rooms = this.#build();
    return this.#rooms;
  }

  /**
   * Creates the tenant once, also when called concurrently: a second set of keys would make unreadable what the first
   * sealed.
   */
  async create(tenant: CreateTenant): Promise<void> {
    this.#creating ??= this.#create(tenant).finally(() => (this.#creating = null));
    return this.#creating;
  }

  async #create(tenant: CreateTenant): Promise<void> {
    const { sql, keyStore, ring } = this.#parts;
    if ((await this.open()) !== null) return;
    const keys = await createTenantKeys(keyStore, ring, tenant.id);
    const { id, name, environment, routes } = tenant;
    const record: TenantRecord = { id, name, environment, state: "active", createdAt: readClock() };
    this.#parts.transaction(() => {
      sql.exec(`CREATE TABLE IF NOT EXISTS tenant(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`);
      migrate(sql, ROOMS.listed);
      this.#put("record", record);
      this.#put("policy", { ...defaultPolicy(environment), routes });
    });
    this.#keys = keys;
    this.#restore();
  }

  /** Runs a change as one transaction, then sets the alarm for the deadlines that it set. */
  transaction<T>(act: (rooms: TenantRooms) => T): T {
    const armedAt = this.#armedAt;
    try {
      const result = this.#parts.transaction(() => {
        const done = act(this.rooms());
        this.rooms().room.risk.budgets.ledger.flush();
        return done;
      });
      this.arm();
      this.#watchCodes();
      return result;
    } catch (error) {
      this.#signedNow = null;
      this.#clockMoved = false;
      this.#rooms = null; // counters, cursors and the audit's head in memory may be ahead of storage
      this.#restore();
      this.#armedAt = armedAt; // an alarm set in the transaction is rolled back too
      this.#armBy(readClock() + AGAIN_MS); // deadlines set in the discarded rooms are read again in the next run
      throw error;
    }
  }

  /** Takes what the last transactions left to do outside. */
  takeEffects(): Effects {
    return this.rooms().takeEffects();
  }

  /** Records that the sender puts these messages on another account's queue. */
  goesOn(onward: readonly Onward[]): void {
    for (const { account, lane, ids } of onward)
      if (lane === "otp") for (const id of ids) this.#queueTracker?.codes.put(id, account, readClock());
    this.#watchCodes();
  }

  /**
   * Checks the codes that wait to be claimed, until none waits. Kept in memory only: an object that restarts checks
   * them when it wakes.
   */
  #watchCodes(): void {
    if (this.#watchesCodes || this.#queueTracker === null || this.#queueTracker.codes.count === 0) return;
    this.#watchesCodes = true;
    this.#parts.later(WAITING_CODES_CHECK_MS, () => {
      this.#watchesCodes = false;
      void this.#queueCodes(({ room }) => room.messages.requeueCodes());
    });
  }

  /** Puts codes on the queue outside any request. A code that the queue refuses is later found lost. Never throws. */
  async #queueCodes(find: (rooms: TenantRooms) => void): Promise<void> {
    try {
      const rooms = await this.open();
      if (rooms === null || rooms === "locked" || this.record?.state === "suspended") return;
      this.transaction(find);
      const effects = this.takeEffects();
      if (effects.dispatch.length + effects.wake.length > 0) await this.#parts.outside(effects);
    } catch (error) {
      this.#parts.log({ level: "error", what: nameOfError(error), code: "codes_not_queued" });
    }
  }

  policy(): Policy {
    if (this.#policy === null) throw new Error("no policy before the tenant is open");
    return this.#policy;
  }

  changePolicy(change: PolicyChange): void {
    this.#policy = changed(this.policy(), change);
    this.#put("policy", this.#policy);
  }

  isSuspended(): boolean {
    return this.record?.state === "suspended";
  }

  setState(state: TenantRecord["state"]): void {
    if (this.record === null) return;
    this.record = { ...this.record, state };
    this.#put("record", this.record);
  }

  setAccounts(accounts: Record<string, AccountFacts>): void {
    this.#accounts = accounts;
    this.#put("accounts", accounts);
  }

  /**
   * Takes what a sender reported of an account, in this transaction: stores new facts, also of an account that only a
   * virtual number uses, and emits an event when the circuit changed.
   */
  takeAccountNews(account: string, { circuit, weights, facts }: AccountNews): void {
    const known = this.#accounts[account];
    if (facts !== undefined && JSON.stringify(facts) !== JSON.stringify(known))
      this.setAccounts({ ...this.#accounts, [account]: facts });
    const moved = this.#book.takeNews(account, { circuit, weights }, readClock());
    if (moved !== null) this.rooms().tellCircuit(account, moved);
  }

  offsetSeconds(): number {
    return Math.floor(this.#offset / 1_000);
  }

  /** Moves a sandbox's clock, and with it the leases of running calls, so that they keep their remaining time. */
  #advance(seconds: number): void {
    const milliseconds = seconds * 1_000;
    this.#offset += milliseconds;
    this.#put("clock", this.#offset);
    this.rooms().clockMoved(milliseconds);
    this.#armBy(0);
    this.#clockMoved = true;
  }

  /** Whether a sandbox's clock was moved since the last call. */
  takeClockMoved(): boolean {
    const moved = this.#clockMoved;
    this.#clockMoved = false;
    return moved;
  }

  /** Counts a refused credential; the counts of a minute become one audit entry. */
  countRefusal(reason: string): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    this.#armBy(readClock() + 60_000);
  }

  takeRefusals(): Record<string, number> {
    const counts = Object.fromEntries(this.#refusals);
    this.#refusals.clear();
    return counts;
  }

  /** Adds back counts that could not be entered. */
  refusalsAgain(counts: Record<string, number>): void {
    for (const [reason, count] of Object.entries(counts))
      this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + count);
  }

  /** Sets the alarm for the earliest deadline set since the last call, unless the present alarm is early enough. */
  arm(): void {
    const at = this.rooms().takeSoonest();
    if (at !== null) this.armBy(at);
  }

  /** Sets the alarm for a time on the tenant's clock, unless the present alarm is early enough. */
  armBy(at: number): void {
    this.#armBy(at - this.#offset);
  }

  /** Sets the alarm a few seconds from now, whatever was set: a failed run must not repeat at once. */
  comeAgain(): void {
    this.#armedAt = null;
    this.#armBy(readClock() + AGAIN_MS);
  }

  /** The alarm has fired: none is set until the next call that sets one. */
  alarmCame(): void {
    this.#armedAt = null;
  }

  /**
   * Wraps the keys under the newest root key. Keys that do not open stay as they are; the root versions that they need
   * are still answered, because those must not be retired.
   */
  async rewrap(): Promise<number[]> {
    const { keyStore, ring } = this.#parts;
    const rooms = await this.open();
    if (rooms === null || this.record === null) return [];
    if (rooms === "locked" || this.#keys === null) return rootsInKeyStore(keyStore, this.record.id);
    await saveTenantKeys(keyStore, ring, this.record.id, this.#keys);
    return [ring.current];
  }

  async rootsInUse(): Promise<number[]> {
    await this.open();
    return this.record === null ? [] : rootsInKeyStore(this.#parts.keyStore, this.record.id);
  }

  #armBy(realAt: number): void {
    const now = readClock();
    const at = Math.max(realAt, now);
    const armed = this.#armedAt !== null && this.#armedAt > now - ALARM_OVERDUE_MS;
    if (armed && (this.#armedAt ?? 0) <= at + ALARM_SLACK_MS) return;
    this.#armedAt = at;
    this.#parts.setAlarm(at);
  }

  async #load(): Promise<Opened> {
    const { sql, keyStore, ring } = this.#parts;
    if (first(sql, `SELECT 1 AS yes FROM sqlite_master WHERE name = 'tenant'`) === null) return null;
    this.#restore();
    if (this.record === null) return null;
    this.#parts.transaction(() => migrate(sql, ROOMS.listed));
    if (this.#keys === null) {
      try {
        this.#keys = await loadTenantKeys(keyStore, ring, this.record.id);
      } catch (error) {
        this.#parts.log({ level: "error", what: nameOfError(error), tenant: this.record.id, code: "keys_unavailable" });
      }
      if (this.#keys === null) return "locked";
      this.#armedAt = await this.#parts.getAlarm();
      const note = await keyStore.get(`audit-head/${this.record.id}`);
      const read = note === null ? null : readHead(note);
      if (read !== null && !("fault" in read)) this.#signedBefore = read.head;
    }
    if (this.#queueTracker !== null) return this.rooms();
    const woken = this.rooms();
    void this.#queueCodes(({ room }) => room.messages.queueCodesAtWake());
    return woken;
  }

  #build(): TenantRooms {
    const { record } = this;
    if (record === null || this.#keys === null) throw new Error("the tenant is not open");
    return new TenantRooms({
      sql: this.#parts.sql,
      owner: this.#parts.owner,
      record,
      keys: this.#keys,
      queueTracker: (this.#queueTracker ??= new QueueTracker(readClock() + this.#offset)),
      door: this.#parts.door,
      policy: () => this.policy(),
      redacts: (account) => this.#accounts[account]?.redact === true,
      accountOf: (account, about) => this.#book.of(account, this.#accounts[account], about, readClock()),
      clockOffset: () => this.#offset,
      advance: (seconds) => this.#advance(seconds),
      publicUrl: () => this.#parts.publicUrl,
      signer:
        this.#parts.auditKey === null
          ? null
          : headSigner(`${this.#parts.auditOrigin}/audit/${record.id}`, this.#parts.auditKey),
      signedBefore: () => this.#signedBefore,
      storageBytes: () => this.#parts.storageBytes(),
      signed: (note) => (this.#signedNow = note),
    });
  }

  /**
   * Stores a signed head outside this object's storage, so that a restored backup does not remove it. Called after the
   * transaction and before its answer: a published head must be remembered, and a head of a failed transaction, which
   * was never published, must not be.
   */
  async settled(): Promise<void> {
    const note = this.#signedNow;
    const read = note === null ? null : readHead(note);
    this.#signedNow = null;
    if (note === null || read === null || "fault" in read || this.record === null) return;
    await this.#parts.keyStore.put(`audit-head/${this.record.id}`, note);
    this.#signedBefore = read.head;
  }

  /** Whether `value` differs from the last one under this name, which it replaces. Only inside a transaction. */
  isFirst(name: string, value: string): boolean {
    const known = first<{ value: string }>(this.#parts.sql, `SELECT value FROM tenant WHERE name = ?`, name);
    if (known !== null && JSON.parse(known.value) === value) return false;
    this.#put(name, value);
    return true;
  }

  #put(name: string, value: unknown): void {
    this.#parts.sql.exec(`INSERT OR REPLACE INTO tenant(name, value) VALUES(?,?)`, name, JSON.stringify(value));
  }

  /** Reads record, policy, accounts and clock from storage. */
  #restore(): void {
    const read = <T>(name: string): T | null => {
      const row = first<{ value: string }>(this.#parts.sql, `SELECT value FROM tenant WHERE name = ?`, name);
      return row === null ? null : (JSON.parse(row.value) as T);
    };
    this.record = read<TenantRecord>("record");
    this.#policy = read<Policy>("policy");
    this.#accounts = read<Record<string, AccountFacts>>("accounts") ?? {};
    this.#offset = read<number>("clock") ?? 0;
  }
}
