/**
 * Opening a session, and reopening it: all its people at once, in one transaction.
 */
import { byCaller, type Actor } from "../contract/record.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { isHeld, type Pool } from "../numbers/number.ts";
import type { MaskingDeps } from "./deps.ts";
import { bringIn, namePeople, readyPeople, type PersonInput, type Ready } from "./people.ts";
import { endsAt, isOver, type Participant, type Session, type SessionSettings } from "./session.ts";
import { tellSession } from "./view.ts";

/** The request's field for each limit that could end the session at once. */
const LIMIT_FIELDS: Readonly<Record<string, string>> = {
  messages: "max_messages",
  ttl: "ttl_seconds",
  idle: "idle_seconds",
};

export type OpenInput = { pool: string | null; people: PersonInput[]; settings: SessionSettings };

/** Opens a session; either each of its people gets a number, or nothing is written. */
export function openSession(
  deps: MaskingDeps,
  key: string,
  input: OpenInput,
): Outcome<{ session: Session; people: Participant[] }> {
  const named = namePeople(deps, key, input.people);
  if (isRefused(named)) return named;
  const pool = poolOf(deps, input.pool);
  if ("refused" in pool) return pool;
  const now = deps.now();
  if ((endsAt({ settings: input.settings, openedAt: now, lastAt: now }) ?? Infinity) <= now)
    return refuse("invalid_field", {
      errors: [{ field: "expires_at", code: "invalid_field", detail: "Give a time in the future." }],
    });
  const ready = readyPeople(deps, pool.ok, null, input.people, named.ok);
  if ("refused" in ready) return ready;
  const opened = startSession(deps, key, pool.ok, input.settings, ready.ok);
  deps.record(byCaller(key), {
    act: "session.opened",
    subject: opened.session.id,
    facts: { participants: ready.ok.length },
  });
  return { ok: opened };
}

/** Stores a session and its people, whose numbers were chosen before. */
export function startSession(
  deps: MaskingDeps,
  key: string,
  pool: Pool,
  settings: SessionSettings,
  ready: readonly Ready[],
): { session: Session; people: Participant[] } {
  const now = deps.now();
  const session: Session = {
    id: deps.ids.make("ses", now),
    state: "open",
    version: 1,
    pool: pool.id,
    key,
    settings,
    messages: 0,
    sinceRotation: 0,
    openedAt: now,
    lastAt: now,
    rotatedAt: now,
    endedAt: null,
    reason: null,
  };
  deps.ledger.addSession(session);
  const people = bringIn(deps, session, pool, ready);
  const met = Math.max(...people.map(({ party }) => deps.numbers.metBy(party, pool.id, now)));
  deps.numbers.countOpening(pool.id, met, now);
  tellSession(deps, "session.opened", session, people);
  return { session, people };
}

/** The pool named, or the only one there is. */
export function poolOf(deps: Pick<MaskingDeps, "numbers">, id: string | null): Outcome<Pool> {
  if (id !== null) {
    const pool = deps.numbers.pool(id);
    return pool === null ? refuse("pool_unknown") : { ok: pool };
  }
  const [only, ...others] = deps.numbers.pools();
  if (only !== undefined && others.length === 0) return { ok: only };
  const detail = only === undefined ? "Make a pool first: POST /v1/pools." : "Name one of your pools in `pool_id`.";
  return refuse("pool_unknown", { detail });
}

/**
 * Opens an ended session again with the numbers it had. Possible until its cool-off ends, because until then these people have the
 * numbers in no other session. Refused when one of them was erased meanwhile: that person could not be texted, and nothing could be
 * sealed under their key.
 */
export function reopenSession(
  deps: MaskingDeps,
  actor: Actor,
  id: string,
  change: Pick<SessionSettings, "ttlMs" | "expiresAt" | "idleMs" | "messagesMax">,
): Outcome<{ session: Session; people: Participant[] }> {
  const session = deps.ledger.session(id);
  if (session === null) return refuse("not_found");
  if (session.state === "open") return refuse("state_conflict", { detail: "The session is open." });
  const now = deps.now();
  const people = deps.ledger.participants(id).filter(({ state }) => state === "active");
  const mine = people.every(({ party, number }) => {
    const pair = deps.numbers.pair(party, number);
    return pair?.session === id && isHeld(pair, now);
  });
  const pool = deps.numbers.pool(session.pool);
  const numbers = [...new Set(people.map(({ number }) => number))];
  const kept = pool?.sharing !== "exclusive" || numbers.every((number) => deps.numbers.get(number)?.session === id);
  if (!mine || !kept || pool === null) return refuse("session_gone");
  if (people.some(({ token }) => deps.vault.findToken(token) === null)) return refuse("people_forgotten");
  const next = {
    ...session,
    state: "open" as const,
    settings: { ...session.settings, ...change },
    openedAt: now,
    lastAt: now,
  };
  const over = isOver(next, now);
  if (over !== null)
    return refuse("invalid_field", {
      errors: [
        {
          field: LIMIT_FIELDS[over] ?? over,
          code: "invalid_field",
          detail: "With this limit the session would be over at once.",
        },
      ],
    });
  const opened = deps.ledger.reopen(session, next.settings, now);
  for (const { party, number } of people)
    deps.numbers.setPairState({ party, number }, { state: "open", relaysUntil: null, until: null });
  // A number that was retired meanwhile still relays for this session, and stays retired.
  const cooling = numbers.filter((number) => deps.numbers.get(number)?.state === "cooling");
  if (pool.sharing === "exclusive")
    for (const number of cooling) deps.numbers.setNumberState(number, "leased", id, null);
  deps.record(actor, { act: "session.reopened", subject: id });
  tellSession(deps, "session.opened", opened, people);
  return { ok: { session: opened, people } };
}
