/**
 * A person of a session says STOP, or takes it back. It holds for the session, whatever number they have after a rotation.
 */
import { DAY_MS } from "../base/clock.ts";
import { isRefused } from "../base/refusal.ts";
import type { Pair } from "../numbers/number.ts";
import { endSession } from "./close.ts";
import type { MaskingDeps } from "./deps.ts";
import { isOver, type Participant, type Session } from "./session.ts";

/** The others are told of one person's STOP once in this time: STOP and START in turn tell nobody more. */
const TOLD_EVERY_MS = DAY_MS;

/** Marks the person, and tells the others in a plain sentence when texts stop. Answers whether it was otherwise before. */
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
  // The sentence is a text of the session like any other: it counts among those that the session may have.
  const next = deps.ledger.changeSession(session, { messages: session.messages + 1 });
  const over = isOver(next, now);
  if (over !== null) endSession(deps, next, "expired", over);
  return true;
}

/** Whether the sentence left for this one. */
function tell(deps: MaskingDeps, session: Session, person: Participant, other: Participant): boolean {
  const number = other.stopped ? null : deps.numbers.get(other.number);
  if (number === null) return false;
  const sent = deps.send(session.key, {
    to: { token: other.token },
    from: number,
    text: deps.ledger.settings().stoppedNotice,
    about: session.id,
    by: `${session.id}|${person.id}|stopped`,
    always: true,
  });
  return !isRefused(sent);
}
