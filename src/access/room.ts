/**
 * The face of access: API keys, and the kept answers for repeated requests.
 */
import { isRefused, type Outcome } from "../base/refusal.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Actor, Recorder } from "../contract/record.ts";
import type { DoorKeys, Environment } from "./api-key.ts";
import type { Caller, Credential, Granted, Origin } from "./caller.ts";
import { IdempotencyLedger } from "./idempotency.ts";
import { KeysLedger, type KeyRefusal, type KeySettings, type KeyView } from "./keys.ts";
import { issueKey, keysVerbs, type IssuedKey, type KeysDeps } from "./verbs.ts";

export { CallLimits } from "./call-limits.ts";
export { demand } from "./keys.ts";

type AccessGround = Ground & { door: DoorKeys; environment: Environment };
type Below = { audit: { record: Recorder } };

/** The room. */
export const accessRoom = room({
  name: "access",
  migrations: [
    {
      id: 1,
      up: (sql) => {
        KeysLedger.migrate(sql);
        IdempotencyLedger.migrate(sql);
      },
    },
  ],
  open: ({ sql, ids, now, realNow, door, environment }: AccessGround, { audit: { record } }: Below) => {
    const keys = new KeysLedger(sql);
    const idempotency = new IdempotencyLedger(sql);
    const scopesOf = (id: string): Granted => {
      const key = keys.get(id);
      return isRefused(key) ? [] : key.ok.scopes;
    };
    const deps: KeysDeps = { keys, door, environment, newId: () => ids.make("key", now()), realNow, scopesOf, record };
    return {
      verbs: keysVerbs(deps),
      steps: [],
      purges: [{ name: "idempotency", drop: (at: number, limit: number) => idempotency.purge(at, limit) }],
      idempotency,
      scopesOf,
      recognise: (credential: Credential, origin: Origin): Caller | KeyRefusal =>
        keys.recognise(credential, origin, realNow()),
      issueKey: (actor: Actor, settings: KeySettings): Outcome<IssuedKey> => issueKey(deps, actor, settings),
      revokeKey: (actor: Actor, id: string): Outcome<KeyView> => {
        const revoked = keys.revoke(id, realNow());
        if (!isRefused(revoked)) record(actor, { act: "key.revoked", subject: id });
        return revoked;
      },
      /** Revokes all keys, with an audit entry for each; answers how many. */
      revokeAll: (actor: Actor): number => {
        const ids = keys.revokeAll(realNow());
        for (const id of ids) record(actor, { act: "key.revoked", subject: id });
        return ids.length;
      },
      /** The first key in a key's chain of rotations. */
      lineOf: (id: string): string => keys.lineOf(id),
      listKeys: (): KeyView[] => keys.list(),
    };
  },
});
