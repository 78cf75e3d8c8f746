/**
 * The inbox: texts that belong to no conversation. The list has no words. Reading one is an act of its own, by a button, so that no
 * link that a browser follows by itself reads anything; it is in the audit as by the API.
 */
import { z } from "zod";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { ReceivedView } from "../../inbound/inbound.routes.ts";
import { INBOX_KEPT_DAYS } from "../../inbound/verbs.ts";
import { Empty, Facts, Head, Icon, Id, Notice, Pager, State, Table, Time, Words } from "../look/parts.tsx";
import { until } from "../kept.ts";
import { Live } from "../live.tsx";
import type { LiveRegion, PageRow, Shown, Visit } from "../visit.ts";

const PATH = "/console/inbox";
const ReadView = ReceivedView.extend({ text: z.string().nullable() });
type Received = z.output<typeof ReceivedView>;

export const inboxPages: PageRow[] = [
  {
    path: PATH,
    title: "Inbox",
    scope: "inbound:read",
    nav: { group: "Traffic", icon: "inbox" },
    get: list,
    live: region,
  },
  { path: `${PATH}/{id}`, title: "Text", scope: "inbound:read", get: before, post: read },
];

async function list(visit: Visit): Promise<Shown> {
  const shown = await region(visit);
  if (isRefused(shown)) return shown;
  return {
    title: "Inbox",
    main: (
      <>
        <Head
          title="Inbox"
          says={`Texts to your virtual numbers that belong to no conversation. Their words are sealed, kept for ${INBOX_KEPT_DAYS} days, and read one by one.`}
        />
        {visit.query["cursor"] === undefined ? <Live>{shown.ok}</Live> : shown.ok}
      </>
    ),
  };
}

async function region({ ask, query }: Visit): Promise<LiveRegion> {
  const { cursor, token } = query;
  const page = await ask("inbound.list", { query: { limit: "25", cursor, token } }, pageOf(ReceivedView));
  if (isRefused(page)) return page;
  if (page.ok.data.length === 0)
    return {
      ok: (
        <Empty icon="inbox" title={token === undefined ? "No text yet" : "No text of this person"}>
          <p>A text to one of your numbers stands here when it is no answer in a conversation.</p>
        </Empty>
      ),
    };
  return {
    ok: (
      <>
        <Table
          caption="Texts that came in"
          rows={page.ok.data}
          columns={[
            { head: "Text", cell: ({ id }) => <Id of={id} href={`${PATH}/${id}`} /> },
            { head: "From", cell: (text) => <From {...text} /> },
            { head: "Obeyed as", cell: ({ word }) => (word === null ? "" : <State of={word} tone="calm" />) },
            { head: "To number", opt: true, cell: ({ number_id }) => <Id of={number_id} /> },
            { head: "Came in", cell: ({ received_at }) => <Time at={received_at} /> },
          ]}
        />
        <Pager page={page.ok} path={PATH} query={{ token, cursor }} what={["text", "texts"]} />
      </>
    ),
  };
}

/** Who sent it: a mask, or a sender that is no number. */
function From({ from, sender_name }: Received) {
  return from === null ? <bdi>{sender_name ?? "unknown"}</bdi> : <span class="nowrap">{from.mask}</span>;
}

function framedText(id: string, body: Shown & object): Shown {
  if (!("main" in body)) return body;
  return {
    ...body,
    main: (
      <>
        <p class="crumb">
          <a href={PATH}>Inbox</a>
        </p>
        <Head title="Text" says={<code class="id">{id}</code>} />
        {body.main}
      </>
    ),
  };
}

/** What stands there before somebody has decided to read: nothing of the text was asked for. */
function before({ params }: Visit): Promise<Shown> {
  const id = params["id"] ?? "";
  const main = (
    <section class="card" aria-labelledby="words">
      <h2 id="words">Its words</h2>
      <p>They were written by a person to your number. Who reads them, and when, is entered in the audit.</p>
      <form method="post" action={`${PATH}/${id}`}>
        <button type="submit">
          <Icon name="inbox" />
          Read this text
        </button>
      </form>
    </section>
  );
  return Promise.resolve(framedText(id, { title: "Text", main }));
}

async function read({ ask, params }: Visit): Promise<Shown> {
  const found = await ask("inbound.read", { params }, ReadView);
  if (isRefused(found)) return found;
  const { text, ...it } = found.ok;
  const main = (
    <div class="two">
      <section class="card" aria-labelledby="words">
        <h2 id="words">Its words</h2>
        {text === null ? (
          <p class="soft">They are gone: their sender was erased.</p>
        ) : (
          <blockquote class="quote">
            <Words>{text}</Words>
          </blockquote>
        )}
        {it.complete ? null : (
          <Notice tone="wait">Parts of it never came; [...] stands in their place. Its words were not obeyed.</Notice>
        )}
      </section>
      <section class="card" aria-labelledby="facts">
        <h2 id="facts">Facts</h2>
        <Facts of={factsOf(it)} />
      </section>
    </div>
  );
  return framedText(it.id, { title: "Text", main });
}

function factsOf(it: Received): Parameters<typeof Facts>[0]["of"] {
  return [
    ["From", <From {...it} />],
    it.from === null ? null : ["Token", <code class="id">{it.from.token}</code>],
    ["To number", <code class="id">{it.number_id}</code>],
    ["Obeyed as", it.word === null ? <span class="soft">nothing</span> : it.word.replaceAll("_", " ")],
    ["Pictures", it.media === 0 ? "none" : `${it.media}, left with the carrier`],
    ["Came in", <Time at={it.received_at} />],
    ["Kept until", <Time at={until(it.received_at, INBOX_KEPT_DAYS)} />],
  ];
}
