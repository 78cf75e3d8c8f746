/**
 * How many calls a key may make, by class of what they do: a loop in a program, or a key in the wrong hands, is slowed before it costs
 * rows. The numbers are far above what a program needs that does its work. Counted in memory for each line of rotated keys and each
 * class, in minutes of real time, so an ordinary call writes no row; an object that is evicted forgets its running minutes, which gives
 * a key at most one minute's calls more.
 */
import { refuse, type Refusal } from "../base/refusal.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../base/clock.ts";
import type { Scope } from "./caller.ts";

/** What a minute may hold of each class, for one line of keys. */
export const CALLS_PER_MINUTE = {
  /** Traffic: what is sent is counted by the policy's caps as well. */
  send: 60_000,
  read: 6_000,
  sandbox: 6_000,
  write: 1_200,
  manage: 600,
  reveal: 600,
} as const satisfies Record<string, number>;
export type CallClass = keyof typeof CALLS_PER_MINUTE;

/** The class of each scope's verbs. A new scope does not compile until it has one. */
const CLASS_OF: Readonly<Record<Scope, CallClass>> = {
  "messages:send": "send",
  "messages:read": "read",
  "verify:start": "send",
  "verify:check": "send",
  "verify:read": "read",
  "verify:custom_code": "send",
  "verify:manage": "manage",
  "verify:approve": "manage",
  "verify:locks": "write",
  "tokens:write": "write",
  "tokens:read": "read",
  "tokens:reveal": "reveal",
  "numbers:read": "read",
  "numbers:manage": "manage",
  "sessions:write": "send",
  "sessions:read": "read",
  "inbound:read": "read",
  "screening:judge": "read",
  "screening:read": "read",
  "screening:read_held": "reveal",
  "screening:decide": "write",
  "screening:manage": "manage",
  "consents:write": "write",
  "consents:read": "read",
  "webhooks:manage": "manage",
  "masking:intercept": "manage",
  "events:read": "read",
  "audit:read": "read",
  "policy:read": "read",
  "budgets:read": "read",
  "budgets:write": "manage",
  "stats:read": "read",
  "keys:manage": "manage",
  "signin:manage": "manage",
  "alerts:read": "read",
  "alerts:write": "write",
  "jobs:read": "read",
  "jobs:retry": "manage",
  "sandbox:use": "sandbox",
};

/** A page of a list counts as a call for every so many rows it may show. */
const ROWS_PER_CALL = 20;
/** Lines and classes remembered at most; minutes that are over go first. */
const MINUTES_MAX = 2_000;

type Minute = { from: number; calls: number; toldAt: number };

/** A limit that a call has met; `isNews` the first time within an hour. */
export type CallLimitReached = { class: CallClass; perMinute: number; isNews: boolean; refusal: Refusal };

/** The calls of one tenant's keys in their running minutes. */
export class CallLimits {
  readonly #minutes = new Map<string, Minute>();

  /** Counts a call. Answers the limit that it met, or null; a call that is refused counts no further. */
  count(line: string, scope: Scope, input: unknown, now: number): CallLimitReached | null {
    const kind = CLASS_OF[scope];
    const minute = this.#minute(`${kind}|${line}`, now);
    const perMinute = CALLS_PER_MINUTE[kind];
    if (minute.calls < perMinute) {
      minute.calls += callsOf(input);
      return null;
    }
    const isNews = now >= minute.toldAt + HOUR_MS;
    if (isNews) minute.toldAt = now;
    const retryAfterSeconds = Math.max(1, Math.ceil((minute.from + MINUTE_MS - now) / SECOND_MS));
    const detail = `A key may make ${perMinute} calls of the class "${kind}" a minute; a list counts once for every ${ROWS_PER_CALL} rows.`;
    return { class: kind, perMinute, isNews, refusal: refuse("rate_limited", { detail, retryAfterSeconds }) };
  }

  #minute(name: string, now: number): Minute {
    const known = this.#minutes.get(name);
    if (known !== undefined && now >= known.from && now < known.from + MINUTE_MS) return known;
    if (this.#minutes.size >= MINUTES_MAX) this.#forget(now);
    const begun = { from: now, calls: 0, toldAt: known?.toldAt ?? -Infinity };
    this.#minutes.set(name, begun);
    return begun;
  }

  #forget(now: number): void {
    for (const [name, { from }] of this.#minutes) if (now >= from + MINUTE_MS) this.#minutes.delete(name);
    if (this.#minutes.size >= MINUTES_MAX) this.#minutes.clear();
  }
}

/** What a call counts as: a list by the rows it asks for. */
function callsOf(input: unknown): number {
  const limit = typeof input === "object" && input !== null && "limit" in input ? input.limit : null;
  return typeof limit === "number" ? Math.max(1, Math.ceil(limit / ROWS_PER_CALL)) : 1;
}
