/**
 * Operators who sign in: the same people, sessions and settings as a tenant's, in the operators' object, with roles of their own.
 */
import { OPERATORS_ROLES } from "../roles.ts";
import type { OperatorRole } from "../caller.ts";
import type { Credential } from "../caller.ts";
import { isPerson, type Recorder } from "../../contract/record.ts";
import { OPERATOR_CODE, tenantId, type Owner } from "../../base/ids.ts";
import type { Sql } from "../../storage/sql.ts";
import { peopleFace } from "./face.ts";
import { NO_ROLE, PeopleLedger } from "./ledger.ts";
import { readSettings, type PeopleDeps, type SignInSettings } from "./sign-in.ts";
import { peopleVerbs } from "./verbs.ts";

/** Where operators' sign-in and sessions are kept, whichever jurisdiction they work in: in this one object. */
export const OPERATORS_HOME: Owner = { jurisdiction: "eu", code: OPERATOR_CODE };

export type OperatorSignIn = SignInSettings<OperatorRole>;

type OperatorsGround = Pick<
  PeopleDeps,
  "door" | "environment" | "publicUrl" | "newId" | "realNow" | "seal" | "open" | "keyedName"
> & {
  sql: Sql;
  /** The sign-in that the deployment itself says; null where it is set by the API. */
  configured: OperatorSignIn | null;
  /** Enters an act with an operator, or the service itself, as the actor. */
  record: Recorder;
};

/** The tables, for the migrations of the operators' object. */
export const migrateOperatorsPeople = (sql: Sql): void => PeopleLedger.migrate(sql);

/** Operators' people: their verbs, signing in and out, and who is in a session. */
export function operatorsPeople({ sql, record, ...ground }: OperatorsGround) {
  const people = new PeopleLedger(sql, OPERATORS_ROLES);
  const deps: PeopleDeps<OperatorRole> = {
    ...ground,
    people,
    roles: OPERATORS_ROLES,
    outsidersMayChange: true,
    tenantId: tenantId(OPERATORS_HOME),
    scopesOf: (id) => {
      if (!isPerson(id)) return ["*"];
      const role = people.get(id)?.role ?? NO_ROLE;
      return role === NO_ROLE ? [] : OPERATORS_ROLES.scopesOf(role);
    },
    record: (actor, entry) => record(actor.type === "system" ? actor : { ...actor, type: "operator" }, entry),
  };
  return {
    ...peopleFace(deps, "Operators"),
    verbs: peopleVerbs(deps),
    recognise: (credential: Credential) =>
      people.recognise(credential, { ip: null, certificate: null }, ground.realNow()),
    hasSignIn: (): boolean => readSettings(deps) !== null,
    purge: (limit: number): number =>
      people.purgeSessions(ground.realNow(), limit) + people.purgePeople(ground.realNow(), limit),
  };
}
