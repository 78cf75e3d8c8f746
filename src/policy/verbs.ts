/**
 * A tenant's verb to read its own policy. Only operators change it.
 */
import type { Jurisdiction } from "../base/ids.ts";
import type { Outcome } from "../base/refusal.ts";
import type { Quota, Usage } from "../risk/quota.ts";
import { verb } from "../contract/verb.ts";
import { policyView, type Policy } from "./policy.ts";

export type PolicyDeps = {
  policy: () => Policy;
  tenant: string;
  jurisdiction: Jurisdiction;
  environment: "sandbox" | "live";
  storage: () => Storage;
};

/** What the tenant keeps now, and what it may keep. */
export type Storage = { used: Usage; quota: Quota };

/** The verbs of the policy. */
export function policyVerbs(deps: PolicyDeps) {
  return {
    "policy.get": verb("policy:read", (): Outcome<OwnPolicy> => ({ ok: ownPolicy(deps) })),
  };
}

export type PolicyVerbs = ReturnType<typeof policyVerbs>;
export type OwnPolicy = ReturnType<typeof ownPolicy>;

/** The policy without the operator's routes, because a tenant must not learn which carrier accounts exist. */
function ownPolicy({ policy, tenant, jurisdiction, environment, storage }: PolicyDeps) {
  const view = policyView(policy());
  return {
    tenant,
    jurisdiction,
    environment,
    countries: view.countries,
    kinds: view.kinds,
    senders: { own: view.default_sender },
    segments_max: view.segments_max,
    intercept: view.intercept,
    retention: {
      text_days: view.keep_text_days,
      notes_days: view.keep_notes_days,
      forget_numbers_after_days: view.forget_numbers_after_days,
    },
    limits: view.limits,
    storage: storage(),
  };
}
