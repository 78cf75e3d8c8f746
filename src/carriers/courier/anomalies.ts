/**
 * What is strange about an account's last minutes, beyond being slow: receipts that never come, texts that bounce, refusals,
 * doubts, and endings that are suddenly others than before. Each is raised once when it begins and cleared once when it is over.
 * Pure.
 */
import type { Lane } from "../../sms/purpose.ts";

/** A window's sums, as `health.ts` counts them. */
export type Seen = {
  accepted: number;
  /** Those of the accepted that are old enough to have their receipt. */
  due: number;
  declined: number;
  unknown: number;
  receipts: number;
  delivered: number;
  /** Texts whose end is known, by receipt or refusal. */
  ended: number;
  /** Which part of them ended otherwise than usual, and with which code most; null without a past to compare with. */
  changed: { share: number; code: string } | null;
};

export const ANOMALIES = ["bounces", "receipts_missing", "refusals", "doubts", "codes"] as const;
export type Anomaly = (typeof ANOMALIES)[number];
/** `code`: of a changed mix, the one that there is most too much of. */
export type Alert = { lane: Lane; kind: Anomaly; share: number; since: number; code?: string };
export type AlertMove = Omit<Alert, "since"> & { state: "raised" | "cleared" };

/** Fewer than this say nothing. */
export const SEEN_MIN = 50;
/** From this share on it is an anomaly; it is over below half of it, so that it does not flicker. */
export const SHARE_FROM: Record<Anomaly, number> = {
  bounces: 0.3,
  receipts_missing: 0.8,
  refusals: 0.3,
  doubts: 0.1,
  codes: 0.2,
};

/** The share of each kind in a window, or null where too little was seen. */
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

  /** Looks at a lane's window; answers what was raised or cleared. */
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
