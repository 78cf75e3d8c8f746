/**
 * What can be asked about who signs in. Whatever could give somebody access needs a person with a fresh sign-in: a key may only
 * set the first sign-in of a tenant, because until then there is no person. A role never exceeds who gives it.
 */
import { isoOf } from "../../base/clock.ts";
import { refuse, type Outcome } from "../../base/refusal.ts";
import { readPage, wholeList, type Page } from "../../contract/list.ts";
import { byCaller, isPerson } from "../../contract/record.ts";
import { verb, type Who } from "../../contract/verb.ts";
import type { Role } from "../caller.ts";
import { mayGive } from "../roles.ts";
import { signInLink } from "./credential.ts";
import { FRESH_MS, NO_ROLE, sessionView, type Person, type RoleGiven, type SessionView } from "./ledger.ts";
import {
  changedAtOf,
  keepSettings,
  moveRole,
  readSettings,
  shownOf,
  type PeopleDeps,
  type RoleRow,
  type SignInSettings,
} from "./sign-in.ts";
import { ownerOfTenant } from "../../base/ids.ts";

/** A secret that is left out stays as it is, as long as the client is the same. */
export type SignInChange<R extends string = Role> = Omit<SignInSettings<R>, "clientSecret"> & {
  clientSecret?: string | null;
};

export type SignInView<R extends string = Role> = {
  issuer: string;
  client_id: string;
  has_client_secret: boolean;
  claim: string;
  roles: RoleRow<R>[];
  redirect_uri: string;
  sign_in_url: string;
  changed_at: string | null;
};

export type PersonView<R extends string = Role> = {
  id: string;
  role: RoleGiven<R>;
  given_role: RoleGiven<R> | null;
  name: string | null;
  address: string | null;
  first_seen_at: string;
  last_seen_at: string;
  live_sessions: number;
};

const BEYOND = "Nobody can give a role that may do more than they may themselves.";
const CONFIGURED = "The deployment's own settings say how people sign in here; change them there.";
const minutes = FRESH_MS / 60_000;

/** The verbs of signing in. */
export const peopleVerbs = <R extends string>(deps: PeopleDeps<R>) => ({
  ...settingsVerbs(deps),
  ...rolesVerbs(deps),
  ...sessionsVerbs(deps),
});

function settingsVerbs<R extends string>(deps: PeopleDeps<R>) {
  const { people, realNow, record } = deps;
  return {
    "signin.get": verb("signin:manage", (): Outcome<SignInView<R>> => {
      const settings = readSettings(deps);
      return settings === null
        ? refuse("not_found", { detail: "No sign-in is set." })
        : { ok: settingsView(deps, settings) };
    }),

    "signin.change": verb("signin:manage", (who, input: SignInChange<R>): Outcome<SignInView<R>> => {
      const before = readSettings(deps);
      if (deps.configured !== null) return refuse("state_conflict", { detail: CONFIGURED });
      const mayAsOutsider = before === null && !isPerson(who.id);
      const stale = mayAsOutsider ? null : staleFault(deps, who);
      if (stale !== null) return stale;
      if (!input.roles.every(({ role }) => mayGive(deps.scopesOf(who.id), deps.roles.scopesOf(role))))
        return refuse("missing_scope", { detail: BEYOND });
      const same = before !== null && before.issuer === input.issuer && before.clientId === input.clientId;
      const kept = same ? before.clientSecret : null;
      keepSettings(deps, { ...input, clientSecret: input.clientSecret === undefined ? kept : input.clientSecret });
      const ended = people.endOthers(who.session?.id ?? null, realNow());
      const facts = { issuer_changed: before?.issuer !== input.issuer, rows: input.roles.length, ended: ended.length };
      record(byCaller(who.id), { act: "signin.changed", subject: null, facts });
      const settings = readSettings(deps);
      if (settings === null) throw new Error("settings that were just written are not there");
      return { ok: settingsView(deps, settings) };
    }),
  };
}

function rolesVerbs<R extends string>(deps: PeopleDeps<R>) {
  const { people } = deps;
  return {
    "people.list": verb(
      "signin:manage",
      (_who, input: { limit: number; before?: string }): Outcome<Page<PersonView<R>>> => ({
        ok: readPage(
          input.limit,
          (rows) => people.list(input.before, rows),
          (person) => personView(deps, person),
        ),
      }),
    ),

    /** `role` null: what the claim says, from the next sign-in on. */
    "people.change_role": verb(
      "signin:manage",
      (who, input: { id: string; role: RoleGiven<R> | null }): Outcome<PersonView<R>> => {
        const person = people.get(input.id);
        if (person === null) return refuse("not_found");
        const stale = staleFault(deps, who);
        if (stale !== null) return stale;
        if (person.id === who.id)
          return refuse("state_conflict", { detail: "Ask another owner to change your own role." });
        const beyond = [person.role, input.role].filter((role): role is R => role !== null && role !== NO_ROLE);
        if (!beyond.every((role) => mayGive(deps.scopesOf(who.id), deps.roles.scopesOf(role))))
          return refuse("missing_scope", { detail: BEYOND });
        moveRole(deps, byCaller(who.id), person, input.role ?? person.role, input.role);
        return { ok: personView(deps, people.get(person.id) ?? person) };
      },
    ),
  };
}

function sessionsVerbs<R extends string>(deps: PeopleDeps<R>) {
  const { people, realNow, record } = deps;
  return {
    "people.sessions": verb("signin:manage", (_who, input: { person?: string }): Outcome<Page<SessionView>> => {
      const live = people.live(input.person, realNow()).toReversed();
      return { ok: wholeList(live.map((session) => sessionView(session, shownOf(deps, session)))) };
    }),

    "people.end_session": verb("signin:manage", (who, input: { id: string }): Outcome<SessionView> => {
      const session = people.session(input.id);
      if (session === null) return refuse("not_found");
      if (people.end(session.id, realNow()))
        record(byCaller(who.id), {
          act: "person.session_ended",
          subject: session.person,
          facts: { session: session.id },
        });
      return { ok: sessionView(session, null) };
    }),
  };
}

export type PeopleVerbs = ReturnType<typeof peopleVerbs<Role>>;

/** Why the caller may give nobody access now: it is a tenant's key, or the sign-in is not fresh; null where they may. */
function staleFault<R extends string>({ realNow, outsidersMayChange }: PeopleDeps<R>, { id, session }: Who) {
  if (!isPerson(id) && outsidersMayChange) return null;
  if (!isPerson(id))
    return refuse("fresh_sign_in_needed", {
      detail: "Once a sign-in is set, only a person signed in as owner changes it; an operator can reset it.",
    });
  if ((session?.freshUntil ?? 0) > realNow()) return null;
  return refuse("fresh_sign_in_needed", { detail: `Sign in again, then repeat this within ${minutes} minutes.` });
}

function settingsView<R extends string>(
  deps: PeopleDeps<R>,
  settings: SignInSettings<R> & { changedAt: number | null },
): SignInView<R> {
  const base = `${deps.publicUrl()}/console`;
  return {
    issuer: settings.issuer,
    client_id: settings.clientId,
    has_client_secret: settings.clientSecret !== null,
    claim: settings.claim,
    roles: [...settings.roles],
    redirect_uri: `${base}/callback`,
    sign_in_url: `${base}/sign-in/${signInLink(deps.door, ownerOfTenant(deps.tenantId))}`,
    changed_at: changedAtOf(settings),
  };
}

function personView<R extends string>(deps: PeopleDeps<R>, person: Person<R>): PersonView<R> {
  const live = deps.people.live(person.id, deps.realNow());
  const newest = live.at(-1);
  const shown = newest === undefined ? null : shownOf(deps, newest);
  return {
    id: person.id,
    role: person.role,
    given_role: person.given,
    name: shown?.name ?? null,
    address: shown?.address ?? null,
    first_seen_at: isoOf(person.first_seen),
    last_seen_at: isoOf(person.last_seen),
    live_sessions: live.length,
  };
}
