/**
 * People by token: what is kept of one person, each thing with the day until which it is kept. A person is found by token or by the
 * caller's own reference, never by number, and no number is shown: revealing one is a request of the API, with a reason. What the
 * visitor's role may not read is not asked for, and the page says so.
 */
import type { Child } from "hono/jsx";
import type { z } from "zod";
import type { Scope } from "../../access/caller.ts";
import { isRefused, REASONS, type Outcome } from "../../base/refusal.ts";
import { ConsentView } from "../../consent/consents.routes.ts";
import { pageOf, type Page } from "../../contract/list.ts";
import { ReceivedView } from "../../inbound/inbound.routes.ts";
import { INBOX_KEPT_DAYS } from "../../inbound/verbs.ts";
import { SessionView } from "../../masking/schemas.ts";
import { SESSIONS_KEPT_DAYS } from "../../masking/session.ts";
import { MessageView } from "../../messages/schemas.ts";
import { PolicyView } from "../../policy/policy.routes.ts";
import { findNumbers } from "../../sms/phone.ts";
import { RECORDS_KEPT_DAYS } from "../../storage/records.ts";
import { KnownTokenView } from "../../vault/tokens.routes.ts";
import { VerificationView } from "../../verify/schemas.ts";
import { until } from "../kept.ts";
import { Empty, Facts, Field, Head, hrefOf, Icon, Id, Notice, Pager, State, Table, Time } from "../look/parts.tsx";
import { fieldOf, opens, type PageRow, type Shown, type Visit } from "../visit.ts";

const PATH = "/console/tokens";
/** Rows of each kind; the whole lists have pages of their own. */
const ROWS = "10";
const TOKEN = /^tok_[a-z0-9]{30,40}$/;

export const tokenPages: PageRow[] = [
  {
    path: PATH,
    title: "Tokens",
    scope: "tokens:read",
    nav: { group: "Govern", icon: "tokens" },
    get: search,
    post: find,
  },
  { path: `${PATH}/{token}`, title: "Token", scope: "tokens:read", get: one },
];

/** A token leads to its page, a reference to the people it was about; a number goes no further than this form. */
function find({ form }: Visit): Promise<Shown> {
  const sought = fieldOf(form, "q");
  if (sought === undefined) return Promise.resolve({ goTo: PATH });
  if (findNumbers(sought).length > 0) return Promise.resolve({ goTo: hrefOf(PATH, { wrong: "number" }) });
  return Promise.resolve({ goTo: TOKEN.test(sought) ? `${PATH}/${sought}` : hrefOf(PATH, { reference: sought }) });
}

async function search({ ask, query }: Visit): Promise<Shown> {
  const { reference, cursor } = query;
  const page =
    reference === undefined
      ? null
      : await ask("messages.list", { query: { limit: "25", reference, cursor } }, pageOf(MessageView));
  if (page !== null && isRefused(page)) return page;
  const people = page === null ? [] : [...new Map(page.ok.data.map(({ to }) => [to.token, to])).values()];
  return {
    title: "Tokens",
    main: (
      <>
        <Head title="Tokens" says="What is kept of a person, and until when. A number is on none of these pages." />
        {query["wrong"] === "number" ? (
          <Notice tone="wait">
            <strong>Nobody is searched for by number here.</strong> POST /v1/tokens answers a number’s token to whoever
            may ask; search by that, or by your own reference.
          </Notice>
        ) : null}
        <form class="filter" method="post" action={PATH} role="search">
          <Field id="q" label="Token or reference" wide>
            <input id="q" name="q" value={reference ?? ""} placeholder="tok_…, order-4711" autocomplete="off" />
          </Field>
          <button type="submit">
            <Icon name="search" />
            Search
          </button>
        </form>
        {page === null ? (
          <Empty icon="tokens" title="Whom are you looking for?">
            <p>Every message names the token of whom it went to; a reference is what your system wrote beside it.</p>
          </Empty>
        ) : people.length === 0 ? (
          <Empty icon="search" title="No message has this reference">
            <p>References are compared whole, upper and lower case apart.</p>
          </Empty>
        ) : (
          <>
            <Table
              caption="People with this reference"
              rows={people}
              columns={[
                { head: "Token", cell: ({ token }) => <Id of={token} href={`${PATH}/${token}`} /> },
                { head: "Mask", cell: ({ mask }) => <span class="nowrap">{mask}</span> },
                { head: "Country", cell: ({ country }) => country },
              ]}
            />
            <Pager page={page.ok} path={PATH} query={{ reference, cursor }} what={["message", "messages"]} />
          </>
        )}
      </>
    ),
  };
}

async function one(visit: Visit): Promise<Shown> {
  const { ask, params, present } = visit;
  const token = params["token"] ?? "";
  const may = (scope: Scope) => opens(present.scopes, { scope });
  const query = { token, limit: ROWS };
  const [read, policy, messages, verifications, sessions, inbox, consents] = await Promise.all([
    ask("tokens.get", { params }, KnownTokenView),
    ask("policy.get", {}, PolicyView),
    ask("messages.list", { query }, pageOf(MessageView)),
    ask("verify.list", { query }, pageOf(VerificationView)),
    ask("sessions.list", { query }, pageOf(SessionView)),
    may("inbound:read") ? ask("inbound.list", { query }, pageOf(ReceivedView)) : null,
    may("consents:read") ? ask("consents.list", { query }, pageOf(ConsentView)) : null,
  ]);
  if (isRefused(read)) return read;
  if (isRefused(policy)) return policy;
  const it = read.ok;
  const days = RECORDS_KEPT_DAYS[present.environment];
  return {
    title: "Token",
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Tokens</a>
        </p>
        <Head title={it.mask} says={<code class="id">{it.token}</code>} />
        <div class="two">
          <div class="stack">
            <Kept title="Messages" shown={messages} all={hrefOf("/console/messages", { token })}>
              {(rows) => <Messages rows={rows} days={days} />}
            </Kept>
            <Kept title="Verifications" shown={verifications}>
              {(rows) => <Verifications rows={rows} days={days} />}
            </Kept>
            <Kept title="Conversations" shown={sessions}>
              {(rows) => <Sessions rows={rows} />}
            </Kept>
            <Kept title="Texts that came in" shown={inbox} all={hrefOf("/console/inbox", { token })}>
              {(rows) => <Inbox rows={rows} />}
            </Kept>
            <Kept title="Consents" shown={consents}>
              {(rows) => <Consents rows={rows} />}
            </Kept>
          </div>
          <section class="card" aria-labelledby="number">
            <h2 id="number">The number</h2>
            <p>Sealed under a key of this person’s own. No page here shows it.</p>
            <Facts of={numberFacts(it, policy.ok.retention)} />
          </section>
        </div>
      </>
    ),
  };
}

type Retention = z.output<typeof PolicyView>["retention"];

function numberFacts(
  { country, kind, first_seen_at }: z.output<typeof KnownTokenView>,
  { text_days, notes_days, forget_numbers_after_days }: Retention,
): (readonly [string, Child])[] {
  return [
    ["Country", country],
    ["Kind", kind.replaceAll("_", " ")],
    ["First seen", <Time at={first_seen_at} />],
    [
      "Number kept",
      `until ${forget_numbers_after_days} days after its last use; one you made a token of, until it is erased`,
    ],
    ["References and metadata", `${notes_days} days`],
    ["Words of texts sent", text_days === 0 ? "until the carrier has them" : `${text_days} days`],
  ];
}

type PageShown<Row> = Outcome<Page<Row>> | null;

/** One kind of thing: the newest of them, or why none is shown. */
function Kept<Row>({
  title,
  shown,
  all,
  children,
}: {
  title: string;
  shown: PageShown<Row>;
  all?: string;
  children: (rows: Row[]) => Child;
}) {
  const id = `kept-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {shown === null ? (
        <p class="soft">Your role does not see these.</p>
      ) : isRefused(shown) ? (
        <p class="soft">{REASONS[shown.refused].title}. They are not shown.</p>
      ) : shown.ok.data.length === 0 ? (
        <p class="soft">None is kept.</p>
      ) : (
        <>
          {children(shown.ok.data)}
          {shown.ok.next_cursor === null ? null : (
            <p class="soft small gap">
              The newest {shown.ok.data.length}.{" "}
              {all === undefined ? "There are older ones." : <a href={all}>All of them</a>}
            </p>
          )}
        </>
      )}
    </section>
  );
}

function Messages({ rows, days }: { rows: z.output<typeof MessageView>[]; days: number }) {
  return (
    <Table
      caption="Messages"
      rows={rows}
      columns={[
        { head: "Message", cell: ({ id }) => <Id of={id} href={`/console/messages/${id}`} /> },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Accepted", cell: ({ created_at }) => <Time at={created_at} /> },
        { head: "Kept until", cell: ({ created_at }) => <Time at={until(created_at, days)} /> },
      ]}
    />
  );
}

function Verifications({ rows, days }: { rows: z.output<typeof VerificationView>[]; days: number }) {
  return (
    <Table
      caption="Verifications"
      rows={rows}
      columns={[
        { head: "Verification", cell: ({ id }) => <Id of={id} href={`/console/verifications/${id}`} /> },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Started", cell: ({ created_at }) => <Time at={created_at} /> },
        { head: "Kept until", cell: ({ created_at }) => <Time at={until(created_at, days)} /> },
      ]}
    />
  );
}

function Sessions({ rows }: { rows: z.output<typeof SessionView>[] }) {
  return (
    <Table
      caption="Conversations"
      rows={rows}
      columns={[
        { head: "Conversation", cell: ({ id }) => <Id of={id} href={`/console/conversations/${id}`} /> },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Opened", cell: ({ opened_at }) => <Time at={opened_at} /> },
        {
          head: "Kept until",
          cell: ({ ended_at }) =>
            ended_at === null ? (
              <span class="small">{SESSIONS_KEPT_DAYS} days after its end</span>
            ) : (
              <Time at={until(ended_at, SESSIONS_KEPT_DAYS)} />
            ),
        },
      ]}
    />
  );
}

function Inbox({ rows }: { rows: z.output<typeof ReceivedView>[] }) {
  return (
    <Table
      caption="Texts that came in"
      rows={rows}
      columns={[
        { head: "Text", cell: ({ id }) => <Id of={id} href={`/console/inbox/${id}`} /> },
        { head: "Came in", cell: ({ received_at }) => <Time at={received_at} /> },
        { head: "Kept until", cell: ({ received_at }) => <Time at={until(received_at, INBOX_KEPT_DAYS)} /> },
      ]}
    />
  );
}

function Consents({ rows }: { rows: z.output<typeof ConsentView>[] }) {
  return (
    <Table
      caption="Consents"
      rows={rows}
      columns={[
        { head: "Said", cell: ({ state }) => <State of={state} tone={state === "given" ? "good" : "bad"} /> },
        {
          head: "To",
          cell: ({ purpose, sender }) => <bdi>{sender === null ? purpose : `${purpose}, by ${sender}`}</bdi>,
        },
        { head: "Heard by", opt: true, cell: ({ source }) => source.replaceAll("_", " ") },
        { head: "When", cell: ({ said_at }) => <Time at={said_at} /> },
        { head: "Kept until", cell: () => <span class="small">your account ends: a stop outlives the number</span> },
      ]}
    />
  );
}
