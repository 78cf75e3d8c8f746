/**
 * Conversations: masked sessions, and what went through one. Without texts: reading those is an act of its own.
 */
import type { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf, type Page } from "../../contract/list.ts";
import { InteractionView, SessionView } from "../../masking/schemas.ts";
import { Empty, Facts, Head, Id, Pager, State, Table, Time } from "../look/parts.tsx";
import type { PageRow, Shown, Visit } from "../visit.ts";

type Session = z.output<typeof SessionView>;

const PATH = "/console/conversations";
/** What went through, without the words: this page has no place for them. */
const Unread = InteractionView.omit({ text: true });

export const conversationPages: PageRow[] = [
  {
    path: PATH,
    title: "Conversations",
    scope: "sessions:read",
    nav: { group: "Traffic", icon: "conversations" },
    get: list,
  },
  { path: `${PATH}/{id}`, title: "Conversation", scope: "sessions:read", get: one },
];

async function list({ ask, query }: Visit): Promise<Shown> {
  const { cursor } = query;
  const page = await ask("sessions.list", { query: { limit: "25", cursor } }, pageOf(SessionView));
  if (isRefused(page)) return page;
  return {
    title: "Conversations",
    main: (
      <>
        <Head title="Conversations" says="People who text each other without knowing each other’s number." />
        {page.ok.data.length === 0 ? (
          <Empty icon="conversations" title="No conversation yet">
            <p>Open one with POST /v1/sessions: each person is given a virtual number for the others.</p>
            <div class="buttons">
              <a class="button quiet" href="/docs">
                Read how
              </a>
            </div>
          </Empty>
        ) : (
          <>
            <Table
              caption="Conversations"
              rows={page.ok.data}
              columns={[
                { head: "Conversation", cell: ({ id }) => <Id of={id} href={`${PATH}/${id}`} /> },
                { head: "State", cell: ({ state }) => <State of={state} /> },
                { head: "People", cell: ({ participants }) => <Names of={participants} /> },
                { head: "Texts", num: true, cell: ({ messages }) => messages },
                { head: "Last activity", cell: ({ last_activity_at }) => <Time at={last_activity_at} /> },
                { head: "Expires", cell: ({ expires_at }) => <Time at={expires_at} /> },
              ]}
            />
            <Pager page={page.ok} path={PATH} query={{ cursor }} what={["conversation", "conversations"]} />
          </>
        )}
      </>
    ),
  };
}

function Names({ of }: { of: Session["participants"] }) {
  return <bdi>{of.map(({ name, to }) => name ?? to.mask).join(", ")}</bdi>;
}

async function one({ ask, params, query }: Visit): Promise<Shown> {
  const { cursor } = query;
  const [read, page] = await Promise.all([
    ask("sessions.get", { params }, SessionView),
    ask("sessions.interactions", { params, query: { limit: "25", cursor } }, pageOf(Unread)),
  ]);
  if (isRefused(read)) return read;
  if (isRefused(page)) return page;
  const it = read.ok;
  return {
    title: "Conversation",
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Conversations</a>
        </p>
        <Head title="Conversation" says={<code class="id">{it.id}</code>}>
          <State of={it.state} />
        </Head>
        <div class="two">
          <section class="card" aria-labelledby="through">
            <h2 id="through">What went through</h2>
            <p>Who, when and what became of it. The words are not on this page.</p>
            {page.ok.data.length === 0 ? (
              <p class="soft">Nothing yet.</p>
            ) : (
              <Through session={it} page={page.ok} cursor={cursor} />
            )}
          </section>
          <div class="stack">
            <People of={it.participants} />
            <section class="card" aria-labelledby="facts">
              <h2 id="facts">Facts</h2>
              <Facts
                of={[
                  ["Texts", it.messages],
                  ["Opened", <Time at={it.opened_at} />],
                  ["Expires", <Time at={it.expires_at} />],
                  ["Ended", <Time at={it.ended_at} />],
                  ["Texts are kept", it.keep_text_days === 0 ? "not at all" : `${it.keep_text_days} days`],
                  ["Pool", <code class="id">{it.pool_id}</code>],
                ]}
              />
            </section>
          </div>
        </div>
      </>
    ),
  };
}

type Interactions = Page<z.output<typeof Unread>>;

function Through({ session, page, cursor }: { session: Session; page: Interactions; cursor: string | undefined }) {
  const nameOf = (id: string | null) => {
    const person = session.participants.find((each) => each.id === id);
    return person === undefined
      ? id === null
        ? "The business"
        : "Somebody who left"
      : (person.name ?? person.to.mask);
  };
  return (
    <>
      <Table
        caption="What went through"
        rows={page.data}
        columns={[
          { head: "From", cell: ({ from }) => <bdi>{nameOf(from)}</bdi> },
          { head: "State", cell: ({ state }) => <State of={state} /> },
          { head: "To", cell: ({ legs }) => legs.map((leg) => <Leg {...leg} name={nameOf(leg.participant)} />) },
          { head: "At", cell: ({ created_at }) => <Time at={created_at} /> },
        ]}
      />
      <br />
      <Pager page={page} path={`${PATH}/${session.id}`} query={{ cursor }} what={["text", "texts"]} />
    </>
  );
}

function People({ of }: { of: Session["participants"] }) {
  return (
    <section class="card" aria-labelledby="people">
      <h2 id="people">People</h2>
      <ul class="plain stack">
        {of.map((person) => (
          <li>
            <strong>
              <bdi>{person.name ?? person.to.mask}</bdi>
            </strong>{" "}
            {person.state === "left" ? <State of="left" tone="calm" /> : null}
            {person.stopped ? <State of="said stop" tone="bad" /> : null}
            <br />
            <span class="soft small">
              {person.to.mask} is known to the others by <span class="nowrap">{person.proxy.number}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Leg({ name, message_id, state }: { name: string; message_id: string | null; state: string }) {
  return (
    <div>
      {message_id === null ? <bdi>{name}</bdi> : <a href={`/console/messages/${message_id}`}>{name}</a>}{" "}
      <State of={state} />
    </div>
  );
}
