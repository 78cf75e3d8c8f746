/**
 * The calls that other objects may make to a courier's object, as plain promises of data.
 */
import type { Outcome } from "../base/refusal.ts";
import type {
  Bought,
  Callback,
  InboundCallback,
  Offered,
  Order,
  Probed,
  Released,
  Report,
  ShopWish,
} from "../carriers/carrier.ts";
import type { Brought } from "../carriers/courier/brought.ts";
import type { AccountConfig, AccountHealth, Permit, Secrets } from "../carriers/courier/courier.ts";
import type { Calls } from "../carriers/courier/health.ts";
import type { Want } from "../carriers/courier/pace.ts";

export type CourierPort = {
  configure(config: AccountConfig, secrets: Secrets): Promise<void>;
  permit(want: Want): Promise<Permit | null>;
  report(calls: Calls[], unused: number): Promise<void>;
  health(): Promise<AccountHealth | null>;
  probe(): Promise<Probed | "untested" | null>;
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
