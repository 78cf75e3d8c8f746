/**
 * Bounds on alternating STOP and START: a stop always takes effect, a start at most three times a day from one person to one number.
 * A word that changes nothing writes no consent.
 */
import { tellLimit } from "../masking/relays/limits.ts";
import { STOPPABLE, type Purpose } from "../sms/purpose.ts";
import type { InboundDeps } from "./deps.ts";

const STARTS_A_DAY_MAX = 3;

/** The purposes that a STOP still has to withdraw. `sender` null: for all of the tenant's senders. */
export function stillToStop({ standingOf }: Pick<InboundDeps, "standingOf">, who: Uint8Array, sender: string | null) {
  return STOPPABLE.filter((purpose) => standingOf(who, purpose, sender) !== "withdrawn");
}

/**
 * The purposes that a START gives back: those withdrawn, and, where the carrier recognised it, those without any record. None
 * beyond the day's limit, which raises an alert.
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
