/**
 * Roles of people who sign in: each is a set of scopes, so that a page shows nobody what a key of the same scopes could not see.
 * docs/scopes.md shows the table. Pure.
 */
import { allows, OPERATOR_ROLES, ROLES, type Granted, type OperatorRole, type Role, type Scope } from "./caller.ts";

/** What everybody may see who may sign in at all: what happened, and no words of anybody. */
const SEES: readonly Scope[] = [
  "messages:read",
  "verify:read",
  "numbers:read",
  "sessions:read",
  "events:read",
  "alerts:read",
  "policy:read",
  "budgets:read",
  "stats:read",
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
    "alerts:write",
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
    "alerts:write",
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

/** The roles that a sign-in may give, and what each may do. */
export type RoleSet<R extends string> = { names: readonly R[]; scopesOf: (role: R) => Granted };

/** What a tenant's people may be. */
export const PEOPLES_ROLES: RoleSet<Role> = { names: ROLES, scopesOf: scopesOfRole };

/** What operators may be. An observer holds no scope: they may ask whatever changes nothing, and give nobody anything. */
export const OPERATORS_ROLES: RoleSet<OperatorRole> = {
  names: OPERATOR_ROLES,
  scopesOf: (role) => (role === "operator" ? ["*"] : []),
};

/** The role of a set that has this name; null when none has. */
export const roleNamed = <R extends string>({ names }: RoleSet<R>, name: string): R | null =>
  names.find((role) => role === name) ?? null;

/** Whether whoever holds `granted` may give a set of scopes away: each must be held, and all of them to give all. */
export function mayGive(granted: Granted, given: Granted): boolean {
  return given.every((scope) => (scope === "*" ? granted.includes("*") : allows(granted, scope)));
}

/**
 * The role that a claim's values lead to: of the mapping's rows, the first whose value is among them; null where none is, and then
 * there is no access.
 */
export function roleOf<R extends string>(
  mapping: readonly { value: string; role: R }[],
  values: readonly string[],
): R | null {
  return mapping.find(({ value }) => values.includes(value))?.role ?? null;
}
