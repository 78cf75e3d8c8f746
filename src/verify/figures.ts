/**
 * A verification as figures count it; all of it is in its record as well. Pure.
 */
import { timeOfId } from "../base/ids.ts";
import { labelOf, type Counted } from "../stats/figures.ts";
import { viewOf, type Verification } from "./code/verification.ts";

/** What is counted of a verification, as it stands. */
export function countedOf(verification: Verification): Counted {
  const { id, state, reason, facts, sends, endedAt } = verification;
  return {
    kind: "verifications",
    at: timeOfId(id),
    labels: {
      state,
      reason: labelOf(reason),
      purpose: null,
      carrier: sends.at(-1)?.carrier ?? null,
      network: null,
      country: facts.country,
      service: facts.service,
      template: facts.template,
    },
    segments: 0,
    cost: viewOf(verification, null, null).cost,
    latencyMs: state === "approved" && endedAt !== null ? Math.max(1, endedAt - facts.createdAt) : null,
  };
}
