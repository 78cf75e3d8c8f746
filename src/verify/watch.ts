/**
 * The tenant's ratio of wrong guesses in each hour: if more than half of at least twenty are wrong, an alert is emitted, once an hour.
 * Counted in memory, so it costs no row; after a restart the count continues from the hour's verifications.
 */
import { HOUR_MS, isoOf } from "../base/clock.ts";
import type { VerifyLedger } from "./ledger.ts";

export const ALERT_CHECKS_MIN = 20;
export const ALERT_RATIO = 0.5;

type Alert = (resource: string, data: { checks: number; failed: number; hour: string }) => void;
type Hour = { hour: number; checks: number; failed: number };

/** Monitors one tenant's guesses. */
export class FailureWatch {
  readonly #ledger: VerifyLedger;
  readonly #alert: Alert;
  #hour: Hour | null = null;

  constructor(ledger: VerifyLedger, alert: Alert) {
    this.#ledger = ledger;
    this.#alert = alert;
  }

  /** Counts a guess, after it was written. */
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
