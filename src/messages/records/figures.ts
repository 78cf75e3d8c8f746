/**
 * A message as figures count it. What counts of it is in its record as well, so a recount of the records gives the same figures. Pure.
 */
import { timeOfId } from "../../base/ids.ts";
import { labelOf, type Counted } from "../../stats/figures.ts";
import { CHARGED, type Message } from "../message.ts";

/** What is counted of a message, as it stands. */
export function countedOf({ id, state, reason, purpose, account, facts, endedAt }: Message): Counted {
  const left = Math.max(facts.createdAt, facts.scheduleAt ?? 0);
  return {
    kind: "messages",
    at: timeOfId(id),
    labels: {
      state,
      reason: labelOf(reason),
      purpose,
      carrier: account,
      network: labelOf(facts.network ?? null),
      country: facts.country,
      service: facts.service ?? null,
      template: facts.template ?? null,
    },
    segments: facts.segments,
    cost: CHARGED.has(state) ? facts.price : null,
    latencyMs: state === "delivered" && endedAt !== null ? Math.max(1, endedAt - left) : null,
  };
}
