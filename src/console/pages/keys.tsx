/**
 * API keys: which there are, a new one, another in its place, and the end of one. A secret is on the page that made it and never
 * again.
 */
import type { z } from "zod";
import { isRefused, type Refusal } from "../../base/refusal.ts";
import { SCOPES } from "../../access/caller.ts";
import { IssuedKeyView, KeyView } from "../../access/schemas.ts";
import { makeNonce } from "../../contract/page.ts";
import { pageOf } from "../../contract/list.ts";
import { Empty, Field, Head, Icon, Id, Notice, Pager, State, Table, Time, SecretOnce } from "../look/parts.tsx";
import { fieldOf, type PageRow, type Shown, type Visit } from "../visit.ts";

type Key = z.output<typeof KeyView>;

const PATH = "/console/keys";
const OVERLAP_SECONDS = 3_600;

export const keyPages: PageRow[] = [
  {
    path: PATH,
    title: "Keys",
    scope: "keys:manage",
    nav: { group: "Build", icon: "keys" },
    get: (visit) => list(visit, {}),
    post: act,
  },
];

type Said = { secret?: string; done?: string; wrong?: Refusal };

async function act(visit: Visit): Promise<Shown> {
  const { ask, form } = visit;
  const id = fieldOf(form, "id");
  const once = fieldOf(form, "once");
  const again = once === undefined ? {} : { once };
  if (id === undefined) {
    const body = { name: fieldOf(form, "name") ?? "", scopes: form.getAll("scope") };
    const made = await ask("keys.create", { body, ...again }, IssuedKeyView);
    return isRefused(made) ? list(visit, { wrong: made }) : list(visit, secretOf(made.ok, "The key was made."));
  }
  if (form.get("do") === "rotate") {
    const question = { params: { id }, body: { overlap_seconds: OVERLAP_SECONDS }, ...again };
    const made = await ask("keys.rotate", question, IssuedKeyView);
    if (isRefused(made)) return list(visit, { wrong: made });
    return list(visit, secretOf(made.ok, "The key was replaced. The old one works for another hour."));
  }
  const revoked = await ask("keys.revoke", { params: { id } }, KeyView);
  return isRefused(revoked)
    ? list(visit, { wrong: revoked })
    : list(visit, { done: "The key is revoked. It opens nothing any more." });
}

const secretOf = ({ secret }: z.output<typeof IssuedKeyView>, done: string): Said =>
  secret === undefined ? { done: `${done} Its secret was shown once already.` } : { done, secret };

async function list(visit: Visit, said: Said): Promise<Shown> {
  const { ask, query, present, now } = visit;
  const page = await ask("keys.list", { query: { limit: "100", cursor: query["cursor"] } }, pageOf(KeyView));
  if (isRefused(page)) return page;
  return {
    title: "Keys",
    ...(said.wrong === undefined ? {} : { status: 422 }),
    main: (
      <>
        <Head
          title="Keys"
          says="What your programs call the API with. A key can do what its scopes say, and no more."
        />
        <SaidNotice {...said} />
        {page.ok.data.length === 0 ? (
          <Empty icon="keys" title="No key yet">
            <p>Make one below; its secret is shown once.</p>
          </Empty>
        ) : (
          <>
            <Table
              caption="Keys"
              rows={page.ok.data}
              columns={[
                {
                  head: "Name",
                  cell: ({ name, id }) => (
                    <>
                      <strong>
                        <bdi>{name}</bdi>
                      </strong>
                      <br />
                      <Id of={id} />
                    </>
                  ),
                },
                { head: "State", cell: (key) => <State of={stateOf(key, now)} /> },
                {
                  head: "Scopes",
                  cell: ({ scopes }) => (
                    <span class="small">{scopes.includes("*") ? "everything" : scopes.join(", ")}</span>
                  ),
                },
                { head: "Made", cell: ({ created_at }) => <Time at={created_at} /> },
                { head: "Ends", opt: true, cell: ({ expires_at }) => <Time at={expires_at} /> },
                { head: "", cell: (key) => (stateOf(key, now) === "active" ? <Acts of={key} /> : "") },
              ]}
            />
            <Pager page={page.ok} path={PATH} query={{ cursor: query["cursor"] }} what={["key", "keys"]} />
            <br />
          </>
        )}
        <NewKey present={present} />
      </>
    ),
  };
}

function SaidNotice({ secret, done, wrong }: Said) {
  if (wrong !== undefined)
    return (
      <Notice tone="bad">
        <strong>Nothing was changed.</strong> {wrong.errors?.map(({ detail }) => detail).join(" ") ?? wrong.detail}
      </Notice>
    );
  if (done === undefined) return null;
  return (
    <Notice tone="good">
      <strong>{done}</strong>
      {secret === undefined ? null : <SecretOnce secret={secret} />}
    </Notice>
  );
}

function stateOf(key: Key, now: number): string {
  if (key.revoked_at !== null) return Date.parse(key.revoked_at) <= now ? "revoked" : "replaced";
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? "expired" : "active";
}

function Acts({ of }: { of: Key }) {
  return (
    <form class="buttons" method="post" action={PATH}>
      <input type="hidden" name="id" value={of.id} />
      <input type="hidden" name="once" value={makeNonce()} />
      <button class="quiet slim" name="do" value="rotate" type="submit" aria-label={`Replace ${of.name}`}>
        Replace
      </button>
      <button class="danger slim" name="do" value="revoke" type="submit" aria-label={`Revoke ${of.name}`}>
        Revoke
      </button>
    </form>
  );
}

function NewKey({ present }: { present: Visit["present"] }) {
  const all = present.scopes.includes("*");
  const held = SCOPES.filter((scope) => all || present.scopes.includes(scope));
  return (
    <section class="card" aria-labelledby="new">
      <h2 id="new">A new key</h2>
      <p>Give it only what its program needs. You can give what you may do yourself.</p>
      <form class="fields" method="post" action={PATH}>
        <input type="hidden" name="once" value={makeNonce()} />
        <Field id="name" label="Name" hint="What it is for, such as “Booking server”.">
          <input id="name" name="name" required maxlength={100} autocomplete="off" aria-describedby="name-hint" />
        </Field>
        <fieldset>
          <legend>Scopes</legend>
          <div class="checks">
            {[...(all ? ["*"] : []), ...held].map((scope) => (
              <label class="check">
                <input type="checkbox" name="scope" value={scope} />
                {scope === "*" ? "everything, also what comes later" : <code>{scope}</code>}
              </label>
            ))}
          </div>
        </fieldset>
        <button type="submit">
          <Icon name="plus" />
          Make the key
        </button>
      </form>
    </section>
  );
}
