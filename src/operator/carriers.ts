/**
 * What operators ask about carrier accounts. An account's secrets go straight to its courier and are kept nowhere else.
 */
import {
  accountView,
  changedAccount,
  judgeAccount,
  namesOf,
  type AccountRow,
  type AccountsLedger,
} from "../carriers/accounts.ts";
import type { AccountConfig } from "../carriers/courier/courier.ts";
import { carrierOf } from "../carriers/registry.ts";
import { readClock } from "../base/clock.ts";
import { isRefused, refuse } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import type { CourierPort } from "../rpc/courier.ts";
import type { Operating, OperatorVerbName, OperatorVerbTable } from "../rpc/operator.ts";
import type { TenantRow } from "../access/tenants.ts";
import { bindingFault, ownerFault } from "./faults.ts";

export type CarrierDeps = {
  accounts: AccountsLedger;
  tenantRow: (id: string) => TenantRow | null;
  newId: () => string;
  courier: (account: string) => CourierPort;
  hasBinding: (name: string) => boolean;
  transaction: <T>(act: () => T) => T;
  enter: (operator: Operating, act: string, subject: string, facts: Record<string, string | number>) => void;
};

type CarrierVerbs = Pick<OperatorVerbTable, Extract<OperatorVerbName, `carriers.${string}`>>;

/** The verbs. `deps` is a function, because the object's tables exist only from its first question on. */
export function carrierVerbs(deps: () => CarrierDeps): CarrierVerbs {
  return {
    "carriers.create": async (operator, input) => {
      const { name, secrets, ...rest } = input;
      const wrong = judgeAccount(carrierOf(rest.kind), input);
      if (wrong !== null) return wrong;
      const strange = ownerFault((id) => deps().tenantRow(id), rest) ?? bindingFault(deps().hasBinding, rest.mtls);
      if (strange !== null) return strange;
      const config: AccountConfig = { id: deps().newId(), ...rest };
      await deps().courier(config.id).configure(config, secrets);
      const account: AccountRow = { config, name, createdAt: readClock() };
      deps().transaction(() => {
        deps().accounts.put(account);
        deps().enter(operator, "carrier.created", config.id, { kind: config.kind, mode: config.mode });
      });
      return { ok: accountView(account) };
    },

    "carriers.list": async () => ({ ok: wholeList(deps().accounts.list().map(accountView)) }),

    "carriers.change": async (operator, input) => {
      const account = deps().accounts.get(input.id);
      if (account === null) return refuse("not_found");
      const changed = changedAccount(account, input.change, carrierOf(account.config.kind));
      if (isRefused(changed)) return changed;
      const missing = bindingFault(deps().hasBinding, changed.ok.config.mtls);
      if (missing !== null) return missing;
      await deps().courier(input.id).configure(changed.ok.config, input.change.secrets);
      deps().transaction(() => {
        deps().accounts.put(changed.ok);
        deps().enter(operator, "carrier.changed", input.id, { fields: namesOf(input.change) });
      });
      return { ok: accountView(changed.ok) };
    },

    /** The health of every account: circuit, windows, weights and their moves. */
    "carriers.health": async () => {
      const accounts = deps().accounts.list();
      const health = await Promise.all(accounts.map(({ config }) => deps().courier(config.id).health()));
      const data = accounts.map(({ config, name }, at) => ({ id: config.id, name, kind: config.kind, ...health[at] }));
      return { ok: wholeList(data) };
    },

    /** Tests an account's address and credentials with a call that costs nothing. */
    "carriers.test": async (operator, input) => {
      if (deps().accounts.get(input.id) === null) return refuse("not_found");
      const found = await deps().courier(input.id).probe();
      const result = found === null || found === "untested" ? { found: "untested" as const } : found;
      deps().enter(operator, "carrier.tested", input.id, { found: result.found });
      return { ok: { result: result.found, code: "code" in result ? result.code : null } };
    },
  };
}
