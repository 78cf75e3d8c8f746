/**
 * Who is signed in, and which role they have: the same on a tenant's page and on the operators'.
 */
import type { z } from "zod";
import type { PersonSessionView } from "../../access/people/schemas.ts";
import { Table, Time } from "./parts.tsx";

type Session = z.output<typeof PersonSessionView>;

/** The value of a form whose person has the role that their claim gives. */
export const CLAIMED = "claimed";

/** Chooses somebody's role; the form goes to `path` with `do=role`, `id` and `role`. */
export function RoleForm({
  path,
  roles,
  of: { id, name, given_role },
}: {
  path: string;
  roles: readonly string[];
  of: { id: string; name: string | null; given_role: string | null };
}) {
  return (
    <form class="buttons tight" method="post" action={path}>
      <input type="hidden" name="do" value="role" />
      <input type="hidden" name="id" value={id} />
      <select name="role" aria-label={`Role of ${name ?? id}`} class="slim">
        {[CLAIMED, ...roles, "none"].map((role) => (
          <option value={role} selected={role === (given_role ?? CLAIMED)}>
            {role === CLAIMED ? "as the provider says" : role === "none" ? "no access" : role}
          </option>
        ))}
      </select>
      <button class="quiet slim" type="submit">
        Save
      </button>
    </form>
  );
}

/** Sessions, each with its end; the form goes to `path` with `do=end` and `id`. `me`: the id of who reads. */
export function Sessions({ path, sessions, me }: { path: string; sessions: readonly Session[]; me: string }) {
  return (
    <section aria-labelledby="sessions" class="section">
      <h2 id="sessions">Signed in now</h2>
      <Table
        caption="Sessions"
        rows={sessions}
        columns={[
          {
            head: "Person",
            cell: ({ name, person }) => (
              <>
                <bdi>{name ?? "–"}</bdi>
                {person === me ? " (you)" : ""}
              </>
            ),
          },
          { head: "Signed in", cell: ({ created_at }) => <Time at={created_at} /> },
          { head: "Last used", opt: true, cell: ({ used_at }) => <Time at={used_at} /> },
          { head: "Ends by", cell: ({ expires_at }) => <Time at={expires_at} /> },
          { head: "", cell: ({ id, name }) => <EndForm path={path} id={id} name={name ?? "this person"} /> },
        ]}
      />
    </section>
  );
}

function EndForm({ path, id, name }: { path: string; id: string; name: string }) {
  return (
    <form method="post" action={path}>
      <input type="hidden" name="id" value={id} />
      <button class="danger slim" name="do" value="end" type="submit" aria-label={`End the session of ${name}`}>
        End
      </button>
    </form>
  );
}
