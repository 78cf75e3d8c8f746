/**
 * What one object may be asked by another, as plain promises of data. Written out here, because the
 * platform's own stub types of classes this size are slow to check and hard to read; the classes implement these.
 */
import type {
  Bought,
  Callback,
  HandsetDelivery,
  Inbound,
  InboundCallback,
  Offered,
  Order,
  Probed,
  Question,
  Released,
  Report,
  ShopWish,
} from "./carriers/carrier.ts";
import type { AccountConfig, AccountHealth, Brought, Permit, Secrets } from "./carriers/courier.ts";
import type { Want } from "./carriers/pace.ts";
import type { AccountNews, Claimed, Job, JobReport, Onward, Settlement, Task } from "./carriers/sender.ts";
import type { Calls } from "./carriers/health.ts";
import type { Noted } from "./carriers/watch.ts";
import type { KeySettings } from "./access/keys.ts";
import type { Outcome } from "./base/refusal.ts";
import type { PolicyChange } from "./messages/policy.ts";
import type { AccountFacts } from "./carriers/facts.ts";
import type { Heard } from "./messages/ask.ts";
import type { NewNumber } from "./numbers/number.ts";
import type { Lane } from "./messages/message.ts";
import type { LeaseWish } from "./numbers/stock.ts";
import type { Credential, Origin } from "./access/caller.ts";
import type { Repeatable } from "./access/idempotency.ts";
import type { Delivered, Taken } from "./webhooks/deliver.ts";

/** One question to a tenant: who asks, what, and how it may be repeated. */
export type Call = {
  credential: Credential;
  origin: Origin;
  verb: string;
  input: unknown;
  repeat: Repeatable | null;
  /** Fields of the answer that a replay leaves out, because they are shown once. */
  secret: readonly string[];
};

/** The answer, what must happen outside now, and the caller's room under its limit. */
export type Reply = {
  outcome: Outcome<unknown>;
  after: After;
  room: { quota: number; windowSeconds: number; left: number; resetSeconds: number } | null;
  replayed: boolean;
};

export type CreateTenant = { id: string; name: string; environment: "sandbox" | "live"; routes: string[] };

/** Ids for one lane and account: to be sent, or for another task of a sender. */
export type Dispatch = { account: string; lane: Lane; ids: string[]; task?: Task };

/** Ids under the same name may travel together. */
export const jobName = ({ lane, account, task }: Omit<Dispatch, "ids">): string => `${lane} ${account} ${task}`;

/** What has to happen outside once the transaction is durable: queue messages, by lane and account, and endpoints to wake. */
export type After = { dispatch: Dispatch[]; wake: string[] };

/** What an operator says to a tenant's template. */
export type TemplateDecision = {
  template: string;
  state: "approved" | "refused";
  reason: string | null;
  /** The version that was read; null: whichever it is now. */
  sequence: number | null;
};

export type TenantPort = {
  create(tenant: CreateTenant): Promise<void>;
  ask(call: Call): Promise<Reply>;
  describe(): Promise<Outcome<unknown>>;
  issueKey(operator: string, settings: KeySettings): Promise<Outcome<unknown>>;
  revokeKey(operator: string, id: string): Promise<Outcome<unknown>>;
  listKeys(): Promise<Outcome<unknown>>;
  listTemplates(): Promise<Outcome<unknown>>;
  decideTemplate(operator: string, decision: TemplateDecision): Promise<Outcome<unknown>>;
  setState(operator: string, state: "active" | "suspended"): Promise<Outcome<unknown>>;
  changePolicy(operator: string, change: PolicyChange): Promise<Outcome<unknown>>;
  setAccounts(accounts: Record<string, AccountFacts>): Promise<void>;
  claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]>;
  reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; after: After }>;
  handBack(ids: string[], waitMs: number): Promise<void>;
  settle(settlements: Settlement[]): Promise<{ onward: Onward[]; after: After }>;
  reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; after: After }>>;
  questions(account: string, ids: string[]): Promise<Question[]>;
  hear(account: string, heard: Heard[]): Promise<After>;
  handset(delivery: HandsetDelivery): Promise<void>;
  takeNumbers(operator: string, numbers: NewNumber[]): Promise<Outcome<number>>;
  giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>>;
  inbound(account: string, texts: Inbound[]): Promise<Outcome<After>>;
  takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null>;
  settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void>;
  /** `lent`: by the stock's list numbers are lent to it, whatever it knows of that. */
  purge(operator: string | null, lent?: boolean): Promise<Outcome<unknown>>;
  rewrap(): Promise<number[]>;
  rootsInUse(): Promise<number[]>;
};

export type CourierPort = {
  configure(config: AccountConfig, secrets: Secrets): Promise<void>;
  permit(want: Want): Promise<Permit | null>;
  told(calls: Calls[], unused: number): Promise<void>;
  health(): Promise<AccountHealth | null>;
  test(): Promise<Probed | "untested" | null>;
  hold(retryAfterSeconds: number): Promise<void>;
  readReceipts(callback: Omit<Callback, "now">): Promise<Outcome<Report[]>>;
  direct(entries: readonly { e164: string; tenant: string | null }[]): Promise<void>;
  searchNumbers(wish: ShopWish): Promise<Offered | null>;
  buyNumber(order: Omit<Order, "inboundUrl">, again: boolean): Promise<Bought | null>;
  releaseNumber(number: Omit<Order, "inboundUrl">): Promise<Released | null>;
  readInbound(callback: Omit<InboundCallback, "now">): Promise<Outcome<Brought>>;
  rewrap(): Promise<number[]>;
  rootsInUse(): Promise<number[]>;
};

export type SenderPort = { drive(job: Job): Promise<JobReport>; hold(until: number): Promise<void> };

/** Operators' questions; `ask` is one table of verbs, as with tenants. */
export type OperatorPort = {
  ask(operator: string, verb: string, input: unknown, repeat: Repeatable | null): Promise<Outcome<unknown>>;
  /** A courier tells what changed of its account. */
  note(noted: Noted): Promise<void>;
  /** A tenant's pool runs low: a block of shared stock, and every number that is lent to the tenant by now. */
  lease(tenant: string, wish: LeaseWish): Promise<Outcome<NewNumber[]>>;
  /** Of the numbers lent to it the tenant has only these left. */
  keepLent(tenant: string, kept: string[]): Promise<void>;
};
