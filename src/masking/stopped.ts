/**
 * A participant texts STOP, or takes it back. It holds for the session, also after a rotation.
 */
import { DAY_MS } from "../base/clock.ts";
import { isRefused } from "../base/refusal.ts";
import type { Pair } from "../numbers/number.ts";
import { endSession } from "./close.ts";
import type { MaskingDeps } from "./deps.ts";
import { isOver, type Participant, type Session } from "./session.ts";

/** The others are told of one person's STOP at most once in this time, also if STOP and START alternate. */
const TOLD_EVERY_MS = DAY_MS;

/** Marks the person, and after a STOP texts the others the tenant's sentence. Answers whether the mark changed. */
export function tellOthers(deps: MaskingDeps, pair: Pair, stopped: boolean): boolean {
  const session = deps.ledger.session(pair.session);
  const people = deps.ledger.participants(pair.session).filter(({ state }) => state === "active");
  const person = people.find(({ id }) => id === pair.participant);
  if (session === null || person === undefined || person.stopped === stopped) return false;
  deps.ledger.changeParticipant(person, { stopped });
  const now = deps.now();
  if (session.state !== "open" || isOver(session, now) !== null || !stopped) return true;
  if (!deps.ledger.mayAnswer(person.party, `stopped|${session.id}`, TOLD_EVERY_MS, now)) return true;
  const left = people.filter((other) => other.id !== person.id && tell(deps, session, person, other));
  if (left.length === 0) return true;
  // The sentence counts towards the session's `max_messages` like any other text.
  const next = deps.ledger.changeSession(session, { messages: session.messages + 1 });
  const over = isOver(next, now);
  if (over !== null) endSession(deps, next, "expired", over);
  return true;
}

/** Texts one participant the sentence; whether it was admitted. */
function tell(deps: MaskingDeps, session: Session, person: Participant, other: Participant): boolean {
  const number = other.stopped ? null : deps.numbers.get(other.number);
  if (number === null) return false;
  const sent = deps.send(session.key, {
    to: { token: other.token },
    from: number,
    text: deps.ledger.settings().stoppedNotice,
    about: session.id,
    by: `${session.id}|${person.id}|stopped`,
  });
  return !isRefused(sent);
}
