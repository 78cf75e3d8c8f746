/**
 * What the operator object may be asked by another, as plain promises of data.
 */
import type { Repeatable } from "../access/idempotency.ts";
import type { Outcome } from "../base/refusal.ts";
import type { Noted } from "../carriers/courier/watch.ts";
import type { NewNumber } from "../numbers/number.ts";
import type { LeaseWish } from "../numbers/stock.ts";

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
