/**
 * The face of the policy: what a tenant may read of it. The host stores it with the tenant's record.
 */
import type { Owner } from "../base/ids.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Policy } from "./policy.ts";
import { policyVerbs, type Storage } from "./verbs.ts";

export { changed, changeFacts, defaultPolicy, judgeNumber, policyView } from "./policy.ts";

type PolicyGround = Ground & {
  policy: () => Policy;
  owner: Owner;
  tenantId: string;
  environment: "sandbox" | "live";
  storageBytes: () => number;
};
type Below = { risk: { storage: (bytes: number) => Storage } };

/** The room. */
export const policyRoom = room({
  name: "policy",
  migrations: [],
  open: ({ policy, tenantId, owner: { jurisdiction }, environment, storageBytes }: PolicyGround, { risk }: Below) => ({
    verbs: policyVerbs({
      policy,
      tenant: tenantId,
      jurisdiction,
      environment,
      storage: () => risk.storage(storageBytes()),
    }),
    steps: [],
    purges: [],
  }),
});
