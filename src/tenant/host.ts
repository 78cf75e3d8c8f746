/**
 * Where a tenant's rooms lives: the object's storage, its record and policy, its clock, its keys and its one alarm. Opens the
 * rooms when it is first asked, and throws it away when a transaction fails, so that memory never disagrees with storage.
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

/** An alarm is moved only when it would be this much too late: setting one costs a row. */
const ALARM_SLACK_MS = 1_000;
/** An alarm that should have come this long ago is not believed in any more. */
const ALARM_OVERDUE_MS = 10_000;
/** After a failure the next turn comes so soon. */
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
  /** A head that was signed in the running transaction; remembered once that transaction stands. */
  #signedNow: string | null = null;
  readonly #refusals = new Map<string, number>();
  #watchesCodes = false;

  constructor(parts: TenantParts) {
    this.#parts = parts;
  }

  /** The rooms; null when the tenant was never created, "locked" while its keys cannot be had. */
  async open(): Promise<Opened> {
    if (this.#rooms !== null) return this.#rooms;
    this.#opening ??= this.#load().finally(() => (this.#opening = null));
    return this.#opening;
  }

  /** The rooms that `open` found; for use right after it, in the same turn. */
  rooms(): TenantRooms {
    if (this.#rooms === null) this.#rooms = this.#build();
    return this.#rooms;
  }

  /** Once, however often and at once it is asked: a second set of keys in the key store would close what the first sealed. */
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

  /** Runs a change whole or not at all, then makes sure the alarm comes in time for what it left behind. */
  transaction<T>(act: (rooms: TenantRooms) => T): T {
    const armedAt = this.#armedAt;
    try {
      const result = this.#parts.transaction(() => act(this.rooms()));
      this.arm();
      this.#watchCodes();
      return result;
    } catch (error) {
      this.#signedNow = null;
      this.#clockMoved = false;
      this.#rooms = null; // counters, cursors and the audit's head in memory may be ahead of storage
      this.#restore();
      this.#armedAt = armedAt; // an alarm that was set in there is undone with the rest
      this.#armBy(readClock() + AGAIN_MS); // deadlines that the old rooms had heard of are known to the next turn only
      throw error;
    }
  }

  /** What the last transactions left to do outside. */
  takeEffects(): Effects {
    return this.rooms().takeEffects();
  }

  /** Messages that their sender puts on the queue of another account. */
  goesOn(onward: readonly Onward[]): void {
    for (const { account, lane, ids } of onward)
      if (lane === "otp") for (const id of ids) this.#queueTracker?.codes.put(id, account, readClock());
    this.#watchCodes();
  }

  /** Looks at the codes that wait to be claimed until none does. Only in memory: an object that dies looks at them when it wakes. */
  #watchCodes(): void {
    if (this.#watchesCodes || this.#queueTracker === null || this.#queueTracker.codes.count === 0) return;
    this.#watchesCodes = true;
    this.#parts.later(WAITING_CODES_CHECK_MS, () => {
      this.#watchesCodes = false;
      void this.#queueCodes(({ room }) => room.messages.requeueCodes());
    });
  }

  /** Puts codes on the queue outside any request; what the queue refuses is found lost later. Never throws. */
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
   * What a sender told of an account: facts that are new are kept, also of one that only a virtual number led to, and a circuit
   * that moved is told, in this transaction.
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

  /** Moves a sandbox's clock, and with it the leases of calls under way: they take no longer for it. */
  #advance(seconds: number): void {
    const milliseconds = seconds * 1_000;
    this.#offset += milliseconds;
    this.#put("clock", this.#offset);
    this.rooms().clockMoved(milliseconds);
    this.#armBy(0);
    this.#clockMoved = true;
  }

  /** Whether a sandbox's clock was moved since the last time. */
  takeClockMoved(): boolean {
    const moved = this.#clockMoved;
    this.#clockMoved = false;
    return moved;
  }

  /** Counts a refused credential; a minute's counts become one audit entry. */
  countRefusal(reason: string): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    this.#armBy(readClock() + 60_000);
  }

  takeRefusals(): Record<string, number> {
    const counts = Object.fromEntries(this.#refusals);
    this.#refusals.clear();
    return counts;
  }

  /** Counts that were taken and could not be entered. */
  refusalsAgain(counts: Record<string, number>): void {
    for (const [reason, count] of Object.entries(counts))
      this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + count);
  }

  /** Sets the alarm for the earliest deadline that was set since, unless one will come early enough. */
  arm(): void {
    const at = this.rooms().takeSoonest();
    if (at !== null) this.armBy(at);
  }

  /** Sets the alarm for a time on the tenant's clock, unless one will come early enough. */
  armBy(at: number): void {
    this.#armBy(at - this.#offset);
  }

  /** Sets the alarm a few seconds from now, whatever was set: for a turn that failed, which must not run in circles. */
  comeAgain(): void {
    this.#armedAt = null;
    this.#armBy(readClock() + AGAIN_MS);
  }

  /** The alarm has come: there is none until one is set again. */
  alarmCame(): void {
    this.#armedAt = null;
  }

  /** Keys that cannot be opened now stay as they are, and what they need is still answered: it must not be retired. */
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
      signed: (note) => (this.#signedNow = note),
    });
  }

  /**
   * Keeps a head that was signed where a restored copy of this object's storage does not reach. Called behind the
   * transaction and before its answer: a head of a transaction that failed was never given out and must not be held
   * against the log, and one that is given out must be remembered.
   */
  async settled(): Promise<void> {
    const note = this.#signedNow;
    const read = note === null ? null : readHead(note);
    this.#signedNow = null;
    if (note === null || read === null || "fault" in read || this.record === null) return;
    await this.#parts.keyStore.put(`audit-head/${this.record.id}`, note);
    this.#signedBefore = read.head;
  }

  /** Whether `value` is new under this name, and then no longer; for use inside a transaction. */
  isFirst(name: string, value: string): boolean {
    const known = first<{ value: string }>(this.#parts.sql, `SELECT value FROM tenant WHERE name = ?`, name);
    if (known !== null && JSON.parse(known.value) === value) return false;
    this.#put(name, value);
    return true;
  }

  #put(name: string, value: unknown): void {
    this.#parts.sql.exec(`INSERT OR REPLACE INTO tenant(name, value) VALUES(?,?)`, name, JSON.stringify(value));
  }

  /** Reads record, policy, accounts and clock as they are stored. */
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
