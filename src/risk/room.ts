/**
 * The face of risk: caps, counted in one serial place before the act.
 */
import { byCaller, callersAct, type Actor, type Recorder } from "../contract/record.ts";
import { room, type Ground } from "../contract/room.ts";
import type { CountNaming } from "../vault/naming.ts";
import type { EventType } from "../webhooks/event.ts";
import type { Limits, NamingAllowance } from "./caps.ts";
import { BudgetsLedger } from "./budgets/ledger.ts";
import { openBudgets, type BudgetsParts } from "./budgets/face.ts";
import type { CeilingAct } from "./budgets/verbs.ts";
import { countNaming, type NamingAlert } from "./count-naming.ts";
import { CapsLedger } from "./ledger.ts";
import { QUOTAS, type Quota } from "./quota.ts";
import { quotaFace, type QuotaAlerts } from "./quota-face.ts";
import { UsageLedger } from "./usage.ts";

type RiskGround = Ground & {
  policy: () => { limits: Limits; namingAllowance?: NamingAllowance | null; storageQuota?: Quota | null };
  environment: "live" | "sandbox";
  tenantId: string;
  budgetsLoosened: () => void;
};
type Below = {
  audit: { record: Recorder };
  vault: BudgetsParts["vault"];
  access: { lineOf: (key: string) => string };
  alerts: QuotaAlerts;
  webhooks: { emit: (type: EventType, resource: string, data: unknown) => void };
};

/** The room. */
export const riskRoom = room({
  name: "risk",
  migrations: [
    { id: 1, up: (sql) => CapsLedger.migrate(sql) },
    { id: 2, up: (sql) => UsageLedger.migrate(sql) },
    { id: 3, up: (sql) => BudgetsLedger.migrate(sql) },
  ],
  open: (
    { sql, ids, now, policy, environment, tenantId, budgetsLoosened }: RiskGround,
    { audit: { record }, access: { lineOf }, alerts: { raise, close }, webhooks: { emit }, vault }: Below,
  ) => {
    const caps = new CapsLedger(sql, lineOf);
    const usage = new UsageLedger(sql);
    const budgets = openBudgets({ sql, ids, now, tenantId, lineOf, caps, record, emit, vault, budgetsLoosened });
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
      verbs: budgets.verbs,
      steps: [],
      purges: [
        { name: "counters", drop: (at: number, limit: number) => caps.purge(at, limit) },
        { name: "budget_windows", drop: (at: number, limit: number) => budgets.ledger.purge(at, limit) },
      ],
      caps,
      budgets,
      ceilings: (actor: Actor, act: CeilingAct) => budgets.operate(actor, act),
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
