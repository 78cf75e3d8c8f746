/**
 * What a tenant's object may be asked by another, as plain promises of data. Written out here, because the
 * platform's own stub types of classes this size are slow to check and hard to read; the classes implement these.
 */
import type { Credential, Origin } from "../access/caller.ts";
import type { Repeatable } from "../access/idempotency.ts";
import type { KeySettings } from "../access/keys.ts";
import type { Outcome } from "../base/refusal.ts";
import type { HandsetDelivery, Inbound, Question, Report } from "../carriers/carrier.ts";
import type { AccountFacts } from "../carriers/facts.ts";
import type { AccountNews, Claimed, Onward, Settlement } from "../carriers/sender/sender.ts";
import type { Heard } from "../messages/inquire.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { ChangedPolicy, PolicyChange } from "../policy/policy.ts";
import type { Delivered, Taken } from "../webhooks/deliver.ts";
import type { Effects } from "./effects.ts";

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
  effects: Effects;
  room: { quota: number; windowSeconds: number; left: number; resetSeconds: number } | null;
  replayed: boolean;
};

export type CreateTenant = { id: string; name: string; environment: "sandbox" | "live"; routes: string[] };

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
  /** Every key at once; answers how many lived. */
  revokeKeys(operator: string): Promise<Outcome<{ revoked: number }>>;
  listKeys(): Promise<Outcome<unknown>>;
  listTemplates(): Promise<Outcome<unknown>>;
  decideTemplate(operator: string, decision: TemplateDecision): Promise<Outcome<unknown>>;
  setState(operator: string, state: "active" | "suspended"): Promise<Outcome<unknown>>;
  changePolicy(operator: string, change: PolicyChange): Promise<Outcome<ChangedPolicy>>;
  setAccounts(accounts: Record<string, AccountFacts>): Promise<void>;
  claim(account: string, ids: string[], news: AccountNews): Promise<Claimed[]>;
  reroute(account: string, ids: string[], news: AccountNews): Promise<{ onward: Onward[]; effects: Effects }>;
  handBack(ids: string[], waitMs: number): Promise<void>;
  settle(settlements: Settlement[]): Promise<{ onward: Onward[]; effects: Effects }>;
  reports(account: string, reports: Report[]): Promise<Outcome<{ applied: number; effects: Effects }>>;
  questions(account: string, ids: string[]): Promise<Question[]>;
  hear(account: string, heard: Heard[]): Promise<Effects>;
  handset(delivery: HandsetDelivery): Promise<void>;
  takeNumbers(operator: string, numbers: NewNumber[]): Promise<Outcome<number>>;
  giveBack(operator: string, numbers: string[]): Promise<Outcome<string[]>>;
  inbound(account: string, texts: Inbound[]): Promise<Outcome<Effects>>;
  takeDeliveries(endpoint: string, limit: number, slowLane: boolean): Promise<Taken | null>;
  settleDeliveries(endpoint: string, delivered: Delivered[]): Promise<void>;
  /** `lent`: by the stock's list numbers are lent to it, whatever it knows of that. */
  purge(operator: string | null, lent?: boolean): Promise<Outcome<unknown>>;
  rewrap(): Promise<number[]>;
  rootsInUse(): Promise<number[]>;
};
