/**
 * One tenant: one serial mind, pinned to its jurisdiction. Opens storage, keeps one alarm for every deadline, and gives
 * callers what the rooms answer. Holds no rule. Until it is created on purpose it writes nothing, whatever is asked of it.
 */
import { DurableObject } from "cloudflare:workers";
import { demand } from "./access/keys.ts";
import { issueKey } from "./access/verbs.ts";
import type { KeySettings } from "./access/keys.ts";
import { readClock } from "./base/clock.ts";
import { toldWhenThrown } from "./base/log.ts";
import { isRefused, refuse, type Outcome } from "./base/refusal.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "./carriers/sender.ts";
import type { HandsetDelivery, Inbound, Question, Report } from "./carriers/carrier.ts";
import type { NewNumber } from "./numbers/number.ts";
import { giveBackNumbers, returnLent, runLeases } from "./tenant.lease.ts";
import { takeNumbers } from "./numbers/verbs.ts";
import { hear, questions, type Heard } from "./messages/ask.ts";
import { claim, reroute, settle } from "./messages/dispatch.ts";
import { applyReports } from "./messages/reports.ts";
import type { Recorded } from "./messages/admit.ts";
import type { PolicyChange } from "./messages/policy.ts";
import { policyView } from "./messages/policy.ts";
import type { After, Call, CreateTenant, Reply, TemplateDecision, TenantPort } from "./ports.ts";
import { TenantHome } from "./tenant.home.ts";
import { purgeTenant } from "./tenant.purge.ts";
import { tellHead } from "./tenant.head.ts";
import { runIntercepts } from "./tenant.intercept.ts";
import { runDue, runTurn } from "./tenant.turn.ts";
import { repeatOrRun } from "./tenant.repeat.ts";
import { decideTemplate, listTemplates } from "./verify/settings-verbs.ts";
import { settleDeliveries, takeDeliveries, type Delivered, type Taken } from "./webhooks/take.ts";
import { tenantParts, type TenantParts } from "./wiring.ts";

/** The tenant's object; see ports.ts for what each call means to its caller. */
export class TenantObject extends DurableObject<Env> implements TenantPort {
  readonly #parts: TenantParts;
  readonly #home: TenantHome;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = tenantParts(env, ctx);
    this.#home = new TenantHome(this.#parts);
  }

  /** Creates the tenant; a second time changes nothing. The only call that writes into an object that was never created. */
  async create(tenant: CreateTenant): Promise<void> {
    await toldWhenThrown(this.#parts.log, "create", this.#parts.owner.code, () => this.#home.create(tenant));
  }

  /** Recognises the caller, checks the scope, repeats a repeated answer or runs the verb: one transaction. */
  ask(call: Call): Promise<Reply> {
    return toldWhenThrown(this.#parts.log, call.verb, this.#parts.owner.code, () => this.#ask(call));
  }

  async #ask(call: Call): Promise<Reply> {
    const mind = await this.#home.open();
    if (mind === null) return plain(refuse("unauthenticated"));
    if (mind === "locked") return plain(refuse("keys_unavailable", { retryAfterSeconds: 5 }));
    const caller = mind.keys.recognise(call.credential, call.origin, readClock());
    if (typeof caller === "string") {
      this.#home.countRefusal(caller);
      return plain(refuse("unauthenticated"));
    }
    const verb = Object.hasOwn(mind.verbs, call.verb) ? mind.verbs[call.verb as keyof typeof mind.verbs] : null;
    if (verb === null) return plain(refuse("route_not_found"));
    const allowed = demand(caller, verb.scope);
    if (isRefused(allowed)) return plain(allowed);
    if (this.#home.record?.state === "suspended") return plain(refuse("tenant_suspended"));
    const ran = this.#home.transaction((present) => repeatOrRun(present, caller, call));
    const after = this.#home.after(); // before any await: a transaction that fails meanwhile throws the mind away
    await this.#home.settled();
    void runLeases(this.#home, this.#parts);
    if (call.verb === "sandbox.answer") void runIntercepts(this.#home, this.#parts);
    if (call.verb === "sandbox.clock" && !isRefused(ran.outcome)) await runDue(this.#home, this.#parts);
    const limits = this.#home.policy().limits;
    const present = this.#home.mind();
    return { ...ran, after, room: present.caps.roomOf(caller.keyId, limits, present.now()) };
  }

  /** For operators: the tenant's record and policy. */
  async describe(): Promise<Outcome<unknown>> {
    const mind = await this.#home.open();
    const { record } = this.#home;
    if (mind === null || record === null) return refuse("not_found");
    return { ok: { policy: policyView(this.#home.policy()), clock_offset_seconds: this.#home.offsetSeconds() } };
  }

  async issueKey(operator: string, settings: KeySettings): Promise<Outcome<unknown>> {
    return this.#operate((mind) =>
      issueKey(
        { ...mind.keysDeps, record: (actor, entry) => mind.enterFor("operator", actor, entry) },
        operator,
        settings,
      ),
    );
  }

  async revokeKey(operator: string, id: string): Promise<Outcome<unknown>> {
    return this.#operate((mind) => {
      const revoked = mind.keys.revoke(id, readClock());
      if (!isRefused(revoked)) mind.enterFor("operator", operator, { act: "key.revoked", subject: id });
      return revoked;
    });
  }

  async listKeys(): Promise<Outcome<unknown>> {
    return this.#operate((mind) => ({ ok: { data: mind.keys.list() } }));
  }

  async listTemplates(): Promise<Outcome<unknown>> {
    return this.#operate((mind) => ({ ok: listTemplates(mind.verifySettings) }));
  }

  async decideTemplate(operator: string, decision: TemplateDecision): Promise<Outcome<unknown>> {
    return this.#operate((mind) => {
      const record = (actor: string, entry: Recorded) => mind.enterFor("operator", actor, entry);
      const { template: id, state, reason, sequence } = decision;
      return decideTemplate({ ...mind.verifySettings, record }, operator, state, { id, reason, sequence });
    });
  }

  async setState(operator: string, state: "active" | "suspended"): Promise<Outcome<unknown>> {
    return this.#operate((mind) => {
      this.#home.setState(state);
      mind.enterFor("operator", operator, {
        act: `tenant.${state === "active" ? "resumed" : "suspended"}`,
        subject: null,
      });
      return { ok: null };
    });
  }

  async changePolicy(operator: string, change: PolicyChange): Promise<Outcome<unknown>> {
    return this.#operate((mind) => {
      this.#home.changePolicy(change);
      const fields = Object.keys(change).sort().join(" ");
      mind.enterFor("operator", operator, { act: "tenant.policy_changed", subject: null, facts: { fields } });
      return { ok: { policy: policyView(this.#home.policy()) } };
    });
  }

  /** Facts of the carrier accounts the tenant's routes name, as the operator object knows them. */
  async setAccounts(accounts: Parameters<TenantHome["setAccounts"]>[0]): Promise<void> {
    if ((await this.#home.open()) !== null) this.#home.setAccounts(accounts);
  }

  /** A sender claims what it can call for now. */
  async claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return [];
    if (this.#home.record?.state === "suspended") return []; // what is queued waits, and expires if nobody resumes in time
    mind.belt.claimed(ids, mind.now());
    mind.belt.codes.claimed(account, ids, readClock());
    return this.#home.transaction((present) => {
      this.#home.heardOf(account, news);
      return claim(present.conveyor, account, ids, news);
    });
  }

  /** The account's circuit is open: what was never called by it goes on to the next. */
  async reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; after: After }> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return { onward: [], after: { dispatch: [], wake: [] } };
    const onward = this.#home.transaction((present) => {
      this.#home.heardOf(account, news);
      return reroute(present.conveyor, account, ids);
    });
    this.#home.goesOn(onward);
    return { onward, after: this.#home.after() };
  }

  /** A sender could not get to these ids; they are on their way again. */
  async handBack(ids: string[], waitMs: number): Promise<void> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return;
    mind.belt.handedBack(ids, waitMs, mind.now());
    mind.belt.codes.handedBack(ids, waitMs, readClock());
  }

  /** A sender says how its calls went. */
  async settle(settlements: Settlement[]): Promise<{ onward: Onward[]; after: After }> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") throw new Error("the tenant's keys are not to be had");
    const onward = this.#home.transaction((present) => settle(present.conveyor, settlements));
    this.#home.goesOn(onward);
    return { onward, after: this.#home.after() };
  }

  /** A carrier's reports, authentic and of `account`; refused while they cannot be written, so that they come again. */
  async reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; after: After }>> {
    const mind = await this.#home.open();
    if (mind === null) return refuse("not_found");
    if (mind === "locked") return refuse("keys_unavailable", { retryAfterSeconds: 5 });
    const applied = this.#home.transaction((present) => applyReports(present.conveyor, account, reports));
    return { ok: { applied, after: this.#home.after() } };
  }

  /** A sender is about to ask its carrier about these: which of them still need it. */
  async questions(account: string, ids: string[]): Promise<Question[]> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return [];
    return questions(mind.conveyor, account, ids);
  }

  /** What the carrier said of calls that had no clear answer. */
  async hear(account: string, heard: Heard[]): Promise<After> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return { dispatch: [], wake: [] };
    this.#home.transaction((present) => hear(present.conveyor, account, heard));
    return this.#home.after();
  }

  /** The sandbox carrier puts a text on a handset. */
  async handset(delivery: HandsetDelivery): Promise<void> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return;
    this.#home.transaction((present) => present.sandbox?.receive(delivery, present.now()));
  }

  /** Virtual numbers that the operator gives to the tenant; those it has already stay as they are. */
  async takeNumbers(operator: string, numbers: NewNumber[]): Promise<Outcome<number>> {
    const mind = await this.#home.open();
    if (mind === null) return refuse("not_found");
    if (mind === "locked") return refuse("keys_unavailable", { retryAfterSeconds: 5 });
    return this.#home.transaction((present) => {
      const newId = (prefix: "num" | "pol") => present.ids.make(prefix, present.now());
      const deps = { numbers: present.lines.numbers, now: () => present.now(), newId };
      const added = takeNumbers(deps, numbers);
      present.enterFor("operator", operator, { act: "number.imported", subject: null, facts: { numbers: added } });
      return { ok: added };
    });
  }

  /** Virtual numbers that the operator takes away, unless somebody has them. */
  async giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>> {
    const mind = await this.#home.open();
    if (mind === null) return refuse("not_found");
    if (mind === "locked") return refuse("keys_unavailable", { retryAfterSeconds: 5 });
    return giveBackNumbers(this.#home, operator, numbers);
  }

  /** Texts to the tenant's virtual numbers, authentic and of `account`; answered when they are stored. */
  async inbound(account: string, texts: Inbound[]): Promise<Outcome<After>> {
    const mind = await this.#home.open();
    if (mind === null) return refuse("not_found");
    if (mind === "locked") return refuse("keys_unavailable", { retryAfterSeconds: 5 });
    this.#home.transaction((present) => texts.forEach((text) => present.lines.receive(account, text)));
    const after = this.#home.after();
    void runIntercepts(this.#home, this.#parts); // the texts are stored; the carrier need not wait for a hook
    void runLeases(this.#home, this.#parts);
    return { ok: after };
  }

  async takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return null;
    return this.#home.transaction((present) => takeDeliveries(present.hooks, endpoint, limit, slowLane));
  }

  async settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return;
    this.#home.transaction((present) => settleDeliveries(present, endpoint, delivered));
    this.#home.arm();
  }

  /** Whatever is due: lost messages, deadlines, receipts of the sandbox, deliveries owed, records, purges. */
  override async alarm(): Promise<void> {
    await runTurn(this.#home, this.#parts);
  }

  /** The night's run (nobody's), or an operator's purge; answers how much of what went. */
  async purge(operator: string | null, lent = false): Promise<Outcome<unknown>> {
    const mind = await this.#home.open();
    if (mind === null || mind === "locked") return refuse("not_found");
    try {
      await returnLent(this.#home, this.#parts, lent);
      return { ok: await purgeTenant(this.#home, this.#parts, operator) };
    } finally {
      if (operator === null) await tellHead(this.#home, this.#parts); // also of a night whose purge broke off
    }
  }

  /** Wraps the tenant's keys under the newest root key; answers the root versions that are then in use. */
  async rewrap(): Promise<number[]> {
    return this.#home.rewrap();
  }

  async rootsInUse(): Promise<number[]> {
    return this.#home.rootsInUse();
  }

  async #operate(act: (mind: ReturnType<TenantHome["mind"]>) => Outcome<unknown>): Promise<Outcome<unknown>> {
    const mind = await this.#home.open();
    if (mind === null) return refuse("not_found");
    if (mind === "locked") return refuse("keys_unavailable", { retryAfterSeconds: 5 });
    return this.#home.transaction(act);
  }
}

function plain(outcome: Outcome<unknown>): Reply {
  return { outcome, after: { dispatch: [], wake: [] }, room: null, replayed: false };
}
