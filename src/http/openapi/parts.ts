/**
 * The parts of the OpenAPI document that are not routes: authentication schemes, headers, one example for each code,
 * and the descriptions of the groups.
 */
import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import { REASONS, refuse, type Reason } from "../../base/refusal.ts";
import { problemOf } from "../problem.ts";

/** The version of the API's document; a law test compares it with package.json's. */
export const VERSION = "0.1.0";

export const INFO = {
  title: "Maskline",
  version: VERSION,
  summary: "An SMS aggregator that keeps personal numbers private.",
  description: [
    "Send codes and messages, lend masked numbers, receive texts. Answers carry a token and a mask in place of a number; only `POST /v1/tokens/{token}/reveal` answers one, with its own scope, a reason and an audit entry.",
    "**Conventions.** JSON in UTF-8, snake_case, RFC 3339 times in UTC, money as integer micro-units with `currency`, lists as `{data, next_cursor}`. Unknown fields are refused. No number in a path or a query.",
    "**Errors** are problems by RFC 9457. Decide by `code`; `detail` says what would be right. A path that is not in this document is answered `404 route_not_found`.",
    "**Repeating.** Send an `Idempotency-Key` with every write that creates or sends: within 24 hours the same key and body give the same answer and send nothing again.",
    "**Try it.** In a sandbox, numbers are Ofcom's for drama (07700 900000 to 900999) and reach nobody; the sandbox handset at `/handset` shows what would have arrived.",
  ].join("\n\n"),
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

export const TAGS = [
  { name: "Messages", description: "One SMS, from the request to the receipt." },
  { name: "Verifications", description: "One-time codes: start, check, send again, cancel, read." },
  { name: "Verification settings", description: "Services, templates, and the locks of a destination." },
  { name: "Tokens", description: "Numbers as tokens: tokenise, look up, reveal with a reason." },
  {
    name: "Sessions",
    description: "Masked conversations: people text virtual numbers and never see each other's own.",
  },
  { name: "Relays", description: "Lasting numbers for people: a stranger texts it, and a reply just works." },
  { name: "Numbers", description: "The virtual numbers you have, and pools to lend them from." },
  { name: "Inbox", description: "Texts that came in and belong to no session." },
  { name: "People", description: "Who signs in to the console, in which role, and by which identity provider." },
  { name: "Webhooks", description: "Endpoints, the events they are sent, and sending one again." },
  { name: "Events", description: "What endpoints are sent, by type. An endpoint names types, families or everything." },
  { name: "Keys", description: "A tenant's API keys." },
  { name: "Figures", description: "How many there were, what became of them, what they cost and how long they took." },
  { name: "Audit", description: "Who did what, to what and why, in a chain that can be checked offline." },
  { name: "Sandbox", description: "The carrier's side of a sandbox: its handset and its clock." },
  { name: "Operators", description: "Tenants, carrier accounts and jobs, for those who run the service." },
  { name: "Carriers", description: "Where carriers call back." },
  { name: "Service", description: "The service about itself." },
];

const SCHEMES = {
  apiKey: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "mk_test_… or mk_live_…",
    description: "A tenant's API key, with the scope that the route names.",
  },
  access: {
    type: "apiKey",
    in: "header",
    name: "Cf-Access-Jwt-Assertion",
    description: "Operators in production: the assertion that Cloudflare Access adds.",
  },
  adminToken: {
    type: "http",
    scheme: "bearer",
    description: "Operators in local development only: the token that `npm start` generates.",
  },
  carrierSignature: {
    type: "apiKey",
    in: "header",
    name: "webhook-signature",
    description: "Standard Webhooks v1 with the carrier account's secret, besides the MAC in the path.",
  },
} as const;

const text = { type: "string" } as const;
const HEADERS = {
  RequestId: { description: "The request's id, to quote when asking for help.", schema: text },
  RateLimit: { description: 'What is left of the key\'s tightest limit, as `"key";r=…;t=…`.', schema: text },
  RateLimitPolicy: { description: 'The key\'s tightest limit, as `"key";q=…;w=…`.', schema: text },
  IdempotencyReplayed: { description: "`true` when this answer was given before to the same key.", schema: text },
  RetryAfter: { description: "Seconds to wait.", schema: { type: "integer" } },
} as const;

type HeaderName = keyof typeof HEADERS;

const WIRE_NAMES: Record<HeaderName, string> = {
  RequestId: "X-Request-Id",
  RateLimit: "RateLimit",
  RateLimitPolicy: "RateLimit-Policy",
  IdempotencyReplayed: "Idempotency-Replayed",
  RetryAfter: "Retry-After",
};

/** Headers of an answer, each as a reference. */
export function headers(...names: HeaderName[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [WIRE_NAMES[name], { $ref: `#/components/headers/${name}` }]));
}

/** Registers schemes, headers, the idempotency key and one example for every code that the document names. */
export function registerParts(registry: OpenAPIRegistry, codes: ReadonlySet<Reason>, site: string): void {
  for (const [name, scheme] of Object.entries(SCHEMES)) registry.registerComponent("securitySchemes", name, scheme);
  for (const [name, header] of Object.entries(HEADERS)) registry.registerComponent("headers", name, header);
  registry.registerComponent("parameters", "IdempotencyKey", {
    name: "Idempotency-Key",
    in: "header",
    description:
      "1 to 255 visible ASCII characters, quoted or not, and new for every new request: an order's number and a random part, for example. Kept for 24 hours, as a keyed hash.",
    schema: { type: "string", minLength: 1, maxLength: 257 }, // no example: the reference page would send one key for everything
  });
  for (const code of codes) {
    registry.registerComponent("examples", code, {
      summary: REASONS[code].title,
      value: problemOf(refuse(code), site, "req_01k9mw3v5t8qz2r4x6y7"),
    });
  }
}
