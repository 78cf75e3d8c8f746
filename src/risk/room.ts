/**
 * The face of risk: caps, counted in one serial place before the act.
 */
import { byCaller, callersAct, type Recorder } from "../contract/record.ts";
import { room, type Ground } from "../contract/room.ts";
import type { CountNaming } from "../vault/naming.ts";
import type { Limits, NamingAllowance } from "./caps.ts";
import { countNaming, type NamingAlert } from "./count-naming.ts";
import { CapsLedger } from "./ledger.ts";
import { quotaLevel, QUOTAS, type Quota } from "./quota.ts";
import { UsageLedger } from "./usage.ts";

type RiskGround = Ground & {
  policy: () => { limits: Limits; namingAllowance?: NamingAllowance | null; storageQuota?: Quota | null };
  environment: "live" | "sandbox";
  tenantId: string;
};
type Below = {
  audit: { record: Recorder };
  access: { lineOf: (key: string) => string };
  alerts: {
    raise: (raised: {
      type: "alert.limit" | "alert.quota";
      about: string;
      part?: string;
      facts: Record<string, unknown>;
    }) => void;
    close: (of: { type: "alert.quota"; about: string }) => void;
  };
};

/** The room. */
export const riskRoom = room({
  name: "risk",
  migrations: [
    { id: 1, up: (sql) => CapsLedger.migrate(sql) },
    { id: 2, up: (sql) => UsageLedger.migrate(sql) },
  ],
  open: (
    { sql, now, policy, environment, tenantId }: RiskGround,
    { audit: { record }, access: { lineOf }, alerts: { raise, close } }: Below,
  ) => {
    const caps = new CapsLedger(sql, lineOf);
    const usage = new UsageLedger(sql);
    const quota = (): Quota => policy().storageQuota ?? QUOTAS[environment];
    const usageOf = (bytes: number) => ({ records: usage.records(), bytes });
    const alert = ({ key, ...cap }: NamingAlert): void => {
      record(byCaller(key), { act: callersAct(key, "limit_reached"), subject: key, facts: cap });
      raise({
        type: "alert.limit",
        about: key,
        part: `naming ${cap.budget} ${cap.by}`,
        facts: { limit: "naming", key, ...cap },
      });
    };
    const naming: CountNaming = countNaming({ caps, lineOf, policy, now, alert });
    return {
      verbs: {},
      steps: [],
      purges: [{ name: "counters", drop: (at: number, limit: number) => caps.purge(at, limit) }],
      caps,
      naming,
      /**
       * After each verb, refused or not: writes its counts of named numbers, and an audit entry of them, unless the verb named one
       * number and has an entry itself.
       */
      settleNaming: (key: string, hadEntry: boolean): void => {
        const counted = caps.takeCounted();
        caps.flush();
        if (counted === null || (hadEntry && counted.numbers === 1)) return;
        record(byCaller(key), { act: callersAct(key, "named_numbers"), subject: key, facts: counted });
      },
      /** A key reached a limit of calls: audit entry and event. */
      tellCallLimit: (key: string, reached: { class: string; perMinute: number }): void => {
        const facts = { limit: "calls", class: reached.class, per_minute: reached.perMinute };
        record(byCaller(key), { act: callersAct(key, "limit_reached"), subject: key, facts });
        raise({ type: "alert.limit", about: key, part: `calls ${reached.class}`, facts: { key, ...facts } });
      },
      usage,
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
        const day = { texts_today: caps.countedToday(now()), texts_per_day: policy().limits.tenant.day };
        return { ...day, records, records_max, bytes: kept, bytes_max };
      },
      /** What is left to a key of its cap. */
      roomOf: (key: string) => caps.roomOf(key, policy().limits, now()),
    };
  },
});
