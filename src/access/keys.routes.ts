/**
 * The tenant's routes for API keys. Operators have the same under /admin/v1.
 */
import { z } from "zod";
import { cursorOf, given, limitUpTo, pageOf } from "../contract/list.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { KEYS_LISTED_MAX } from "./keys.ts";
import { IssuedKeyView, KeyBody, KeyView, keySettings } from "./schemas.ts";
import type { KeysVerbs } from "./verbs.ts";

const route = routesOver<KeysVerbs>();
const tag = "Keys";
const Id = z.strictObject({ id: z.string().max(64) });

export const keysRoutes: RouteOver<KeysVerbs>[] = [
  route({
    method: "post",
    path: "/v1/keys",
    verb: "keys.create",
    scope: "keys:manage",
    summary: "Create an API key",
    detail: "The secret is in this answer and never shown again. A key can give away only the scopes it holds itself.",
    tag,
    body: KeyBody,
    status: 201,
    answer: IssuedKeyView,
    refuses: ["state_conflict"],
    repeat: { secret: ["secret"] },
    example: { name: "Sender of codes", scopes: ["messages:send", "messages:read"], ip_allowlist: ["192.0.2.0/24"] },
    input: ({ body }) => keySettings(body),
  }),
  route({
    method: "get",
    path: "/v1/keys",
    verb: "keys.list",
    scope: "keys:manage",
    summary: "List API keys",
    tag,
    query: z.strictObject({ limit: limitUpTo(KEYS_LISTED_MAX, KEYS_LISTED_MAX), cursor: cursorOf("key") }),
    status: 200,
    answer: pageOf(KeyView),
    refuses: ["invalid_cursor"],
    input: ({ query }) => ({ ok: { limit: query.limit, ...given({ before: query.cursor }) } }),
  }),
  route({
    method: "post",
    path: "/v1/keys/{id}/rotate",
    verb: "keys.rotate",
    scope: "keys:manage",
    summary: "Replace a key, with an overlap",
    detail: "The old key works until the overlap ends; the new one from now on.",
    tag,
    params: Id,
    body: z.strictObject({ overlap_seconds: z.int().min(0).max(604_800).default(3_600) }).meta({ id: "RotateKey" }),
    status: 201,
    answer: IssuedKeyView,
    refuses: ["state_conflict"],
    repeat: { secret: ["secret"] },
    example: { overlap_seconds: 3_600 },
    input: ({ params, body }) => ({ ok: { id: params.id, overlapSeconds: body.overlap_seconds } }),
  }),
  route({
    method: "delete",
    path: "/v1/keys/{id}",
    verb: "keys.revoke",
    scope: "keys:manage",
    summary: "Revoke a key at once",
    tag,
    params: Id,
    status: 200,
    answer: KeyView,
    input: ({ params }) => ({ ok: params }),
  }),
];
