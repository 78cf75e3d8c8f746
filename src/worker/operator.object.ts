/**
 * One jurisdiction's operator object. Called only by routes that have recognised an operator, and by cron.
 */
import { DurableObject } from "cloudflare:workers";
import type { Credential } from "../access/caller.ts";
import type { Identity } from "../access/people/sign-in.ts";
import type { Repeatable } from "../access/idempotency.ts";
import { readClock } from "../base/clock.ts";
import { logWhenThrown, writeLog } from "../base/log.ts";
import { refuse } from "../base/refusal.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { LeaseWish } from "../numbers/stock.ts";
import { OperatorRooms } from "../operator/verbs.ts";
import type { Operating, OperatorAnswer, OperatorPort, OperatorVerbName, OperatorVerbs } from "../rpc/operator.ts";
import { operatorParts } from "./wiring.ts";

/** The operators' object. */
export class OperatorObject extends DurableObject<Env> implements OperatorPort {
  readonly #rooms: OperatorRooms;
  #migrated = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#rooms = new OperatorRooms(operatorParts(env, ctx));
  }

  /** A courier reports a change of its account. An operator made that account, so the object's tables exist. */
  async note(noted: Noted): Promise<void> {
    this.#migrate();
    this.#rooms.note(noted);
  }

  /** Lends numbers to a tenant's pool. Only a tenant's object calls this, and an operator made that tenant. */
  async lease(tenant: string, wish: LeaseWish) {
    this.#migrate();
    return this.#rooms.lending.lease(tenant, wish);
  }

  async keepLent(tenant: string, kept: string[]): Promise<void> {
    this.#migrate();
    await this.#rooms.lending.keepLent(tenant, kept);
  }

  async signInClient() {
    this.#migrate();
    return this.#rooms.people.signInClient();
  }

  async signIn(identity: Identity) {
    this.#migrate();
    return { ok: this.#rooms.inTransaction(() => this.#rooms.people.signIn(identity)) };
  }

  async present(credential: Credential) {
    this.#migrate();
    return this.#rooms.inTransaction(() => this.#rooms.people.present(credential));
  }

  async signOut(credential: Credential): Promise<void> {
    this.#migrate();
    this.#rooms.inTransaction(() => this.#rooms.people.signOut(credential));
  }

  async tokenUsed(): Promise<void> {
    this.#migrate();
    this.#rooms.tokenUsed();
  }

  /** Closes alerts that are over, and tells the on-call service. */
  override async alarm(): Promise<void> {
    this.#migrate();
    await this.#rooms.alerts.run();
  }

  #migrate(): void {
    if (this.#migrated) return;
    this.#rooms.migrate();
    this.#migrated = true;
  }

  /** One question of an operator; a repeated one gets the first answer again. */
  async ask<K extends OperatorVerbName>(
    operator: Operating,
    verb: K,
    input: OperatorVerbs[K]["input"],
    repeat: Repeatable | null,
  ): Promise<OperatorAnswer<K>> {
    this.#migrate();
    const { verbs, repeats } = this.#rooms;
    if (!Object.hasOwn(verbs, verb)) return refuse("route_not_found");
    const answer = await logWhenThrown(writeLog, verb, null, () =>
      repeats.run(repeat, readClock(), () => verbs[verb](operator, input)),
    );
    // A copy: an answer that came from another object and is passed on as it is binds that call until garbage is collected.
    return { ...answer };
  }
}
