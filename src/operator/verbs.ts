/**
 * The operators' verbs in one jurisdiction: tenants and their keys, carrier accounts, root keys, purges, the operators'
 * own audit. People's numbers, texts and tenants' encryption keys never pass through here; a tenant's object does its
 * own work.
 */
import {
  accountView,
  AccountsLedger,
  changedAccount,
  judgeAccount,
  namesOf,
  type AccountRow,
} from "../carriers/accounts.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import { PLAIN_ACCOUNT } from "../carriers/carrier.ts";
import { carrierOf } from "../carriers/registry.ts";
import type { AccountConfig } from "../carriers/courier/courier.ts";
import { AuditLedger } from "../audit/ledger.ts";
import { tenantView, TenantsLedger, type TenantRow, type TenantView } from "../access/tenants.ts";
import { readClock } from "../base/clock.ts";
import {
  IdMaker,
  newTenantCode,
  OPERATOR_CODE,
  ownerOfTenant,
  tenantId,
  type Jurisdiction,
  type Owner,
} from "../base/ids.ts";
import { nameOfError, type Log } from "../base/log.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { Sql } from "../storage/sql.ts";
import { factsOf } from "../carriers/facts.ts";
import { StockLedger } from "../numbers/stock.ts";
import type { OperatorNumbersDeps } from "./numbers/stock.ts";
import { lending, stockVerbs } from "./numbers/verbs.ts";
import { OperatorRepeats } from "./idempotency.ts";
import { ceilingVerbs } from "./ceilings.ts";
import { bindingFault, ownerFault, routesFault } from "./faults.ts";
import { migrateOperator } from "./migrations.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { OperatorVerbTable, Size, Walk, Walked } from "../rpc/operator.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { Keyring } from "../vault/keyring.ts";
import { pageFrom, readPage, rowsFor, wholeList } from "../contract/list.ts";

export type OperatorDeps = {
  sql: Sql;
  transaction: <T>(act: () => T) => T;
  jurisdiction: Jurisdiction;
  ring: Keyring;
  tenant: (owner: Owner) => TenantPort;
  courier: (account: string) => CourierPort;
  /** Whether the Worker has a client-certificate binding of this name. */
  hasBinding: (name: string) => boolean;
  log: Log;
  /** What this object's storage, and the jurisdiction's database, take now. */
  storageBytes: () => number;
  databaseBytes: () => Promise<number>;
};

/** Tenants visited in one call of a job; the caller calls again with the cursor. */
const WALK_MAX = 50;

/** The verbs of one jurisdiction's operator object. */
export class OperatorRooms {
  readonly #deps: OperatorDeps;
  readonly #ids: IdMaker;
  readonly #tenants: TenantsLedger;
  readonly #accounts: AccountsLedger;
  readonly #audit: AuditLedger;
  readonly #shown = (tenant: TenantRow) => tenantView(tenant, this.#deps.jurisdiction);
  readonly repeats: OperatorRepeats;
  #openingSandbox: Promise<string> | null = null;
  readonly #busyNumbers = new Set<string>();
  readonly lending = lending(() => this.#stock());

  constructor(deps: OperatorDeps) {
    this.#deps = deps;
    this.#ids = new IdMaker({ jurisdiction: deps.jurisdiction, code: OPERATOR_CODE });
    this.#tenants = new TenantsLedger(deps.sql);
    this.#accounts = new AccountsLedger(deps.sql);
    this.#audit = new AuditLedger(deps.sql);
    this.repeats = new OperatorRepeats(deps.sql, deps.ring);
  }

  /** Brings the tables up to date. The object calls it on its first question, which only an operator can ask. */
  migrate(): void {
    migrateOperator(this.#deps, () => this.#ids.make("num", readClock()));
  }

  readonly verbs: OperatorVerbTable = {
    ...stockVerbs(() => this.#stock()),
    ...ceilingVerbs({ with: (id, act) => this.#withTenant(id, act), enter: (...entry) => this.#enter(...entry) }),

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
        const changed = await port.changePolicy(operator, input.policy);
        if (isRefused(changed)) return changed;
        this.#enter(operator, "tenant.policy_changed", tenant.id, changed.ok.facts);
        return { ok: { ...this.#shown(this.#renamed(operator, tenant, input.name)), policy: changed.ok.policy } };
      }),

    "tenants.suspend": (operator, input) => this.#setState(operator, input.id, "suspended"),
    "tenants.resume": (operator, input) => this.#setState(operator, input.id, "active"),

    "tenant_keys.create": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const issued = await port.issueKey(operator, input.settings);
        if (!isRefused(issued)) this.#enter(operator, "key.created", tenant.id, { key: issued.ok.id });
        return issued;
      }),

    "tenant_keys.list": (_operator, input) => this.#withTenant(input.id, (_tenant, port) => port.listKeys()),

    "tenant_keys.revoke": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const revoked = await port.revokeKey(operator, input.key);
        if (!isRefused(revoked)) this.#enter(operator, "key.revoked", tenant.id, { key: input.key });
        return revoked;
      }),

    "tenant_keys.revoke_all": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const revoked = await port.revokeKeys(operator);
        if (!isRefused(revoked)) this.#enter(operator, "key.all_revoked", tenant.id, { keys: revoked.ok.revoked });
        return revoked;
      }),

    "tenant_sign_in.reset": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const reset = await port.resetSignIn(operator);
        if (!isRefused(reset)) this.#enter(operator, "signin.reset", tenant.id, { ended: reset.ok.ended });
        return reset;
      }),

    "tenant_templates.list": (_operator, input) => this.#withTenant(input.id, (_tenant, port) => port.listTemplates()),

    "tenant_templates.decide": (operator, input) =>
      this.#withTenant(input.id, async (tenant, port) => {
        const { template, state, reason, sequence } = input;
        const decided = await port.decideTemplate(operator, { template, state, reason, sequence });
        if (!isRefused(decided)) this.#enter(operator, `template.${state}`, tenant.id, { template });
        return decided;
      }),

    "carriers.create": async (operator, input) => {
      const { name, secrets, ...rest } = input;
      const wrong = judgeAccount(carrierOf(rest.kind), input);
      if (wrong !== null) return wrong;
      const strange = ownerFault((id) => this.#tenants.get(id), rest) ?? bindingFault(this.#deps.hasBinding, rest.mtls);
      if (strange !== null) return strange;
      const config: AccountConfig = { id: this.#ids.make("car", readClock()), ...rest };
      await this.#deps.courier(config.id).configure(config, secrets);
      const account: AccountRow = { config, name, createdAt: readClock() };
      this.#deps.transaction(() => {
        this.#accounts.put(account);
        this.#enter(operator, "carrier.created", config.id, { kind: config.kind, mode: config.mode });
      });
      return { ok: accountView(account) };
    },

    "carriers.list": async () => ({ ok: wholeList(this.#accounts.list().map(accountView)) }),

    "carriers.change": async (operator, input) => {
      const account = this.#accounts.get(input.id);
      if (account === null) return refuse("not_found");
      const changed = changedAccount(account, input.change, carrierOf(account.config.kind));
      if (isRefused(changed)) return changed;
      const missing = bindingFault(this.#deps.hasBinding, changed.ok.config.mtls);
      if (missing !== null) return missing;
      await this.#deps.courier(input.id).configure(changed.ok.config, input.change.secrets);
      this.#deps.transaction(() => {
        this.#accounts.put(changed.ok);
        this.#enter(operator, "carrier.changed", input.id, { fields: namesOf(input.change) });
      });
      return { ok: accountView(changed.ok) };
    },

    /** The health of every account: circuit, windows, weights and their moves. */
    "carriers.health": async () => {
      const accounts = this.#accounts.list();
      const health = await Promise.all(accounts.map(({ config }) => this.#deps.courier(config.id).health()));
      const data = accounts.map(({ config, name }, at) => ({ id: config.id, name, kind: config.kind, ...health[at] }));
      return { ok: wholeList(data) };
    },

    /** Tests an account's address and credentials with a call that costs nothing. */
    "carriers.test": async (operator, input) => {
      if (this.#accounts.get(input.id) === null) return refuse("not_found");
      const found = await this.#deps.courier(input.id).probe();
      const result = found === null || found === "untested" ? { found: "untested" as const } : found;
      this.#enter(operator, "carrier.tested", input.id, { found: result.found });
      return { ok: { result: result.found, code: "code" in result ? result.code : null } };
    },

    /** Purges a page of tenants; the caller sums the reports. */
    "purge.run": async (operator, input) => {
      if (input.after === "") this.repeats.purge(readClock());
      let failed = 0;
      const walked = await this.#walk(input, async (port, tenant) => {
        try {
          const lent = this.#stock().stock.lentTo(tenant).length > 0;
          const purged = await port.purge(operator === "cron" ? null : operator, lent);
          if (!isRefused(purged) && purged.ok.failed.length > 0) failed += 1;
          return isRefused(purged) ? null : purged.ok;
        } catch (error) {
          failed += 1; // a tenant that cannot be purged now delays no other
          this.#deps.log({ level: "error", what: nameOfError(error), code: "purge_failed" });
          return null;
        }
      });
      this.#enter(operator, "purge.run", null, { failed });
      return walked;
    },

    /** Root versions in use by a page of tenants; with the first page also those of every carrier account. */
    "keys.uses": async (_operator, input) =>
      this.#walk(
        input,
        (port) => port.rootsInUse(),
        (courier) => courier.rootsInUse(),
        () => this.repeats.rootsInUse(),
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
      return this.#walk(input, sizesOf, undefined, () => own);
    },

    /** Wraps a stretch of tenants' keys under the newest root key. */
    "keys.rewrap": async (operator, input) => {
      const walked = await this.#walk(
        input,
        (port) => port.rewrap(),
        (courier) => courier.rewrap(),
        () => this.repeats.rewrap(),
      );
      this.#enter(operator, "keys.rewrapped", null, { root: this.#deps.ring.current });
      return walked;
    },

    "audit.list": async (_operator, input) => {
      const { data, next } = this.#audit.list(input);
      return { ok: { data, next_cursor: next === null ? null : String(next) } };
    },
  };

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
    this.#enter("courier", act, account, facts);
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

  #setState(operator: string, id: string, state: TenantRow["state"]): Promise<Outcome<TenantView>> {
    return this.#withTenant(id, async (tenant, port) => {
      const set = await port.setState(operator, state);
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
  #renamed(operator: string, tenant: TenantRow, name: string | undefined): TenantRow {
    if (name === undefined || name === tenant.name) return tenant;
    this.#deps.transaction(() => {
      this.#tenants.rename(tenant.id, name);
      this.#enter(operator, "tenant.renamed", tenant.id, {});
    });
    return { ...tenant, name };
  }

  #enter(operator: string, act: string, subject: string | null, facts: Record<string, string | number>): void {
    const now = readClock();
    this.#audit.append(
      {
        actor: { type: ["cron", "courier", "stock"].includes(operator) ? "system" : "operator", id: operator },
        act,
        subject: subject === null ? null : { type: act.split(".", 1)[0] ?? "thing", id: subject },
        facts,
      },
      now,
      () => this.#ids.make("aud", now),
    );
  }
}
