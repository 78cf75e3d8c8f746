/**
 * The face of risk: caps, counted in one serial place before the act.
 */
import { byCaller, callersAct, type Recorder } from "../contract/record.ts";
import { room, type Ground } from "../contract/room.ts";
import type { CountNaming } from "../vault/naming.ts";
import type { Limits, NamingAllowance } from "./caps.ts";
import { countNaming, type NamingAlert } from "./count-naming.ts";
import { CapsLedger } from "./ledger.ts";
import { QUOTAS, type Quota } from "./quota.ts";
import { quotaFace, type QuotaAlerts } from "./quota-face.ts";
import { UsageLedger } from "./usage.ts";

type RiskGround = Ground & {
  policy: () => { limits: Limits; namingAllowance?: NamingAllowance | null; storageQuota?: Quota | null };
  environment: "live" | "sandbox";
  tenantId: string;
};
type Below = {
  audit: { record: Recorder };
  access: { lineOf: (key: string) => string };
  alerts: QuotaAlerts;
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
      ...quotaFace(usage, () => policy().storageQuota ?? QUOTAS[environment], {
        tenantId,
        record,
        raise,
        close,
        texts: () => ({ texts_today: caps.countedToday(now()), texts_per_day: policy().limits.tenant.day }),
      }),
      /** What is left to a key of its cap. */
      roomOf: (key: string) => caps.roomOf(key, policy().limits, now()),
    };
  },
});
