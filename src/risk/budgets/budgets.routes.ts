/**
 * The routes of a tenant's budgets.
 */
import { z } from "zod";
import { pageOf } from "../../contract/list.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { BudgetChangeBody, BudgetView, changeOf, NEW_BUDGET, NewBudget, wishOf } from "./schemas.ts";
import type { BudgetsVerbs } from "./verbs.ts";

const route = routesOver<BudgetsVerbs>();
const tag = "Budgets";
const Id = z.strictObject({ id: z.string().max(64) });

export const budgetsRoutes: RouteOver<BudgetsVerbs>[] = [
  route({
    method: "post",
    path: "/v1/budgets",
    verb: "budgets.create",
    scope: "budgets:write",
    summary: "Set how much money texts may cost",
    detail:
      "Money is reserved when a message is accepted, at the price of the dearest account of its route for all its parts, and spent at what the carrier charges. A budget counts from now on. Scope, window and currency stay; make another budget for others.",
    tag,
    body: NewBudget,
    status: 201,
    answer: BudgetView,
    refuses: ["too_many_budgets"],
    repeat: {},
    example: NEW_BUDGET,
    input: ({ body }) => ({ ok: wishOf(body) }),
  }),
  route({
    method: "get",
    path: "/v1/budgets",
    verb: "budgets.list",
    scope: "budgets:read",
    summary: "List budgets, the operator's too, with what is used of each",
    tag,
    status: 200,
    answer: pageOf(BudgetView),
    input: () => ({ ok: null }),
  }),
  route({
    method: "get",
    path: "/v1/budgets/{id}",
    verb: "budgets.get",
    scope: "budgets:read",
    summary: "Read a budget: what is reserved, spent and left, and when its window turns",
    tag,
    params: Id,
    status: 200,
    answer: BudgetView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/budgets/{id}",
    verb: "budgets.change",
    scope: "budgets:write",
    summary: "Change a budget's limit, levels or name",
    detail: "Fields left out stay. What waits for room in a budget is looked at again.",
    tag,
    params: Id,
    body: BudgetChangeBody,
    status: 200,
    answer: BudgetView,
    refuses: ["state_conflict"],
    example: { limit: { amount: 80_000_000, currency: "GBP" } },
    input: ({ params: { id }, body }) => ({ ok: { id, change: changeOf(body) } }),
  }),
  route({
    method: "delete",
    path: "/v1/budgets/{id}",
    verb: "budgets.delete",
    scope: "budgets:write",
    summary: "Remove a budget, and what it has counted",
    tag,
    params: Id,
    status: 204,
    answer: null,
    refuses: ["state_conflict"],
    input: ({ params }) => ({ ok: params }),
  }),
];
