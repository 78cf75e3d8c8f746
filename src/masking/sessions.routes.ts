/**
 * The routes of masked sessions. Real numbers are taken in bodies and never answered; virtual numbers are shown in full.
 */
import { z } from "zod";
import { millisecondsOf } from "../base/clock.ts";
import { parseNumber } from "../sms/phone.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { checkText } from "../sms/sms-text.ts";
import type { PersonInput } from "./people.ts";
import { InteractionView, JOINS, OpenBody, PersonBody, ReopenBody, SessionView, SpeakBody } from "./schemas.ts";
import { SESSION_STATES, type SessionSettings } from "./session.ts";
import type { MaskingVerbs } from "./verbs.ts";

const route = routesOver<MaskingVerbs>();
const tag = "Sessions";
const Id = z.strictObject({ id: z.string().max(64) });
const ParticipantParams = z.strictObject({ id: z.string().max(64), participant: z.string().max(64) });
const person = { to: "+447700900123", name: "Asha" };

const sessionRoutes: RouteOver<MaskingVerbs>[] = [
  route({
    method: "post",
    path: "/v1/sessions",
    verb: "sessions.open",
    scope: "sessions:write",
    summary: "Open a masked session",
    detail:
      "Two or more people get a virtual number each, all at once or not at all. A text to that number is relayed to each of the others from the virtual number that they text; nobody sees another's own number. A person has a virtual number in one session at a time, and not in another before the pool's cool-off is over.",
    tag,
    body: OpenBody,
    status: 201,
    answer: SessionView,
    refuses: JOINS,
    repeat: {},
    example: { participants: [person, { to: "+447700900124" }], ttl_seconds: 86_400 },
    input: ({ body }) => {
      const people: PersonInput[] = [];
      for (const [at, one] of body.participants.entries()) {
        const read = personOf(one, `participants/${at}/to`);
        if (isRefused(read)) return read;
        people.push(read.ok);
      }
      return { ok: { pool: body.pool_id ?? null, people, settings: settingsOf(body) } };
    },
  }),
  route({
    method: "get",
    path: "/v1/sessions",
    verb: "sessions.list",
    scope: "sessions:read",
    summary: "List sessions, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("ses"),
      state: z.enum(SESSION_STATES).optional(),
      token: z.string().max(64).optional(),
    }),
    status: 200,
    answer: pageOf(SessionView),
    refuses: ["invalid_cursor"],
    input: ({ query: { limit, cursor, state, token } }) => ({
      ok: { limit, ...given({ before: cursor, state, token }) },
    }),
  }),
  route({
    method: "get",
    path: "/v1/sessions/{id}",
    verb: "sessions.get",
    scope: "sessions:read",
    summary: "Read a session",
    tag,
    params: Id,
    status: 200,
    answer: SessionView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/sessions/{id}/close",
    verb: "sessions.close",
    scope: "sessions:write",
    summary: "Close a session",
    detail:
      "Later texts are answered with the tombstone, once a day; the numbers cool off before these people can get them again.",
    tag,
    params: Id,
    status: 200,
    answer: SessionView,
    refuses: ["session_ended"],
    repeat: {},
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/sessions/{id}/reopen",
    verb: "sessions.reopen",
    scope: "sessions:write",
    summary: "Open an ended session again",
    detail: "With the numbers it had, until its cool-off ends. The limits count from now.",
    tag,
    params: Id,
    body: ReopenBody,
    status: 200,
    answer: SessionView,
    refuses: ["state_conflict", "session_gone", "people_forgotten"],
    repeat: {},
    example: { ttl_seconds: 86_400 },
    input: ({ params, body }) => ({ ok: { id: params.id, limits: limitsOf(body) } }),
  }),
  route({
    method: "post",
    path: "/v1/sessions/{id}/rotate",
    verb: "sessions.rotate",
    scope: "sessions:write",
    summary: "Give people other numbers now",
    detail: "Texts to the old numbers are relayed until the overlap is over.",
    tag,
    params: Id,
    body: z.strictObject({ participant: z.string().max(64).optional() }).meta({ id: "RotateSession" }),
    status: 200,
    answer: SessionView,
    refuses: ["session_ended", "numbers_exhausted", "pool_unknown"],
    repeat: {},
    example: {},
    input: ({ params, body }) => ({ ok: { id: params.id, participant: body.participant ?? null } }),
  }),
];

const participantRoutes: RouteOver<MaskingVerbs>[] = [
  route({
    method: "post",
    path: "/v1/sessions/{id}/participants",
    verb: "sessions.add",
    scope: "sessions:write",
    summary: "Add a person to a session",
    tag,
    params: Id,
    body: PersonBody,
    status: 201,
    answer: SessionView,
    refuses: [...JOINS, "session_ended", "state_conflict"],
    repeat: {},
    example: person,
    input: ({ params, body }) => {
      const read = personOf(body, "to");
      return isRefused(read) ? read : { ok: { id: params.id, person: read.ok } };
    },
  }),
  route({
    method: "delete",
    path: "/v1/sessions/{id}/participants/{participant}",
    verb: "sessions.remove",
    scope: "sessions:write",
    summary: "Remove a person from a session",
    tag,
    params: ParticipantParams,
    status: 200,
    answer: SessionView,
    refuses: ["session_ended", "state_conflict"],
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "put",
    path: "/v1/sessions/{id}/participants/{participant}",
    verb: "sessions.replace",
    scope: "sessions:write",
    summary: "Replace a person in a session",
    detail: "The others keep the numbers they text.",
    tag,
    params: ParticipantParams,
    body: PersonBody,
    status: 200,
    answer: SessionView,
    refuses: [...JOINS, "session_ended"],
    example: person,
    input: ({ params, body }) => {
      const read = personOf(body, "to");
      return isRefused(read) ? read : { ok: { ...params, person: read.ok } };
    },
  }),
];

const interactionRoutes: RouteOver<MaskingVerbs>[] = [
  route({
    method: "post",
    path: "/v1/sessions/{id}/messages",
    verb: "sessions.speak",
    scope: "sessions:write",
    summary: "Text a session's people as the tenant",
    detail: "To everybody, or to those named, each from the virtual number that they text.",
    tag,
    params: Id,
    body: SpeakBody,
    status: 202,
    answer: InteractionView,
    refuses: ["session_ended"],
    repeat: {},
    example: { text: "Your courier is ten minutes away." },
    input: ({ params, body }) => {
      const wrong = checkText(body.text);
      if (wrong !== null)
        return refuse("invalid_field", { errors: [{ field: "text", code: wrong.code, detail: wrong.detail }] });
      return { ok: { id: params.id, text: body.text, to: body.to ?? null } };
    },
  }),
  route({
    method: "get",
    path: "/v1/sessions/{id}/interactions",
    verb: "sessions.interactions",
    scope: "sessions:read",
    summary: "List a session's interactions, newest first",
    detail:
      "The sender, and a leg with its state for each message to each of the others. The text only where the session keeps texts; then the reading has an audit entry.",
    tag,
    params: Id,
    query: z.strictObject({ limit: limitUpTo(), cursor: cursorOf("int") }),
    status: 200,
    answer: pageOf(InteractionView),
    refuses: ["invalid_cursor"],
    input: ({ params, query }) => ({ ok: { id: params.id, limit: query.limit, before: query.cursor ?? null } }),
  }),
];

export const sessionsRoutes: RouteOver<MaskingVerbs>[] = [...sessionRoutes, ...participantRoutes, ...interactionRoutes];

function personOf(body: PersonBody, field: string): Outcome<PersonInput> {
  const to = typeof body.to === "string" ? parseNumber(body.to) : { number: body.to };
  if ("refused" in to)
    return refuse("invalid_number", {
      errors: [{ field, code: "invalid_number", detail: to.detail ?? "Write it in E.164." }],
    });
  const { name, number, country, area } = body;
  return {
    ok: { to: to.number, name: name ?? null, number: number ?? null, country: country ?? null, area: area ?? null },
  };
}

type LimitsBody = Pick<OpenBody, "ttl_seconds" | "expires_at" | "idle_seconds" | "max_messages">;

function limitsOf(body: LimitsBody): Pick<SessionSettings, "ttlMs" | "expiresAt" | "idleMs" | "messagesMax"> {
  const ms = (seconds: number | null) => (seconds === null ? null : seconds * 1_000);
  return {
    ttlMs: ms(body.ttl_seconds),
    expiresAt: body.expires_at === null ? null : millisecondsOf(body.expires_at),
    idleMs: ms(body.idle_seconds),
    messagesMax: body.max_messages,
  };
}

function settingsOf(body: OpenBody): SessionSettings {
  const { every_seconds: every, every_messages: everyMessages, overlap_seconds: overlap } = body.rotation;
  return {
    ...limitsOf(body),
    rotation: { everyMs: every === null ? null : every * 1_000, everyMessages, overlapMs: overlap * 1_000 },
    content: body.content,
    keepTextDays: body.keep_text_days,
    tombstone: body.tombstone ?? null,
  };
}
