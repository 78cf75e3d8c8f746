/**
 * What operators ask of one tenant's object: its keys, its sign-in and its templates. Each act is in both audits, the
 * tenant's and the operators'.
 */
import type { TenantRow } from "../access/tenants.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import type { Operating, OperatorVerbName, OperatorVerbTable } from "../rpc/operator.ts";
import type { TenantPort } from "../rpc/tenant.ts";

export type TenantDeps = {
  withTenant: <T>(id: string, act: (tenant: TenantRow, port: TenantPort) => Promise<Outcome<T>>) => Promise<Outcome<T>>;
  enter: (operator: Operating, act: string, subject: string, facts: Record<string, string | number>) => void;
};

type TenantVerbs = Pick<
  OperatorVerbTable,
  Extract<OperatorVerbName, `tenant_keys.${string}` | `tenant_sign_in.${string}` | `tenant_templates.${string}`>
>;

/** The verbs. `deps` is a function, because the object's tables exist only from its first question on. */
export function tenantVerbs(deps: () => TenantDeps): TenantVerbs {
  return {
    "tenant_keys.create": (operator, input) =>
      deps().withTenant(input.id, async (tenant, port) => {
        const issued = await port.issueKey(operator.id, input.settings);
        if (!isRefused(issued)) deps().enter(operator, "key.created", tenant.id, { key: issued.ok.id });
        return issued;
      }),

    "tenant_keys.list": (_operator, input) => deps().withTenant(input.id, (_tenant, port) => port.listKeys()),

    "tenant_keys.revoke": (operator, input) =>
      deps().withTenant(input.id, async (tenant, port) => {
        const revoked = await port.revokeKey(operator.id, input.key);
        if (!isRefused(revoked)) deps().enter(operator, "key.revoked", tenant.id, { key: input.key });
        return revoked;
      }),

    "tenant_keys.revoke_all": (operator, input) =>
      deps().withTenant(input.id, async (tenant, port) => {
        const revoked = await port.revokeKeys(operator.id);
        if (!isRefused(revoked)) deps().enter(operator, "key.all_revoked", tenant.id, { keys: revoked.ok.revoked });
        return revoked;
      }),

    "tenant_sign_in.reset": (operator, input) =>
      deps().withTenant(input.id, async (tenant, port) => {
        const reset = await port.resetSignIn(operator.id);
        if (!isRefused(reset)) deps().enter(operator, "signin.reset", tenant.id, { ended: reset.ok.ended });
        return reset;
      }),

    "tenant_templates.list": (_operator, input) => deps().withTenant(input.id, (_tenant, port) => port.listTemplates()),

    "tenant_templates.decide": (operator, input) =>
      deps().withTenant(input.id, async (tenant, port) => {
        const { template, state, reason, sequence } = input;
        const decided = await port.decideTemplate(operator.id, { template, state, reason, sequence });
        if (!isRefused(decided)) deps().enter(operator, `template.${state}`, tenant.id, { template });
        return decided;
      }),
  };
}
