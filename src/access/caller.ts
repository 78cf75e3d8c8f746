/**
 * The caller, as data: the list of scopes, and the credential as received. Pure.
 */

export const SCOPES = [
  "messages:send",
  "messages:read",
  "verify:start",
  "verify:check",
  "verify:read",
  "verify:custom_code",
  "verify:manage",
  "verify:approve",
  "verify:locks",
  "tokens:write",
  "tokens:read",
  "tokens:reveal",
  "numbers:read",
  "numbers:manage",
  "sessions:write",
  "sessions:read",
  "masking:intercept",
  "inbound:read",
  "screening:judge",
  "screening:read",
  "screening:read_held",
  "screening:decide",
  "screening:manage",
  "consents:write",
  "consents:read",
  "webhooks:manage",
  "events:read",
  "audit:read",
  "policy:read",
  "budgets:read",
  "budgets:write",
  "stats:read",
  "keys:manage",
  "signin:manage",
  "alerts:read",
  "alerts:write",
  "jobs:read",
  "jobs:retry",
  "sandbox:use",
] as const;
export type Scope = (typeof SCOPES)[number];

/** What people who sign in are: each role is a set of scopes (roles.ts). */
export const ROLES = ["owner", "developer", "support", "privacy", "auditor", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** What operators who sign in are: who may act, and who may only look. */
export const OPERATOR_ROLES = ["operator", "observer"] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** A key's scopes; `*` is all of them, including those added later. */
export type Granted = readonly (Scope | "*")[];

/** Whether the granted scopes include this one. */
export function allows(granted: Granted, scope: Scope): boolean {
  return granted.includes("*") || granted.includes(scope);
}

/** The credential of a request, its MAC already checked at the door: of an API key (`key_…`) or of a session (`cse_…`). */
export type Credential = { id: string; secret: string };

/** Where the request came from, as the platform says; a client cannot set these. */
export type Origin = { ip: string | null; certificate: string | null };

/** The session in which a person calls: it ends at `expiresAt`; until `freshUntil` they count as having just signed in. */
export type CallersSession = { id: string; role: string; freshUntil: number; expiresAt: number };

/** A caller whom the tenant's object has recognised: an API key, or a person in a session. */
export type Caller = { id: string; scopes: Granted; origin: Origin; session: CallersSession | null };
