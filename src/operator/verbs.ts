/**
 * The operators' verbs in one jurisdiction: tenants and their keys, carrier accounts, root keys, purges, the operators'
 * own audit. People's numbers, texts and tenants' encryption keys never pass through here; a tenant's object does its
 * own work.
 */
import { AccountsLedger } from "../carriers/accounts.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import { PLAIN_ACCOUNT } from "../carriers/carrier.ts";
import type { AccountConfig } from "../carriers/courier/courier.ts";
import { AuditLedger } from "../audit/ledger.ts";
import { tenantView, TenantsLedger, type TenantRow, type TenantView } from "../access/tenants.ts";
import { HOUR_MS, readClock } from "../base/clock.ts";
import { IdMaker, newTenantCode, OPERATOR_CODE, ownerOfTenant, tenantId } from "../base/ids.ts";
import { nameOfError } from "../base/log.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { factsOf } from "../carriers/facts.ts";
import { StockLedger } from "../numbers/stock.ts";
import type { OperatorNumbersDeps } from "./numbers/stock.ts";
import { lending, stockVerbs } from "./numbers/verbs.ts";
import { ADMIN_TOKEN } from "../contract/operator-route.ts";
import type { ActingAs, Actor, Recorded } from "../contract/record.ts";
import type { OperatorDeps } from "./deps.ts";
import { operatorPeople, peopleVerbsOf, type OperatorPeople } from "./people.ts";
import { OperatorAlerts } from "./alerts.ts";
import { alertsVerbsOf, carrierStillIll, tellCarrier, tellFull } from "./alerts-of.ts";
import { carrierVerbs, type CarrierDeps } from "./carriers.ts";
import { oversightVerbs } from "./oversight.ts";
import { tenantVerbs } from "./tenants.ts";
import { OwnKey } from "./own-key.ts";
import { OperatorRepeats } from "./idempotency.ts";
import { routesFault } from "./faults.ts";
import { migrateOperator } from "./migrations.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { Operating, OperatorVerbTable, Size, Walk, Walked } from "../rpc/operator.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import { pageFrom, readPage, rowsFor } from "../contract/list.ts";

/** Tenants visited in one call of a job; the caller calls again with the cursor. */
const WALK_MAX = 50;
/** Rows of a class of this object's own deleted in one run. */
const PURGED_MAX = 10_000;

/** The verbs of one jurisdiction's operator object. */
export class OperatorRooms {
  readonly #deps: OperatorDeps;
  readonly #ids: IdMaker;
  readonly #tenants: TenantsLedger;
  readonly #accounts: AccountsLedger;
  readonly #audit: AuditLedger;
  readonly #shown = (tenant: TenantRow) => tenantView(tenant, this.#deps.jurisdiction);
  readonly #own: OwnKey;
  readonly repeats: OperatorRepeats;
  /** Operators who sign in. */
  readonly people: OperatorPeople;
  readonly alerts: OperatorAlerts;
  #openingSandbox: Promise<string> | null = null;
  readonly #busyNumbers = new Set<string>();
  #tokenToldAt = -Infinity;
  readonly lending = lending(() => this.#stock());

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
    this.#ids = new IdMaker({ jurisdiction: deps.jurisdiction, code: OPERATOR_CODE });
    this.#tenants = new TenantsLedger(deps.sql);
    this.#accounts = new AccountsLedger(deps.sql);
    this.#audit = new AuditLedger(deps.sql);
    this.#own = new OwnKey(deps.sql, deps.ring);
    this.repeats = new OperatorRepeats(deps.sql, this.#own);
    this.alerts = new OperatorAlerts({
      ...deps,
      own: this.#own,
      newId: (prefix) => this.#ids.make(prefix, readClock()),
      enter: (operator, entry) => this.#record(actorOf(operator), entry),
      stillHolds: (alert) => carrierStillIll(deps.courier, alert),
    });
    const { sql, door, publicUrl, signIn, environment } = deps;
    this.people = operatorPeople({
      sql,
      door,
      publicUrl,
      environment,
      configured: signIn,
      own: this.#own,
      newId: (prefix) => this.#ids.make(prefix, readClock()),
      record: (actor, entry) => this.#record(actor, entry),
      actorOf,
    });
  }

  /** Brings the tables up to date. The object calls it on its first question, which only an operator can ask. */
  migrate(): void {
    migrateOperator(this.#deps, () => this.#ids.make("num", readClock()));
  }

  readonly verbs: OperatorVerbTable = {
    ...stockVerbs(() => this.#stock()),
    ...tenantVerbs(() => this.#oversight()),
    ...carrierVerbs(() => this.#carriers()),
    ...alertsVerbsOf(
      () => this.alerts,
      (act) => this.#deps.transaction(act),
    ),
    ...oversightVerbs(() => this.#oversight()),
    ...peopleVerbsOf(
      () => this.people,
      (act) => this.#deps.transaction(act),
    ),

    "tenants.create": async (operator, input) => {
      const tenant = this.#newTenant(input);
      const routes = input.environment === "sandbox" ? [await this.#sandboxAccount()] : [];
      const owner = ownerOfTenant(tenant.id);
      await this.#deps.tenant(owner).create({ ...tenant, routes });
      await this.#deps.tenant(owner).setAccounts(this.#accountFacts(tenant.id));
      this.#deps.transaction(() => {
        this.#tenants.add(tenant);
        this.#enter(operator, "tenant.created", tenant.id, { environment: tenant.environment });
      });
      return { ok: this.#shown(tenant) };
    },

    "tenants.list": async (_operator, input) => ({
      ok: readPage(input.limit, (rows) => this.#tenants.list(input.after, rows, input.name), this.#shown),
    }),

    "tenants.get": (_operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const described = await port.describe();
        return isRefused(described) ? described : { ok: { ...this.#shown(tenant), ...described.ok } };
      }),

    "tenants.change": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        if (input.policy === undefined) return { ok: this.#shown(this.#renamed(operator, tenant, input.name)) };
        const wrong = routesFault((id) => this.#accounts.get(id)?.config ?? null, tenant, input.policy);
        if (wrong !== null) return wrong;
        await port.setAccounts(this.#accountFacts(tenant.id));
        const changed = await port.changePolicy(operator.id, input.policy);
        if (isRefused(changed)) return changed;
        this.#enter(operator, "tenant.policy_changed", tenant.id, changed.ok.facts);
        return { ok: { ...this.#shown(this.#renamed(operator, tenant, input.name)), policy: changed.ok.policy } };
      }),

    "tenants.suspend": (operator, input) => this.#setState(operator, input.id, "suspended"),
    "tenants.resume": (operator, input) => this.#setState(operator, input.id, "active"),

    /** Purges a page of tenants; the caller sums the reports. */
    "purge.run": async (operator, input) => {
      const { jurisdiction } = this.#deps;
      if (input.after === "") {
        this.repeats.purge(readClock());
        this.people.purge(PURGED_MAX);
        this.alerts.purge(PURGED_MAX);
      }
      let failed = 0;
      const walked = await this.#walk(input, async (port, tenant) => {
        try {
          const lent = this.#stock().stock.lentTo(tenant).length > 0;
          const purged = await port.purge(operator.id === "cron" ? null : operator.id, lent);
          if (!isRefused(purged) && purged.ok.failed.length > 0) failed += 1;
          return isRefused(purged) ? null : purged.ok;
        } catch (error) {
          failed += 1; // a tenant that cannot be purged now delays no other
          this.#deps.log({ level: "error", what: nameOfError(error), code: "purge_failed" });
          return null;
        }
      });
      this.#deps.transaction(() => {
        this.#enter(operator, "purge.run", null, { failed });
        if (failed > 0) this.alerts.raise({ type: "alert.purge_failed", about: jurisdiction, facts: { failed } });
      });
      return walked;
    },

    /** Root versions in use by a page of tenants; with the first page also those of every carrier account. */
    "keys.uses": async (_operator, input) =>
      this.#walk(
        input,
        (port) => port.rootsInUse(),
        (courier) => courier.rootsInUse(),
        () => this.#own.rootsInUse(),
      ),

    /** How much the stores of a stretch of tenants take, and with the first stretch the jurisdiction's own. */
    "storage.sizes": async (_operator, input) => {
      const { jurisdiction, storageBytes, databaseBytes } = this.#deps;
      const own: Size[] = [
        { store: "d1", jurisdiction, id: null, bytes: await databaseBytes() },
        { store: "operator_object", jurisdiction, id: null, bytes: storageBytes() },
      ];
      const sizesOf = async (port: TenantPort, id: string): Promise<Size[]> => {
        const { object, keyStore } = await port.storageSize();
        return [
          { store: "tenant_object", jurisdiction, id, bytes: object },
          { store: "kv", jurisdiction, id: null, bytes: keyStore },
        ];
      };
      const walked = await this.#walk(input, sizesOf, undefined, () => own);
      if (!isRefused(walked)) this.#deps.transaction(() => tellFull(this.alerts, walked.ok.data));
      return walked;
    },

    /** Wraps a stretch of tenants' keys under the newest root key. */
    "keys.rewrap": async (operator, input) => {
      const walked = await this.#walk(
        input,
        (port) => port.rewrap(),
        (courier) => courier.rewrap(),
        () => this.#own.rewrap(),
      );
      this.#enter(operator, "keys.rewrapped", null, { root: this.#deps.ring.current });
      return walked;
    },

    "audit.list": async (_operator, input) => {
      const { data, next } = this.#audit.list(input);
      return { ok: { data, next_cursor: next === null ? null : String(next) } };
    },
  };

  #oversight() {
    return {
      list: (after: string, limit: number, name: string) => this.#tenants.list(after, limit, name),
      view: this.#shown,
      port: (id: string) => this.#deps.tenant(ownerOfTenant(id)),
      withTenant: <T>(id: string, act: (tenant: TenantRow, port: TenantPort) => Promise<Outcome<T>>) =>
        this.#withTenant(id, act),
      enter: (operator: Operating, act: string, subject: string, facts: Record<string, string | number>) =>
        this.#enter(operator, act, subject, facts),
      log: this.#deps.log,
    };
  }

  #carriers(): CarrierDeps {
    const { courier, hasBinding, transaction } = this.#deps;
    return {
      accounts: this.#accounts,
      tenantRow: (id) => this.#tenants.get(id),
      newId: () => this.#ids.make("car", readClock()),
      courier,
      hasBinding,
      transaction,
      enter: (operator, act, subject, facts) => this.#enter(operator, act, subject, facts),
    };
  }

  #stock(): OperatorNumbersDeps {
    return {
      stock: new StockLedger(this.#deps.sql),
      transaction: this.#deps.transaction,
      tenantRow: (id) => this.#tenants.get(id),
      accountRow: (id) => this.#accounts.get(id),
      accounts: () => this.#accounts.list(),
      newId: () => this.#ids.make("num", readClock()),
      busy: this.#busyNumbers,
      tenant: (id) => this.#deps.tenant(ownerOfTenant(id)),
      courier: this.#deps.courier,
      enter: (operator, act, subject, facts) => this.#enter(operator, act, subject, facts),
    };
  }

  /** Enters in the audit what a courier saw change, with the system as the actor. */
  note({ account, act, facts }: Noted): void {
    this.#deps.transaction(() => {
      this.#enter({ id: "courier" }, act, account, facts);
      tellCarrier(this.alerts, { account, act, facts });
    });
  }

  inTransaction<T>(act: () => T): T {
    return this.#deps.transaction(act);
  }

  /** The admin token was used though operators sign in: an alert that counts, and in the audit once an hour. */
  tokenUsed(): void {
    const now = readClock();
    if (!this.people.hasSignIn()) return;
    this.#deps.transaction(() => {
      this.alerts.raise({ type: "alert.token_used", about: ADMIN_TOKEN, facts: {} });
      if (now - this.#tokenToldAt < HOUR_MS) return;
      this.#tokenToldAt = now;
      this.#enter({ id: ADMIN_TOKEN }, "operator.token_used", null, {});
    });
  }

  #newTenant(input: { name: string; environment: "sandbox" | "live" }): TenantRow {
    for (;;) {
      const id = tenantId({ jurisdiction: this.#deps.jurisdiction, code: newTenantCode() });
      if (this.#tenants.get(id) === null) return { id, ...input, state: "active", createdAt: readClock() };
    }
  }

  /**
   * The one sandbox account of the jurisdiction, made with its first sandbox tenant; concurrent requests make only one.
   */
  #sandboxAccount(): Promise<string> {
    const known = this.#accounts.list().find((account) => account.config.kind === "sandbox");
    if (known !== undefined) return Promise.resolve(known.config.id);
    this.#openingSandbox ??= this.#openSandbox().finally(() => (this.#openingSandbox = null));
    return this.#openingSandbox;
  }

  async #openSandbox(): Promise<string> {
    const id = this.#ids.make("car", readClock());
    const config: AccountConfig = { ...PLAIN_ACCOUNT, id, kind: "sandbox", mode: "test", settings: {} };
    await this.#deps.courier(id).configure(config, {});
    this.#accounts.put({ config, name: "Sandbox carrier", createdAt: readClock() });
    return id;
  }

  /** The facts a tenant may know of the accounts it may use. */
  #accountFacts(tenant: string) {
    const usable = this.#accounts.list().filter(({ config }) => config.tenant === null || config.tenant === tenant);
    return Object.fromEntries(usable.map(({ config }) => [config.id, factsOf(config)]));
  }

  async #withTenant<T>(
    id: string,
    act: (tenant: TenantRow, port: TenantPort) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const tenant = this.#tenants.get(id);
    return tenant === null ? refuse("not_found") : act(tenant, this.#deps.tenant(ownerOfTenant(id)));
  }

  #setState(operator: Operating, id: string, state: TenantRow["state"]): Promise<Outcome<TenantView>> {
    return this.#withTenant(id, async (tenant, port) => {
      const set = await port.setState(operator.id, state);
      if (isRefused(set)) return set;
      this.#deps.transaction(() => {
        this.#tenants.setState(id, state);
        this.#enter(operator, `tenant.${state === "active" ? "resumed" : "suspended"}`, id, {});
      });
      return { ok: this.#shown({ ...tenant, state }) };
    });
  }

  async #walk<T>(
    { after }: Walk,
    visit: (port: TenantPort, tenant: string) => Promise<T | null>,
    visitCourier?: (courier: CourierPort) => Promise<T>,
    visitOwn?: () => T,
  ): Promise<Outcome<Walked<T>>> {
    const { data: tenants, next_cursor: next } = pageFrom(this.#tenants.list(after, rowsFor(WALK_MAX)), WALK_MAX);
    const data: (T | null)[] = [];
    for (const { id } of tenants) data.push(await visit(this.#deps.tenant(ownerOfTenant(id)), id));
    if (after === "" && visitOwn !== undefined) data.push(visitOwn());
    if (after === "" && visitCourier !== undefined) {
      for (const { config } of this.#accounts.list()) data.push(await visitCourier(this.#deps.courier(config.id)));
    }
    return { ok: { data, next } };
  }

  /**
   * Renames the tenant if a name is given. Names are labels, so the audit entry holds neither the old nor the new one.
   */
  #renamed(operator: Operating, tenant: TenantRow, name: string | undefined): TenantRow {
    if (name === undefined || name === tenant.name) return tenant;
    this.#deps.transaction(() => {
      this.#tenants.rename(tenant.id, name);
      this.#enter(operator, "tenant.renamed", tenant.id, {});
    });
    return { ...tenant, name };
  }

  #enter(operator: Operating, act: string, subject: string | null, facts: Record<string, string | number>): void {
    this.#record(actorOf(operator), { act, subject, facts });
  }

  #record(actor: Actor, { act, subject, facts = {} }: Recorded): void {
    const now = readClock();
    const about = subject === null ? null : { type: act.split(".", 1)[0] ?? "thing", id: subject };
    this.#audit.append({ actor, act, subject: about, facts }, now, () => this.#ids.make("aud", now));
  }
}

/** Who acts, as the audit names them. */
function actorOf({ id, role, page }: Operating): Actor | (Actor & ActingAs) {
  if (["cron", "courier", "stock", "alerts"].includes(id)) return { type: "system", id };
  return role === undefined ? { type: "operator", id } : { type: "operator", id, role, page: page ?? null };
}
