/**
 * The tenant's ratio of wrong guesses, hour by hour: when more than half of at least twenty are wrong, the tenant is told,
 * once an hour. Counted in memory; after a restart it begins with what the verifications of the hour say, so it costs no row.
 */
import { HOUR_MS, isoOf } from "../base/clock.ts";
import type { VerifyLedger } from "./ledger.ts";

export const ALERT_CHECKS_MIN = 20;
export const ALERT_RATIO = 0.5;

type Alert = (resource: string, data: { checks: number; failed: number; hour: string }) => void;
type Hour = { hour: number; checks: number; failed: number };

/** The watch over one tenant's guesses. */
export class FailureWatch {
  readonly #ledger: VerifyLedger;
  readonly #alert: Alert;
  #hour: Hour | null = null;

  constructor(ledger: VerifyLedger, alert: Alert) {
    this.#ledger = ledger;
    this.#alert = alert;
  }

  /** Counts one guess at a verification, after it was written. */
  guessed(resource: string, right: boolean, now: number): void {
    const hour = Math.floor(now / HOUR_MS);
    if (this.#hour === null) {
      this.#hour = { hour, ...this.#ledger.guessesSince(hour * HOUR_MS) }; // this guess is among them
    } else {
      if (this.#hour.hour !== hour) this.#hour = { hour, checks: 0, failed: 0 };
      this.#hour.checks += 1;
      if (!right) this.#hour.failed += 1;
    }
    const { checks, failed } = this.#hour;
    if (checks < ALERT_CHECKS_MIN || failed / checks <= ALERT_RATIO) return;
    if (this.#ledger.mark("alerted") === String(hour)) return;
    this.#ledger.setMark("alerted", String(hour));
    this.#alert(resource, { checks, failed, hour: isoOf(hour * HOUR_MS) });
  }
}
