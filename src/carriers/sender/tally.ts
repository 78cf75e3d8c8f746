/**
 * Sums the outcomes of a sender's calls until they are reported to the courier: with the next request for permits, or
 * at once if something is wrong or no call has succeeded yet.
 */
import type { Answer } from "../carrier.ts";
import type { Calls } from "../courier/health.ts";
import type { Lane } from "../../sms/purpose.ts";

/** A sender's tally. */
export class Tally {
  #calls = new Map<string, Calls>();

  /** Counts one call; answers whether it must be reported at once. */
  add(lane: Lane, answer: Answer, latencyMs: number): boolean {
    const accountRefused = answer.outcome === "declined" && answer.ofAccount === true;
    const about = 2 ** Math.ceil(Math.log2(Math.max(1, latencyMs))); // few classes, so that many calls share one entry
    const strange = "unmapped" in answer && answer.unmapped === true ? { unmapped: true as const } : {};
    const why = answer.outcome === "declined" ? { code: answer.code } : {};
    const name = `${lane} ${answer.outcome} ${accountRefused} ${about} ${"unmapped" in strange} ${why.code ?? ""}`;
    const known = this.#calls.get(name);
    if (known !== undefined) known.count += 1;
    else {
      const refused = accountRefused ? { accountRefused } : {};
      this.#calls.set(name, {
        lane,
        outcome: answer.outcome,
        count: 1,
        latencyMs: about,
        ...refused,
        ...strange,
        ...why,
      });
    }
    return answer.outcome === "unknown" || accountRefused;
  }

  /** Takes what was counted since the last call. */
  take(): Calls[] {
    const calls = [...this.#calls.values()];
    this.#calls = new Map();
    return calls;
  }
}
