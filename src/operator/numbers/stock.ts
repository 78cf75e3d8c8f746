/**
 * The operators' verbs for virtual numbers: importing them for a tenant or the shared stock, and listing them. A number
 * is written first to this list, then to its account's directory, then to the tenant. Each step may be repeated, so an
 * import that broke off is sent again.
 */
import type { TenantRow } from "../../access/tenants.ts";
import { readClock } from "../../base/clock.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import type { AccountRow } from "../../carriers/accounts.ts";
import type { StockLedger } from "../../numbers/stock.ts";
import { readRows, stockView } from "../../numbers/stock.ts";
import type { NewNumber } from "../../numbers/number.ts";
import type { CourierPort } from "../../rpc/courier.ts";
import type { Operating, OperatorVerbTable } from "../../rpc/operator.ts";
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
  /** Numbers that are being ordered or released now. */
  busy: Set<string>;
  enter: (operator: Operating, act: string, subject: string | null, facts: Record<string, string | number>) => void;
};

type Mode = "test" | "live";

/** The future owner of a number: a tenant, or the stock shared by all tenants of a mode. */
export type Destination = { tenant: string | null; mode: Mode };

/** The operators' verbs for virtual numbers. */
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
        (deps.busy.has(e164) && !isSandbox(deps, account)) || // every sandbox has the sandbox's numbers
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
      const next = page.next_cursor === null ? null : String(input.offset + input.limit); // an offset, because a cursor in a URL may not be a number
      return { ok: { ...page, next_cursor: next } };
    },
  };
}

/** The destination of numbers of this account: an existing tenant, or the shared stock of the account's mode. */
export function destinationOf(deps: OperatorNumbersDeps, tenant: string | null, account: string): Destination | null {
  if (tenant === null) {
    const mode = deps.accountRow(account)?.config.mode;
    return mode === undefined ? null : { tenant, mode };
  }
  const row = deps.tenantRow(tenant);
  return row === null ? null : { tenant, mode: row.environment === "live" ? "live" : "test" };
}

/** Writes the numbers to their accounts' directories, then to the tenant; answers how many were new to the tenant. */
export async function distribute(
  deps: OperatorNumbersDeps,
  operator: Operating,
  tenant: string | null,
  numbers: readonly NewNumber[],
): Promise<Outcome<number>> {
  if (tenant === null) return { ok: numbers.length }; // no tenant's until they are lent
  await direct(deps, tenant, numbers);
  return deps.tenant(tenant).takeNumbers(
    operator.id,
    numbers.map(({ e164, account, country, kind, capabilities, price, tags }) => ({ e164, account, country, kind, capabilities, price, tags })),
  ); // prettier-ignore
}

/** Writes the numbers' owner into each account's directory; null removes them. */
export async function direct(
  deps: OperatorNumbersDeps,
  tenant: string | null,
  numbers: readonly Pick<NewNumber, "e164" | "account">[],
): Promise<void> {
  for (const account of new Set(numbers.map((number) => number.account))) {
    if (isSandbox(deps, account)) continue; // no callbacks come from the sandbox account
    const entries = numbers.filter((number) => number.account === account);
    await deps.courier(account).direct(entries.map(({ e164 }) => ({ e164, tenant })));
  }
}

/** The row of a number with this owner; of a shared number whichever tenant has it now. */
export function ownRow(deps: OperatorNumbersDeps, e164: string, tenant: string | null) {
  return tenant === null
    ? (deps.stock.owners(e164).find(({ shared }) => shared) ?? null)
    : deps.stock.get(e164, tenant);
}

/** Whether this is the sandbox's account, whose numbers every sandbox has. */
export const isSandbox = (deps: OperatorNumbersDeps, account: string): boolean =>
  deps.accountRow(account)?.config.kind === "sandbox";

/** Each number's account must be usable by its destination, and the number must not belong to anybody else. */
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
