/**
 * Limits that a caller names: a service has buckets by name, a start gives a value for each name, and a bucket limits the starts with
 * the same value. Values are stored only as keyed names.
 */
import { refuse, type Refusal } from "../../base/refusal.ts";
import type { VaultLedger } from "../../vault/ledger.ts";
import type { SettingsLedger } from "./ledger.ts";
import type { Bucket, Service } from "./settings.ts";

type Deps = { settings: SettingsLedger; vault: Pick<VaultLedger, "keyedName"> };

/** Judges and counts named limits. */
export function namedLimits({ settings, vault }: Deps) {
  const nameOf = (service: Service, bucket: Bucket, value: string): Uint8Array =>
    vault
      .keyedName("verify-limit", JSON.stringify([service.id, bucket.name, bucket.max, bucket.seconds, value]))
      .subarray(0, 16);
  const buckets = (service: Service | null, given: Record<string, string>) =>
    service === null
      ? []
      : service.limits.flatMap((bucket, at) => {
          const value = Object.hasOwn(given, bucket.name) ? given[bucket.name] : undefined;
          return value === undefined ? [] : [{ bucket, at, name: nameOf(service, bucket, value) }];
        });
  return {
    /** The refusal of a start over a limit, or null. It names the bucket by its place in the service. */
    judge(service: Service | null, given: Record<string, string>, now: number): Refusal | null {
      const known = new Set(service?.limits.map(({ name }) => name));
      if (Object.keys(given).some((name) => !known.has(name))) {
        const detail =
          service === null ? "Limits need a service that has them." : "The service has no limit of this name.";
        return refuse("invalid_field", { errors: [{ field: "limits", code: "invalid_field", detail }] });
      }
      for (const { bucket, at, name } of buckets(service, given)) {
        const { used, until } = settings.used(name, now);
        if (used < bucket.max) continue;
        return refuse("rate_limited", {
          detail: `The service's limit number ${at + 1} is reached.`,
          retryAfterSeconds: Math.max(1, Math.ceil((until - now) / 1_000)),
        });
      }
      return null;
    },
    /** Counts a start in every bucket it names. */
    count(service: Service | null, given: Record<string, string>, now: number): void {
      for (const { bucket, name } of buckets(service, given)) settings.use(name, bucket, now);
    },
  };
}
