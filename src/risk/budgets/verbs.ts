/**
 * What can be asked about budgets, by the tenant of its own and by operators of the ceilings above them.
 */
import { z } from "zod";
import { isoOf } from "../../base/clock.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../../base/refusal.ts";
import { wholeList, type Page } from "../../contract/list.ts";
import { byCaller, type Actor, type Recorder } from "../../contract/record.ts";
import { verb } from "../../contract/verb.ts";
import type { Purpose } from "../../sms/purpose.ts";
import type { Budget } from "./budget.ts";
import type { BudgetsLedger } from "./ledger.ts";
import type { BudgetWindow } from "./window.ts";

/** So many budgets may a tenant have, and so many ceilings above them. */
export const BUDGETS_MAX = { tenant: 100, operator: 20 } as const;

export type BudgetsDeps = {
  budgets: BudgetsLedger;
  newId: () => string;
  now: () => number;
  record: Recorder;
  lineOf: (key: string) => string;
  /** Whether the text is an id of this tenant's, of one of these kinds. */
  isOwn: (id: string, ...prefixes: ("key" | "per" | "svc")[]) => boolean;
  keyed: (kind: "budget-prefix" | "budget-sender", text: string) => string;
  seal: (budget: string, text: string) => Uint8Array;
  open: (budget: string, sealed: Uint8Array) => string | null;
  /** There may be room where there was none: what waits for a budget is looked at again. */
  loosened: () => void;
};

/** What of a scope is sealed, because its digits and names are in no store in clear. */
const SeenScope = z.strictObject({ prefix: z.string().optional(), sender: z.string().optional() });
type Seen = z.infer<typeof SeenScope>;
type ScopeWish = Seen & {
  key?: string | undefined;
  country?: string | undefined;
  purpose?: Purpose | undefined;
  service?: string | undefined;
};
type Settable = Pick<Budget, "name" | "limit" | "hard" | "softLevels" | "keptForCodes" | "withoutPrice">;
export type BudgetWish = Settable & { scope: ScopeWish; window: BudgetWindow };
export type BudgetChange = { [K in keyof Settable]?: Settable[K] | undefined };

/** What an operator does about a tenant's budgets. */
export type CeilingAct =
  | { do: "list" }
  | { do: "create"; wish: BudgetWish }
  | { do: "change"; id: string; change: BudgetChange }
  | { do: "remove"; id: string };

/** The tenant's verbs of budgets. */
export function budgetsVerbs(deps: BudgetsDeps) {
  return {
    "budgets.create": verb("budgets:write", (who, input: BudgetWish) =>
      create(deps, byCaller(who.id), "tenant", input),
    ),
    "budgets.list": verb("budgets:read", (): Outcome<Page<BudgetView>> => ({ ok: wholeList(viewsOf(deps)) })),
    "budgets.get": verb("budgets:read", (_who, { id }: { id: string }): Outcome<BudgetView> => {
      const budget = deps.budgets.get(id);
      return budget === null ? refuse("not_found") : { ok: budgetView(deps, budget) };
    }),
    "budgets.change": verb("budgets:write", (who, { id, change: asked }: { id: string; change: BudgetChange }) =>
      change(deps, byCaller(who.id), "tenant", id, asked),
    ),
    "budgets.delete": verb("budgets:write", (who, { id }: { id: string }): Outcome<null> => {
      const removed = remove(deps, byCaller(who.id), "tenant", id);
      return isRefused(removed) ? removed : { ok: null };
    }),
  };
}

export type BudgetsVerbs = ReturnType<typeof budgetsVerbs>;

/** An operator's act; answers the budgets it is about. */
export function operateCeilings(deps: BudgetsDeps, actor: Actor, act: CeilingAct): Outcome<BudgetView[]> {
  if (act.do === "list") return { ok: viewsOf(deps) };
  const done =
    act.do === "create"
      ? create(deps, actor, "operator", act.wish)
      : act.do === "change"
        ? change(deps, actor, "operator", act.id, act.change)
        : remove(deps, actor, "operator", act.id);
  return isRefused(done) ? done : { ok: [done.ok] };
}

const viewsOf = (deps: BudgetsDeps): BudgetView[] => deps.budgets.list().map((budget) => budgetView(deps, budget));

function create(deps: BudgetsDeps, actor: Actor, madeBy: Budget["madeBy"], wish: BudgetWish): Outcome<BudgetView> {
  const made = deps.budgets.list().filter((budget) => budget.madeBy === madeBy).length;
  if (made >= BUDGETS_MAX[madeBy]) return refuse("too_many_budgets");
  const strange = judgeScope(deps, wish.scope);
  if (strange !== null) return strange;
  const { scope, ...rest } = wish;
  const now = deps.now();
  const id = deps.newId();
  const budget: Budget = {
    ...rest,
    id,
    version: 1,
    madeBy,
    scope: keptScope(deps, scope),
    createdAt: now,
    updatedAt: now,
  };
  const { prefix, sender } = scope;
  const isSealed = prefix !== undefined || sender !== undefined;
  deps.budgets.add(budget, isSealed ? deps.seal(id, JSON.stringify({ prefix, sender })) : null);
  deps.record(actor, { act: "budget.created", subject: id, facts: factsOf(budget) });
  return { ok: budgetView(deps, budget) };
}

/** Ids of a scope are the tenant's own: another's would never fit, and would only look as if it bounded something. */
function judgeScope({ isOwn }: BudgetsDeps, { key, service }: ScopeWish): Refusal | null {
  const wrong = (name: string, detail: string): Refusal =>
    refuse("invalid_field", { errors: [{ field: `scope/${name}`, code: "invalid_field", detail }] });
  if (key !== undefined && !isOwn(key, "key", "per")) return wrong("key", "Name one of your own keys or people.");
  if (service !== undefined && !isOwn(service, "svc")) return wrong("service", "Name one of your own services.");
  return null;
}

/** The scope as it is kept: the first key of the line, and no digits. */
function keptScope(deps: BudgetsDeps, { key, prefix, sender, ...rest }: ScopeWish): Budget["scope"] {
  const { country, purpose, service } = rest;
  return {
    ...(key === undefined ? {} : { key: deps.lineOf(key) }),
    ...(country === undefined ? {} : { country }),
    ...(purpose === undefined ? {} : { purpose }),
    ...(service === undefined ? {} : { service }),
    ...(prefix === undefined ? {} : { prefix: deps.keyed("budget-prefix", prefix) }),
    ...(sender === undefined ? {} : { sender: deps.keyed("budget-sender", sender) }),
  };
}

/** The budget, if whoever made it asks: an operator's is not the tenant's to change, nor the other way round. */
function ownBudget({ budgets }: BudgetsDeps, madeBy: Budget["madeBy"], id: string): Outcome<Budget> {
  const budget = budgets.get(id);
  if (budget === null) return refuse("not_found");
  if (budget.madeBy === madeBy) return { ok: budget };
  const whose = budget.madeBy === "operator" ? "An operator" : "The tenant";
  return refuse("state_conflict", { detail: `${whose} made this budget, and alone may change it.` });
}

function change(
  deps: BudgetsDeps,
  actor: Actor,
  madeBy: Budget["madeBy"],
  id: string,
  asked: BudgetChange,
): Outcome<BudgetView> {
  const found = ownBudget(deps, madeBy, id);
  if (isRefused(found)) return found;
  const before = found.ok;
  if (asked.limit !== undefined && asked.limit.currency !== before.limit.currency) {
    const detail = "A budget keeps its currency; make another one.";
    return refuse("invalid_field", { errors: [{ field: "limit/currency", code: "invalid_field", detail }] });
  }
  const next: Budget = {
    ...before,
    name: asked.name ?? before.name,
    limit: asked.limit ?? before.limit,
    hard: asked.hard ?? before.hard,
    softLevels: asked.softLevels ?? before.softLevels,
    keptForCodes: asked.keptForCodes ?? before.keptForCodes,
    withoutPrice: asked.withoutPrice ?? before.withoutPrice,
    version: before.version + 1,
    updatedAt: deps.now(),
  };
  deps.budgets.change(next);
  deps.loosened();
  const fields = Object.keys(asked).sort().join(" ");
  deps.record(actor, { act: "budget.changed", subject: id, facts: { fields, ...factsOf(next) } });
  return { ok: budgetView(deps, next) };
}

function remove(deps: BudgetsDeps, actor: Actor, madeBy: Budget["madeBy"], id: string): Outcome<BudgetView> {
  const found = ownBudget(deps, madeBy, id);
  if (isRefused(found)) return found;
  const view = budgetView(deps, found.ok);
  deps.budgets.remove(id);
  deps.loosened();
  deps.record(actor, { act: "budget.removed", subject: id, facts: factsOf(found.ok) });
  return { ok: view };
}

/** For the audit: what the budget bounds. Its name is a label, and the prefix and sender of its scope stay out. */
function factsOf({ madeBy, limit, hard, window, keptForCodes, withoutPrice }: Budget) {
  return {
    made_by: madeBy,
    amount: limit.amount,
    currency: limit.currency,
    window: window.name,
    rolling: window.rolling,
    hard,
    kept_for_codes: keptForCodes,
    without_price: withoutPrice,
  };
}

/** A budget as the contract shows it, with what is used of it at this moment. */
function budgetView(deps: BudgetsDeps, budget: Budget) {
  const { prefix: _prefix, sender: _sender, ...scope } = budget.scope;
  const { reserved, spent, turnsAt } = deps.budgets.usage(budget.id);
  return {
    id: budget.id,
    name: budget.name,
    made_by: budget.madeBy,
    scope: { ...scope, ...seenScope(deps, budget.id) },
    window: budget.window.name,
    rolling: budget.window.rolling,
    time_zone: budget.window.zone,
    limit: budget.limit,
    hard: budget.hard,
    soft_levels: budget.softLevels,
    kept_for_codes: budget.keptForCodes,
    without_price: budget.withoutPrice,
    reserved,
    spent,
    left: Math.max(0, budget.limit.amount - reserved - spent),
    turns_at: isoOf(turnsAt),
    created_at: isoOf(budget.createdAt),
    updated_at: isoOf(budget.updatedAt),
    sequence: budget.version,
  };
}

export type BudgetView = ReturnType<typeof budgetView>;

function seenScope({ budgets, open }: BudgetsDeps, id: string): Seen {
  const sealed = budgets.sealedScope(id);
  const text = sealed === null ? null : open(id, sealed);
  return text === null ? {} : SeenScope.parse(JSON.parse(text));
}
