/**
 * Operators: who signed in, in which role, where they are signed in now, and where they sign in.
 */
import type { z } from "zod";
import { OPERATOR_ROLES } from "../../access/caller.ts";
import { OperatorPersonView, OperatorSignInView, PersonSessionView } from "../../access/people/schemas.ts";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { Facts, Head, Id, Pager, State, Table, Time } from "../look/parts.tsx";
import { CLAIMED, RoleForm, Sessions } from "../look/signed-in.tsx";
import { fieldOf, type Shown } from "../visit.ts";
import type { OperatorPageRow, OperatorVisit } from "./visit.ts";

type Person = z.output<typeof OperatorPersonView>;

const PATH = "/console/operator/people";

export const peoplePages: OperatorPageRow[] = [
  { path: PATH, title: "Operators", nav: { group: "Govern", icon: "people" }, get: list, post: act },
];

async function act({ ask, form }: OperatorVisit): Promise<Shown> {
  const params = { id: fieldOf(form, "id") ?? "" };
  const role = fieldOf(form, "role");
  if (form.get("do") === "end") {
    const ended = await ask("operator_sessions.end", { params }, PersonSessionView);
    return isRefused(ended) ? ended : { goTo: PATH };
  }
  const body = { role: role === CLAIMED ? null : role };
  const done = await ask("operators.change_role", { params, body }, OperatorPersonView);
  return isRefused(done) ? done : { goTo: PATH };
}

async function list({ ask, query, present }: OperatorVisit): Promise<Shown> {
  const { cursor } = query;
  const [people, sessions, signIn] = await Promise.all([
    ask("operators.list", { query: { cursor, limit: "50" } }, pageOf(OperatorPersonView)),
    ask("operator_sessions.list", {}, pageOf(PersonSessionView)),
    ask("sign_in.get", {}, OperatorSignInView),
  ]);
  if (isRefused(people)) return people;
  if (isRefused(sessions)) return sessions;
  if (isRefused(signIn)) return signIn;
  const me = present.person;
  return {
    title: "Operators",
    main: (
      <>
        <Head
          title="Operators"
          says="Who signs in here. Names come from your identity provider and end with the session."
        />
        <People of={people.ok.data} me={me} />
        <Pager page={people.ok} path={PATH} query={{ cursor }} what={["person", "people"]} />
        <Sessions path={PATH} sessions={sessions.ok.data} me={me} />
        <SignIn of={signIn.ok} />
      </>
    ),
  };
}

function People({ of, me }: { of: readonly Person[]; me: string }) {
  return (
    <Table
      caption="Operators"
      rows={of}
      columns={[
        {
          head: "Person",
          cell: ({ id, name }) => (
            <>
              <strong>
                <bdi>{name ?? "not signed in"}</bdi>
              </strong>
              <br />
              <Id of={id} />
            </>
          ),
        },
        { head: "Role", cell: ({ role }) => <State of={role} tone={role === "none" ? "bad" : "calm"} /> },
        { head: "Last sign-in", cell: ({ last_seen_at }) => <Time at={last_seen_at} /> },
        {
          head: "Change role",
          cell: (person) =>
            person.id === me ? (
              <span class="soft small">another operator can</span>
            ) : (
              <RoleForm path={PATH} roles={OPERATOR_ROLES} of={person} />
            ),
        },
      ]}
    />
  );
}

function SignIn({ of }: { of: z.output<typeof OperatorSignInView> }) {
  return (
    <section class="card section" aria-labelledby="sign-in">
      <h2 id="sign-in">How operators sign in</h2>
      <p>
        Changed by <code>PUT /admin/v1/sign-in</code>, or by the deployment’s variable <code>OPERATOR_SIGN_IN</code>.
      </p>
      <Facts
        of={[
          ["Issuer", <code class="id">{of.issuer}</code>],
          ["Sign-in link", <code class="id">{of.sign_in_url}</code>],
          ["Redirect URI", <code class="id">{of.redirect_uri}</code>],
          ["Claim", <code>{of.claim}</code>],
          ["Roles", of.roles.map(({ value, role }) => `${value}: ${role}`).join(", ")],
          ["Changed", <Time at={of.changed_at} />],
        ]}
      />
    </section>
  );
}
