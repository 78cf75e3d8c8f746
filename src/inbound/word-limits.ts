/**
 * STOP and START in turn: a stop is obeyed each time, and so that the alternation ends, a start is obeyed three times a day from one
 * person to one number. A word that changes nothing leaves no row of consent.
 */
import { tellLimit } from "../masking/relays/limits.ts";
import { STOPPABLE, type Purpose } from "../sms/purpose.ts";
import type { InboundDeps } from "./deps.ts";

const STARTS_A_DAY_MAX = 3;

/** What a STOP still has to withdraw: a stop that stands is not said again. `sender` null: to all of the tenant's senders. */
export function stillToStop({ standingOf }: Pick<InboundDeps, "standingOf">, who: Uint8Array, sender: string | null) {
  return STOPPABLE.filter((purpose) => standingOf(who, purpose, sender) !== "withdrawn");
}

/**
 * What a START gives back, and, of one that the carrier itself has recognised, what was never said before; nothing where this person
 * has been obeyed so often today, which the tenant is told.
 */
export function toGiveBack(
  deps: InboundDeps,
  who: Uint8Array,
  number: { id: string; e164: string },
  isCarriers: boolean,
): Purpose[] {
  const stopped = STOPPABLE.filter((purpose) => {
    const standing = deps.standingOf(who, purpose, number.e164);
    return standing === "withdrawn" || (isCarriers && standing === null);
  });
  if (stopped.length === 0) return [];
  const name = `starts|${number.id}|${Buffer.from(who).toString("base64url")}`;
  if (deps.masking.tallyDay(name, STARTS_A_DAY_MAX)) return stopped;
  tellLimit(deps.masking, number.id, "stop_words");
  return [];
}
