/**
 * Lends shared stock in blocks to tenants' pools. One transaction here decides which tenant has a number; its account's
 * directory is updated next, then the tenant's own list. Each step may be repeated: numbers of a loan that broke off
 * are answered with the next block.
 */
import { refuse, type Outcome } from "../../base/refusal.ts";
import { direct, type OperatorNumbersDeps } from "./stock.ts";
import type { NewNumber } from "../../numbers/number.ts";
import type { LeaseWish } from "../../numbers/stock.ts";

/** Lent numbers that a tenant may have at once; beyond that it needs numbers of its own. */
export const LENT_MAX = 1_000;
const BLOCK_MAX = 100;

/** Lends a block; answers every shared number that the tenant now has, so that a lost answer loses no number. */
export async function lease(deps: OperatorNumbersDeps, tenant: string, wish: LeaseWish): Promise<Outcome<NewNumber[]>> {
  const row = deps.tenantRow(tenant);
  if (row === null) return refuse("not_found");
  const mode = row.environment === "live" ? "live" : "test";
  const accounts = deps.accounts().filter(({ config }) => config.mode === mode && config.kind !== "sandbox" && config.tenant === null); // prettier-ignore
  const lent = deps.transaction(() => {
    const room = LENT_MAX - deps.stock.lentTo(tenant).length;
    const many = Math.max(0, Math.min(wish.many, BLOCK_MAX, room));
    const fresh = deps.stock.lend(tenant, accounts.map(({ config }) => config.id), wish.country, many); // prettier-ignore
    if (fresh.length > 0) deps.enter({ id: "stock" }, "number.lent", tenant, { numbers: fresh.length });
    return deps.stock.lentTo(tenant).filter(({ e164 }) => !deps.busy.has(e164)); // those are being returned
  });
  await direct(deps, tenant, lent);
  return {
    ok: lent.map(({ e164, account, country, kind, capabilities, price, tags }) => ({ e164, account, country, kind, capabilities, price, tags, lent: true })),
  }; // prettier-ignore
}

/** Takes back the lent numbers that the tenant no longer keeps; from then on they can be lent to others. */
export async function keepLent(deps: OperatorNumbersDeps, tenant: string, kept: readonly string[]): Promise<void> {
  const has = new Set(kept);
  const rows = deps.stock.lentTo(tenant).filter(({ e164 }) => !has.has(e164) && !deps.busy.has(e164));
  if (rows.length === 0) return;
  for (const { e164 } of rows) deps.busy.add(e164);
  try {
    await direct(deps, null, rows); // before they can be lent to others
    deps.transaction(() => {
      for (const { id } of rows) deps.stock.takeBack(id);
      deps.enter({ id: "stock" }, "number.returned", tenant, { numbers: rows.length });
    });
  } finally {
    for (const { e164 } of rows) deps.busy.delete(e164);
  }
}
