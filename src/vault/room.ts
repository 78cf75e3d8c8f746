/**
 * The face of the vault: tokens for numbers. Rooms above it are given the ledger itself, which opens a number only where
 * docs/threat-model.md says so.
 */
import type { Owner } from "../base/ids.ts";
import type { Refusal } from "../base/refusal.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Recorder } from "../contract/record.ts";
import type { Num } from "../sms/phone.ts";
import { dayOf, TENANT_SUBJECT, VaultLedger } from "./ledger.ts";
import type { TenantKeys } from "./tenant-keys.ts";
import { Naming, type CountNaming } from "./naming.ts";
import { tokensVerbs } from "./verbs.ts";

export { TENANT_SUBJECT } from "./ledger.ts";
export { createTenantKeys, keyStoreBytes, loadTenantKeys, rootsInKeyStore, saveTenantKeys } from "./tenant-keys.ts";

type VaultGround = Ground & {
  owner: Owner;
  keys: TenantKeys;
  /** Days after which a number is forgotten that nobody asked to keep. */
  forgetAfterDays: () => number;
  /** Whether the tenant may hold such a number at all. */
  judge: (number: Pick<Num, "country" | "kind">) => Refusal | null;
  /** Counts a number that a key names. */
  countNaming: CountNaming;
  /** Tokens that rooms above have in use, however quiet: pages of them, until an empty one. */
  tokensInUse: () => Iterable<string>;
};
type Below = { audit: { record: Recorder } };

/** The room. */
export const vaultRoom = room({
  name: "vault",
  migrations: [{ id: 1, up: (sql) => VaultLedger.migrate(sql) }],
  open: (ground: VaultGround, { audit: { record } }: Below) => {
    const { sql, owner, ids, keys, now, judge, countNaming, forgetAfterDays, tokensInUse } = ground;
    const vault = new VaultLedger(sql, owner, ids, keys);
    const naming = new Naming(vault, countNaming);
    return {
      verbs: tokensVerbs({ vault, now, judge, naming, record }),
      steps: [],
      purges: [
        {
          name: "numbers",
          // In one transaction: where it cannot be said who is in use, nobody is forgotten.
          drop: (at: number, limit: number) => {
            for (const token of tokensInUse()) vault.touch(token, false, at);
            return vault.forgetUnkept(dayOf(at) - forgetAfterDays(), limit);
          },
        },
      ],
      ledger: vault,
      /** Makes recipients of what requests name. */
      naming,
      /** Seals what is the tenant's own and no person's. */
      sealOwn: (record: string, field: string, text: string): Uint8Array => {
        const sealed = vault.sealText(TENANT_SUBJECT, record, field, text);
        if (sealed === null) throw new Error("the tenant's own key is gone");
        return sealed;
      },
      openOwn: (record: string, field: string, sealed: Uint8Array): string | null =>
        vault.openText(TENANT_SUBJECT, record, field, sealed),
    };
  },
});
