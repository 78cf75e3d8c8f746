/**
 * Everything that the operator object does with virtual numbers: the operators' verbs, and lending to tenants' objects.
 * `deps` is a function, because the object's tables exist only from its first question on.
 */
import type { LeaseWish } from "../../numbers/stock.ts";
import type { OperatorVerbName, OperatorVerbTable } from "../../rpc/operator.ts";
import { keepLent, lease } from "./lend.ts";
import { operatorNumbers, type OperatorNumbersDeps } from "./stock.ts";
import { operatorShop } from "./buy.ts";

type Deps = () => OperatorNumbersDeps;

type StockVerbs = Pick<OperatorVerbTable, Extract<OperatorVerbName, `numbers.${string}`>>;

/** The operators' verbs for virtual numbers. */
export function stockVerbs(deps: Deps): StockVerbs {
  return {
    "numbers.import": (operator, input) => operatorNumbers(deps())["numbers.import"](operator, input),
    "numbers.list": (operator, input) => operatorNumbers(deps())["numbers.list"](operator, input),
    "numbers.search": (operator, input) => operatorShop(deps())["numbers.search"](operator, input),
    "numbers.buy": (operator, input) => operatorShop(deps())["numbers.buy"](operator, input),
    "numbers.release": (operator, input) => operatorShop(deps())["numbers.release"](operator, input),
  };
}

/** What tenants' objects may call about the shared stock. */
export function lending(deps: Deps) {
  return {
    lease: (tenant: string, wish: LeaseWish) => lease(deps(), tenant, wish),
    keepLent: (tenant: string, kept: readonly string[]) => keepLent(deps(), tenant, kept),
  };
}
