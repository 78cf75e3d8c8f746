/**
 * The operators' verbs for ceilings: budgets above a tenant's own, which the tenant's object keeps and the tenant cannot change.
 */
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import type { CeilingAct, BudgetView } from "../risk/budgets/verbs.ts";
import type { Operating, OperatorVerbName, OperatorVerbTable } from "../rpc/operator.ts";
import type { TenantPort } from "../rpc/tenant.ts";

type Reach = {
  /** Asks the object of a tenant, if there is one. */
  with: (
    id: string,
    act: (tenant: unknown, port: TenantPort) => Promise<Outcome<BudgetView[]>>,
  ) => Promise<Outcome<BudgetView[]>>;
  /** Enters an act in the operators' audit. */
  enter: (operator: Operating, act: string, tenant: string, facts: Record<string, string>) => void;
};

type CeilingVerbs = Pick<OperatorVerbTable, Extract<OperatorVerbName, `tenant_budgets.${string}`>>;

/** The operators' verbs for a tenant's ceilings. */
export function ceilingVerbs({ with: withTenant, enter }: Reach): CeilingVerbs {
  const ask = (operator: Operating, id: string, act: CeilingAct) =>
    withTenant(id, (_tenant, port) => port.ceilings(operator.id, act));
  const one = async (operator: Operating, id: string, entry: string, act: CeilingAct): Promise<Outcome<BudgetView>> => {
    const done = await ask(operator, id, act);
    if (isRefused(done)) return done;
    const [budget] = done.ok;
    if (budget === undefined) return refuse("not_found");
    enter(operator, entry, id, { budget: budget.id });
    return { ok: budget };
  };
  return {
    "tenant_budgets.list": async (operator, { id }) => {
      const found = await ask(operator, id, { do: "list" });
      return isRefused(found) ? found : { ok: wholeList(found.ok) };
    },
    "tenant_budgets.create": (operator, { id, wish }) => {
      const act = "budget.created";
      return one(operator, id, act, { do: "create", wish });
    },
    "tenant_budgets.change": (operator, { id, budget, change }) => {
      const act = "budget.changed";
      return one(operator, id, act, { do: "change", id: budget, change });
    },
    "tenant_budgets.delete": (operator, { id, budget }) => {
      const act = "budget.removed";
      return one(operator, id, act, { do: "remove", id: budget });
    },
  };
}
