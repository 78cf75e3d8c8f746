/**
 * The carriers' callback for inbound texts, and the tenant's inbox. The account's courier checks the signature over the raw bytes
 * and finds the owner of the dialled number. 200 is answered after the text is stored, because a carrier does not repeat what was
 * acknowledged.
 */
import { z } from "zod";
import { readCallbackRequest, type Incoming } from "../net/incoming.ts";
import { EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { parseId } from "../base/ids.ts";
import { isRefused, refuse, type Outcome, type Refusal } from "../base/refusal.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type OpenRoute, type RouteOver } from "../contract/route.ts";
import { ShortLabel } from "../screening/policy.ts";
import type { Inbound } from "../carriers/carrier.ts";
import type { Brought } from "../carriers/courier/brought.ts";
import { InboundBody } from "../carriers/adapters/http.ts";
import type { InboundVerbs } from "./verbs.ts";

export type InboundDoorDeps = {
  /** The origin of the callback URLs that carriers were given; empty: the request's own. */
  publicUrl: string;
  verify: (account: string, callback: Incoming) => Promise<Outcome<Brought>>;
  take: (tenant: string, account: string, texts: Inbound[], secret: number) => Promise<Outcome<unknown>>;
};

/** A text has a few hundred bytes; a carrier may put several into one call. */
const INBOUND_BYTES_MAX = 128 * 1_024;

/** The route as data, for the OpenAPI document; the app mounts `receiveInbound` on it. */
export const inboundRoute: OpenRoute = {
  name: "carriersInbound",
  method: "post",
  path: "/carriers/{account}/inbound",
  summary: "Bring a text that came in",
  detail:
    "For carriers. The format and signature depend on the kind of carrier (docs/carriers.md); shown here for `http`. Answered when the text is stored. A repeated text, and one to a number without an owner, get the same answer and change nothing.",
  tag: "Carriers",
  params: z.strictObject({
    account: z
      .string()
      .max(64)
      .meta({ examples: [exampleId("car")] }),
  }),
  headers: z.object({
    "webhook-id": z.string().max(256),
    "webhook-timestamp": z.string().regex(/^\d{1,12}$/),
    "webhook-signature": z.string(),
  }),
  body: InboundBody,
  answer: z.object({
    taken: z.int().meta({ description: "How many texts were to numbers that belong to a tenant.", examples: [1] }),
  }),
  others: { 204: { what: "The same, to a carrier that would send a body to the texter as a reply.", answer: null } },
  refuses: ["not_found", "unauthenticated", "malformed_body", "body_too_large", "body_too_slow", "keys_unavailable"],
  example: { id: "in-4711", from: "+447700900123", to: "+447700900871", text: "I am at the door." },
};

/** Processes one callback: answers how many texts had an owner. `silent`: answer 204 without a body. */
export async function receiveInbound(
  deps: InboundDoorDeps,
  account: string,
  request: Request,
): Promise<Outcome<{ taken: number; silent: boolean }>> {
  if (parseId(account)?.prefix !== "car") return refuse("not_found");
  const callback = await readCallbackRequest(request, deps.publicUrl, INBOUND_BYTES_MAX);
  if (isRefused(callback)) return callback;
  const verified = await deps.verify(account, callback.ok);
  if (isRefused(verified)) return verified;
  const { owned, silent, secret } = verified.ok;
  let taken = 0;
  let again: Refusal | null = null;
  for (const { tenant, texts } of owned) {
    const outcome = await deps.take(tenant, account, texts, secret);
    if (!isRefused(outcome)) taken += texts.length;
    else if (outcome.refused !== "not_found") again = outcome; // a deleted tenant is no reason for the carrier to repeat the call
  }
  // After a refusal the carrier repeats the whole call; tenants that stored their texts already recognise the duplicates.
  return again ?? { ok: { taken, silent } };
}

const route = routesOver<InboundVerbs>();
const tag = "Inbox";

export const ReceivedView = z
  .object({
    id: z.string(),
    from: z.object({ token: z.string(), mask: z.string(), country: z.string() }).nullable(),
    sender_name: z.string().nullable(),
    number_id: z.string(),
    word: z.enum(["stop", "stop_all", "start", "help"]).nullable(),
    complete: z.boolean().meta({
      description:
        "False: parts did not arrive; `[...]` marks each gap. STOP, START and HELP in such a text have no effect.",
    }),
    media: z.int().meta({ description: "Pictures and other files that were sent with it; they are not fetched." }),
    screening: ShortLabel.nullable().meta({
      description: "What the screening said of it, and by which rules; null where it said nothing.",
    }),
    received_at: z.string(),
  })
  .meta({
    id: "InboundReceived",
    examples: [
      {
        id: exampleId("inb"),
        from: { token: EXAMPLE_NUMBER.token, mask: EXAMPLE_NUMBER.mask, country: EXAMPLE_NUMBER.country },
        sender_name: null,
        number_id: exampleId("num"),
        word: null,
        complete: true,
        media: 0,
        screening: null,
        received_at: EXAMPLE_TIME,
      },
    ],
  });

/** A text of the inbox as events tell it. */
export const EventInbound = z.object({ inbound: ReceivedView });

/** Pictures that came with a text, as events tell of them; `from` is null where the sender has no number. */
export const EventMedia = z
  .object({ number: z.string(), from: z.record(z.string(), z.unknown()).nullable(), media: z.int() })
  .meta({
    examples: [
      {
        number: exampleId("num"),
        from: { token: EXAMPLE_NUMBER.token, mask: EXAMPLE_NUMBER.mask, country: EXAMPLE_NUMBER.country },
        media: 1,
      },
    ],
  });

export const inboxRoutes: RouteOver<InboundVerbs>[] = [
  route({
    method: "get",
    path: "/v1/inbound",
    verb: "inbound.list",
    scope: "inbound:read",
    summary: "List texts that belong to no session, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("inb"),
      token: z.string().max(64).optional(),
    }),
    status: 200,
    answer: pageOf(ReceivedView),
    refuses: ["invalid_cursor"],
    input: ({ query: { limit, cursor, token } }) => ({
      ok: { limit, ...given({ before: cursor, token }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/inbound/{id}",
    verb: "inbound.read",
    scope: "inbound:read",
    summary: "Read a text of the inbox, with its words",
    detail: "Entered in the audit. Texts are kept sealed for thirty days.",
    tag,
    params: z.strictObject({ id: z.string().max(64) }),
    status: 200,
    answer: ReceivedView.extend({ text: z.string().nullable() }).meta({
      id: "ReadInbound",
      examples: [
        {
          id: exampleId("inb"),
          from: null,
          sender_name: null,
          number_id: exampleId("num"),
          word: null,
          complete: true,
          media: 0,
          screening: null,
          received_at: EXAMPLE_TIME,
          text: "Are you open today?",
        },
      ],
    }),
    input: ({ params }) => ({ ok: params }),
  }),
];
