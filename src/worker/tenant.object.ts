/**
 * One tenant: one serial object, pinned to its jurisdiction. Gives its service storage and platform, and delegates
 * every call.
 */
import { DurableObject } from "cloudflare:workers";
import type { KeySettings } from "../access/keys.ts";
import type { Identity } from "../access/people/sign-in.ts";
import { logWhenThrown } from "../base/log.ts";
import type { HandsetDelivery, Inbound, Report } from "../carriers/carrier.ts";
import type { AccountNews, Settlement } from "../carriers/sender/sender.ts";
import type { InquiryAnswer } from "../messages/inquire.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { PolicyChange } from "../policy/policy.ts";
import type {
  Asking,
  Call,
  CreateTenant,
  InSession,
  Reply,
  TemplateDecision,
  TenantPort,
  TenantVerbName,
} from "../rpc/tenant.ts";
import { TenantService } from "../tenant/service.ts";
import type { TenantParts } from "../tenant/parts.ts";
import type { Delivered } from "../webhooks/deliver.ts";
import { tenantParts } from "./wiring.ts";

/** The tenant's object; see rpc/tenant.ts for what each call means to its caller. */
export class TenantObject extends DurableObject<Env> implements TenantPort {
  readonly #parts: TenantParts;
  readonly #service: TenantService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = tenantParts(env, ctx);
    this.#service = new TenantService(this.#parts);
  }

  create(tenant: CreateTenant) {
    return logWhenThrown(this.#parts.log, "create", this.#parts.owner.code, () => this.#service.create(tenant));
  }

  ask<K extends TenantVerbName>(call: Call<K>): Promise<Reply<K>> {
    return logWhenThrown(this.#parts.log, call.verb, this.#parts.owner.code, () => this.#service.ask(call));
  }

  mayAsk(asking: Asking) {
    return this.#service.mayAsk(asking);
  }

  signInClient() {
    return this.#service.people.signInClient();
  }

  signIn(identity: Identity) {
    return this.#service.people.signIn(identity);
  }

  present(session: InSession) {
    return this.#service.people.present(session);
  }

  signOut(session: InSession) {
    return this.#service.people.signOut(session);
  }

  resetSignIn(operator: string) {
    return this.#service.people.resetSignIn(operator);
  }

  usage() {
    return this.#service.oversight.usage();
  }

  failedJobs() {
    return this.#service.oversight.failedJobs();
  }

  retryJob(operator: string, id: string) {
    return this.#service.oversight.retryJob(operator, id);
  }

  describe() {
    return this.#service.describe();
  }

  issueKey(operator: string, settings: KeySettings) {
    return this.#service.issueKey(operator, settings);
  }

  revokeKey(operator: string, id: string) {
    return this.#service.revokeKey(operator, id);
  }

  revokeKeys(operator: string) {
    return this.#service.revokeKeys(operator);
  }

  listKeys() {
    return this.#service.listKeys();
  }

  listTemplates() {
    return this.#service.listTemplates();
  }

  decideTemplate(operator: string, decision: TemplateDecision) {
    return this.#service.decideTemplate(operator, decision);
  }

  setState(operator: string, state: "active" | "suspended") {
    return this.#service.setState(operator, state);
  }

  changePolicy(operator: string, change: PolicyChange) {
    return this.#service.changePolicy(operator, change);
  }

  setAccounts(accounts: Parameters<TenantPort["setAccounts"]>[0]) {
    return this.#service.setAccounts(accounts);
  }

  claim(account: string, ids: string[], news: AccountNews) {
    return this.#service.claim(account, ids, news);
  }

  reroute(account: string, ids: string[], news: AccountNews) {
    return this.#service.reroute(account, ids, news);
  }

  handBack(ids: string[], waitMs: number) {
    return this.#service.handBack(ids, waitMs);
  }

  settle(settlements: Settlement[]) {
    return this.#service.settle(settlements);
  }

  reports(account: string, reports: Report[]) {
    return this.#service.reports(account, reports);
  }

  questions(account: string, ids: string[]) {
    return this.#service.questions(account, ids);
  }

  takeInquiryAnswers(account: string, answers: InquiryAnswer[]) {
    return this.#service.takeInquiryAnswers(account, answers);
  }

  handset(delivery: HandsetDelivery) {
    return this.#service.handset(delivery);
  }

  takeNumbers(operator: string, numbers: NewNumber[]) {
    return this.#service.takeNumbers(operator, numbers);
  }

  giveBack(operator: string, numbers: string[]) {
    return this.#service.giveBack(operator, numbers);
  }

  inbound(account: string, texts: Inbound[], secret?: number) {
    return this.#service.inbound(account, texts, secret);
  }

  takeDeliveries(endpoint: string, limit: number, slowLane: boolean) {
    return this.#service.takeDeliveries(endpoint, limit, slowLane);
  }

  settleDeliveries(endpoint: string, delivered: Delivered[]) {
    return this.#service.settleDeliveries(endpoint, delivered);
  }

  override alarm() {
    return this.#service.alarm();
  }

  purge(operator: string | null, lent = false) {
    return this.#service.purge(operator, lent);
  }

  rewrap() {
    return this.#service.rewrap();
  }

  storageSize() {
    return this.#service.storageSize();
  }

  rootsInUse() {
    return this.#service.rootsInUse();
  }
}
