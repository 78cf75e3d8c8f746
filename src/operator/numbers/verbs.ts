/**
 * All that the operator object does with virtual numbers, in one place: the operators' verbs, and what tenants' objects borrow.
 * `deps` is asked each time, because the object's tables are there only with its first question.
 */
import type { LeaseWish, ImportRow } from "../../numbers/stock.ts";
import { keepLent, lease } from "./lend.ts";
import { operatorNumbers, type OperatorNumbersDeps } from "./stock.ts";
import { operatorShop, type BuyInput, type SearchInput } from "./buy.ts";

type Deps = () => OperatorNumbersDeps;

/** The operators' verbs of virtual numbers. */
export function stockVerbs(deps: Deps) {
  return {
    "numbers.import": (operator: string, input: { tenant: string | null; rows: ImportRow[] }) =>
      operatorNumbers(deps())["numbers.import"](operator, input),
    "numbers.list": (operator: string, input: { tenant: string | null; limit: number; offset: number }) =>
      operatorNumbers(deps())["numbers.list"](operator, input),
    "numbers.search": (operator: string, input: SearchInput) => operatorShop(deps())["numbers.search"](operator, input),
    "numbers.buy": (operator: string, input: BuyInput) => operatorShop(deps())["numbers.buy"](operator, input),
    "numbers.release": (operator: string, input: { id: string }) =>
      operatorShop(deps())["numbers.release"](operator, input),
  };
}

/** What tenants' objects ask of the shared stock. */
export function lending(deps: Deps) {
  return {
    lease: (tenant: string, wish: LeaseWish) => lease(deps(), tenant, wish),
    keepLent: (tenant: string, kept: readonly string[]) => keepLent(deps(), tenant, kept),
  };
}
