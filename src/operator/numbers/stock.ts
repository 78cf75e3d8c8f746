/**
 * What operators can ask about virtual numbers: giving them to a tenant or to the shared stock, and the list. A number goes first
 * into this list, then into its account's directory, then to the tenant; each step may be repeated, so an import that broke off is
 * simply sent again.
 */
import type { TenantRow } from "../../access/tenants.ts";
import { readClock } from "../../base/clock.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import type { AccountRow } from "../../carriers/accounts.ts";
import type { StockLedger } from "../../numbers/stock.ts";
import { readRows, stockView } from "../../numbers/stock.ts";
import type { NewNumber } from "../../numbers/number.ts";
import type { CourierPort } from "../../rpc/courier.ts";
import type { OperatorVerbTable } from "../../rpc/operator.ts";
import type { TenantPort } from "../../rpc/tenant.ts";
import { readPage } from "../../contract/list.ts";

export type OperatorNumbersDeps = {
  stock: StockLedger;
  transaction: <T>(act: () => T) => T;
  tenantRow: (id: string) => TenantRow | null;
  accountRow: (id: string) => AccountRow | null;
  accounts: () => AccountRow[];
  tenant: (id: string) => TenantPort;
  courier: (account: string) => CourierPort;
  newId: () => string;
  /** Numbers that are being ordered or given up at this moment. */
  busy: Set<string>;
  enter: (operator: string, act: string, subject: string | null, facts: Record<string, string | number>) => void;
};

type Mode = "test" | "live";

/** Whose a number is to be: a tenant, or the shared stock of all tenants of a mode. */
export type Destination = { tenant: string | null; mode: Mode };

/** The operators' verbs of virtual numbers. */
export function operatorNumbers(deps: OperatorNumbersDeps): Pick<OperatorVerbTable, "numbers.import" | "numbers.list"> {
  return {
    "numbers.import": async (operator, input) => {
      const to = destinationOf(deps, input.tenant, input.rows[0]?.account ?? "");
      if (to === null) return refuse("not_found");
      const numbers = readRows(input.rows, to.mode === "live" ? "live" : "sandbox");
      if (isRefused(numbers)) return numbers;
      const wrong = judgeRows(deps, to, numbers.ok);
      if (wrong !== null) return wrong;
      const moves = ({ e164, account }: (typeof numbers.ok)[number]) =>
        (deps.busy.has(e164) && !isSandbox(deps, account)) || // the sandbox's numbers are everybody's
        (ownRow(deps, e164, to.tenant)?.state ?? "held") !== "held";
      if (numbers.ok.some(moves))
        return refuse("state_conflict", { detail: "One of the numbers is being bought or given up." });
      const kept = { tenant: to.tenant, shared: to.tenant === null, state: "held" as const, createdAt: readClock() };
      deps.transaction(() => {
        for (const number of numbers.ok) deps.stock.add({ ...number, ...kept, id: deps.newId() });
        deps.enter(operator, "number.imported", to.tenant, { numbers: numbers.ok.length });
      });
      const added = await distribute(deps, operator, to.tenant, numbers.ok);
      if (isRefused(added)) return added;
      const data = numbers.ok.flatMap(({ e164 }) => ownRow(deps, e164, to.tenant) ?? []).map(stockView);
      return { ok: { data, added: added.ok } };
    },

    "numbers.list": async (_operator, input) => {
      const page = readPage(input.limit, (rows) => deps.stock.list(input.tenant, input.offset, rows), stockView);
      const next = page.next_cursor === null ? null : String(input.offset + input.limit); // the rows are counted, not named
      return { ok: { ...page, next_cursor: next } };
    },
  };
}

/** Where numbers of this account can go, if that is a tenant there is; the shared stock is of the account's mode. */
export function destinationOf(deps: OperatorNumbersDeps, tenant: string | null, account: string): Destination | null {
  if (tenant === null) {
    const mode = deps.accountRow(account)?.config.mode;
    return mode === undefined ? null : { tenant, mode };
  }
  const row = deps.tenantRow(tenant);
  return row === null ? null : { tenant, mode: row.environment === "live" ? "live" : "test" };
}

/** Into the directories of the numbers' accounts, then to the tenant; answers how many it did not have. */
export async function distribute(
  deps: OperatorNumbersDeps,
  operator: string,
  tenant: string | null,
  numbers: readonly NewNumber[],
): Promise<Outcome<number>> {
  if (tenant === null) return { ok: numbers.length }; // nobody's until they are lent
  await direct(deps, tenant, numbers);
  return deps.tenant(tenant).takeNumbers(
    operator,
    numbers.map(({ e164, account, country, kind, capabilities, price, tags }) => ({ e164, account, country, kind, capabilities, price, tags })),
  ); // prettier-ignore
}

/** Writes into each account's directory whose the numbers are; null takes them out. */
export async function direct(
  deps: OperatorNumbersDeps,
  tenant: string | null,
  numbers: readonly Pick<NewNumber, "e164" | "account">[],
): Promise<void> {
  for (const account of new Set(numbers.map((number) => number.account))) {
    if (isSandbox(deps, account)) continue; // nobody calls in from there
    const entries = numbers.filter((number) => number.account === account);
    await deps.courier(account).direct(entries.map(({ e164 }) => ({ e164, tenant })));
  }
}

/** The row of a number that belongs there; a shared one whoever has it now. */
export function ownRow(deps: OperatorNumbersDeps, e164: string, tenant: string | null) {
  return tenant === null
    ? (deps.stock.owners(e164).find(({ shared }) => shared) ?? null)
    : deps.stock.get(e164, tenant);
}

/** Whether the account is the sandbox's own, whose numbers each sandbox has for itself. */
export const isSandbox = (deps: OperatorNumbersDeps, account: string): boolean =>
  deps.accountRow(account)?.config.kind === "sandbox";

/** Each number's account must be one that its destination can reach, and the number nobody else's. */
export function judgeRows(
  deps: OperatorNumbersDeps,
  { tenant, mode }: Destination,
  numbers: readonly NewNumber[],
): Outcome<never> | null {
  const wrong = (at: number, field: string, detail: string) =>
    refuse("invalid_field", { errors: [{ field: `numbers/${at}/${field}`, code: "invalid_field", detail }] });
  for (const [at, { e164, account }] of numbers.entries()) {
    const config = deps.accountRow(account)?.config;
    if (config?.mode !== mode || (config.tenant !== null && config.tenant !== tenant))
      return wrong(at, "account", `Name a carrier account of this jurisdiction in mode ${mode} that this tenant may use.`); // prettier-ignore
    if (tenant === null && isSandbox(deps, account))
      return wrong(at, "account", "Each sandbox has the sandbox's numbers for itself: name a carrier's account.");
    const known = ownRow(deps, e164, tenant);
    const others = isSandbox(deps, account) ? [] : deps.stock.owners(e164).filter((other) => other.id !== known?.id);
    if (others.some((other) => !isSandbox(deps, other.account)))
      return refuse("state_conflict", { detail: "One of the numbers is another tenant's, or shared stock." });
    if (known !== null && known.account !== account)
      return wrong(at, "account", "The number is at another account already.");
  }
  return null;
}
