/**
 * The routes of consents. A number is named only in a body, never in a path or a query; a token may be in a query.
 */
import { z } from "zod";
import { millisecondsOf } from "../base/clock.ts";
import { EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../contract/example.ts";
import { Label } from "../contract/label.ts";
import { parseNumber } from "../sms/phone.ts";
import { PURPOSES } from "../sms/purpose.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { SOURCES, REPORTED_SOURCES } from "./consent.ts";
import type { To as Recipient } from "../vault/recipient.ts";
import type { ConsentVerbs } from "./verbs.ts";

const route = routesOver<ConsentVerbs>();
const tag = "Consents";
const PAGE_MAX = 100;

const To = z.union([z.string().min(1).max(40), z.strictObject({ token: z.string().max(64) })]);
/** A sender's name or a short code. A number is refused: senders are stored and shown in plaintext, and it might be a person's. */
const Sender = z
  .string()
  .regex(
    /^(?:(?=.*[A-Za-z])[A-Za-z0-9 ._&-]{1,11}|\d{5})$/,
    "Write a sender's name of up to 11 characters, or a short code.",
  );
const Limit = z.int().min(1).max(PAGE_MAX).default(20);

export const ConsentView = z
  .object({
    id: z.string(),
    to: z.object({ token: z.string().optional(), mask: z.string(), country: z.string() }),
    purpose: z.enum(PURPOSES),
    sender: z.string().nullable().meta({ description: "The sender it is about; null for all of the tenant's." }),
    state: z.enum(["given", "withdrawn"]),
    source: z.enum(SOURCES),
    wording: z.string().nullable(),
    said_at: z.string(),
    created_at: z.string(),
  })
  .meta({
    id: "Consent",
    examples: [
      {
        id: exampleId("con"),
        to: { mask: EXAMPLE_NUMBER.mask, country: EXAMPLE_NUMBER.country },
        purpose: "marketing",
        sender: "Shifts",
        state: "withdrawn",
        source: "stop_word",
        wording: null,
        said_at: EXAMPLE_TIME,
        created_at: EXAMPLE_TIME,
      },
    ],
  });

const PageView = pageOf(ConsentView);
/** A consent in an event. */
export const EventConsent = z.object({ consent: ConsentView });

export const consentRoutes: RouteOver<ConsentVerbs>[] = [
  route({
    method: "post",
    path: "/v1/consents",
    verb: "consents.record",
    scope: "consents:write",
    summary: "Record that a person gave or withdrew consent",
    detail:
      "One record for each purpose. `withdrawn` refuses every later message of that purpose from that sender, or from all of them, until a later `given`; a scheduled message is `blocked` when it is due. A stop for marketing does not affect codes. The number is stored only as a keyed name and a mask.",
    tag,
    body: z
      .strictObject({
        to: To,
        purposes: z.array(z.enum(PURPOSES)).min(1).max(PURPOSES.length),
        state: z.enum(["given", "withdrawn"]),
        sender: Sender.optional(),
        source: z.enum(REPORTED_SOURCES).default("other"),
        wording: Label.optional(),
        said_at: z.string().max(40).optional(),
      })
      .meta({ id: "NewConsent" }),
    status: 201,
    answer: z.object({ data: z.array(ConsentView) }),
    refuses: ["invalid_number", "token_unknown", "new_numbers_exceeded", "storage_quota_reached"],
    repeat: {},
    example: { to: "+447700900123", purposes: ["marketing"], state: "withdrawn", source: "phone" },
    input: ({ body }) => {
      const to = personOf(body.to);
      if ("refused" in to) return to;
      const saidAt = body.said_at === undefined ? null : millisecondsOf(body.said_at);
      if (body.said_at !== undefined && saidAt === null)
        return refuse("invalid_field", {
          errors: [{ field: "said_at", code: "invalid_field", detail: "Write it as RFC 3339, with its zone." }],
        });
      return {
        ok: {
          to: to.ok,
          purposes: body.purposes,
          sender: body.sender ?? null,
          standing: body.state,
          source: body.source,
          wording: body.wording ?? null,
          saidAt,
        },
      };
    },
  }),
  route({
    method: "post",
    path: "/v1/consents/look",
    verb: "consents.look",
    scope: "consents:read",
    summary: "List a person's consents, newest first",
    detail: "A POST, because a number must not be in a URL. The answer does not tell whether the number is a contact.",
    tag,
    body: z.strictObject({ to: To, limit: Limit, cursor: cursorOf("con") }).meta({ id: "LookConsents" }),
    status: 200,
    answer: PageView,
    refuses: ["invalid_cursor", "invalid_number", "token_unknown", "new_numbers_exceeded"],
    example: { to: "+447700900123" },
    input: ({ body }) => {
      const to = personOf(body.to);
      if ("refused" in to) return to;
      return { ok: { to: to.ok, limit: body.limit, ...given({ before: body.cursor }) } };
    },
  }),
  route({
    method: "get",
    path: "/v1/consents",
    verb: "consents.list",
    scope: "consents:read",
    summary: "List consents, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("con"),
      token: z.string().max(64).optional(),
      purpose: z.enum(PURPOSES).optional(),
      state: z.enum(["given", "withdrawn"]).optional(),
    }),
    status: 200,
    answer: PageView,
    refuses: ["invalid_cursor", "token_unknown", "number_in_query"],
    input: ({ query }) => ({
      ok: {
        limit: query.limit,
        ...(query.token === undefined ? {} : { to: { token: query.token } }),
        ...given({ purpose: query.purpose, standing: query.state, before: query.cursor }),
      },
    }),
  }),
];

function personOf(to: z.infer<typeof To>): Outcome<Recipient> {
  if (typeof to !== "string") return { ok: to };
  const parsed = parseNumber(to);
  if (!("refused" in parsed)) return { ok: parsed.number };
  const detail = parsed.detail ?? "Write it in E.164.";
  return refuse("invalid_number", { errors: [{ field: "to", code: "invalid_number", detail }] });
}
