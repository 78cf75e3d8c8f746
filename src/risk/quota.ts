/**
 * What a tenant may keep: rows in D1, which all tenants of a jurisdiction share, and bytes in its own object. An alert at 80 percent; at
 * 100 percent verbs that add are refused. Everything else goes on: ending, reading, withdrawing, revoking, revealing, erasing, inbound
 * texts, receipts and the audit. Pure.
 */
import { refuse, type Refusal } from "../base/refusal.ts";

export type Quota = { records: number; bytes: number };
export type Usage = { records: number; bytes: number };

/** The platform allows 10 GB for an object, and for a D1 database, which is about 25 million records. */
export const QUOTAS: Readonly<Record<"live" | "sandbox", Quota>> = {
  live: { records: 5_000_000, bytes: 7_000_000_000 },
  sandbox: { records: 100_000, bytes: 200_000_000 },
};

/** The level that was reached, in percent. */
export type QuotaLevel = 0 | 80 | 100;

/** The level of the fuller of the two. */
export function quotaLevel(usage: Usage, quota: Quota): QuotaLevel {
  const share = Math.max(shareOf(usage.records, quota.records), shareOf(usage.bytes, quota.bytes));
  if (share >= 1) return 100;
  return share >= 0.8 ? 80 : 0;
}

const shareOf = (used: number, quota: number): number => (quota === 0 ? 1 : used / quota);

/** The refusal of a verb that adds while the quota is full. */
export function quotaRefusal(usage: Usage, quota: Quota): Refusal {
  const full = usage.records >= quota.records ? "records" : "bytes";
  const detail = `The tenant keeps ${usage[full]} ${full}; its quota is ${quota[full]}. Requests that end, withdraw, revoke, reveal or read still work.`;
  return refuse("storage_quota_reached", { detail });
}
