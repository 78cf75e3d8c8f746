/**
 * The operators' routes for ceilings above a tenant's budgets.
 */
import { z } from "zod";
import { pageOf } from "../contract/list.ts";
import { doorsOver, IdParam, type OperatorRouteOf } from "../contract/operator-route.ts";
import { BudgetChangeBody, BudgetView, changeOf, NEW_BUDGET, NewBudget, wishOf } from "../risk/budgets/schemas.ts";
import type { OperatorVerbs } from "../rpc/operator.ts";
import { ofTenant } from "./placed.ts";

const door = doorsOver<OperatorVerbs>();
const OfTenant = z.strictObject({ id: z.string().max(64), budget: z.string().max(64) });

export const ceilingRoutes: OperatorRouteOf<OperatorVerbs>[] = [
  door({
    method: "post",
    path: "/admin/v1/tenants/{id}/budgets",
    verb: "tenant_budgets.create",
    summary: "Set a ceiling above a tenant's budgets",
    detail: "The tenant sees it and cannot change it. Everything else is as with a budget of its own.",
    params: IdParam,
    body: NewBudget,
    status: 201,
    answer: BudgetView,
    refuses: ["too_many_budgets"],
    example: { ...NEW_BUDGET, name: "Ceiling of a day" },
    ask: ({ params, body }) => ofTenant(params.id, { wish: wishOf(body) }),
  }),
  door({
    method: "get",
    path: "/admin/v1/tenants/{id}/budgets",
    verb: "tenant_budgets.list",
    summary: "List a tenant's budgets and the ceilings above them",
    params: IdParam,
    status: 200,
    answer: pageOf(BudgetView),
    ask: ({ params }) => ofTenant(params.id, {}),
  }),
  door({
    method: "patch",
    path: "/admin/v1/tenants/{id}/budgets/{budget}",
    verb: "tenant_budgets.change",
    summary: "Change a ceiling",
    params: OfTenant,
    body: BudgetChangeBody,
    status: 200,
    answer: BudgetView,
    refuses: ["state_conflict"],
    example: { limit: { amount: 80_000_000, currency: "GBP" } },
    ask: ({ params: { id, budget }, body }) => ofTenant(id, { budget, change: changeOf(body) }),
  }),
  door({
    method: "delete",
    path: "/admin/v1/tenants/{id}/budgets/{budget}",
    verb: "tenant_budgets.delete",
    summary: "Remove a ceiling",
    detail: "Answers it as it was.",
    params: OfTenant,
    status: 200,
    answer: BudgetView,
    refuses: ["state_conflict"],
    ask: ({ params: { id, budget } }) => ofTenant(id, { budget }),
  }),
];
