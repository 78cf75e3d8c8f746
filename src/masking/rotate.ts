/**
 * Rotation: other numbers for people in a session, with an overlap in which the old ones still relay. And people who join, leave, or
 * replace another.
 */
import { byCaller, byRule } from "../contract/record.ts";
import { isRefused, refuse, type Outcome } from "../base/refusal.ts";
import { chooseAnother } from "../numbers/choose.ts";
import { coolOffOf, type Pool, type VirtualNumber } from "../numbers/number.ts";
import { coolNumber, coolPair, endSession } from "./close.ts";
import type { MaskingDeps } from "./deps.ts";
import { bringIn, lend, namePeople, readyPeople, type PersonInput } from "./people.ts";
import { endsAt, isOver, PARTICIPANTS_MAX, PARTICIPANTS_MIN, type Participant, type Session } from "./session.ts";
import { tellSession } from "./view.ts";

type People = { session: Session; people: Participant[] };

/** A rotation that finds no number is tried again after this. */
export const ROTATE_AGAIN_MS = 3_600_000;

/**
 * Gives the people of a session other numbers (`only`: one of them). If a number is missing, it is refused and nobody's number
 * changes. Until the overlap is over, texts to the old numbers are relayed.
 */
export function rotateSession(deps: MaskingDeps, session: Session, only: string | null): Outcome<People> {
  const now = deps.now();
  const pool = deps.numbers.pool(session.pool);
  if (pool === null) return refuse("pool_unknown");
  const people = deps.ledger.participants(session.id).filter(({ state }) => state === "active");
  const named = people.filter((one) => pool.sharing === "exclusive" || only === null || one.id === only);
  const rotating = named.filter(({ number }) => !deps.isLasting(number)); // a relay address's number never rotates
  if (rotating.length === 0) return refuse("not_found");
  const staying = people.filter((one) => !rotating.includes(one)).map(({ number }) => number);
  const chosen = chooseOthers(deps, pool, rotating, staying, now);
  if (isRefused(chosen)) {
    deps.ledger.setDue(session.id, Math.min(now + ROTATE_AGAIN_MS, endsAt(session) ?? Infinity));
    return chosen;
  }
  const overlapEnds = now + session.settings.rotation.overlapMs;
  const former = new Set(rotating.map(({ number }) => number));
  rotating.forEach((one, at) => {
    const number = chosen.ok[at];
    if (number === undefined) return;
    const until = coolOffOf(pool, overlapEnds).party;
    deps.numbers.setPairState(one, { state: "overlap", relaysUntil: overlapEnds, until });
    lend(deps, pool, { ...one, number: number.id }, now);
    deps.ledger.changeParticipant(one, { number: number.id, proxy: number.e164 });
  });
  if (pool.sharing === "exclusive")
    for (const number of former) coolNumber(deps, number, session.id, coolOffOf(pool, overlapEnds).others);
  const next = deps.ledger.changeSession(session, { rotatedAt: now, sinceRotation: 0 });
  const rotated = deps.ledger.participants(session.id).filter(({ state }) => state === "active");
  tellSession(deps, "session.rotated", next, rotated);
  return { ok: { session: next, people: rotated } };
}

/** Rotation by the session's settings; a successful one has its audit entry, with the rule as actor. */
export function rotateByRule(deps: MaskingDeps, session: Session): void {
  const rotated = rotateSession(deps, session, null);
  if (!isRefused(rotated)) deps.record(byRule("masking"), { act: "session.rotated", subject: session.id });
}

/** Another number for each, in an exclusive pool one for all of them. */
function chooseOthers(
  deps: MaskingDeps,
  pool: Pool,
  people: readonly Participant[],
  staying: readonly string[],
  now: number,
): Outcome<VirtualNumber[]> {
  const chosen: VirtualNumber[] = [];
  const together = pool.sharing === "exclusive" ? people.map(({ party }) => party) : null;
  for (const one of people) {
    const former = deps.numbers.get(one.number);
    if (former === null) return refuse("not_found");
    const taken = [...staying, ...chosen.map(({ id }) => id)];
    const another = chooseAnother(deps.numbers, pool, together ?? [one.party], former, taken, now);
    if (isRefused(another) || together !== null)
      return isRefused(another) ? another : { ok: people.map(() => another.ok) };
    chosen.push(another.ok);
  }
  return { ok: chosen };
}

/** An open session by id; one whose time is over is ended first. */
export function openOne(deps: MaskingDeps, id: string): Outcome<Session> {
  const found = deps.ledger.session(id);
  if (found === null) return refuse("not_found");
  const over = found.state === "open" ? isOver(found, deps.now()) : null; // the alarm may not have run yet
  const session = over === null ? found : endSession(deps, found, "expired", over);
  return session.state === "open"
    ? { ok: session }
    : refuse("session_ended", { detail: `The session is ${session.state}.` });
}

/** Another person in an open session. */
export function addPerson(deps: MaskingDeps, key: string, id: string, input: PersonInput): Outcome<People> {
  const named = namePeople(deps, key, [input]);
  if (isRefused(named)) return named;
  const session = openOne(deps, id);
  if (isRefused(session)) return session;
  const active = deps.ledger.participants(id).filter(({ state }) => state === "active");
  if (active.length >= PARTICIPANTS_MAX)
    return refuse("state_conflict", { detail: `A session has at most ${PARTICIPANTS_MAX} participants.` });
  const pool = deps.numbers.pool(session.ok.pool);
  if (pool === null) return refuse("pool_unknown");
  const ready = readyPeople(deps, pool, session.ok, [input], named.ok);
  if (isRefused(ready)) return ready;
  const [added] = bringIn(deps, session.ok, pool, ready.ok);
  deps.record(byCaller(key), {
    act: "session.participant_added",
    subject: id,
    facts: { participant: added?.id ?? null },
  });
  return { ok: changed(deps, session.ok) };
}

/** A person leaves; their number cools off for them. Refused for the last two people. */
export function removePerson(deps: MaskingDeps, key: string, id: string, participant: string): Outcome<People> {
  const session = openOne(deps, id);
  if (isRefused(session)) return session;
  const active = deps.ledger.participants(id).filter(({ state }) => state === "active");
  const leaving = active.find((one) => one.id === participant);
  if (leaving === undefined) return refuse("not_found");
  if (active.length <= PARTICIPANTS_MIN)
    return refuse("state_conflict", { detail: "A session needs two people: close it, or replace this one." });
  leave(deps, session.ok, leaving);
  deps.record(byCaller(key), { act: "session.participant_removed", subject: id, facts: { participant } });
  return { ok: changed(deps, session.ok) };
}

/** One person leaves and another joins, in one step: the others keep the numbers they text. */
export function replacePerson(
  deps: MaskingDeps,
  key: string,
  id: string,
  participant: string,
  input: PersonInput,
): Outcome<People> {
  const named = namePeople(deps, key, [input]);
  if (isRefused(named)) return named;
  const session = openOne(deps, id);
  if (isRefused(session)) return session;
  const leaving = deps.ledger.participants(id).find((one) => one.id === participant && one.state === "active");
  const pool = deps.numbers.pool(session.ok.pool);
  if (leaving === undefined || pool === null) return refuse("not_found");
  const ready = readyPeople(deps, pool, session.ok, [input], named.ok);
  if (isRefused(ready)) return ready;
  leave(deps, session.ok, leaving);
  const [added] = bringIn(deps, session.ok, pool, ready.ok);
  const facts = { left: participant, participant: added?.id ?? null };
  deps.record(byCaller(key), { act: "session.participant_replaced", subject: id, facts });
  return { ok: changed(deps, session.ok) };
}

function leave(deps: MaskingDeps, session: Session, one: Participant): void {
  const now = deps.now();
  coolPair(deps, session, one, now);
  deps.ledger.changeParticipant(one, { state: "left", leftAt: now });
}

function changed(deps: MaskingDeps, session: Session): People {
  return { session: deps.ledger.changeSession(session, {}), people: deps.ledger.participants(session.id) };
}
