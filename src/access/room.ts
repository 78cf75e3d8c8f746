/**
 * The face of access: API keys, people who sign in, and the kept answers for repeated requests.
 */
import { isRefused, type Outcome } from "../base/refusal.ts";
import { room, type Ground } from "../contract/room.ts";
import { isPerson, type Actor, type Recorder } from "../contract/record.ts";
import type { DoorKeys, Environment } from "./api-key.ts";
import type { Caller, Credential, Granted, Origin } from "./caller.ts";
import { IdempotencyLedger } from "./idempotency.ts";
import { KeysLedger, type KeyRefusal, type KeySettings, type KeyView } from "./keys.ts";
import { NO_ROLE, PeopleLedger } from "./people/ledger.ts";
import { peopleFace } from "./people/face.ts";
import type { PeopleDeps } from "./people/sign-in.ts";
import { peopleVerbs } from "./people/verbs.ts";
import { PEOPLES_ROLES, scopesOfRole } from "./roles.ts";
import { issueKey, keysVerbs, type IssuedKey, type KeysDeps } from "./verbs.ts";

export { migrateOperatorsPeople, OPERATORS_HOME, operatorsPeople } from "./people/operators.ts";
export { CallLimits } from "./call-limits.ts";
export { demand } from "./keys.ts";

type AccessGround = Ground & {
  door: DoorKeys;
  environment: Environment;
  tenantId: string;
  tenantName: string;
  publicUrl: () => string;
};
type Below = {
  audit: { record: Recorder };
  vault: {
    sealOwn: PeopleDeps["seal"];
    openOwn: PeopleDeps["open"];
    ledger: { keyedName: PeopleDeps["keyedName"] };
  };
};

const isSession = ({ id }: Credential): boolean => id.startsWith("cse_");

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
    { id: 2, up: (sql) => PeopleLedger.migrate(sql) },
  ],
  open: (ground: AccessGround, { audit: { record }, vault }: Below) => {
    const { sql, ids, now, realNow, door, environment, tenantId, tenantName, publicUrl } = ground;
    const keys = new KeysLedger(sql);
    const people = new PeopleLedger(sql, PEOPLES_ROLES);
    const idempotency = new IdempotencyLedger(sql);
    const scopesOf = grantsOf(people, keys);
    const signingIn: PeopleDeps = {
      people,
      roles: PEOPLES_ROLES,
      outsidersMayChange: false,
      configured: null,
      door,
      environment,
      tenantId,
      publicUrl,
      realNow,
      scopesOf,
      record,
      newId: (prefix) => ids.make(prefix, now()),
      seal: vault.sealOwn,
      open: vault.openOwn,
      keyedName: (kind, text) => vault.ledger.keyedName(kind, text),
    };
    const deps: KeysDeps = { keys, door, environment, newId: () => ids.make("key", now()), realNow, scopesOf, record };
    return {
      verbs: { ...keysVerbs(deps), ...peopleVerbs(signingIn) },
      steps: [],
      purges: [
        { name: "idempotency", drop: (at: number, limit: number) => idempotency.purge(at, limit) },
        { name: "people_sessions", drop: (_at: number, limit: number) => people.purgeSessions(realNow(), limit) },
        { name: "people", drop: (_at: number, limit: number) => people.purgePeople(realNow(), limit) },
      ],
      idempotency,
      scopesOf,
      recognise: (credential: Credential, origin: Origin): Caller | KeyRefusal =>
        (isSession(credential) ? people : keys).recognise(credential, origin, realNow()),
      ...peopleFace(signingIn, tenantName),
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

/** What a person or a key may do now; nothing where it is not there any more. */
function grantsOf(people: PeopleLedger, keys: KeysLedger) {
  return (id: string): Granted => {
    if (isPerson(id)) {
      const role = people.get(id)?.role ?? NO_ROLE;
      return role === NO_ROLE ? [] : scopesOfRole(role);
    }
    const key = keys.get(id);
    return isRefused(key) ? [] : key.ok.scopes;
  };
}
