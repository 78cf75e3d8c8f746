/**
 * People: who signed in, in which role, where they are signed in now, and how signing in is set.
 */
import type { z } from "zod";
import { isRefused, REASONS, type Refusal } from "../../base/refusal.ts";
import { ROLES } from "../../access/caller.ts";
import { PersonSessionView, PersonView, SignInView } from "../../access/people/schemas.ts";
import { pageOf } from "../../contract/list.ts";
import { Empty, Facts, Field, Head, Id, Notice, Pager, State, Table, Time } from "../look/parts.tsx";
import { CLAIMED, RoleForm, Sessions } from "../look/signed-in.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Person = z.output<typeof PersonView>;
type SignIn = z.output<typeof SignInView>;

const PATH = "/console/people";
/** Rows that the form of the mapping offers beyond those that are filled. */
const SPARE_ROWS = 2;

export const peoplePages: PageRow[] = [
  {
    path: PATH,
    title: "People",
    scope: "signin:manage",
    nav: { group: "Govern", icon: "people" },
    get: (visit) => list(visit, null),
    post: act,
  },
];

type Said = { done: string } | { wrong: Refusal } | null;

async function act(visit: Visit): Promise<Shown> {
  const { form } = visit;
  const acts: Record<string, (visit: Visit) => Promise<Said | Refusal>> = {
    role: changeRole,
    end: endSession,
    settings: changeSettings,
  };
  const said = await acts[form.get("do") ?? ""]?.(visit);
  if (said === undefined || said === null) return { goTo: PATH };
  // A sign-in that is not fresh is answered by the way to a fresh one, a role that may not by the page that says so.
  if ("refused" in said) return said;
  return list(visit, said);
}

const DECIDE_ELSEWHERE = new Set(["fresh_sign_in_needed", "missing_scope", "unauthenticated"]);
const orElsewhere = (refusal: Refusal): Said | Refusal =>
  DECIDE_ELSEWHERE.has(refusal.refused) ? refusal : { wrong: refusal };

async function changeRole({ ask, form }: Visit): Promise<Said | Refusal> {
  const role = fieldOf(form, "role");
  const question = { params: { id: fieldOf(form, "id") ?? "" }, body: { role: role === CLAIMED ? null : role } };
  const changed = await ask("people.change_role", question, PersonView);
  return isRefused(changed)
    ? orElsewhere(changed)
    : { done: "The role is changed, and counts from the next request on." };
}

async function endSession({ ask, form }: Visit): Promise<Said | Refusal> {
  const ended = await ask("people.end_session", { params: { id: fieldOf(form, "id") ?? "" } }, PersonSessionView);
  return isRefused(ended) ? orElsewhere(ended) : { done: "The session has ended." };
}

async function changeSettings({ ask, form }: Visit): Promise<Said | Refusal> {
  const values = form.getAll("value").map((value) => value.trim());
  const roles = form.getAll("for");
  const rows = values.flatMap((value, at) => (value === "" ? [] : [{ value, role: roles[at] }]));
  const secret = fieldOf(form, "client_secret");
  const body = {
    issuer: fieldOf(form, "issuer") ?? "",
    client_id: fieldOf(form, "client_id") ?? "",
    claim: fieldOf(form, "claim") ?? "",
    roles: rows,
    ...(secret === undefined ? {} : { client_secret: secret }),
  };
  const changed = await ask("signin.change", { body }, SignInView);
  if (isRefused(changed)) return orElsewhere(changed);
  return {
    done: "The sign-in is changed, and everybody else’s sessions have ended. Try it in another browser before you sign out here.",
  };
}

async function list(visit: Visit, said: Said): Promise<Shown> {
  const { ask, query } = visit;
  const { cursor } = query;
  const [people, sessions, signIn] = await Promise.all([
    ask("people.list", { query: { limit: "50", cursor } }, pageOf(PersonView)),
    ask("people.sessions", {}, pageOf(PersonSessionView)),
    ask("signin.get", {}, SignInView),
  ]);
  if (isRefused(people)) return people;
  if (isRefused(sessions)) return sessions;
  if (isRefused(signIn) && signIn.refused !== "not_found") return signIn;
  const wrong = said !== null && "wrong" in said ? said.wrong : null;
  return {
    title: "People",
    ...(wrong === null ? {} : { status: REASONS[wrong.refused].status }),
    main: (
      <>
        <Head
          title="People"
          says="Who signs in here, in which role. Names come from your identity provider and are forgotten with the session."
        />
        {said !== null && "done" in said ? <Notice tone="good">{said.done}</Notice> : null}
        {wrong === null ? null : (
          <Notice tone="bad">
            <strong>Nothing was changed.</strong>{" "}
            {wrong.errors?.map(({ field, detail }) => `${field}: ${detail}`).join(" ") ??
              wrong.detail ??
              REASONS[wrong.refused].detail}
          </Notice>
        )}
        <People people={people.ok.data} me={visit.present.person} />
        <Pager page={people.ok} path={PATH} query={{ cursor }} what={["person", "people"]} />
        <br />
        <Sessions path={PATH} sessions={sessions.ok.data} me={visit.present.person} />
        <Settings signIn={isRefused(signIn) ? null : signIn.ok} />
      </>
    ),
  };
}

function People({ people, me }: { people: readonly Person[]; me: string }) {
  if (people.length === 0)
    return (
      <Empty icon="people" title="Nobody has signed in yet">
        <p>Whoever does stands here.</p>
      </Empty>
    );
  return (
    <Table
      caption="People"
      rows={people}
      columns={[
        { head: "Person", cell: (person) => <Named {...person} me={me} /> },
        {
          head: "Role",
          cell: ({ role, given_role }) => (
            <>
              <State of={role} tone={role === "none" ? "bad" : "calm"} />
              {given_role === null ? "" : <span class="soft small"> given here</span>}
            </>
          ),
        },
        {
          head: "Signed in",
          cell: ({ live_sessions }) =>
            live_sessions === 0 ? "no" : live_sessions === 1 ? "once" : `${live_sessions} times`,
        },
        { head: "First seen", opt: true, cell: ({ first_seen_at }) => <Time at={first_seen_at} /> },
        { head: "Last sign-in", cell: ({ last_seen_at }) => <Time at={last_seen_at} /> },
        {
          head: "Change role",
          cell: (person) =>
            person.id === me ? (
              <span class="soft small">another owner can</span>
            ) : (
              <RoleForm path={PATH} roles={ROLES} of={person} />
            ),
        },
      ]}
    />
  );
}

function Named({ id, name, address, me }: Pick<Person, "id" | "name" | "address"> & { me: string }) {
  return (
    <>
      {name === null ? null : (
        <>
          <strong>
            <bdi>{name}</bdi>
          </strong>
          {id === me ? " (you)" : ""}
          <br />
        </>
      )}
      {address === null ? null : (
        <>
          <bdi class="soft small">{address}</bdi>
          <br />
        </>
      )}
      <Id of={id} />
    </>
  );
}

function Settings({ signIn }: { signIn: SignIn | null }) {
  return (
    <section class="card" aria-labelledby="settings">
      <h2 id="settings">How people sign in</h2>
      <p>
        By OpenID Connect, at the identity provider of your organisation. A claim of its ID token gives the role; who
        has none of these values has no access. Changing anything here needs a sign-in of the last ten minutes.
      </p>
      {signIn === null ? null : (
        <div class="gap">
          <Facts
            of={[
              ["Sign-in link", <code class="id">{signIn.sign_in_url}</code>],
              ["Redirect URI", <code class="id">{signIn.redirect_uri}</code>],
              ["Changed", <Time at={signIn.changed_at} />],
            ]}
          />
        </div>
      )}
      <SettingsForm signIn={signIn} />
    </section>
  );
}

function SettingsForm({ signIn }: { signIn: SignIn | null }) {
  const secretHint =
    signIn?.has_client_secret === true
      ? "One is set; leave this empty to keep it."
      : "Leave empty for a public client.";
  return (
    <form class="fields" method="post" action={PATH}>
      <input type="hidden" name="do" value="settings" />
      <Field id="issuer" label="Issuer" hint="Exactly what the provider’s metadata says.">
        <input
          id="issuer"
          name="issuer"
          type="url"
          required
          value={signIn?.issuer ?? ""}
          aria-describedby="issuer-hint"
        />
      </Field>
      <Field id="client_id" label="Client id">
        <input id="client_id" name="client_id" required value={signIn?.client_id ?? ""} autocomplete="off" />
      </Field>
      <Field id="client_secret" label="Client secret" hint={secretHint}>
        <input
          id="client_secret"
          name="client_secret"
          type="password"
          autocomplete="off"
          aria-describedby="client_secret-hint"
        />
      </Field>
      <Field id="claim" label="Claim that gives the role" hint="For example groups, or realm_access.roles.">
        <input
          id="claim"
          name="claim"
          required
          value={signIn?.claim ?? ""}
          autocomplete="off"
          aria-describedby="claim-hint"
        />
      </Field>
      <RoleRows of={signIn?.roles ?? []} />
      <button type="submit">Save the sign-in</button>
    </form>
  );
}

function RoleRows({ of }: { of: SignIn["roles"] }) {
  const rows = [...of, ...Array.from({ length: SPARE_ROWS }, () => ({ value: "", role: "viewer" }))];
  return (
    <fieldset>
      <legend>Value of the claim, and the role it gives. The first row that fits counts.</legend>
      <ol class="plain rows">
        {rows.map(({ value, role }, at) => (
          <li class="pair">
            <input
              name="value"
              value={value}
              maxlength={200}
              aria-label={`Value of row ${at + 1}`}
              autocomplete="off"
            />
            <select name="for" aria-label={`Role of row ${at + 1}`}>
              {ROLES.map((each) => (
                <option value={each} selected={each === role}>
                  {each}
                </option>
              ))}
            </select>
          </li>
        ))}
      </ol>
    </fieldset>
  );
}
