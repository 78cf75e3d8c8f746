/**
 * Live: what happens now, newest first, in one list: messages, codes, texts that came in, and the events of everything else. It is
 * made of the lists that the visitor may ask; what their role does not see is not asked for.
 */
import type { Child } from "hono/jsx";
import type { Scope } from "../../access/caller.ts";
import { isRefused } from "../../base/refusal.ts";
import { pageOf } from "../../contract/list.ts";
import { ReceivedView } from "../../inbound/inbound.routes.ts";
import { MessageView } from "../../messages/schemas.ts";
import { VerificationView } from "../../verify/schemas.ts";
import { EventView } from "../../webhooks/webhooks.routes.ts";
import { Empty, Head, Id, State, Table, Time } from "../look/parts.tsx";
import { Live } from "../live.tsx";
import { opens, type LiveRegion, type PageRow, type Shown, type Visit } from "../visit.ts";

const PATH = "/console/live";
/** Rows of each list that are asked for, and rows that are shown. */
const ASKED = "20";
const SHOWN_MAX = 30;

export const livePages: PageRow[] = [
  {
    path: PATH,
    title: "Live",
    scope: "messages:read",
    nav: { group: "Traffic", icon: "live" },
    get: show,
    live: region,
  },
];

async function show(visit: Visit): Promise<Shown> {
  const shown = await region(visit);
  if (isRefused(shown)) return shown;
  return {
    title: "Live",
    main: (
      <>
        <Head
          title="Live"
          says={`What happens now, within two seconds: the newest ${SHOWN_MAX}. It pauses when nobody is here.`}
        />
        <Live on>{shown.ok}</Live>
      </>
    ),
  };
}

type Happening = { at: string; what: string; id: string; state: string; who: Child; href: string | null };

async function region({ ask, present }: Visit): Promise<LiveRegion> {
  const may = (scope: Scope) => opens(present.scopes, { scope });
  const query = { limit: ASKED };
  const [messages, codes, texts, events] = await Promise.all([
    ask("messages.list", { query }, pageOf(MessageView)),
    may("verify:read") ? ask("verify.list", { query }, pageOf(VerificationView)) : null,
    may("inbound:read") ? ask("inbound.list", { query }, pageOf(ReceivedView)) : null,
    may("events:read") ? ask("events.list", { query: { ...query, order: "newest" } }, pageOf(EventView)) : null,
  ]);
  if (isRefused(messages)) return messages;
  const rows: Happening[] = [
    ...messages.ok.data.map(({ id, created_at, state, to }) => ({
      at: created_at,
      what: "Message",
      id,
      state,
      who: to.mask,
      href: `/console/messages/${id}`,
    })),
    ...dataOf(codes).map(({ id, created_at, state, to }) => ({
      at: created_at,
      what: "Code",
      id,
      state,
      who: to.mask,
      href: `/console/verifications/${id}`,
    })),
    ...dataOf(texts).map(({ id, received_at, word, from, sender_name }) => ({
      at: received_at,
      what: "Text that came in",
      id,
      state: word ?? "received",
      who: from === null ? <bdi>{sender_name ?? "unknown"}</bdi> : from.mask,
      href: `/console/inbox/${id}`,
    })),
    ...dataOf(events).flatMap(otherEvent),
  ];
  // Of one moment the order is by id, so that the list is the same each time it is asked for.
  const newest = rows
    .sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1))
    .slice(0, SHOWN_MAX);
  return { ok: newest.length === 0 ? <Nothing /> : <Happenings rows={newest} /> };
}

/** What an event tells that the lists beside it do not. */
function otherEvent({
  id,
  type,
  resource,
  occurred_at,
}: {
  id: string;
  type: string;
  resource: string;
  occurred_at: string;
}): Happening[] {
  const [family = "", word = ""] = type.split(".");
  if (LISTED.has(family)) return [];
  const href = resource.startsWith("ses_") ? `/console/conversations/${resource}` : null;
  return [{ at: occurred_at, what: FAMILIES[family] ?? family, id: resource || id, state: word, who: "", href }];
}

const LISTED = new Set(["message", "verification", "inbound"]);
const FAMILIES: Readonly<Record<string, string>> = {
  alert: "Alert",
  audit: "Audit",
  carrier: "Carrier",
  consent: "Consent",
  endpoint: "Endpoint",
  interaction: "Text in a conversation",
  number: "Number",
  session: "Conversation",
};

const dataOf = <Row,>(page: { ok: { data: Row[] } } | { refused: string } | null): Row[] =>
  page === null || "refused" in page ? [] : page.ok.data;

function Nothing() {
  return (
    <Empty icon="live" title="Nothing has happened yet">
      <p>Send a text, and it stands here while it goes its way.</p>
      <div class="buttons">
        <a class="button quiet" href="/console/send">
          Send one
        </a>
      </div>
    </Empty>
  );
}

function Happenings({ rows }: { rows: readonly Happening[] }) {
  return (
    <Table
      caption="What happens"
      rows={rows}
      columns={[
        { head: "At", cell: ({ at }) => <Time at={at} exact /> },
        { head: "What", cell: ({ what }) => what },
        { head: "State", cell: ({ state }) => <State of={state} /> },
        { head: "Who", cell: ({ who }) => <span class="nowrap">{who}</span> },
        { head: "Which", cell: ({ id, href }) => (href === null ? <Id of={id} /> : <Id of={id} href={href} />) },
      ]}
    />
  );
}
