/**
 * What a tenant's object is asked, by doors, senders, carriers and operators, behind one gate: a tenant that was never created
 * knows nobody, one whose keys cannot be had does nothing, and every change is one transaction. Holds no rule.
 */
import { demand } from "../access/keys.ts";
import type { Caller } from "../access/caller.ts";
import type { KeySettings } from "../access/keys.ts";
import { issueKey, type KeysDeps } from "../access/verbs.ts";
import { readClock } from "../base/clock.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import type { HandsetDelivery, Inbound, Question, Report } from "../carriers/carrier.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import { claim, reroute, settle } from "../messages/dispatch.ts";
import { hear, questions, type Heard } from "../messages/inquire.ts";
import { applyReports } from "../messages/reports.ts";
import type { NewNumber } from "../numbers/number.ts";
import { takeNumbers } from "../numbers/verbs.ts";
import { changeFacts, policyView, type PolicyChange } from "../policy/policy.ts";
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
} from "../rpc/tenant.ts";
import { decideTemplate, listTemplates, type SettingsDeps } from "../verify/settings/verbs.ts";
import { settleDeliveries, takeDeliveries, type Delivered, type Taken } from "../webhooks/take.ts";
import { TenantAlarm } from "./alarm.ts";
import { tellHead } from "./audit-head.ts";
import { TenantHost } from "./host.ts";
import { repeatOrRun } from "./idempotency.ts";
import { Intercepts } from "./intercepts.ts";
import { NumberLeases } from "./number-leases.ts";
import type { TenantParts } from "./parts.ts";
import { purgeTenant } from "./purge.ts";
import type { TenantRooms } from "./rooms.ts";
import { wholeList } from "../contract/list.ts";

/** One tenant's answers; rpc/tenant.ts says what each call means to its caller. */
export class TenantService implements TenantPort {
  readonly #parts: TenantParts;
  readonly #host: TenantHost;
  readonly #intercepts: Intercepts;
  readonly #leases: NumberLeases;
  readonly #alarm: TenantAlarm;

  constructor(parts: TenantParts) {
    this.#parts = parts;
    this.#host = new TenantHost(parts);
    this.#intercepts = new Intercepts(this.#host, parts);
    this.#leases = new NumberLeases(this.#host, parts);
    this.#alarm = new TenantAlarm(this.#host, parts, () => this.#runOutside());
  }

  /** Creates the tenant; a second time changes nothing. The only call that writes into an object that was never created. */
  create(tenant: CreateTenant): Promise<void> {
    return this.#host.create(tenant);
  }

  /** Recognises the caller, checks the scope, repeats a repeated answer or runs the verb: one transaction. */
  async ask<K extends TenantVerbName>(call: Call<K>): Promise<Reply<K>> {
    const caller = this.#callerOf(await this.#host.open(), call);
    if (isRefused(caller)) return { outcome: caller, effects: NO_EFFECTS, room: null, replayed: false };
    const ran = this.#host.transaction((present) => repeatOrRun(present, caller.ok, call));
    const effects = this.#host.takeEffects(); // before any await: a transaction that fails meanwhile throws the rooms away
    await this.#host.settled();
    this.#runOutside();
    if (this.#host.takeClockMoved()) await this.#alarm.runDue();
    const { limits } = this.#host.policy();
    const present = this.#host.rooms();
    return { ...ran, effects, room: present.caps.roomOf(caller.ok.keyId, limits, present.now()) };
  }

  /** As `ask` begins, and no more. */
  async mayAsk(asking: Asking): Promise<Refusal | null> {
    const caller = this.#callerOf(await this.#host.open(), asking);
    return isRefused(caller) ? caller : null;
  }

  /** The caller whose credential this is, if it may ask the verb. */
  #callerOf(rooms: Awaited<ReturnType<TenantHost["open"]>>, { credential, origin, verb }: Asking): Outcome<Caller> {
    if (rooms === null) return refuse("unauthenticated");
    if (rooms === "locked") return KEYS_UNAVAILABLE;
    const caller = rooms.keys.recognise(credential, origin, readClock());
    if (typeof caller === "string") {
      this.#host.countRefusal(caller);
      return refuse("unauthenticated");
    }
    if (!Object.hasOwn(rooms.verbs, verb)) return refuse("route_not_found");
    const allowed = demand(caller, rooms.verbs[verb].scope);
    if (isRefused(allowed)) return allowed;
    return this.#host.isSuspended() ? refuse("tenant_suspended") : { ok: caller };
  }

  /** For operators: the tenant's record and policy. */
  async describe(): ReturnType<TenantPort["describe"]> {
    const rooms = await this.#host.open();
    if (rooms === null || this.#host.record === null) return refuse("not_found");
    return { ok: { policy: policyView(this.#host.policy()), clock_offset_seconds: this.#host.offsetSeconds() } };
  }

  issueKey(operator: string, settings: KeySettings): ReturnType<TenantPort["issueKey"]> {
    return this.#operate((rooms) => {
      const deps: KeysDeps = { ...rooms.keysDeps, record: (actor, entry) => rooms.enterFor("operator", actor, entry) };
      return issueKey(deps, operator, settings);
    });
  }

  revokeKey(operator: string, id: string): ReturnType<TenantPort["revokeKey"]> {
    return this.#operate((rooms) => {
      const revoked = rooms.keys.revoke(id, readClock());
      if (!isRefused(revoked)) rooms.enterFor("operator", operator, { act: "key.revoked", subject: id });
      return revoked;
    });
  }

  /** All keys end together, and each has its entry. */
  revokeKeys(operator: string): Promise<Outcome<{ revoked: number }>> {
    return this.#operate((rooms) => {
      const ids = rooms.keys.revokeAll(readClock());
      for (const id of ids) rooms.enterFor("operator", operator, { act: "key.revoked", subject: id });
      return { ok: { revoked: ids.length } };
    });
  }

  listKeys(): ReturnType<TenantPort["listKeys"]> {
    return this.#operate((rooms) => ({ ok: wholeList(rooms.keys.list()) }));
  }

  listTemplates(): ReturnType<TenantPort["listTemplates"]> {
    return this.#operate((rooms) => ({ ok: listTemplates(rooms.verifySettings) }));
  }

  decideTemplate(operator: string, decision: TemplateDecision): ReturnType<TenantPort["decideTemplate"]> {
    return this.#operate((rooms) => {
      const { template: id, state, reason, sequence } = decision;
      const deps: SettingsDeps = {
        ...rooms.verifySettings,
        record: (actor, entry) => rooms.enterFor("operator", actor, entry),
      };
      return decideTemplate(deps, operator, state, { id, reason, sequence });
    });
  }

  setState(operator: string, state: "active" | "suspended"): ReturnType<TenantPort["setState"]> {
    return this.#operate((rooms) => {
      this.#host.setState(state);
      const act = state === "active" ? "tenant.resumed" : "tenant.suspended";
      rooms.enterFor("operator", operator, { act, subject: null });
      return { ok: null };
    });
  }

  changePolicy(operator: string, change: PolicyChange): ReturnType<TenantPort["changePolicy"]> {
    return this.#operate((rooms) => {
      const before = this.#host.policy();
      this.#host.changePolicy(change);
      const facts = changeFacts(before, this.#host.policy(), change);
      rooms.enterFor("operator", operator, { act: "tenant.policy_changed", subject: null, facts });
      const granted = change.naming_allowance;
      if (granted !== undefined && granted !== null)
        rooms.enterFor("operator", operator, { act: "tenant.naming_allowed", subject: null, facts: granted });
      return { ok: { policy: policyView(this.#host.policy()), facts } };
    });
  }

  /** Facts of the carrier accounts the tenant's routes name, as the operator object knows them. */
  async setAccounts(accounts: Parameters<TenantHost["setAccounts"]>[0]): Promise<void> {
    if ((await this.#host.open()) !== null) this.#host.setAccounts(accounts);
  }

  /** A sender claims what it can call for now. What is queued of a suspended tenant waits, and expires if nobody resumes in time. */
  async claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]> {
    const served = await this.#serve((rooms) => {
      if (this.#host.isSuspended()) return [];
      rooms.belt.claimed(ids, rooms.now());
      rooms.belt.codes.claimed(account, ids, readClock());
      this.#host.heardOf(account, news);
      return claim(rooms.conveyor, account, ids, news);
    });
    return isRefused(served) ? [] : served.ok;
  }

  /** The account's circuit is open: what was never called by it goes on to the next. */
  async reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; effects: Effects }> {
    const served = await this.#serveWithEffects((rooms) => {
      this.#host.heardOf(account, news);
      return reroute(rooms.conveyor, account, ids);
    });
    if (isRefused(served)) return { onward: [], effects: NO_EFFECTS };
    this.#host.goesOn(served.ok.result);
    return { onward: served.ok.result, effects: served.ok.effects };
  }

  /** A sender could not get to these ids; they are on their way again. */
  async handBack(ids: string[], waitMs: number): Promise<void> {
    const rooms = await this.#open();
    if (isRefused(rooms)) return;
    rooms.ok.belt.handedBack(ids, waitMs, rooms.ok.now());
    rooms.ok.belt.codes.handedBack(ids, waitMs, readClock());
  }

  /** A sender says how its calls went. Throws while it cannot be written, so that the sender says it again. */
  async settle(settlements: Settlement[]): Promise<{ onward: Onward[]; effects: Effects }> {
    const served = await this.#serveWithEffects((rooms) => settle(rooms.conveyor, settlements));
    if (isRefused(served)) throw new Error("the tenant's keys are not to be had");
    this.#host.goesOn(served.ok.result);
    return { onward: served.ok.result, effects: served.ok.effects };
  }

  /** A carrier's reports, authentic and of `account`; refused while they cannot be written, so that they come again. */
  async reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; effects: Effects }>> {
    const served = await this.#serveWithEffects((rooms) => applyReports(rooms.conveyor, account, reports));
    return isRefused(served) ? served : { ok: { applied: served.ok.result, effects: served.ok.effects } };
  }

  /** A sender is about to inquire of its carrier about these: which of them still need it. */
  async questions(account: string, ids: string[]): Promise<Question[]> {
    const rooms = await this.#open();
    return isRefused(rooms) ? [] : questions(rooms.ok.conveyor, account, ids);
  }

  /** What the carrier said of calls that had no clear answer. */
  async hear(account: string, heard: Heard[]): Promise<Effects> {
    const served = await this.#serveWithEffects((rooms) => hear(rooms.conveyor, account, heard));
    return isRefused(served) ? NO_EFFECTS : served.ok.effects;
  }

  /** The sandbox carrier puts a text on a handset. */
  async handset(delivery: HandsetDelivery): Promise<void> {
    await this.#serve((rooms) => rooms.sandbox?.receive(delivery, rooms.now()));
  }

  /** Virtual numbers that the operator gives to the tenant; those it has already stay as they are. */
  takeNumbers(operator: string, numbers: NewNumber[]): Promise<Outcome<number>> {
    return this.#operate((rooms) => {
      const newId = (prefix: "num" | "pol") => rooms.ids.make(prefix, rooms.now());
      const added = takeNumbers({ numbers: rooms.lines.numbers, now: () => rooms.now(), newId }, numbers);
      rooms.enterFor("operator", operator, { act: "number.imported", subject: null, facts: { numbers: added } });
      return { ok: added };
    });
  }

  /** Virtual numbers that the operator takes away, unless somebody has them. */
  async giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>> {
    const rooms = await this.#open();
    return isRefused(rooms) ? rooms : this.#leases.giveBack(operator, numbers);
  }

  /** Texts to the tenant's virtual numbers, authentic and of `account`; answered when they are stored. */
  async inbound(account: string, texts: Inbound[]): Promise<Outcome<Effects>> {
    const taken = await this.#serveWithEffects((rooms) => texts.forEach((text) => rooms.lines.receive(account, text)));
    if (isRefused(taken)) return taken;
    this.#runOutside(); // the texts are stored; the carrier need not wait for a hook
    return { ok: taken.ok.effects };
  }

  async takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null> {
    const taken = await this.#serve((rooms) => takeDeliveries(rooms.hooks, endpoint, limit, slowLane));
    return isRefused(taken) ? null : taken.ok;
  }

  async settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void> {
    const settled = await this.#serve((rooms) => settleDeliveries(rooms, endpoint, delivered));
    if (!isRefused(settled)) this.#host.arm();
  }

  /** Whatever is due. Never throws. */
  alarm(): Promise<void> {
    return this.#alarm.run();
  }

  /** The night's run (nobody's), or an operator's purge; answers how much of what went. */
  async purge(operator: string | null, lent = false): Promise<Outcome<Purged>> {
    const rooms = await this.#host.open();
    if (rooms === null || rooms === "locked") return refuse("not_found");
    try {
      await this.#leases.returnLent(lent);
      return { ok: await purgeTenant(this.#host, this.#parts, operator) };
    } finally {
      if (operator === null) await tellHead(this.#host, this.#parts); // also of a night whose purge broke off
    }
  }

  /** Wraps the tenant's keys under the newest root key; answers the root versions that are then in use. */
  rewrap(): Promise<number[]> {
    return this.#host.rewrap();
  }

  rootsInUse(): Promise<number[]> {
    return this.#host.rootsInUse();
  }

  /** The gate: the rooms of a tenant that was created and whose keys can be had. */
  async #open(): Promise<Outcome<TenantRooms>> {
    const rooms = await this.#host.open();
    if (rooms === null) return refuse("not_found");
    return rooms === "locked" ? KEYS_UNAVAILABLE : { ok: rooms };
  }

  /** Behind the gate, in one transaction. */
  async #serve<T>(act: (rooms: TenantRooms) => T): Promise<Outcome<T>> {
    const rooms = await this.#open();
    return isRefused(rooms) ? rooms : { ok: this.#host.transaction(act) };
  }

  /** As `#serve`, with what was left to do outside: taken at once, because rooms that are thrown away take it with them. */
  async #serveWithEffects<T>(act: (rooms: TenantRooms) => T): Promise<Outcome<{ result: T; effects: Effects }>> {
    const rooms = await this.#open();
    if (isRefused(rooms)) return rooms;
    const result = this.#host.transaction(act);
    return { ok: { result, effects: this.#host.takeEffects() } };
  }

  /** As `#serve`, of something that may itself refuse. */
  async #operate<T>(act: (rooms: TenantRooms) => Outcome<T>): Promise<Outcome<T>> {
    const served = await this.#serve(act);
    return isRefused(served) ? served : served.ok;
  }

  /** What waits for the outside and holds up nobody: hooks, and shared numbers for pools that are short. */
  #runOutside(): void {
    void this.#intercepts.run();
    void this.#leases.run();
  }
}

const KEYS_UNAVAILABLE = refuse("keys_unavailable", { retryAfterSeconds: 5 });
