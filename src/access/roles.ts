/**
 * Roles of people who sign in: each is a set of scopes, so that a page shows nobody what a key of the same scopes could not see.
 * docs/scopes.md shows the table. Pure.
 */
import { allows, type Granted, type Role, type Scope } from "./caller.ts";

/** What everybody may see who may sign in at all: what happened, and no words of anybody. */
const SEES: readonly Scope[] = [
  "messages:read",
  "verify:read",
  "numbers:read",
  "sessions:read",
  "events:read",
  "policy:read",
];

const SCOPES_OF: Readonly<Record<Role, Granted>> = {
  owner: ["*"],
  developer: [
    ...SEES,
    "messages:send",
    "verify:start",
    "verify:check",
    "verify:manage",
    "tokens:write",
    "tokens:read",
    "numbers:manage",
    "sessions:write",
    "webhooks:manage",
    "keys:manage",
    "jobs:read",
    "jobs:retry",
    "sandbox:use",
    "screening:judge",
    "screening:read",
    "screening:manage",
  ],
  support: [
    ...SEES,
    "messages:send",
    "verify:locks",
    "tokens:read",
    "sessions:write",
    "inbound:read",
    "screening:judge",
    "screening:read",
    "screening:read_held",
    "screening:decide",
    "consents:read",
    "consents:write",
  ],
  privacy: [...SEES, "tokens:read", "tokens:reveal", "inbound:read", "consents:read", "consents:write", "audit:read"],
  auditor: [...SEES, "tokens:read", "consents:read", "audit:read", "jobs:read"],
  viewer: SEES,
};

/** The scopes of a role. */
export const scopesOfRole = (role: Role): Granted => SCOPES_OF[role];

/** Whether whoever holds `granted` may give a set of scopes away: each must be held, and all of them to give all. */
export function mayGive(granted: Granted, given: Granted): boolean {
  return given.every((scope) => (scope === "*" ? granted.includes("*") : allows(granted, scope)));
}

/**
 * The role that a claim's values lead to: of the mapping's rows, the first whose value is among them; null where none is, and then
 * there is no access.
 */
export function roleOf(mapping: readonly { value: string; role: Role }[], values: readonly string[]): Role | null {
  return mapping.find(({ value }) => values.includes(value))?.role ?? null;
}
