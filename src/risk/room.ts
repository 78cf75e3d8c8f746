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
import { UsageLedger, type QuotaTold } from "./usage.ts";

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
    { audit: { record }, access: { lineOf }, webhooks: { emit }, vault }: Below,
  ) => {
    const caps = new CapsLedger(sql, lineOf);
    const usage = new UsageLedger(sql);
    const budgets = openBudgets({ sql, ids, now, tenantId, lineOf, caps, record, emit, vault, budgetsLoosened });
    const quota = (): Quota => policy().storageQuota ?? QUOTAS[environment];
    const usageOf = (bytes: number) => ({ records: usage.records(), bytes });
    const alert = ({ key, ...cap }: NamingAlert): void => {
      record(byCaller(key), { act: callersAct(key, "limit_reached"), subject: key, facts: cap });
      emit("alert.limit", key, { limit: "naming", key, ...cap });
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
       * After each verb: what it counted of named numbers is written, refused or not, and is in the audit. An entry of its own tells
       * of it where the verb made none for the one number that was named.
       */
      settleNaming: (key: string, hadEntry: boolean): void => {
        const counted = caps.takeCounted();
        caps.flush();
        if (counted === null || (hadEntry && counted.numbers === 1)) return;
        record(byCaller(key), { act: callersAct(key, "named_numbers"), subject: key, facts: counted });
      },
      /** A key met a limit of calls: in the audit, and told to the tenant. */
      tellCallLimit: (key: string, reached: { class: string; perMinute: number }): void => {
        const facts = { limit: "calls", class: reached.class, per_minute: reached.perMinute };
        record(byCaller(key), { act: callersAct(key, "limit_reached"), subject: key, facts });
        emit("alert.limit", key, { key, ...facts });
      },
      usage,
      /** Why nothing may be added to what the tenant keeps, in an object of so many bytes; null while something may. */
      quotaRefusal: (bytes: number) => usage.refusal(usageOf(bytes), quota()),
      quotaMoved: (bytes: number): boolean => usage.moved(usageOf(bytes), quota()),
      /** Tells the tenant and the audit, once, that 80 or 100 percent of the quota are reached. */
      tellQuota: (bytes: number): void => {
        const told = usage.news(usageOf(bytes), quota());
        if (told === null) return;
        const facts = quotaFacts(told);
        record({ type: "system", id: "quota" }, { act: "tenant.quota_reached", subject: null, facts });
        emit("alert.quota", tenantId, facts);
      },
      /** What is left to a key under its limit. */
      roomOf: (key: string) => caps.roomOf(key, policy().limits, now()),
    };
  },
});

const quotaFacts = ({ percent, records, bytes, quota }: QuotaTold) => ({
  percent,
  records,
  bytes,
  records_max: quota.records,
  bytes_max: quota.bytes,
});
