/**
 * One carrier account's courier. Opens storage and delegates to carriers/courier/courier.ts.
 */
import { DurableObject } from "cloudflare:workers";
import { readClock } from "../base/clock.ts";
import { writeLog } from "../base/log.ts";
import type { Callback, InboundCallback, Order, ShopWish } from "../carriers/carrier.ts";
import { carrierOf } from "../carriers/registry.ts";
import { Courier, type AccountConfig, type Secrets } from "../carriers/courier/courier.ts";
import type { Calls } from "../carriers/courier/health.ts";
import { buyNumber, releaseNumber } from "../carriers/adapters/shop.ts";
import type { Want } from "../carriers/courier/pace.ts";
import { courierParts } from "./wiring.ts";

/** The courier's object. */
export class CourierObject extends DurableObject<Env> {
  readonly #courier: Courier;
  readonly #inboundUrl: (account: string) => string | null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql, ring, senders, io, note, inboundUrl } = courierParts(env, ctx);
    this.#inboundUrl = inboundUrl;
    const later = (milliseconds: number, run: () => void) => void setTimeout(run, milliseconds);
    const quiet = async (account: string, until: number) => {
      await Promise.allSettled(senders(account).map((sender) => sender.hold(until)));
    };
    this.#courier = new Courier({ sql, ring, now: readClock, later, carrierOf, log: writeLog, quiet, io, note });
  }

  async configure(config: AccountConfig, secrets: Secrets) {
    this.#courier.configure(config, secrets);
  }

  async permit(want: Want) {
    return this.#courier.permit(want);
  }

  async report(calls: Calls[], unused: number) {
    this.#courier.report(calls, unused);
  }

  async health() {
    return this.#courier.health();
  }

  async probe() {
    return this.#courier.probe();
  }

  async hold(retryAfterSeconds: number) {
    await this.#courier.hold(retryAfterSeconds);
  }

  async readReceipts(callback: Omit<Callback, "now">) {
    return this.#courier.readReceipts({ ...callback, now: readClock() });
  }

  async direct(entries: readonly { e164: string; tenant: string | null }[]) {
    this.#courier.direct(entries);
  }

  async searchNumbers(wish: ShopWish) {
    const shopping = this.#courier.shopping();
    return shopping === null ? null : shopping.shop.search(shopping.account, wish, shopping.io);
  }

  async buyNumber(order: Omit<Order, "inboundUrl">, again: boolean) {
    const shopping = this.#courier.shopping();
    if (shopping === null) return null;
    return buyNumber(shopping, { ...order, inboundUrl: this.#inboundUrl(shopping.account.id) }, again);
  }

  async releaseNumber(number: Omit<Order, "inboundUrl">) {
    const shopping = this.#courier.shopping();
    return shopping === null ? null : releaseNumber(shopping, number);
  }

  async readInbound(callback: Omit<InboundCallback, "now">) {
    return this.#courier.readInbound({ ...callback, now: readClock() });
  }

  async rewrap() {
    return this.#courier.rewrap();
  }

  async rootsInUse() {
    return this.#courier.rootsInUse();
  }
}
