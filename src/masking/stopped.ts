/**
 * A person of a session says STOP, or takes it back. It holds for the session, whatever number they have after a rotation.
 */
import type { Pair } from "../numbers/number.ts";
import type { MaskingDeps } from "./deps.ts";

/** Marks the person, and tells the others in a plain sentence when texts stop. Answers whether it was otherwise before. */
export function tellOthers(deps: MaskingDeps, pair: Pair, stopped: boolean): boolean {
  const session = deps.ledger.session(pair.session);
  const people = deps.ledger.participants(pair.session).filter(({ state }) => state === "active");
  const person = people.find(({ id }) => id === pair.participant);
  if (session === null || person === undefined || person.stopped === stopped) return false;
  deps.ledger.changeParticipant(person, { stopped });
  if (session.state !== "open" || !stopped) return true;
  for (const other of people) {
    const number = deps.numbers.get(other.number);
    if (other.id === person.id || other.stopped || number === null) continue;
    deps.send(session.key, {
      to: { token: other.token },
      from: number,
      text: deps.ledger.settings().stoppedNotice,
      about: session.id,
      by: `${session.id}|${person.id}`,
    });
  }
  return true;
}
