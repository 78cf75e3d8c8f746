/**
 * Configuration that an operator may not set: routes, owners and bindings that do not fit together. Pure.
 */
import type { TenantRow } from "../access/tenants.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import type { AccountConfig } from "../carriers/courier/courier.ts";
import type { PolicyChange } from "../policy/policy.ts";

/**
 * A tenant's routes name existing accounts only: sandbox tenants test accounts, live tenants live accounts, and no
 * tenant an account that another tenant owns.
 */
export function routesFault(
  accountOf: (id: string) => AccountConfig | null,
  tenant: TenantRow,
  { routes = [], route_rules: rules = [] }: PolicyChange,
): Outcome<never> | null {
  const mode = tenant.environment === "live" ? "live" : "test";
  const named = [
    ...routes.map((id, at) => ({ id, field: `routes/${at}` })),
    ...rules.flatMap(({ accounts }, rule) =>
      accounts.map(({ account }, at) => ({ id: account, field: `route_rules/${rule}/accounts/${at}/account` })),
    ),
  ];
  const wrong = named.find(({ id }) => {
    const config = accountOf(id);
    return config?.mode !== mode || (config.tenant !== null && config.tenant !== tenant.id);
  });
  if (wrong === undefined) return null;
  const detail = `Name a carrier account of this jurisdiction in mode ${mode} that this tenant may use.`;
  return refuse("invalid_field", { errors: [{ field: wrong.field, code: "invalid_field", detail }] });
}

/** The owner of an account is an existing tenant whose environment fits the account's mode. */
export function ownerFault(
  tenantOf: (id: string) => TenantRow | null,
  { tenant, mode }: Pick<AccountConfig, "tenant" | "mode">,
): Outcome<never> | null {
  if (tenant === null) return null;
  const owner = tenantOf(tenant);
  const fits = owner !== null && (owner.environment === "live") === (mode === "live");
  if (fits) return null;
  const detail = `Name a tenant of this jurisdiction whose environment goes with the mode ${mode}.`;
  return refuse("invalid_field", { errors: [{ field: "tenant_id", code: "invalid_field", detail }] });
}

/** A client certificate must be a binding of the Worker. */
export function bindingFault(hasBinding: (name: string) => boolean, name: string | null): Outcome<never> | null {
  if (name === null || hasBinding(name)) return null;
  const detail = "The Worker has no such binding. Add it under `mtls_certificates` and deploy first.";
  return refuse("invalid_field", { errors: [{ field: "mtls", code: "invalid_field", detail }] });
}
