/**
 * What operators can ask about virtual numbers: giving them to a tenant, and the list. A number goes first into this list, then
 * into its account's directory, then to the tenant; each step may be repeated, so an import that broke off is simply sent again.
 */
import type { TenantRow } from "./access/tenants.ts";
import { readClock } from "./base/clock.ts";
import { parseTenantId } from "./base/ids.ts";
import { isRefused, refuse, type Outcome } from "./base/refusal.ts";
import type { AccountRow } from "./carriers/accounts.ts";
import type { StockLedger } from "./numbers/stock.ts";
import { readRows, stockView, type ImportRow } from "./numbers/stock.ts";
import type { NewNumber } from "./numbers/number.ts";
import type { CourierPort, TenantPort } from "./ports.ts";

export type OperatorNumbersDeps = {
  stock: StockLedger;
  transaction: <T>(act: () => T) => T;
  tenantRow: (id: string) => TenantRow | null;
  accountRow: (id: string) => AccountRow | null;
  tenant: (id: string) => TenantPort;
  courier: (account: string) => CourierPort;
  enter: (operator: string, act: string, subject: string, facts: Record<string, string | number>) => void;
};

type Answer = Promise<Outcome<unknown>>;

/** The operators' verbs of virtual numbers. */
export function operatorNumbers(deps: OperatorNumbersDeps) {
  return {
    "numbers.import": async (operator: string, input: { tenant: string; rows: ImportRow[] }): Answer => {
      const tenant = deps.tenantRow(input.tenant);
      if (tenant === null || parseTenantId(input.tenant) === null) return refuse("not_found");
      const numbers = readRows(input.rows, tenant.environment);
      if (isRefused(numbers)) return numbers;
      const wrong = judgeRows(deps, tenant, numbers.ok);
      if (wrong !== null) return wrong;
      deps.transaction(() => {
        for (const number of numbers.ok) deps.stock.add({ ...number, tenant: tenant.id, createdAt: readClock() });
        deps.enter(operator, "number.imported", tenant.id, { numbers: numbers.ok.length });
      });
      for (const account of new Set(numbers.ok.map((number) => number.account))) {
        if (isSandbox(deps, account)) continue; // nobody calls in from there
        const entries = numbers.ok.filter((number) => number.account === account);
        await deps.courier(account).direct(entries.map(({ e164 }) => ({ e164, tenant: tenant.id })));
      }
      const added = await deps.tenant(tenant.id).takeNumbers(operator, numbers.ok);
      if (isRefused(added)) return added;
      const data = numbers.ok.flatMap(({ e164 }) => deps.stock.get(e164, tenant.id) ?? []).map(stockView);
      return { ok: { data, added: added.ok } };
    },

    "numbers.list": async (
      _operator: string,
      input: { tenant: string | null; limit: number; offset: number },
    ): Answer => {
      const found = deps.stock.list(input.tenant, input.offset, input.limit + 1);
      const data = found.slice(0, input.limit).map(stockView);
      return { ok: { data, next_cursor: found.length > input.limit ? String(input.offset + input.limit) : null } };
    },
  };
}

const isSandbox = (deps: OperatorNumbersDeps, account: string): boolean =>
  deps.accountRow(account)?.config.kind === "sandbox";

/** Each number's account must be one that this tenant can reach, and the number nobody else's. */
function judgeRows(deps: OperatorNumbersDeps, tenant: TenantRow, numbers: readonly NewNumber[]): Outcome<never> | null {
  const mode = tenant.environment === "live" ? "live" : "test";
  const wrong = (at: number, field: string, detail: string) =>
    refuse("invalid_field", { errors: [{ field: `numbers/${at}/${field}`, code: "invalid_field", detail }] });
  for (const [at, { e164, account }] of numbers.entries()) {
    if (deps.accountRow(account)?.config.mode !== mode)
      return wrong(at, "account", `Name a carrier account of this jurisdiction in mode ${mode}.`);
    const known = deps.stock.get(e164, tenant.id);
    const others = isSandbox(deps, account)
      ? []
      : deps.stock.owners(e164).filter((other) => other.tenant !== tenant.id);
    if (others.some((other) => !isSandbox(deps, other.account)))
      return refuse("state_conflict", { detail: "One of the numbers is another tenant's." });
    if (known !== null && known.account !== account)
      return wrong(at, "account", "The number is at another account already.");
  }
  return null;
}
