/**
 * What bounds people who text each other beyond each one's own limit: all that one session, or one relay address, brings to a
 * phone; how many strangers begin to text an address; and that whoever manages it hears of a limit that is reached. Two machines that
 * answer each other, and two addresses that point at each other, end here.
 */
import { HOUR_MS } from "../../base/clock.ts";
import type { Actor } from "../../contract/record.ts";
import type { Scope } from "../../risk/act.ts";
import type { MaskingDeps } from "../deps.ts";
import type { Participant, Session } from "../session.ts";

/** How many times the tenant's limit per recipient people may bring to one reader: in a session, and through a relay address. */
const SESSION_TIMES = 4;
const ADDRESS_TIMES = 10;
/** How many times that limit new strangers may begin to text one address. */
const STRANGERS_TIMES = 2;

/** Who acts: the service, where a text that came in met a limit. */
const INBOUND: Actor = { type: "system", id: "inbound" };

/** What counts everything that people write to a reader: in the session, or through the lasting number whose conversation it is. */
export function scopesOf(
  deps: Pick<MaskingDeps, "isLasting">,
  session: Pick<Session, "id">,
  people: readonly Participant[],
): (reader: Participant) => Scope {
  const stranger = people.find(({ number }) => deps.isLasting(number)); // it is the stranger who texts the lasting number
  return (reader) =>
    stranger !== undefined && stranger.id !== reader.id
      ? scopeOfAddress(stranger.number)
      : { name: `session|${session.id}|${reader.id}`, times: SESSION_TIMES };
}

/** What counts everything that reaches the person of an address through its lasting number. */
export const scopeOfAddress = (number: string): Scope => ({ name: `address|${number}`, times: ADDRESS_TIMES });

/** Whether one more stranger may begin to text the address; counts the one who does. */
export function mayBegin(deps: Pick<MaskingDeps, "tally">, address: string): boolean {
  return deps.tally(`strangers|${address}`, STRANGERS_TIMES);
}

/** Tells that what people write has met a limit: at most once an hour for each session or address. */
export function tellLimit(
  deps: Pick<MaskingDeps, "ledger" | "record" | "alert" | "now">,
  resource: string,
  limit: "relay" | "strangers" | "stop_words",
): void {
  if (!deps.ledger.mayAnswer(NOBODY, `${limit}|${resource}`, HOUR_MS, deps.now())) return;
  deps.record(INBOUND, { act: "relay.limit_reached", subject: resource, facts: { limit } });
  deps.alert(resource, limit);
}

/** The limits that are told stand beside the answers that people got, under nobody's name. */
const NOBODY = new Uint8Array(0);
