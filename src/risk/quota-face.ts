/**
 * The storage quota as the rest of the tenant sees it: the refusal while it is full, and what is told when a level is
 * reached.
 */
import type { Recorder } from "../contract/record.ts";
import { quotaLevel, type Quota } from "./quota.ts";
import type { UsageLedger } from "./usage.ts";

/** How alerts of this room are raised and closed. */
export type QuotaAlerts = {
  raise: (raised: {
    type: "alert.limit" | "alert.quota";
    about: string;
    part?: string;
    facts: Record<string, unknown>;
  }) => void;
  close: (of: { type: "alert.quota"; about: string }) => void;
};

type QuotaDeps = {
  tenantId: string;
  record: Recorder;
  /** Texts counted today, and how many a day may have. */
  texts: () => { texts_today: number; texts_per_day: number };
} & QuotaAlerts;

/** The part of risk's face that is about storage. `bytes` is the object's size. */
export function quotaFace(
  usage: UsageLedger,
  quota: () => Quota,
  { tenantId, record, raise, close, texts }: QuotaDeps,
) {
  const usageOf = (bytes: number) => ({ records: usage.records(), bytes });
  return {
    /** The refusal of verbs that add, while the quota is full; null otherwise. `bytes`: the object's size. */
    quotaRefusal: (bytes: number) => usage.refusal(usageOf(bytes), quota()),
    quotaMoved: (bytes: number): boolean => usage.moved(usageOf(bytes), quota()),
    /** Once when 80 or 100 percent of the quota are reached: audit entry and event. */
    tellQuota: (bytes: number): void => {
      const told = usage.news(usageOf(bytes), quota());
      if (told === null && quotaLevel(usageOf(bytes), quota()) === 0) close({ type: "alert.quota", about: tenantId });
      if (told === null) return;
      const facts = {
        percent: told.percent,
        records: told.records,
        bytes: told.bytes,
        records_max: told.quota.records,
        bytes_max: told.quota.bytes,
      };
      record({ type: "system", id: "quota" }, { act: "tenant.quota_reached", subject: null, facts });
      raise({ type: "alert.quota", about: tenantId, facts });
    },
    /** What the tenant uses, of what it may use: for operators, who see all tenants side by side. */
    used: (bytes: number) => {
      const { records, bytes: kept } = usageOf(bytes);
      const { records: records_max, bytes: bytes_max } = quota();
      return { ...texts(), records, records_max, bytes: kept, bytes_max };
    },
  };
}
