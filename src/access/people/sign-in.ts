/**
 * How a tenant's people sign in, and what becomes of who comes: the settings, sealed under the tenant's own key, and the one way
 * from an identity that the door has verified to a session. No matching claim, no session.
 */
import { z } from "zod";
import { isoOf } from "../../base/clock.ts";
import { refuse, type Outcome } from "../../base/refusal.ts";
import { sha256 } from "../../base/seal.ts";
import { byRule, type Actor, type Recorder } from "../../contract/record.ts";
import type { DoorKeys, Environment } from "../api-key.ts";
import type { Granted, Role } from "../caller.ts";
import { roleNamed, roleOf, type RoleSet } from "../roles.ts";
import { makeSession } from "./credential.ts";
import { FRESH_MS, NO_ROLE, type PeopleLedger, type Person, type RoleGiven } from "./ledger.ts";

/** One row of the mapping: whoever's claim holds the value gets the role. The first row that fits counts. */
export type RoleRow<R extends string = Role> = { value: string; role: R };

export type SignInSettings<R extends string = Role> = {
  issuer: string;
  clientId: string;
  clientSecret: string | null;
  /** The name of the claim in the ID token that says what somebody may do. */
  claim: string;
  roles: readonly RoleRow<R>[];
};

/** What the door needs to send somebody to the issuer and to check who comes back. */
export type SignInClient = Omit<SignInSettings, "roles">;

/** Whom the issuer named, as the door verified it. */
export type Identity = {
  issuer: string;
  clientId: string;
  subject: string;
  /** The values of the claim. */
  values: readonly string[];
  /** When the person last proved who they are, in milliseconds; null where the issuer does not say. */
  authenticatedAt: number | null;
  name: string | null;
  address: string | null;
  /** What this one login is known by: it leads to one session only. */
  login: string;
  /** The session that the person had in this browser; it ends with the new one. */
  before: string | null;
};

/** A session that begins, or why there is none. */
export type SignedIn = { session: string } | { denied: "no_role" | "settings_changed" | "used" };

export type PeopleDeps<R extends string = Role> = {
  people: PeopleLedger<R>;
  roles: RoleSet<R>;
  /** Whether who is no person, a key or an operator by token, may change a sign-in that is set: of a tenant, no key. */
  outsidersMayChange: boolean;
  /** The settings that the deployment itself says: they stand in place of those that are kept. Null: none. */
  configured: SignInSettings<R> | null;
  door: DoorKeys;
  environment: Environment;
  tenantId: string;
  publicUrl: () => string;
  newId: (prefix: "per" | "cse") => string;
  realNow: () => number;
  scopesOf: (id: string) => Granted;
  record: Recorder;
  seal: (record: string, field: string, text: string) => Uint8Array;
  open: (record: string, field: string, sealed: Uint8Array) => string | null;
  /** The keyed name of a person. */
  keyedName: (kind: string, text: string) => Uint8Array;
};

const SETTINGS_RECORD = "sign_in";

/** Settings as `keepSettings` wrote them, and what `beginSession` sealed of a name. */
const Kept = z.object({
  issuer: z.string(),
  clientId: z.string(),
  clientSecret: z.string().nullable(),
  claim: z.string(),
  roles: z.array(z.object({ value: z.string(), role: z.string() })),
});
const Called = z.object({ name: z.string().nullable(), address: z.string().nullable() });

/** The settings as they are kept; null where the tenant has none. */
export function readSettings<R extends string>(
  deps: PeopleDeps<R>,
): (SignInSettings<R> & { changedAt: number | null }) | null {
  const { people, open, roles, configured } = deps;
  if (configured !== null) return { ...configured, changedAt: null };
  const kept = people.settings();
  if (kept === null) return null;
  const text = open(SETTINGS_RECORD, "settings", kept.settings);
  if (text === null) throw new Error("the settings of the sign-in do not open");
  const settings = Kept.parse(JSON.parse(text));
  const rows = settings.roles.flatMap(({ value, role: name }) => {
    const role = roleNamed(roles, name);
    return role === null ? [] : [{ value, role }];
  });
  return { ...settings, roles: rows, changedAt: kept.changedAt };
}

/** Keeps settings in place of those before. */
export function keepSettings<R extends string>(
  { people, seal, realNow }: PeopleDeps<R>,
  settings: SignInSettings<R>,
): void {
  people.keepSettings(seal(SETTINGS_RECORD, "settings", JSON.stringify(settings)), realNow());
}

/** What the door needs to begin; refused where the tenant has no sign-in. */
export function signInClient<R extends string>(deps: PeopleDeps<R>): Outcome<SignInClient> {
  const settings = readSettings(deps);
  if (settings === null) return refuse("not_found", { detail: "No sign-in is set for this tenant." });
  const { issuer, clientId, clientSecret, claim } = settings;
  return { ok: { issuer, clientId, clientSecret, claim } };
}

/** Begins a session for an identity that the door verified, in the role its claim leads to or an owner gave. */
export function signIn<R extends string>(deps: PeopleDeps<R>, identity: Identity): SignedIn {
  const { people, realNow, record } = deps;
  const settings = readSettings(deps);
  if (settings === null || settings.issuer !== identity.issuer || settings.clientId !== identity.clientId)
    return { denied: "settings_changed" };
  const login = sha256(identity.login);
  if (people.isUsed(login)) return { denied: "used" };
  const claimed = roleOf(settings.roles, identity.values);
  const name = deps.keyedName("person", JSON.stringify([identity.issuer, identity.subject]));
  const known = people.find(name);
  const role: RoleGiven<R> = claimed === null ? NO_ROLE : (known?.given ?? claimed);
  if (role === NO_ROLE) {
    // Whoever had access and has none any more loses the sessions too: the role is the person's, not the session's.
    if (known !== null && known.role !== NO_ROLE) moveRole(deps, byRule("sign-in"), known, NO_ROLE, known.given);
    record(byRule("sign-in"), { act: "person.refused", subject: known?.id ?? null, reason: "no_role" });
    return { denied: "no_role" };
  }
  const person = known?.id ?? deps.newId("per");
  people.seen(person, name, role, realNow());
  return { session: beginSession(deps, person, role, login, identity) };
}

function beginSession<R extends string>(
  deps: PeopleDeps<R>,
  person: string,
  role: R,
  login: Uint8Array,
  identity: Identity,
): string {
  const { people, realNow, record } = deps;
  const before = identity.before === null ? null : people.session(identity.before);
  if (before !== null && people.end(before.id, realNow()))
    record({ type: "person", id: before.person }, { act: "person.signed_out", subject: before.person });
  const id = deps.newId("cse");
  const { text, secret } = makeSession(deps.door, id);
  const shown = deps.seal(id, "shown", JSON.stringify({ name: identity.name, address: identity.address }));
  // An issuer that does not say when somebody proved who they are has not shown that it was just now.
  const freshUntil = (identity.authenticatedAt ?? 0) + FRESH_MS;
  people.begin({
    id,
    person,
    secret,
    login,
    shown,
    freshUntil: Math.min(freshUntil, realNow() + FRESH_MS),
    realNow: realNow(),
  });
  record({ type: "person", id: person }, { act: "person.signed_in", subject: person, facts: { session: id, role } });
  return text;
}

/** Gives a person a role, from the next request on. */
export function moveRole<R extends string>(
  { people, record }: PeopleDeps<R>,
  actor: Actor,
  person: Person<R>,
  role: Person<R>["role"],
  given: Person<R>["given"],
): void {
  people.setRole(person.id, role, given);
  record(actor, { act: "person.role_changed", subject: person.id, facts: { from: person.role, to: role } });
}

/** What the identity provider called the person of a session; null once the session is over. */
export function shownOf(
  { open }: Pick<PeopleDeps, "open">,
  session: { id: string; shown: ArrayBuffer | null },
): { name: string | null; address: string | null } | null {
  const text = session.shown === null ? null : open(session.id, "shown", new Uint8Array(session.shown));
  return text === null ? null : Called.parse(JSON.parse(text));
}

/** Ends every session and drops the settings: the way out when the issuer is broken or in wrong hands. */
export function resetSignIn<R extends string>(
  deps: PeopleDeps<R>,
  actor: Actor,
): { had_sign_in: boolean; ended: number } {
  const had = deps.people.dropSettings();
  const ended = deps.people.endOthers(null, deps.realNow()).length;
  deps.record(actor, { act: "signin.reset", subject: null, facts: { had_sign_in: had, ended } });
  return { had_sign_in: had, ended };
}

/** When settings were changed, as answers say it; null where the deployment says them. */
export const changedAtOf = ({ changedAt }: { changedAt: number | null }): string | null =>
  changedAt === null ? null : isoOf(changedAt);
