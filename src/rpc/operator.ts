/**
 * The calls that other objects may make to the operator object, as plain promises of data.
 */
import type { Repeatable } from "../access/idempotency.ts";
import type { KeySettings, KeyView } from "../access/keys.ts";
import type { TenantView } from "../access/tenants.ts";
import type { IssuedKey } from "../access/verbs.ts";
import type { AuditRecord, ListQuery } from "../audit/ledger.ts";
import type { Jurisdiction } from "../base/ids.ts";
import type { Outcome } from "../base/refusal.ts";
import type { AccountChange, AccountView, NewAccount } from "../carriers/accounts.ts";
import type { Offer, Probed, ShopWish } from "../carriers/carrier.ts";
import type { AccountHealth } from "../carriers/courier/courier.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { Page } from "../contract/list.ts";
import type { NameOf } from "../contract/verb.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { ImportRow, LeaseWish, StockView } from "../numbers/stock.ts";
import type { PolicyChange, PolicyView } from "../policy/policy.ts";
import type { BudgetChange, BudgetView, BudgetWish } from "../risk/budgets/verbs.ts";
import type { TemplateView } from "../verify/settings/verbs.ts";
import type { Purged, TemplateDecision } from "./tenant.ts";

type Asks<Input, Output extends object> = { input: Input; output: Output };

/** One store as it was found: `id` is the tenant's of a tenant's object. */
export type Size = {
  store: "d1" | "operator_object" | "tenant_object" | "kv";
  jurisdiction: Jurisdiction;
  id: string | null;
  bytes: number;
};

/** What a job finds at each tenant it visits. */
type Jobs = {
  "purge.run": Purged;
  /** Root versions in use. */
  "keys.uses": number[];
  "keys.rewrap": number[];
  "storage.sizes": Size[];
};
export type JobName = NameOf<Jobs>;
/** Where a page of a job begins: after this tenant, or with the first one when it is empty. */
export type Walk = { after: string };
/** The results of a page, null for a tenant that failed, and the tenant after which the next page begins. */
export type Walked<Found> = { data: (Found | null)[]; next: string | null };

/** Every verb of operators, by name, with the types of its input and output. */
export type OperatorVerbs = {
  "tenants.create": Asks<{ name: string; environment: "sandbox" | "live" }, TenantView>;
  "tenants.list": Asks<{ after: string; limit: number; name: string }, Page<TenantView>>;
  "tenants.get": Asks<{ id: string }, TenantView & { policy: PolicyView; clock_offset_seconds: number }>;
  "tenants.change": Asks<
    { id: string; name?: string | undefined; policy?: PolicyChange | undefined },
    TenantView & { policy?: PolicyView }
  >;
  "tenants.suspend": Asks<{ id: string }, TenantView>;
  "tenants.resume": Asks<{ id: string }, TenantView>;
  "tenant_keys.create": Asks<{ id: string; settings: KeySettings }, IssuedKey>;
  "tenant_keys.list": Asks<{ id: string }, Page<KeyView>>;
  "tenant_keys.revoke": Asks<{ id: string; key: string }, KeyView>;
  /** Revokes every key at once; answers how many were live. */
  "tenant_keys.revoke_all": Asks<{ id: string }, { revoked: number }>;
  /** Drops the tenant's sign-in and ends every session of its console. */
  "tenant_sign_in.reset": Asks<{ id: string }, { had_sign_in: boolean; ended: number }>;
  "tenant_templates.list": Asks<{ id: string }, Page<TemplateView>>;
  "tenant_templates.decide": Asks<{ id: string } & TemplateDecision, TemplateView>;
  "tenant_budgets.list": Asks<{ id: string }, Page<BudgetView>>;
  "tenant_budgets.create": Asks<{ id: string; wish: BudgetWish }, BudgetView>;
  "tenant_budgets.change": Asks<{ id: string; budget: string; change: BudgetChange }, BudgetView>;
  "tenant_budgets.delete": Asks<{ id: string; budget: string }, BudgetView>;
  "carriers.create": Asks<NewAccount, AccountView>;
  "carriers.list": Asks<null, Page<AccountView>>;
  "carriers.change": Asks<{ id: string; change: AccountChange }, AccountView>;
  "carriers.health": Asks<null, Page<{ id: string; name: string; kind: string } & Partial<AccountHealth>>>;
  "carriers.test": Asks<{ id: string }, { result: Probed["found"] | "untested"; code: string | null }>;
  "numbers.import": Asks<{ tenant: string | null; rows: ImportRow[] }, { data: StockView[]; added: number }>;
  "numbers.list": Asks<{ tenant: string | null; limit: number; offset: number }, Page<StockView>>;
  "numbers.search": Asks<
    { account: string; wish: ShopWish },
    { data: ({ number: string; account: string } & Omit<Offer, "e164">)[] }
  >;
  "numbers.buy": Asks<
    { tenant: string | null; row: ImportRow },
    StockView & { code: string | null; inbound_set: boolean | null }
  >;
  "numbers.release": Asks<
    { id: string },
    Omit<StockView, "state"> & { state: StockView["state"] | "released"; code: string | null }
  >;
  "audit.list": Asks<ListQuery, Page<AuditRecord>>;
} & { [K in JobName]: Asks<Walk, Walked<Jobs[K]>> };

export type OperatorVerbName = NameOf<OperatorVerbs>;
type Input<K extends OperatorVerbName> = OperatorVerbs[K]["input"];
/** The answer of an operators' verb. */
export type OperatorAnswer<K extends OperatorVerbName> = Outcome<OperatorVerbs[K]["output"]>;

/** The implementation: one entry for each verb. */
export type OperatorVerbTable = {
  readonly [K in OperatorVerbName]: (operator: string, input: Input<K>) => Promise<OperatorAnswer<K>>;
};

/** Operators' questions; `ask` is one table of verbs, as with tenants. */
export type OperatorPort = {
  ask<K extends OperatorVerbName>(
    operator: string,
    verb: K,
    input: Input<K>,
    repeat: Repeatable | null,
  ): Promise<OperatorAnswer<K>>;
  /** A courier reports a change of its account. */
  note(noted: Noted): Promise<void>;
  /** Lends a block of shared stock to a tenant whose pool runs low; answers every number lent to the tenant. */
  lease(tenant: string, wish: LeaseWish): Promise<Outcome<NewNumber[]>>;
  /** Of the numbers lent to it, the tenant keeps only these. */
  keepLent(tenant: string, kept: string[]): Promise<void>;
};
