/**
 * Operators who sign in at the console: their verbs, and what the doors ask of them. The tables and rules are access's, as with a
 * tenant's people; here they get this object's key, its audit and its transaction.
 */
import type { DoorKeys, Environment } from "../access/api-key.ts";
import type { Credential } from "../access/caller.ts";
import type { OperatorSignIn } from "../access/people/operators.ts";
import type { Identity, SignedIn, SignInClient } from "../access/people/sign-in.ts";
import { operatorsPeople } from "../access/room.ts";
import { readClock } from "../base/clock.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import type { Actor, Recorder } from "../contract/record.ts";
import type { Operating, OperatorPresent, OperatorVerbName, OperatorVerbTable } from "../rpc/operator.ts";
import type { Sql } from "../storage/sql.ts";
import type { OwnKey } from "./own-key.ts";

type Deps = {
  sql: Sql;
  own: OwnKey;
  door: DoorKeys;
  environment: Environment;
  publicUrl: () => string;
  configured: OperatorSignIn | null;
  newId: (prefix: "per" | "cse") => string;
  record: Recorder;
  /** Who acts, with the role and the page where it is a person at the console. */
  actorOf: (operator: Operating) => Actor;
};

export type OperatorPeople = ReturnType<typeof operatorPeople>;

/** The people of one operator object. */
export function operatorPeople({ own, record, actorOf, ...ground }: Deps) {
  let acting: Operating | null = null;
  const people = operatorsPeople({
    ...ground,
    realNow: readClock,
    seal: (of, field, text) => own.seal(of, field, text),
    open: (of, field, sealed) => own.open(of, field, sealed),
    keyedName: (kind, text) => own.nameOf(kind, text),
    record: (actor, entry) => record(acting?.id === actor.id ? actorOf(acting) : actor, entry),
  });
  const callerOf = (credential: Credential) => {
    const caller = people.recognise(credential);
    return typeof caller === "string" ? refuse("unauthenticated") : { ok: caller };
  };
  return {
    verbs: people.verbs,
    hasSignIn: people.hasSignIn,
    purge: people.purge,
    signInClient: (): Outcome<SignInClient> => people.signInClient(),
    signIn: (identity: Identity): SignedIn => people.signIn(identity),
    /** Runs what an operator asked: every entry that it makes in their name says in which role and from which page. */
    actingAs: <T>(operator: Operating, act: () => T): T => {
      acting = operator;
      try {
        return act();
      } finally {
        acting = null;
      }
    },
    present: (credential: Credential): Outcome<OperatorPresent> => {
      const caller = callerOf(credential);
      if (isRefused(caller)) return caller;
      people.used(caller.ok);
      const present = people.presentOf(caller.ok);
      const { session } = caller.ok;
      if (present === null || session === null) return refuse("unauthenticated");
      return { ok: { ...present, session: { id: session.id, freshUntil: session.freshUntil } } };
    },
    signOut: (credential: Credential): void => {
      const caller = callerOf(credential);
      if (!isRefused(caller)) people.signOut(caller.ok);
    },
  };
}

type PeoplesVerbs = Extract<
  OperatorVerbName,
  `sign_in.${string}` | `operators.${string}` | `operator_sessions.${string}`
>;

/** The verbs about operators who sign in; each is one transaction, as a tenant's is. */
export function peopleVerbsOf(
  of: () => OperatorPeople,
  transaction: <T>(act: () => T) => T,
): Pick<OperatorVerbTable, PeoplesVerbs> {
  const run = async <T>(operator: Operating, act: (people: OperatorPeople) => T): Promise<T> => {
    const people = of();
    return transaction(() => people.actingAs(operator, () => act(people)));
  };
  return {
    "sign_in.get": (who) => run(who, ({ verbs }) => verbs["signin.get"].run(who, null)),
    "sign_in.change": (who, input) => run(who, ({ verbs }) => verbs["signin.change"].run(who, input)),
    "operators.list": (who, input) => run(who, ({ verbs }) => verbs["people.list"].run(who, input)),
    "operators.change_role": (who, input) => run(who, ({ verbs }) => verbs["people.change_role"].run(who, input)),
    "operator_sessions.list": (who, input) => run(who, ({ verbs }) => verbs["people.sessions"].run(who, input)),
    "operator_sessions.end": (who, input) => run(who, ({ verbs }) => verbs["people.end_session"].run(who, input)),
  };
}
