/**
 * Limits on relayed texts beside each sender's own: on all texts of one session or relay address to one reader, and on new strangers
 * who text an address. A reached limit raises an alert. They stop two machines that answer each other, and two addresses whose people
 * are each other's virtual numbers.
 */
import { HOUR_MS } from "../../base/clock.ts";
import type { Actor } from "../../contract/record.ts";
import type { Scope } from "../../risk/act.ts";
import type { MaskingDeps } from "../deps.ts";
import type { Participant, Session } from "../session.ts";

/** Texts to one reader, as multiples of the tenant's cap per recipient: of a session, and through a relay address. */
const SESSION_TIMES = 4;
const ADDRESS_TIMES = 10;
/** New strangers of one address, as a multiple of the same cap. */
const STRANGERS_TIMES = 2;

/** The actor in the audit: the service, because an inbound text reached a limit. */
const INBOUND: Actor = { type: "system", id: "inbound" };

/** The counter of all texts to a reader: of the session, or, in a relay address's session, of its lasting number. */
export function scopesOf(
  deps: Pick<MaskingDeps, "isLasting">,
  session: Pick<Session, "id">,
  people: readonly Participant[],
): (reader: Participant) => Scope {
  const stranger = people.find(({ number }) => deps.isLasting(number)); // the stranger texts the lasting number
  return (reader) =>
    stranger !== undefined && stranger.id !== reader.id
      ? scopeOfAddress(stranger.number)
      : { name: `session|${session.id}|${reader.id}`, times: SESSION_TIMES };
}

/** The counter of all texts to the person of an address through its lasting number. */
export const scopeOfAddress = (number: string): Scope => ({ name: `address|${number}`, times: ADDRESS_TIMES });

/** Counts a new stranger of the address; false beyond the limit. */
export function mayBegin(deps: Pick<MaskingDeps, "tally">, address: string): boolean {
  return deps.tally(`strangers|${address}`, STRANGERS_TIMES);
}

/** Audit entry and event that a limit was reached: at most once an hour for each limit and session or address. */
export function tellLimit(
  deps: Pick<MaskingDeps, "ledger" | "record" | "alert" | "now">,
  resource: string,
  limit: "relay" | "strangers" | "stop_words",
): void {
  if (!deps.ledger.mayAnswer(NOBODY, `${limit}|${resource}`, HOUR_MS, deps.now())) return;
  deps.record(INBOUND, { act: "relay.limit_reached", subject: resource, facts: { limit } });
  deps.alert(resource, limit);
}

/** Times of these alerts are stored among the times of answers, with an empty name in place of a person's. */
const NOBODY = new Uint8Array(0);
