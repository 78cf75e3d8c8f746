/**
 * The routes of relay addresses.
 */
import { z } from "zod";
import { EXAMPLE_NUMBER, EXAMPLE_TIME, exampleId } from "../../contract/example.ts";
import { parseNumber, type Num } from "../../sms/phone.ts";
import { isRefused, refuse, type Outcome } from "../../base/refusal.ts";
import { cursorOf, limitUpTo, pageOf } from "../../contract/list.ts";
import { routesOver, type RouteOver } from "../../contract/route.ts";
import { NumberView } from "../../messages/schemas.ts";
import type { AddressVerbs } from "./relays.ts";
import { JOINS } from "../schemas.ts";

const route = routesOver<AddressVerbs>();
const tag = "Relays";
const Id = z.strictObject({ id: z.string().max(64) });
const To = z.union([z.string().min(1).max(40), z.strictObject({ token: z.string().min(1).max(64) })]);
const SenderBody = z.strictObject({ to: To });

const AddressView = z
  .object({
    id: z.string(),
    to: NumberView,
    number: z.string().meta({ description: "The lasting virtual number: public, shown in full." }),
    mask: z.string(),
    pool_id: z.string(),
    muted: z.boolean(),
    idle_seconds: z.number(),
    created_at: z.string(),
  })
  .meta({
    id: "Relay",
    examples: [
      {
        id: exampleId("rel"),
        to: EXAMPLE_NUMBER,
        number: "+447700900871",
        mask: "+44•••••••71",
        pool_id: exampleId("pol"),
        muted: false,
        idle_seconds: 2_592_000,
        created_at: EXAMPLE_TIME,
      },
    ],
  });

export const relaysRoutes: RouteOver<AddressVerbs>[] = [
  route({
    method: "post",
    path: "/v1/relays",
    verb: "relays.create",
    scope: "sessions:write",
    summary: "Give a person a lasting number",
    detail:
      "A stranger's first text to it opens a session: the stranger goes on texting the lasting number, and the person gets a number of the pool that stands for this stranger, so that they can reply to it.",
    tag,
    body: z
      .strictObject({
        to: To,
        pool_id: z.string().max(64).optional(),
        number: z.string().max(64).optional(),
        idle_seconds: z.int().min(3_600).max(31_536_000).default(2_592_000),
      })
      .meta({ id: "NewRelay" }),
    status: 201,
    answer: AddressView,
    refuses: JOINS,
    repeat: {},
    example: { to: "+447700900123" },
    input: ({ body }) => {
      const to = readTo(body.to);
      if (isRefused(to)) return to;
      const { pool_id: pool, number, idle_seconds: idle } = body;
      return { ok: { to: to.ok, pool: pool ?? null, number: number ?? null, idleMs: idle * 1_000 } };
    },
  }),
  route({
    method: "get",
    path: "/v1/relays",
    verb: "relays.list",
    scope: "sessions:read",
    summary: "List relay addresses, newest first",
    tag,
    query: z.strictObject({
      limit: limitUpTo(),
      cursor: cursorOf("rel"),
    }),
    status: 200,
    answer: pageOf(AddressView),
    refuses: ["invalid_cursor"],
    input: ({ query }) => ({ ok: { limit: query.limit, before: query.cursor ?? null } }),
  }),
  route({
    method: "get",
    path: "/v1/relays/{id}",
    verb: "relays.get",
    scope: "sessions:read",
    summary: "Read a relay address",
    tag,
    params: Id,
    status: 200,
    answer: AddressView,
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "patch",
    path: "/v1/relays/{id}",
    verb: "relays.change",
    scope: "sessions:write",
    summary: "Mute or unmute a relay address",
    tag,
    params: Id,
    body: z.strictObject({ muted: z.boolean() }).meta({ id: "ChangeRelay" }),
    status: 200,
    answer: AddressView,
    example: { muted: true },
    input: ({ params, body }) => ({ ok: { id: params.id, muted: body.muted } }),
  }),
  route({
    method: "delete",
    path: "/v1/relays/{id}",
    verb: "relays.remove",
    scope: "sessions:write",
    summary: "Remove a relay address",
    detail:
      "Its sessions end, and its number is retired, so that nobody who still has the number reaches this person or another.",
    tag,
    params: Id,
    status: 204,
    answer: null,
    input: ({ params }) => ({ ok: params }),
  }),
  ...(["block", "unblock"] as const).map((act) =>
    route({
      method: "post",
      path: `/v1/relays/{id}/${act}`,
      verb: `relays.${act}`,
      scope: "sessions:write",
      summary: act === "block" ? "Block a sender" : "Unblock a sender",
      tag,
      params: Id,
      body: SenderBody.meta({ id: act === "block" ? "BlockSender" : "UnblockSender" }),
      status: 200,
      answer: AddressView,
      refuses: ["invalid_number", "token_unknown", "new_numbers_exceeded"],
      example: { to: "+447700900124" },
      input: ({ params, body }) => {
        const to = readTo(body.to);
        return isRefused(to) ? to : { ok: { id: params.id, to: to.ok } };
      },
    }),
  ),
];

function readTo(to: z.infer<typeof To>): Outcome<Num | { token: string }> {
  if (typeof to !== "string") return { ok: to };
  const parsed = parseNumber(to);
  if (!("refused" in parsed)) return { ok: parsed.number };
  const detail = parsed.detail ?? "Write it in E.164.";
  return refuse("invalid_number", { errors: [{ field: "to", code: "invalid_number", detail }] });
}
