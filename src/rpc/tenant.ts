/**
 * The calls that other objects may make to a tenant's object, as plain promises of data. Written out here, because the
 * platform's stub types of such large classes are slow to check and hard to read; the classes implement these.
 */
import type { Credential, Origin } from "../access/caller.ts";
import type { Repeatable } from "../access/idempotency.ts";
import type { KeySettings, KeyView } from "../access/keys.ts";
import type { Identity, SignInClient, SignedIn } from "../access/people/sign-in.ts";
import type { PeopleVerbs } from "../access/people/verbs.ts";
import type { Present } from "../access/people/face.ts";
import type { IssuedKey, KeysVerbs } from "../access/verbs.ts";
import type { AlertsVerbs } from "../alerts/verbs.ts";
import type { AuditVerbs } from "../audit/verbs.ts";
import type { Outcome, Refusal } from "../base/refusal.ts";
import type { HandsetDelivery, Inbound, Question, Report } from "../carriers/carrier.ts";
import type { AccountFacts } from "../carriers/facts.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import type { ConsentVerbs } from "../consent/verbs.ts";
import type { Page } from "../contract/list.ts";
import type { NameOf, QuestionsOf, Verb } from "../contract/verb.ts";
import type { InboundVerbs } from "../inbound/verbs.ts";
import type { JobView } from "../jobs/ledger.ts";
import type { JobsVerbs } from "../jobs/verbs.ts";
import type { AddressVerbs } from "../masking/relays/relays.ts";
import type { SettingsVerbs } from "../masking/settings/verbs.ts";
import type { MaskingVerbs } from "../masking/verbs.ts";
import type { InquiryAnswer } from "../messages/inquire.ts";
import type { MessagesVerbs } from "../messages/verbs.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { NumbersVerbs } from "../numbers/verbs.ts";
import type { ChangedPolicy, PolicyChange, PolicyView } from "../policy/policy.ts";
import type { QuarantineVerbs } from "../quarantine/verbs.ts";
import type { PolicyVerbs } from "../policy/verbs.ts";
import type { BudgetsVerbs, BudgetView, CeilingAct } from "../risk/budgets/verbs.ts";
import type { SandboxVerbs } from "../sandbox/verbs.ts";
import type { StatsVerbs } from "../stats/verbs.ts";
import type { TokensVerbs } from "../vault/verbs.ts";
import type { LocksVerbs } from "../verify/locks/verbs.ts";
import type { ServicesVerbs, TemplatesVerbs, TemplateView } from "../verify/settings/verbs.ts";
import type { VerifyVerbs } from "../verify/verbs.ts";
import type { Delivered, Taken } from "../webhooks/deliver.ts";
import type { DebugVerbs } from "../webhooks/debug.ts";
import type { WebhooksVerbs } from "../webhooks/verbs.ts";
import type { Effects } from "./effects.ts";

type Verbs = AddressVerbs &
  AlertsVerbs &
  AuditVerbs &
  BudgetsVerbs &
  ConsentVerbs &
  InboundVerbs &
  JobsVerbs &
  KeysVerbs &
  LocksVerbs &
  MaskingVerbs &
  MessagesVerbs &
  NumbersVerbs &
  PeopleVerbs &
  PolicyVerbs &
  QuarantineVerbs &
  StatsVerbs &
  SandboxVerbs &
  ServicesVerbs &
  SettingsVerbs &
  TemplatesVerbs &
  TokensVerbs &
  VerifyVerbs &
  WebhooksVerbs &
  DebugVerbs;

/** Every verb of a tenant's rooms, by name, with the types of its input and output. A new room adds its own to the list above. */
export type TenantVerbs = QuestionsOf<Verbs>;
export type TenantVerbName = NameOf<TenantVerbs>;
/** The implementation: one entry for each verb. */
export type TenantVerbTable = {
  readonly [K in TenantVerbName]: Verb<TenantVerbs[K]["input"], TenantVerbs[K]["output"]>;
};

/** The caller, and the verb. */
export type Asking = { credential: Credential; origin: Origin; verb: TenantVerbName };

/** A person's credential, and where it comes from. */
export type InSession = Pick<Asking, "credential" | "origin">;

/** One call to a tenant: the caller, the verb with its input, and how it may be repeated. */
export type Call<K extends TenantVerbName> = Asking & {
  verb: K;
  input: TenantVerbs[K]["input"];
  repeat: Repeatable | null;
  /** The page of the console from which a person asks, as the audit names it. */
  page?: string;
  /** Fields of the answer that a replay leaves out, because they are shown once. */
  secret: readonly string[];
};

/** The answer, what must happen outside now, and what is left of the caller's limit. */
export type Reply<K extends TenantVerbName> = {
  outcome: Outcome<TenantVerbs[K]["output"]>;
  effects: Effects;
  room: { quota: number; windowSeconds: number; left: number; resetSeconds: number } | null;
  replayed: boolean;
};

/** What a tenant uses, beside what it may use. */
export type TenantUsage = {
  texts_today: number;
  texts_per_day: number;
  records: number;
  records_max: number;
  bytes: number;
  bytes_max: number;
  quarantined_jobs: number;
  open_alerts: number;
};

export type CreateTenant = { id: string; name: string; environment: "sandbox" | "live"; routes: string[] };

/** An operator's decision about a tenant's template. */
export type TemplateDecision = {
  template: string;
  state: "approved" | "refused";
  reason: string | null;
  /** The version that was read; null decides on the present one. */
  sequence: number | null;
};

/** How many rows a purge deleted, by class; `failed` names the classes that could not be purged completely. */
export type Purged = { at: string; gone: Readonly<Record<string, number>>; failed: readonly string[] };

export type TenantPort = {
  create(tenant: CreateTenant): Promise<void>;
  ask<K extends TenantVerbName>(call: Call<K>): Promise<Reply<K>>;
  /** The refusal if this caller may not ask this verb now, or null. Runs no verb and changes nothing. */
  mayAsk(asking: Asking): Promise<Refusal | null>;
  /** What the door needs to send somebody to the tenant's identity provider. */
  signInClient(): Promise<Outcome<SignInClient>>;
  /** Begins a session for whom the identity provider named, as the door verified it. */
  signIn(identity: Identity): Promise<Outcome<SignedIn>>;
  /** Who is in a session. */
  present(session: InSession): Promise<Outcome<Present>>;
  signOut(session: InSession): Promise<void>;
  /** Drops the sign-in and ends every session: for an issuer that is broken or in wrong hands. */
  resetSignIn(operator: string): Promise<Outcome<{ had_sign_in: boolean; ended: number }>>;
  /** What the tenant uses, of what it may use. */
  usage(): Promise<Outcome<TenantUsage>>;
  /** Background work of this tenant that fails, newest first. */
  failedJobs(): Promise<Outcome<Page<JobView>>>;
  retryJob(operator: string, id: string): Promise<Outcome<JobView>>;
  describe(): Promise<Outcome<{ policy: PolicyView; clock_offset_seconds: number }>>;
  issueKey(operator: string, settings: KeySettings): Promise<Outcome<IssuedKey>>;
  revokeKey(operator: string, id: string): Promise<Outcome<KeyView>>;
  /** Revokes every key at once; answers how many were live. */
  revokeKeys(operator: string): Promise<Outcome<{ revoked: number }>>;
  listKeys(): Promise<Outcome<Page<KeyView>>>;
  listTemplates(): Promise<Outcome<Page<TemplateView>>>;
  decideTemplate(operator: string, decision: TemplateDecision): Promise<Outcome<TemplateView>>;
  setState(operator: string, state: "active" | "suspended"): Promise<Outcome<null>>;
  changePolicy(operator: string, change: PolicyChange): Promise<Outcome<ChangedPolicy>>;
  /** An operator's act about the ceilings above the tenant's budgets; answers the budgets it is about. */
  ceilings(operator: string, act: CeilingAct): Promise<Outcome<BudgetView[]>>;
  setAccounts(accounts: Record<string, AccountFacts>): Promise<void>;
  claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]>;
  reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; effects: Effects }>;
  handBack(ids: string[], waitMs: number): Promise<void>;
  settle(settlements: Settlement[]): Promise<{ onward: Onward[]; effects: Effects }>;
  reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; effects: Effects }>>;
  questions(account: string, ids: string[]): Promise<Question[]>;
  takeInquiryAnswers(account: string, answers: InquiryAnswer[]): Promise<Effects>;
  handset(delivery: HandsetDelivery): Promise<void>;
  takeNumbers(operator: string, numbers: NewNumber[]): Promise<Outcome<number>>;
  giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>>;
  inbound(account: string, texts: Inbound[], secret?: number): Promise<Outcome<Effects>>;
  takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null>;
  settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void>;
  /** `lent`: the stock lists numbers as lent to this tenant, whether or not the tenant knows of them. */
  purge(operator: string | null, lent?: boolean): Promise<Outcome<Purged>>;
  rewrap(): Promise<number[]>;
  rootsInUse(): Promise<number[]>;
  /** Bytes that the tenant's object and its records in the key store take. */
  storageSize(): Promise<{ object: number; keyStore: number }>;
};
