/**
 * Budgets as the face of risk shows them: what messages reserve and spend, what the tenant and operators can ask.
 */
import { parseId, type IdMaker } from "../../base/ids.ts";
import { byRule, type Actor, type Recorder } from "../../contract/record.ts";
import type { Sql } from "../../storage/sql.ts";
import type { EventType } from "../../webhooks/event.ts";
import type { CapsLedger } from "../ledger.ts";
import type { Money } from "./budget.ts";
import { BudgetsLedger, type Reached } from "./ledger.ts";
import { budgetsVerbs, operateCeilings, type BudgetsDeps, type CeilingAct } from "./verbs.ts";
import { SOFT_DAY_AMOUNT, withCost } from "./without.ts";

export type BudgetsParts = {
  sql: Sql;
  ids: IdMaker;
  now: () => number;
  tenantId: string;
  lineOf: (key: string) => string;
  caps: Pick<CapsLedger, "noteCost">;
  record: Recorder;
  emit: (type: EventType, resource: string, data: unknown) => void;
  /** Keyed names, and values sealed under the tenant's own key. */
  vault: {
    ledger: { keyedName: (kind: string, text: string) => Uint8Array };
    sealOwn: (record: string, field: string, text: string) => Uint8Array;
    openOwn: (record: string, field: string, sealed: Uint8Array) => string | null;
  };
  /** Texts that wait for a budget are looked at again. */
  budgetsLoosened: () => void;
};

/** The budgets of one tenant. */
export function openBudgets(parts: BudgetsParts) {
  const { sql, ids, now, tenantId, lineOf, record, vault, caps } = parts;
  const ledger = new BudgetsLedger({ sql, now, lineOf, reached: (reached) => tellReached(parts, reached) });
  const keyed = (kind: string, text: string) => Buffer.from(vault.ledger.keyedName(kind, text)).toString("base64url");
  const deps: BudgetsDeps = {
    budgets: ledger,
    newId: () => ids.make("bud", now()),
    now,
    record,
    lineOf,
    isOwn: (id, ...prefixes) => prefixes.some((prefix) => id.startsWith(ids.prefixOf(prefix))) && parseId(id) !== null,
    keyed,
    seal: (budget, text) => vault.sealOwn(budget, "scope", text),
    open: (budget, sealed) => vault.openOwn(budget, "scope", sealed),
    loosened: parts.budgetsLoosened,
  };
  return {
    verbs: budgetsVerbs(deps),
    ledger,
    operate: (actor: Actor, act: CeilingAct) => operateCeilings(deps, actor, act),
    /** The names under which a budget's prefix and sender are kept. */
    prefixName: (number: string): string => keyed("budget-prefix", number.slice(0, PREFIX_CHARS)),
    senderName: (sender: string): string => keyed("budget-sender", sender),
    /** A text leaves of a tenant that may have no budget: told once a day when such texts cost much. */
    noteCost: (price: Money): void => {
      if (ledger.list().length > 0) return;
      caps.noteCost((before) => {
        const { day, isNews } = withCost(before, price, now());
        if (isNews) tellWithout(parts, tenantId, price.currency);
        return day;
      });
    },
  };
}

/** A plus and seven digits. */
const PREFIX_CHARS = 8;

function tellReached({ record, emit }: BudgetsParts, { budget, level, reserved, spent }: Reached): void {
  const { id, name, limit, hard } = budget;
  const facts = { percent: level, amount: limit.amount, currency: limit.currency, hard, reserved, spent };
  record(byRule("budgets"), { act: "budget.reached", subject: id, facts });
  emit("budget.reached", id, { budget: id, name, ...facts });
}

function tellWithout({ record, emit }: BudgetsParts, tenant: string, currency: string): void {
  const facts = { percent: 100, amount: SOFT_DAY_AMOUNT, currency, hard: false };
  record(byRule("budgets"), { act: "budget.reached", subject: null, facts });
  emit("budget.reached", tenant, { budget: null, name: null, ...facts });
}
