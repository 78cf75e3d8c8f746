/**
 * How full the stores are that the platform bounds: each jurisdiction's D1, the operators' objects, tenants' objects; and what the key
 * store takes, which has no bound. Told when 70 percent are reached, so that there is time to act.
 */
import type { Jurisdiction } from "../base/ids.ts";
import type { Size } from "../rpc/operator.ts";

/** Of a database and of an object, as the platform bounds them. */
const STORE_BYTES_MAX = 10_000_000_000;
const ALERT_SHARE = 0.7;
/** So many of the largest tenants' objects are named. */
const TENANTS_NAMED_MAX = 20;

/** A store as operators see it. */
export type SizeView = Size & { bytes_max: number | null; share: number | null; alert: boolean };

/** Whether a bounded store is so full that somebody has to act. */
export const isFilling = (size: Size): boolean => size.store !== "kv" && size.bytes / STORE_BYTES_MAX >= ALERT_SHARE;

/** Every bounded store, the fullest first; of tenants' objects the largest; of a jurisdiction's key store the sum. */
export function sizesView(sizes: readonly Size[]): SizeView[] {
  const kv = new Map<Jurisdiction, number>();
  for (const { store, jurisdiction, bytes } of sizes)
    if (store === "kv") kv.set(jurisdiction, (kv.get(jurisdiction) ?? 0) + bytes);
  const shown = sizes
    .filter(({ store }) => store !== "kv")
    .map(boundedView)
    .toSorted((a, b) => b.bytes - a.bytes);
  let named = 0;
  const bounded = shown.filter(
    ({ store, alert }) => store !== "tenant_object" || alert || (named += 1) <= TENANTS_NAMED_MAX,
  );
  const unbounded = [...kv].map(([jurisdiction, bytes]) => ({
    store: "kv" as const,
    jurisdiction,
    id: null,
    bytes,
    bytes_max: null,
    share: null,
    alert: false,
  }));
  return [...bounded, ...unbounded];
}

function boundedView(size: Size): SizeView {
  const share = size.bytes / STORE_BYTES_MAX;
  return {
    ...size,
    bytes_max: STORE_BYTES_MAX,
    share: Math.round(share * 10_000) / 10_000,
    alert: share >= ALERT_SHARE,
  };
}
