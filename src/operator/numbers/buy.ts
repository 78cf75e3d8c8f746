/**
 * Buys numbers from carriers and releases them. The row is written before the order is sent, so no order is forgotten:
 * if the answer is lost the row is `unknown`, and the next order for the number asks the carrier first. A released
 * number is taken from its tenant before the carrier is called, so nobody is given a number that may soon belong to
 * somebody else.
 */
import { readClock } from "../../base/clock.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import type { Bought as CarrierBought } from "../../carriers/carrier.ts";
import { carrierOf } from "../../carriers/registry.ts";
import { readRows, stockView, type StockRow } from "../../numbers/stock.ts";
import type { Operating, OperatorAnswer, OperatorVerbs, OperatorVerbTable } from "../../rpc/operator.ts";
import { destinationOf, direct, distribute, judgeRows, ownRow, type OperatorNumbersDeps } from "./stock.ts";

type ShopVerbs = Pick<OperatorVerbTable, "numbers.search" | "numbers.buy" | "numbers.release">;
type BuyInput = OperatorVerbs["numbers.buy"]["input"];
type Bought = Promise<OperatorAnswer<"numbers.buy">>;
type Released = Promise<OperatorAnswer<"numbers.release">>;

/** The operators' verbs for buying numbers. */
export function operatorShop(deps: OperatorNumbersDeps): ShopVerbs {
  return {
    "numbers.search": async (_operator, { account, wish }) => {
      const none = judgeShop(deps, account);
      if (none !== null) return none;
      const found = await deps.courier(account).searchNumbers(wish);
      if (found === null) return refuse("not_found");
      if ("failed" in found) return saidNo(found.failed);
      return { ok: { data: found.offers.map(({ e164, ...offer }) => ({ number: e164, account, ...offer })) } };
    },

    "numbers.buy": (operator, input) => buy(deps, operator, input),

    "numbers.release": async (operator, input) => {
      const row = deps.stock.byId(input.id);
      if (row === null) return refuse("not_found");
      return alone(deps, row.e164, () => release(deps, operator, row));
    },
  };
}

/** Runs the act while no other order or release of this number runs. */
async function alone<T>(deps: OperatorNumbersDeps, e164: string, act: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (deps.busy.has(e164)) return refuse("state_conflict", { detail: "The carrier is being asked about this number." });
  deps.busy.add(e164);
  try {
    return await act();
  } finally {
    deps.busy.delete(e164);
  }
}

/** Why nothing can be bought with this account, or null. */
function judgeShop(deps: OperatorNumbersDeps, account: string): Outcome<never> | null {
  const kind = deps.accountRow(account)?.config.kind;
  if (kind === undefined) return refuse("not_found");
  if (carrierOf(kind).shop !== undefined) return null;
  const detail = `Numbers of kind ${kind} are not bought from here: bring them in with POST /admin/v1/numbers.`;
  return refuse("invalid_field", { errors: [{ field: "account", code: "invalid_field", detail }] });
}

const saidNo = (code: string): Outcome<never> =>
  refuse("carrier_refused", { detail: `The carrier answered: ${code}.` });

async function buy(deps: OperatorNumbersDeps, operator: Operating, { tenant, row }: BuyInput): Bought {
  const none = judgeShop(deps, row.account);
  if (none !== null) return none;
  const to = destinationOf(deps, tenant, row.account);
  if (to === null) return refuse("not_found");
  const read = readRows([row], to.mode === "live" ? "live" : "sandbox");
  if (isRefused(read)) return read;
  const wrong = judgeRows(deps, to, read.ok);
  if (wrong !== null) return wrong;
  const [number] = read.ok;
  if (number === undefined) return refuse("not_found");
  return alone(deps, number.e164, () => {
    const known = ownRow(deps, number.e164, tenant);
    if (known?.state === "releasing") return Promise.resolve(refuse("state_conflict", { detail: "The number is being given up." })); // prettier-ignore
    const id = known?.id ?? deps.newId();
    const stocked = { ...number, id, tenant, shared: tenant === null, createdAt: known?.createdAt ?? readClock() };
    if (known?.state === "held") return settle(deps, operator, known, null); // ours already: an earlier order broke off after buying
    return order(deps, operator, { ...stocked, state: "ordering" }, known !== null);
  });
}

async function order(deps: OperatorNumbersDeps, operator: Operating, row: StockRow, again: boolean): Bought {
  const { id, e164, country, account } = row;
  deps.transaction(() => {
    deps.stock.add(row);
    deps.enter(operator, "number.ordered", id, { account });
  });
  const asked = deps.courier(account).buyNumber({ e164, country }, again);
  const bought: CarrierBought = (await asked.catch(() => null)) ?? { outcome: "unknown", code: "no_courier" };
  if (bought.outcome === "refused") {
    deps.transaction(() => {
      deps.stock.remove(id);
      deps.enter(operator, "number.refused", id, { code: bought.code });
    });
    return saidNo(bought.code);
  }
  if (bought.outcome !== "bought") {
    deps.transaction(() => {
      deps.stock.setState(id, "unknown");
      deps.enter(operator, "number.unknown", id, { code: bought.code });
    });
    return { ok: { ...stockView({ ...row, state: "unknown" }), code: bought.code, inbound_set: null } };
  }
  deps.transaction(() => {
    deps.stock.setState(id, "held");
    deps.enter(operator, "number.bought", id, { account, inbound: bought.inboundSet ? "set" : "not_set" });
  });
  return settle(deps, operator, { ...row, state: "held" }, bought.inboundSet);
}

/** Assigns a bought number to its tenant or to the shared stock. */
async function settle(
  deps: OperatorNumbersDeps,
  operator: Operating,
  row: StockRow,
  inboundSet: boolean | null,
): Bought {
  const taken = await distribute(deps, operator, row.shared ? null : row.tenant, [row]);
  return isRefused(taken) ? taken : { ok: { ...stockView(row), code: null, inbound_set: inboundSet } };
}

async function release(deps: OperatorNumbersDeps, operator: Operating, row: StockRow): Released {
  const { id, e164, country, account, tenant } = row;
  if (row.state === "held") {
    const freed = tenant === null ? { ok: [e164] } : await deps.tenant(tenant).giveBack(operator.id, [e164]);
    if (isRefused(freed)) return freed;
    if (!freed.ok.includes(e164))
      return refuse("state_conflict", {
        detail: "The number is in use, or its cool-off is not over. Retire it, and release it when the cool-off is over.", // prettier-ignore
      });
    deps.transaction(() => {
      deps.stock.setState(id, "releasing");
      deps.enter(operator, "number.releasing", id, { account });
    });
  }
  await direct(deps, null, [row]);
  const kind = deps.accountRow(account)?.config.kind;
  const isBought = kind !== undefined && carrierOf(kind).shop !== undefined;
  const asked = isBought ? deps.courier(account).releaseNumber({ e164, country }) : Promise.resolve(null);
  const released = await asked.catch(() => ({ outcome: "unknown" as const, code: "no_courier" }));
  if (released !== null && released.outcome !== "released") {
    deps.enter(operator, "number.unreleased", id, { code: released.code });
    if (released.outcome === "refused") return saidNo(released.code);
    return { ok: { ...stockView({ ...row, state: "releasing" }), code: released.code } };
  }
  deps.transaction(() => {
    deps.stock.remove(id);
    deps.enter(operator, "number.released", id, { account });
  });
  return { ok: { ...stockView(row), state: "released", code: null } };
}
