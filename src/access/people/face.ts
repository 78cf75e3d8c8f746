/**
 * What access shows of people beside its verbs: signing in and out, and who is in a session.
 */
import { isoOf } from "../../base/clock.ts";
import type { Outcome } from "../../base/refusal.ts";
import { byCaller, type Actor } from "../../contract/record.ts";
import type { Environment } from "../api-key.ts";
import type { Caller, Granted } from "../caller.ts";
import {
  resetSignIn,
  shownOf,
  signIn,
  signInClient,
  type Identity,
  type PeopleDeps,
  type SignedIn,
  type SignInClient,
} from "./sign-in.ts";

/** Who is in a session, for the frame of every page. */
export type Present = {
  person: string;
  name: string | null;
  role: string;
  scopes: Granted;
  tenant: string;
  environment: Environment;
  fresh: boolean;
  expires_at: string;
};

/** The part of the room's face that is about people. */
export function peopleFace<R extends string>(deps: PeopleDeps<R>, tenantName: string) {
  const { people, environment, realNow, record } = deps;
  return {
    /** A person's session was used: it stays alive for as long again. */
    used: ({ session }: Caller): void => {
      if (session !== null) people.used(session.id, realNow());
    },
    signInClient: (): Outcome<SignInClient> => signInClient(deps),
    signIn: (identity: Identity): SignedIn => signIn(deps, identity),
    /** Drops the sign-in and ends every session. */
    resetSignIn: (actor: Actor) => resetSignIn(deps, actor),
    /** The person ends the session they are in. */
    signOut: ({ id, session }: Caller): void => {
      if (session !== null && people.end(session.id, realNow()))
        record(byCaller(id), { act: "person.signed_out", subject: id });
    },
    /** Who is in the session; null where the caller is an API key. */
    presentOf: ({ id, session, scopes }: Caller): Present | null => {
      const row = session === null ? null : people.session(session.id);
      if (session === null || row === null) return null;
      const fresh = session.freshUntil > realNow();
      const name = shownOf(deps, row)?.name ?? null;
      const who = { person: id, name, role: session.role, scopes, fresh, expires_at: isoOf(session.expiresAt) };
      return { ...who, tenant: tenantName, environment };
    },
  };
}
