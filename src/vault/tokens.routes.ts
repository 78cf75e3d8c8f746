/**
 * The routes of the vault. The number to be tokenised is in the body, never in a path or a query.
 */
import { z } from "zod";
import { EXAMPLE_NUMBER, EXAMPLE_TIME } from "../contract/example.ts";
import { parseNumber } from "../sms/phone.ts";
import { refuse } from "../base/refusal.ts";
import { routesOver, type RouteOver } from "../contract/route.ts";
import { REVEAL_REASONS, type TokensVerbs } from "./verbs.ts";

const route = routesOver<TokensVerbs>();
const tag = "Tokens";
const TokenParam = z.strictObject({ token: z.string().max(64) });
const TokenView = z
  .object({ token: z.string(), mask: z.string(), country: z.string(), kind: z.string() })
  .meta({ id: "Token", examples: [EXAMPLE_NUMBER] });

export const KnownTokenView = TokenView.extend({ first_seen_at: z.string() }).meta({
  id: "KnownToken",
  examples: [{ ...EXAMPLE_NUMBER, first_seen_at: EXAMPLE_TIME }],
});

export const tokensRoutes: RouteOver<TokensVerbs>[] = [
  route({
    method: "post",
    path: "/v1/tokens",
    verb: "tokens.create",
    scope: "tokens:write",
    summary: "Tokenise a number",
    detail:
      "The same number always has the same token within a tenant, and the answer does not tell whether it was known. A number tokenised here is kept until it is erased.",
    tag,
    body: z.strictObject({ number: z.string().min(1).max(40) }).meta({ id: "Tokenise" }),
    status: 201,
    answer: TokenView,
    refuses: [
      "invalid_number",
      "new_numbers_exceeded",
      "storage_quota_reached",
      "number_kind_refused",
      "country_not_allowed",
      "drama_number_on_live",
      "real_number_in_sandbox",
    ],
    repeat: {},
    example: { number: "+447700900123" },
    input: ({ body }) => {
      const parsed = parseNumber(body.number);
      if (!("refused" in parsed)) return { ok: { number: parsed.number } };
      return refuse("invalid_number", {
        errors: [{ field: "number", code: "invalid_number", detail: parsed.detail ?? "Write it in E.164." }],
      });
    },
  }),
  route({
    method: "get",
    path: "/v1/tokens/{token}",
    verb: "tokens.get",
    scope: "tokens:read",
    summary: "Read what a token stands for, without the number",
    tag,
    params: TokenParam,
    status: 200,
    answer: KnownTokenView,
    refuses: ["token_unknown"],
    input: ({ params }) => ({ ok: params }),
  }),
  route({
    method: "post",
    path: "/v1/tokens/{token}/reveal",
    verb: "tokens.reveal",
    scope: "tokens:reveal",
    summary: "Reveal the number behind a token",
    detail: "Needs its own scope and a reason; every reveal is an audit entry. Takes no idempotency key.",
    tag,
    params: TokenParam,
    body: z.strictObject({ reason: z.enum(REVEAL_REASONS) }).meta({ id: "Reveal" }),
    status: 200,
    answer: TokenView.extend({ number: z.string() }).meta({
      id: "RevealedToken",
      examples: [{ ...EXAMPLE_NUMBER, number: "+447700900123" }],
    }),
    refuses: ["token_unknown"],
    example: { reason: "support" },
    input: ({ params, body }) => ({ ok: { ...params, ...body } }),
  }),
];
