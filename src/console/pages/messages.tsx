/**
 * Messages: a list that can be searched, and the life of one as a timeline.
 */
import type { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { STATES } from "../../messages/message.ts";
import { MessageView } from "../../messages/schemas.ts";
import { findNumbers } from "../../sms/phone.ts";
import {
  Empty,
  Facts,
  Field,
  Head,
  hrefOf,
  Icon,
  iconOf,
  Id,
  Money,
  Notice,
  Pager,
  State,
  Table,
  Time,
  toneOf,
  type Tone,
} from "../look/parts.tsx";
import { Live } from "../live.tsx";
import { fieldOf, type LiveRegion, type PageRow, type Shown, type Visit } from "../visit.ts";

type Message = z.output<typeof MessageView>;

const PATH = "/console/messages";
const PAGE_ROWS = "25";

export const messagePages: PageRow[] = [
  {
    path: PATH,
    title: "Messages",
    scope: "messages:read",
    nav: { group: "Traffic", icon: "messages" },
    get: list,
    post: search,
    live: region,
  },
  { path: `${PATH}/{id}`, title: "Message", scope: "messages:read", get: one },
];

/** What is searched for, by what it looks like: an id leads to its message, a token or a reference to a list. */
async function search({ form }: Visit): Promise<Shown> {
  const sought = fieldOf(form, "q");
  const filter = { state: fieldOf(form, "state"), from: fieldOf(form, "from"), to: fieldOf(form, "to") };
  if (sought === undefined) return { goTo: hrefOf(PATH, filter) };
  // A number must never stand in an address, so it goes no further than this form.
  if (findNumbers(sought).length > 0) return { goTo: hrefOf(PATH, { ...filter, wrong: "number" }) };
  if (/^msg_[a-z0-9]{30,40}$/.test(sought)) return { goTo: `${PATH}/${sought}` };
  return {
    goTo: hrefOf(PATH, { ...filter, ...(sought.startsWith("tok_") ? { token: sought } : { reference: sought }) }),
  };
}

/** A day of a date field as a time; its end for the last day that is wanted. */
function timeOfDay(day: string | undefined, end: boolean): string | undefined {
  return day === undefined || !/^\d{4}-\d\d-\d\d$/.test(day)
    ? undefined
    : `${day}T${end ? "23:59:59.999" : "00:00:00"}Z`;
}

const filterOf = ({ state, token, reference, from, to }: Visit["query"]): Filter => ({
  state,
  token,
  reference,
  from,
  to,
});

async function list(visit: Visit): Promise<Shown> {
  const { query } = visit;
  const shown = await region(visit);
  if (isRefused(shown)) return shown;
  return {
    title: "Messages",
    main: (
      <>
        <Head
          title="Messages"
          says="Every text that was accepted, newest first. Numbers are tokens here, as everywhere."
        />
        {query["wrong"] === "number" ? (
          <Notice tone="wait">
            <strong>Numbers are not searched for here.</strong> Addresses of pages are logged on their way, so none may
            hold a number. Search by the token that your system was given for it, or by your own reference.
          </Notice>
        ) : null}
        <Search {...filterOf(query)} />
        {query["cursor"] === undefined ? <Live>{shown.ok}</Live> : shown.ok}
      </>
    ),
  };
}

/** The messages that fit the search; on the first page they can be watched. */
async function region({ ask, query }: Visit): Promise<LiveRegion> {
  const { state, token, reference, from, to, cursor } = query;
  const filter = filterOf(query);
  const page = await ask(
    "messages.list",
    {
      query: {
        limit: PAGE_ROWS,
        cursor,
        state,
        token,
        reference,
        created_from: timeOfDay(from, false),
        created_to: timeOfDay(to, true),
      },
    },
    pageOf(MessageView),
  );
  if (isRefused(page)) return page;
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return {
    ok:
      page.ok.data.length === 0 ? (
        <Nothing filtered={filtered} />
      ) : (
        <>
          <List messages={page.ok.data} />
          <Pager page={page.ok} path={PATH} query={{ ...filter, cursor }} what={["message", "messages"]} />
        </>
      ),
  };
}

type Filter = Record<"state" | "token" | "reference" | "from" | "to", string | undefined>;

function Search({ state, token, reference, from, to }: Filter) {
  return (
    <form class="filter" method="post" action={PATH} role="search">
      <Field id="q" label="Token, reference or message id" wide>
        <input id="q" name="q" value={token ?? reference ?? ""} placeholder="tok_…, order-4711" autocomplete="off" />
      </Field>
      <Field id="state" label="State">
        <select id="state" name="state">
          <option value="">Any</option>
          {STATES.map((each) => (
            <option value={each} selected={each === state}>
              {each}
            </option>
          ))}
        </select>
      </Field>
      <Field id="from" label="From (UTC)">
        <input id="from" name="from" type="date" value={from ?? ""} />
      </Field>
      <Field id="to" label="Until (UTC)">
        <input id="to" name="to" type="date" value={to ?? ""} />
      </Field>
      <button type="submit">
        <Icon name="search" />
        Search
      </button>
    </form>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty icon="search" title="No message fits this search">
      <p>Tokens and references are compared whole, upper and lower case apart. A record is kept for 396 days.</p>
      <div class="buttons">
        <a class="button quiet" href={PATH}>
          Show all messages
        </a>
      </div>
    </Empty>
  ) : (
    <Empty icon="inbox" title="No message yet">
      <p>It stands here once it is accepted, with every step it takes.</p>
      <div class="buttons">
        <a class="button" href="/console/send">
          Send the first one
        </a>
      </div>
    </Empty>
  );
}

/** Messages as a table. */
export function List({ messages }: { messages: readonly Message[] }) {
  return (
    <Table
      caption="Messages"
      rows={messages}
      columns={[
        { head: "Message", cell: ({ id }) => <Id of={id} href={`${PATH}/${id}`} /> },
        { head: "To", cell: ({ to }) => <span class="nowrap">{to.mask}</span> },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Purpose", opt: true, cell: ({ purpose }) => purpose },
        { head: "Parts", num: true, cell: ({ segments }) => segments },
        { head: "Price", num: true, opt: true, cell: ({ price }) => <Money of={price} /> },
        { head: "Accepted", cell: ({ created_at }) => <Time at={created_at} /> },
      ]}
    />
  );
}

async function one({ ask, params }: Visit): Promise<Shown> {
  const read = await ask("messages.get", { params }, MessageView);
  if (isRefused(read)) return read;
  const message = read.ok;
  return {
    title: "Message",
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Messages</a>
        </p>
        <Head title={`To ${message.to.mask}`} says={<code class="id">{message.id}</code>}>
          <State of={message.state} />
        </Head>
        <div class="two">
          <section class="card" aria-labelledby="life">
            <h2 id="life">What happened</h2>
            <ol class="plain">
              {timeline(message).map((step) => (
                <li class={`line ${step.tone}`}>
                  <Icon name={iconOf(step.tone)} />
                  <strong>{step.what}</strong>
                  <p>
                    <Time at={step.at} exact />
                    {step.says === null ? null : (
                      <>
                        {" "}
                        · <bdi>{step.says}</bdi>
                      </>
                    )}
                  </p>
                </li>
              ))}
            </ol>
          </section>
          <section class="card" aria-labelledby="facts">
            <h2 id="facts">Facts</h2>
            <Facts of={factsOf(message)} />
          </section>
        </div>
      </>
    ),
  };
}

function factsOf(message: Message): (readonly [string, ReturnType<typeof Money> | string | number] | null)[] {
  const { to, from, reference, metadata, route } = message;
  return [
    [
      "To",
      <>
        {to.mask}{" "}
        <span class="soft">
          ({to.country}, {to.kind})
        </span>
      </>,
    ],
    [
      "Token",
      <a href={hrefOf(PATH, { token: to.token })} title="All messages to this token">
        <code class="id">{to.token}</code>
      </a>,
    ],
    ["From", <bdi>{from ?? "chosen by the carrier"}</bdi>],
    ["Purpose", message.purpose],
    ["Parts", `${message.segments} in ${message.encoding === "gsm7" ? "GSM-7" : "UCS-2"}`],
    ["Price", <Money of={message.price} />],
    ["Reference", reference === null ? <span class="soft">none</span> : <bdi>{reference}</bdi>],
    ["Batch", message.batch_id === null ? <span class="soft">none</span> : <code class="id">{message.batch_id}</code>],
    ["Expires", <Time at={message.expires_at} />],
    route === null ? null : ["Route", `${route.rule ?? "no rule"}, ${route.choose}`],
    ...Object.entries(metadata ?? {}).map(([name, value]) => [name, <bdi>{value}</bdi>] as const),
  ];
}

type Step = { at: string | null; what: string; says: string | null; tone: Tone };

const OUTCOMES: Readonly<Record<string, string>> = {
  accepted: "A carrier took it",
  declined: "A carrier declined it",
  throttled: "A carrier asked to wait",
  unknown: "A carrier’s answer was lost: it may have been sent",
  skipped: "A carrier was passed over: its circuit was open",
};

/** What a message went through, oldest first. */
export function timeline(message: Message): Step[] {
  const steps: Step[] = [{ at: message.created_at, what: "Accepted and stored", says: null, tone: "good" }];
  if (message.schedule_at !== null)
    steps.push({ at: message.schedule_at, what: "Planned for this time", says: null, tone: "calm" });
  for (const attempt of message.attempts) {
    const says = [attempt.code, attempt.latency_ms === null ? null : `answered in ${attempt.latency_ms} ms`];
    steps.push({
      at: attempt.at,
      what: attempt.outcome === null ? "Handed to a carrier" : (OUTCOMES[attempt.outcome] ?? attempt.outcome),
      says: says.filter((each) => each !== null).join(", ") || null,
      tone: toneOf(attempt.outcome ?? "sending"),
    });
  }
  const reason = message.reason === null ? null : message.reason.replaceAll("_", " ");
  if (message.ended_at !== null)
    steps.push({
      at: message.ended_at,
      what: ENDS[message.state] ?? message.state,
      says: reason,
      tone: toneOf(message.state),
    });
  else steps.push({ at: null, what: ENDS[message.state] ?? message.state, says: reason, tone: toneOf(message.state) });
  return steps;
}

const ENDS: Readonly<Record<string, string>> = {
  scheduled: "Waits for its time",
  held: "Held for screening",
  queued: "Waits for a carrier",
  sending: "On its way to a carrier",
  unknown: "May have been sent; waiting for a receipt",
  sent: "Waiting for a receipt",
  delivered: "Delivered",
  undelivered: "Not delivered",
  failed: "No carrier took it",
  expired: "Its time passed",
  blocked: "Blocked by screening",
  canceled: "Canceled",
};
