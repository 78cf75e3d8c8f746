/**
 * Anomalies in an account's last minutes, besides slowness: missing receipts, undelivered texts, refusals, unknown
 * outcomes, and a sudden change in how texts end. Each is raised once when it begins and cleared once when it ends.
 * Pure.
 */
import type { Lane } from "../../sms/purpose.ts";

/** A window's sums, as `health.ts` counts them. */
export type Seen = {
  accepted: number;
  /** Accepted texts that are old enough to have a receipt. */
  due: number;
  declined: number;
  unknown: number;
  receipts: number;
  delivered: number;
  /** Texts whose end is known, by a receipt or a refusal. */
  ended: number;
  /** The share of them that ended unlike before, and the code most in excess; null without a past to compare with. */
  changed: { share: number; code: string } | null;
};

export const ANOMALIES = ["bounces", "receipts_missing", "refusals", "doubts", "codes"] as const;
export type Anomaly = (typeof ANOMALIES)[number];
/** `code`: of a changed mix, the code most in excess. */
export type Alert = { lane: Lane; kind: Anomaly; share: number; since: number; code?: string };
export type AlertMove = Omit<Alert, "since"> & { state: "raised" | "cleared" };

/** Fewer texts than this are not judged. */
export const SEEN_MIN = 50;
/** An anomaly begins at this share and ends below half of it, so that it does not flicker. */
export const SHARE_FROM: Record<Anomaly, number> = {
  bounces: 0.3,
  receipts_missing: 0.8,
  refusals: 0.3,
  doubts: 0.1,
  codes: 0.2,
};

/** The share of each kind in a window, or null if too few texts were seen. */
export function sharesOf({
  accepted,
  due,
  declined,
  unknown,
  receipts,
  delivered,
  ended,
  changed,
}: Seen): Record<Anomaly, number | null> {
  const of = (part: number, all: number) => (all < SEEN_MIN ? null : part / all);
  const calls = accepted + declined + unknown;
  return {
    bounces: of(receipts - delivered, receipts),
    receipts_missing: of(Math.max(0, due - receipts), due),
    refusals: of(declined, calls),
    doubts: of(unknown, calls),
    codes: changed === null || ended < SEEN_MIN ? null : changed.share,
  };
}

/** The alerts of one account. */
export class Alerts {
  #raised: Alert[] = [];

  get raised(): readonly Alert[] {
    return this.#raised;
  }

  /** Judges a lane's window; answers what was raised or cleared. */
  judge(lane: Lane, seen: Seen, now: number): AlertMove[] {
    const shares = sharesOf(seen);
    return ANOMALIES.flatMap((kind): AlertMove[] => {
      const share = shares[kind] ?? 0;
      const known = this.#raised.find((alert) => alert.lane === lane && alert.kind === kind);
      if (known === undefined && share >= SHARE_FROM[kind]) {
        const alert = { lane, kind, share, ...(kind === "codes" && seen.changed ? { code: seen.changed.code } : {}) };
        this.#raised = [...this.#raised, { ...alert, since: now }];
        return [{ ...alert, state: "raised" }];
      }
      if (known === undefined || share >= SHARE_FROM[kind] / 2) return [];
      this.#raised = this.#raised.filter((alert) => alert !== known);
      return [{ lane, kind, share, state: "cleared" }];
    });
  }
}
