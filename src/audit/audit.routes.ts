/**
 * The routes of a tenant's audit.
 */
import { z } from "zod";
import { isoOf, millisecondsOf } from "../base/clock.ts";
import { Time } from "../contract/label.ts";
import { limitUpTo, numberCursor, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { AuditEntryView } from "./schemas.ts";
import type { AuditVerbs } from "./verbs.ts";

const route = routesOver<AuditVerbs>();
const tag = "Audit";

/** A time in the spelling of audit entries, so that times can be compared as texts. */
const timeOf = (text: string): string => isoOf(millisecondsOf(text) ?? Date.parse(text));

export const auditRoutes: RouteOver<AuditVerbs>[] = [
  route({
    method: "get",
    path: "/v1/audit",
    verb: "audit.list",
    scope: "audit:read",
    summary: "List audit entries, oldest or newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(500, 50),
      cursor: numberCursor(),
      order: z.enum(["oldest", "newest"]).default("oldest"),
      act: z.string().max(64).optional(),
      from: Time.optional(),
      to: Time.optional(),
    }),
    status: 200,
    answer: pageOf(AuditEntryView),
    refuses: ["invalid_cursor"],
    input: ({ query }) => ({
      ok: {
        limit: query.limit,
        ...(query.cursor === undefined ? {} : { after: Number(query.cursor) }),
        ...(query.order === "newest" ? { newest: true } : {}),
        ...(query.act === undefined ? {} : { act: query.act }),
        ...(query.from === undefined ? {} : { from: timeOf(query.from) }),
        ...(query.to === undefined ? {} : { to: timeOf(query.to) }),
      },
    }),
  }),
  route({
    method: "get",
    path: "/v1/audit/export",
    verb: "audit.export",
    scope: "audit:read",
    summary: "Export the audit for offline checking",
    detail:
      "A page of NDJSON, each line exactly as it was hashed. The last page ends with the signed head; `npm run audit:verify` checks the whole file without this service.",
    tag,
    query: z.strictObject({ after: z.coerce.number().int().min(0).default(0) }),
    status: 200,
    answer: z.object({
      ndjson: z.string().meta({ examples: ["…"] }),
      next: z.int().nullable(),
      head: z.string().nullable(),
    }),
    input: ({ query }) => ({ ok: query }),
  }),
  route({
    method: "get",
    path: "/v1/audit/key",
    verb: "audit.key",
    scope: "audit:read",
    summary: "The public key of the audit's signed heads",
    detail:
      "`name+id+key`, a signed note's verifier key. Keep it when you first see it; `npm run audit:verify -- FILE --key …` takes it. Every day an `audit.head` event carries the signed head of that day.",
    tag,
    status: 200,
    answer: z.object({
      public_key: z.string().meta({
        examples: ["sms.example.com/audit/ten_edxzht155+1a2b3c4d+AVBtZl5lb2Y9q0lG0uJ0mV4h1z7nYxkT3cWwJ8sQ2r5o"],
      }),
    }),
    input: () => ({ ok: null }),
  }),
];
