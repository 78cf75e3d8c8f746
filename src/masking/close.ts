/**
 * How a session ends, and how a person leaves one. Until the cool-off is over, the person does not get the same virtual number in
 * another session, so that no late text reaches other people.
 */
import { byCaller, byRule } from "../contract/record.ts";
import { isoOf } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { coolOffOf, POOL_DEFAULTS } from "../numbers/number.ts";
import type { MaskingDeps } from "./deps.ts";
import type { Participant, Session } from "./session.ts";
import { tellSession } from "./view.ts";

/** Ends an open session; its participants stay stored. Writes the audit entry of an expiry; for any other end the caller writes it. */
export function endSession(deps: MaskingDeps, session: Session, state: "expired" | "closed", reason: string): Session {
  const now = deps.now();
  const ended = deps.ledger.changeSession(session, { state, reason, endedAt: now });
  if (state === "expired")
    deps.record(byRule("masking"), { act: "session.expired", subject: session.id, facts: { reason } });
  const people = deps.ledger.participants(session.id).filter((one) => one.state === "active");
  for (const one of people) coolPair(deps, session, one, now);
  coolNumbers(deps, session, now);
  tellSession(deps, state === "expired" ? "session.expired" : "session.closed", ended, people);
  return ended;
}

/** Ends a session at the tenant's request. */
export function closeSession(deps: MaskingDeps, key: string, id: string): Outcome<Session> {
  const session = deps.ledger.session(id);
  if (session === null) return refuse("not_found");
  if (session.state !== "open") return refuse("session_ended", { detail: `The session is ${session.state}.` });
  deps.record(byCaller(key), { act: "session.closed", subject: id });
  return { ok: endSession(deps, session, "closed", "by_caller") };
}

/** Starts the cool-off of a person and their number. */
export function coolPair(deps: MaskingDeps, session: Session, { party, number }: Participant, now: number): void {
  const until = coolOffOf(deps.numbers.pool(session.pool) ?? POOL_DEFAULTS, now).party;
  deps.numbers.setPairState({ party, number }, { state: "cooling", relaysUntil: null, until });
}

/** Starts the cool-off of the session's exclusive numbers for everybody, also of one whose participant has left. */
function coolNumbers(deps: MaskingDeps, session: Session, now: number): void {
  const pool = deps.numbers.pool(session.pool);
  if (pool?.sharing !== "exclusive") return;
  const until = coolOffOf(pool, now).others;
  const people = deps.ledger.participants(session.id);
  for (const number of new Set(people.map((one) => one.number))) coolNumber(deps, number, session.id, until);
}

/** Starts the cool-off of an exclusive number, if this session holds it; a retired number stays retired. */
export function coolNumber(deps: MaskingDeps, number: string, session: string, until: number): void {
  const held = deps.numbers.get(number);
  if (held?.state !== "leased" || held.session !== session) return;
  deps.numbers.setNumberState(number, "cooling", session, until);
  deps.emit("number.cooling", number, { number, until: isoOf(until) });
}
