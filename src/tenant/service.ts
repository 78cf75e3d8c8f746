/**
 * What doors, senders, carriers and operators may call on a tenant's object. Every call passes one gate: a tenant that
 * was never created refuses every credential, a tenant whose keys cannot be loaded does nothing, and every change is
 * one transaction. Holds no rules.
 */
import type { Caller } from "../access/caller.ts";
import type { KeySettings } from "../access/keys.ts";
import { CallLimits, demand } from "../access/room.ts";
import { readClock } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { HandsetDelivery, Inbound, Question, Report } from "../carriers/carrier.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import type { Actor } from "../contract/record.ts";
import type { InquiryAnswer } from "../messages/room.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { PolicyChange } from "../policy/policy.ts";
import { changeFacts, policyView } from "../policy/room.ts";
import { NO_EFFECTS, type Effects } from "../rpc/effects.ts";
import type {
  Asking,
  Call,
  CreateTenant,
  Purged,
  Reply,
  TemplateDecision,
  TenantPort,
  TenantVerbName,
  TenantVerbTable,
} from "../rpc/tenant.ts";
import { keyStoreBytes } from "../vault/room.ts";
import { isStorageFault } from "../storage/sql.ts";
import type { Delivered, Taken } from "../webhooks/deliver.ts";
import { TenantAlarm } from "./alarm.ts";
import { tellHead } from "./audit-head.ts";
import { EffectsGathered } from "./effects.ts";
import { TenantHost } from "./host.ts";
import { repeatOrRun } from "./idempotency.ts";
import { Intercepts } from "./intercepts.ts";
import { NumberLeases } from "./number-leases.ts";
import { Oversight, type OversightCalls } from "./oversight.ts";
import type { TenantParts } from "./parts.ts";
import { PeopleService, type PeopleCalls } from "./people.ts";
import { purgeTenant } from "./purge.ts";
import type { Rooms, TenantRooms } from "./rooms.ts";
import { wholeList } from "../contract/list.ts";

/** One tenant's calls; rpc/tenant.ts describes them for callers. */
export class TenantService implements Omit<TenantPort, PeopleCalls | OversightCalls> {
  readonly #parts: TenantParts;
  readonly #host: TenantHost;
  readonly #intercepts: Intercepts;
  readonly #leases: NumberLeases;
  readonly #alarm: TenantAlarm;
  readonly people: PeopleService;
  readonly oversight: Oversight;
  /** Outlives rooms that are thrown away: a call that failed was one. */
  readonly #calls = new CallLimits();

  constructor(parts: TenantParts) {
    this.#parts = parts;
    this.#host = new TenantHost(parts);
    this.#intercepts = new Intercepts(this.#host, parts);
    this.#leases = new NumberLeases(this.#host, parts);
    this.people = new PeopleService(this.#host, parts.tenantId, (act) => this.#operate(act));
    this.oversight = new Oversight((act) => this.#operate(act), parts.storageBytes);
    this.#alarm = new TenantAlarm(this.#host, parts, () => this.#runOutside());
  }

  /** Creates the tenant; a second time changes nothing. The only call that writes into an object that was never created. */
  create(tenant: CreateTenant): Promise<void> {
    return this.#host.create(tenant);
  }

  /** Recognises the caller, checks the scope, then repeats the kept answer or runs the verb, in one transaction. */
  async ask<K extends TenantVerbName>(call: Call<K>): Promise<Reply<K>> {
    const caller = this.#callerOf(await this.#host.open(), call);
    if (isRefused(caller)) return { outcome: caller, effects: NO_EFFECTS, room: null, replayed: false };
    const limited = this.#countCall(caller.ok, call);
    if (limited !== null) return { outcome: limited, effects: this.#host.takeEffects(), room: null, replayed: false };
    const full = this.#judgeQuota(call);
    if (full !== null) return { outcome: full, effects: this.#host.takeEffects(), room: null, replayed: false };
    const ran = this.#host.transaction((rooms) => {
      rooms.room.access.used(caller.ok);
      return repeatOrRun(rooms, caller.ok, call);
    });
    const effects = this.#host.takeEffects(); // before any await, because a transaction that fails meanwhile discards the rooms
    await this.#host.settled();
    this.#runOutside();
    if (this.#host.takeClockMoved()) await this.#alarm.runDue();
    return { ...ran, effects, room: this.#host.rooms().room.risk.roomOf(caller.ok.id) };
  }

  /** Only the checks with which `ask` begins. */
  async mayAsk(asking: Asking): Promise<Refusal | null> {
    const caller = this.#callerOf(await this.#host.open(), asking);
    return isRefused(caller) ? caller : this.#countCall(caller.ok, asking);
  }

  /** Whether the tenant's quota has room for what this would add; a level that is reached is told, whoever asks what. */
  #judgeQuota<K extends TenantVerbName>({ verb, input }: Call<K>): Refusal | null {
    const { verbs, room } = this.#host.rooms();
    const bytes = this.#parts.storageBytes();
    if (room.risk.quotaMoved(bytes)) this.#host.transaction((rooms) => rooms.room.risk.tellQuota(bytes));
    const table: TenantVerbTable = verbs;
    return table[verb].adds?.(input) === true ? this.#host.rooms().room.risk.quotaRefusal(bytes) : null;
  }

  /** Counts a call of a caller who may ask it, in memory; the first one beyond a limit is told, and refused as all behind it. */
  #countCall({ id }: Caller, { verb, input }: Asking & { input?: unknown }): Refusal | null {
    const { verbs, room } = this.#host.rooms();
    const reached = this.#calls.count(room.access.lineOf(id), verbs[verb].scope, input, readClock());
    if (reached === null) return null;
    if (reached.isNews) this.#host.transaction((rooms) => rooms.room.risk.tellCallLimit(id, reached));
    return reached.refusal;
  }

  /** The caller with this credential, if it may ask the verb. */
  #callerOf(rooms: Awaited<ReturnType<TenantHost["open"]>>, { credential, origin, verb }: Asking): Outcome<Caller> {
    if (rooms === null) return refuse("unauthenticated");
    if (rooms === "locked") return KEYS_UNAVAILABLE;
    const caller = this.people.recognised(rooms.room, { credential, origin });
    if (isRefused(caller)) return caller;
    if (!Object.hasOwn(rooms.verbs, verb)) return refuse("route_not_found");
    const allowed = demand(caller.ok, rooms.verbs[verb].scope);
    if (isRefused(allowed)) return allowed;
    return this.#host.isSuspended() ? refuse("tenant_suspended") : caller;
  }

  /** For operators: the tenant's record and policy. */
  async describe(): ReturnType<TenantPort["describe"]> {
    const rooms = await this.#host.open();
    if (rooms === null || this.#host.record === null) return refuse("not_found");
    return { ok: { policy: policyView(this.#host.policy()), clock_offset_seconds: this.#host.offsetSeconds() } };
  }

  issueKey(operator: string, settings: KeySettings): ReturnType<TenantPort["issueKey"]> {
    return this.#operate(({ access }) => access.issueKey(operatorOf(operator), settings));
  }

  revokeKey(operator: string, id: string): ReturnType<TenantPort["revokeKey"]> {
    return this.#operate(({ access }) => access.revokeKey(operatorOf(operator), id));
  }

  /** Revokes all keys in one transaction, with an audit entry for each. */
  revokeKeys(operator: string): Promise<Outcome<{ revoked: number }>> {
    return this.#operate(({ access }) => ({ ok: { revoked: access.revokeAll(operatorOf(operator)) } }));
  }

  listKeys(): ReturnType<TenantPort["listKeys"]> {
    return this.#operate(({ access }) => ({ ok: wholeList(access.listKeys()) }));
  }

  listTemplates(): ReturnType<TenantPort["listTemplates"]> {
    return this.#operate(({ verify }) => ({ ok: verify.listTemplates() }));
  }

  decideTemplate(operator: string, decision: TemplateDecision): ReturnType<TenantPort["decideTemplate"]> {
    const { template: id, state, reason, sequence } = decision;
    return this.#operate(({ verify }) => verify.decideTemplate(operatorOf(operator), state, { id, reason, sequence }));
  }

  setState(operator: string, state: "active" | "suspended"): ReturnType<TenantPort["setState"]> {
    return this.#operate(({ audit }) => {
      this.#host.setState(state);
      const act = state === "active" ? "tenant.resumed" : "tenant.suspended";
      audit.record(operatorOf(operator), { act, subject: null });
      return { ok: null };
    });
  }

  changePolicy(operator: string, change: PolicyChange): ReturnType<TenantPort["changePolicy"]> {
    return this.#operate(({ audit }) => {
      const before = this.#host.policy();
      this.#host.changePolicy(change);
      const facts = changeFacts(before, this.#host.policy(), change);
      audit.record(operatorOf(operator), { act: "tenant.policy_changed", subject: null, facts });
      const granted = change.naming_allowance;
      if (granted !== undefined && granted !== null)
        audit.record(operatorOf(operator), { act: "tenant.naming_allowed", subject: null, facts: granted });
      return { ok: { policy: policyView(this.#host.policy()), facts } };
    });
  }

  /** Stores facts of the carrier accounts in the tenant's routes, as the operator object knows them. */
  async setAccounts(accounts: Parameters<TenantHost["setAccounts"]>[0]): Promise<void> {
    if ((await this.#host.open()) !== null) this.#host.setAccounts(accounts);
  }

  /**
   * A sender claims the messages that it can call for now. Messages of a suspended tenant wait, and expire if it is not
   * resumed in time.
   */
  async claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]> {
    const served = await this.#serve(({ messages }) => {
      if (this.#host.isSuspended()) return [];
      this.#host.takeAccountNews(account, news);
      return messages.claim(account, ids, news);
    });
    return isRefused(served) ? [] : served.ok;
  }

  /** Moves messages for which an account with an open circuit was never called to the next account. */
  async reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; effects: Effects }> {
    const served = await this.#serveWithEffects(({ messages }) => {
      this.#host.takeAccountNews(account, news);
      return messages.reroute(account, ids);
    });
    if (isRefused(served)) return { onward: [], effects: NO_EFFECTS };
    this.#host.goesOn(served.ok.result);
    return { onward: served.ok.result, effects: served.ok.effects };
  }

  /** A sender could not process these ids and has put them on the queue again. */
  async handBack(ids: string[], waitMs: number): Promise<void> {
    const rooms = await this.#open();
    if (!isRefused(rooms)) rooms.ok.room.messages.handedBack(ids, waitMs);
  }

  /** A sender reports the outcomes of its calls. Throws if they cannot be written, so that the sender repeats them. */
  async settle(settlements: Settlement[]): Promise<{ onward: Onward[]; effects: Effects }> {
    const served = await this.#serveWithEffects(({ messages }) => messages.settle(settlements));
    if (isRefused(served)) throw new Error("the tenant's keys cannot be loaded");
    this.#host.goesOn(served.ok.result);
    return { onward: served.ok.result, effects: served.ok.effects };
  }

  /**
   * Applies a carrier's reports, verified as of `account`. Refused if they cannot be written, so that the carrier
   * repeats them.
   */
  async reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; effects: Effects }>> {
    const served = await this.#serveBundle(reports, ({ messages }, part) => messages.applyReports(account, part));
    if (isRefused(served)) return served;
    const applied = served.ok.results.reduce((sum, each) => sum + each, 0);
    return { ok: { applied, effects: served.ok.effects } };
  }

  /** Which of these messages still need an inquiry at the carrier. */
  async questions(account: string, ids: string[]): Promise<Question[]> {
    const rooms = await this.#open();
    return isRefused(rooms) ? [] : rooms.ok.room.messages.questions(account, ids);
  }

  /** Takes what the carrier answered about calls without a clear outcome. */
  async takeInquiryAnswers(account: string, answers: InquiryAnswer[]): Promise<Effects> {
    const served = await this.#serveWithEffects(({ messages }) => messages.takeInquiryAnswers(account, answers));
    return isRefused(served) ? NO_EFFECTS : served.ok.effects;
  }

  /** Stores a text that the sandbox carrier delivers to a handset. */
  async handset(delivery: HandsetDelivery): Promise<void> {
    await this.#serve(({ sandbox }) => sandbox.receive(delivery));
  }

  /** Takes virtual numbers from the operator; those that the tenant has already stay unchanged. */
  takeNumbers(operator: string, given: NewNumber[]): Promise<Outcome<number>> {
    return this.#operate(({ numbers, audit }) => {
      const added = numbers.takeNumbers(given);
      const facts = { numbers: added };
      audit.record(operatorOf(operator), { act: "number.imported", subject: null, facts });
      return { ok: added };
    });
  }

  /** Gives virtual numbers back to the operator, unless somebody has them. */
  async giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>> {
    const rooms = await this.#open();
    return isRefused(rooms) ? rooms : this.#leases.giveBack(operator, numbers);
  }

  /** Stores texts to the tenant's virtual numbers, verified as of `account` by its `secret`; answers once they are stored. */
  async inbound(account: string, texts: Inbound[], secret = 0): Promise<Outcome<Effects>> {
    const taken = await this.#serveBundle(texts, ({ inbound }, part) =>
      part.forEach((text) => void inbound.receive(account, text, secret)),
    );
    if (isRefused(taken)) return taken;
    this.#runOutside(); // the texts are stored, so the carrier does not wait for a hook
    return { ok: taken.ok.effects };
  }

  async takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null> {
    const taken = await this.#serve(({ webhooks }) => webhooks.takeDeliveries(endpoint, limit, slowLane));
    return isRefused(taken) ? null : taken.ok;
  }

  async settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void> {
    const settled = await this.#serve(({ webhooks }) => webhooks.settleDeliveries(endpoint, delivered));
    if (!isRefused(settled)) this.#host.arm();
  }

  /** Runs everything that is due. Never throws. */
  alarm(): Promise<void> {
    return this.#alarm.run();
  }

  /** The nightly purge (`operator` null) or an operator's; answers how many rows of each class were deleted. */
  async purge(operator: string | null, lent = false): Promise<Outcome<Purged>> {
    const rooms = await this.#host.open();
    if (rooms === null || rooms === "locked") return refuse("not_found");
    try {
      await this.#leases.returnLent(lent);
      return { ok: await purgeTenant(this.#host, this.#parts, operator) };
    } finally {
      if (operator === null) await tellHead(this.#host, this.#parts); // also when the purge broke off
    }
  }

  /** Wraps the tenant's keys under the newest root key; answers the root versions in use afterwards. */
  rewrap(): Promise<number[]> {
    return this.#host.rewrap();
  }

  rootsInUse(): Promise<number[]> {
    return this.#host.rootsInUse();
  }

  async storageSize(): ReturnType<TenantPort["storageSize"]> {
    return {
      object: this.#parts.storageBytes(),
      keyStore: await keyStoreBytes(this.#parts.keyStore, this.#parts.tenantId),
    };
  }

  /** The gate: the rooms of a tenant that was created and whose keys can be had. */
  async #open(): Promise<Outcome<TenantRooms>> {
    const rooms = await this.#host.open();
    if (rooms === null) return refuse("not_found");
    return rooms === "locked" ? KEYS_UNAVAILABLE : { ok: rooms };
  }

  /** Runs `act` after the gate, in one transaction. */
  async #serve<T>(act: (room: Rooms) => T): Promise<Outcome<T>> {
    const rooms = await this.#open();
    return isRefused(rooms) ? rooms : { ok: this.#host.transaction(({ room }) => act(room)) };
  }

  /** As `#serve`, with what was left to do outside: taken at once, because it is lost when the rooms are discarded. */
  async #serveWithEffects<T>(act: (room: Rooms) => T): Promise<Outcome<{ result: T; effects: Effects }>> {
    const rooms = await this.#open();
    if (isRefused(rooms)) return rooms;
    const result = this.#host.transaction(({ room }) => act(room));
    return { ok: { result, effects: this.#host.takeEffects() } };
  }

  /**
   * As `#serveWithEffects`, for a carrier's bundle: in one transaction, and if that fails each item in its own, so that
   * one bad item does not keep the others from being stored. Then it throws nevertheless, so that the carrier repeats
   * the bundle; repeated items change nothing.
   */
  async #serveBundle<Item, T>(
    items: readonly Item[],
    act: (room: Rooms, part: readonly Item[]) => T,
  ): Promise<Outcome<{ results: T[]; effects: Effects }>> {
    const rooms = await this.#open();
    if (isRefused(rooms)) return rooms;
    const effects = new EffectsGathered();
    const take = (part: readonly Item[]): T => {
      const result = this.#host.transaction(({ room }) => act(room, part));
      effects.add(this.#host.takeEffects());
      return result;
    };
    try {
      return { ok: { results: [take(items)], effects: effects.take() } };
    } catch (error) {
      if (items.length < 2 || isStorageFault(error)) throw error;
    }
    const results: T[] = [];
    const failed: unknown[] = [];
    for (const item of items) {
      try {
        results.push(take([item]));
      } catch (error) {
        failed.push(error);
      }
    }
    if (failed.length === 0) return { ok: { results, effects: effects.take() } };
    this.#parts.log({ level: "error", what: nameOfError(failed[0]), code: "bundle_failed", count: failed.length });
    await this.#parts.outside(effects.take());
    throw failed[0];
  }

  /** As `#serve`, for an act that may itself refuse. */
  async #operate<T>(act: (room: Rooms) => Outcome<T>): Promise<Outcome<T>> {
    const served = await this.#serve(act);
    return isRefused(served) ? served : served.ok;
  }

  /** Starts calls to the outside without waiting for them: hooks, and loans for pools that are short. */
  #runOutside(): void {
    void this.#intercepts.run();
    void this.#leases.run();
  }
}

const KEYS_UNAVAILABLE = refuse("keys_unavailable", { retryAfterSeconds: 5 });

const operatorOf = (id: string): Actor => ({ type: "operator", id });
