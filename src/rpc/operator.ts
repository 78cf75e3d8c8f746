/**
 * The calls that other objects may make to the operator object, as plain promises of data.
 */
import type { Repeatable } from "../access/idempotency.ts";
import type { Credential, OperatorRole } from "../access/caller.ts";
import type { KeySettings, KeyView } from "../access/keys.ts";
import type { Present } from "../access/people/face.ts";
import type { RoleGiven, SessionView } from "../access/people/ledger.ts";
import type { Identity, SignedIn, SignInClient } from "../access/people/sign-in.ts";
import type { PersonView, SignInChange, SignInView } from "../access/people/verbs.ts";
import type { TenantView } from "../access/tenants.ts";
import type { IssuedKey } from "../access/verbs.ts";
import type { AlertView } from "../alerts/alert.ts";
import type { AlertQuery, Silence } from "../alerts/verbs.ts";
import type { AuditRecord, ListQuery } from "../audit/ledger.ts";
import type { Jurisdiction } from "../base/ids.ts";
import type { Outcome } from "../base/refusal.ts";
import type { AccountChange, AccountView, NewAccount } from "../carriers/accounts.ts";
import type { Offer, Probed, ShopWish } from "../carriers/carrier.ts";
import type { AccountHealth } from "../carriers/courier/courier.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { Page } from "../contract/list.ts";
import type { JobView } from "../jobs/ledger.ts";
import type { NameOf, Who } from "../contract/verb.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { ImportRow, LeaseWish, StockView } from "../numbers/stock.ts";
import type { PolicyChange, PolicyView } from "../policy/policy.ts";
import type { TemplateView } from "../verify/settings/verbs.ts";
import type { Purged, TemplateDecision, TenantUsage } from "./tenant.ts";

/**
 * Who asks: the opaque id of an operator. Of a person at the console also their session, their role, and the page; the audit of
 * the operators' object names both.
 */
export type Operating = Who & { role?: string; page?: string };

/** Who is in an operator's session. */
export type OperatorPresent = Present & { session: { id: string; freshUntil: number } };

/** The on-call service of a jurisdiction, as operators see it. */
type OnCall = { url: string | null; changed_at: string | null; waiting: number };

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
  /** Tenants with what each uses; `usage` is null where a tenant's object does not answer. */
  "usage.list": Asks<{ after: string; limit: number; name: string }, Page<TenantView & { usage: TenantUsage | null }>>;
  "tenant_jobs.list": Asks<{ id: string }, Page<JobView>>;
  "tenant_jobs.retry": Asks<{ id: string; job: string }, JobView>;
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
  "alerts.list": Asks<AlertQuery, Page<AlertView>>;
  "alerts.acknowledge": Asks<{ id: string }, AlertView>;
  "alerts.silence": Asks<Silence, AlertView>;
  "on_call.get": Asks<null, OnCall>;
  "on_call.set": Asks<{ url: string }, OnCall & { secret: string }>;
  "on_call.remove": Asks<null, { removed: boolean }>;
  "sign_in.get": Asks<null, SignInView<OperatorRole>>;
  "sign_in.change": Asks<SignInChange<OperatorRole>, SignInView<OperatorRole>>;
  "operators.list": Asks<{ limit: number; before?: string }, Page<PersonView<OperatorRole>>>;
  "operators.change_role": Asks<{ id: string; role: RoleGiven<OperatorRole> | null }, PersonView<OperatorRole>>;
  "operator_sessions.list": Asks<{ person?: string }, Page<SessionView>>;
  "operator_sessions.end": Asks<{ id: string }, SessionView>;
  "audit.list": Asks<ListQuery, Page<AuditRecord>>;
} & { [K in JobName]: Asks<Walk, Walked<Jobs[K]>> };

export type OperatorVerbName = NameOf<OperatorVerbs>;
type Input<K extends OperatorVerbName> = OperatorVerbs[K]["input"];
/** The answer of an operators' verb. */
export type OperatorAnswer<K extends OperatorVerbName> = Outcome<OperatorVerbs[K]["output"]>;

/** The implementation: one entry for each verb. */
export type OperatorVerbTable = {
  readonly [K in OperatorVerbName]: (operator: Operating, input: Input<K>) => Promise<OperatorAnswer<K>>;
};

/** Operators' questions; `ask` is one table of verbs, as with tenants. */
export type OperatorPort = {
  ask<K extends OperatorVerbName>(
    operator: Operating,
    verb: K,
    input: Input<K>,
    repeat: Repeatable | null,
  ): Promise<OperatorAnswer<K>>;
  /** What the door needs to send somebody to the operators' identity provider. */
  signInClient(): Promise<Outcome<SignInClient>>;
  /** Begins a session for whom the identity provider named, as the door verified it. */
  signIn(identity: Identity): Promise<Outcome<SignedIn>>;
  /** Who is in a session, in the role they have now. */
  present(credential: Credential): Promise<Outcome<OperatorPresent>>;
  signOut(credential: Credential): Promise<void>;
  /** The admin token was used. Told, and in the audit, where operators sign in: it is the way in for when they cannot. */
  tokenUsed(): Promise<void>;
  /** A courier reports a change of its account. */
  note(noted: Noted): Promise<void>;
  /** Lends a block of shared stock to a tenant whose pool runs low; answers every number lent to the tenant. */
  lease(tenant: string, wish: LeaseWish): Promise<Outcome<NewNumber[]>>;
  /** Of the numbers lent to it, the tenant keeps only these. */
  keepLent(tenant: string, kept: string[]): Promise<void>;
};
