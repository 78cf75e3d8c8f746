/**
 * The face of the vault: tokens for numbers. Rooms above are given the ledger itself; docs/threat-model.md lists where
 * they open a number.
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
  /** Days after which an unused number is deleted, unless it is marked as kept. */
  forgetAfterDays: () => number;
  /** Whether the tenant may hold such a number at all. */
  judge: (number: Pick<Num, "country" | "kind">) => Refusal | null;
  /** Counts a number that a key names. */
  countNaming: CountNaming;
  /** Tokens that rooms above use, even if inactive for long. */
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
          // In one transaction: if the tokens in use cannot be read, no number is deleted.
          drop: (at: number, limit: number) => {
            for (const token of tokensInUse()) vault.touch(token, false, at);
            return vault.forgetUnkept(dayOf(at) - forgetAfterDays(), limit);
          },
        },
      ],
      ledger: vault,
      /** Makes recipients from the numbers and tokens in requests. */
      naming,
      /** Seals a value of the tenant's own, under the tenant's key. */
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
