/**
 * The face of alerts: what is wrong now, once, with a count. Rooms above raise them and say when a cause has ended.
 */
import { room, type Ground } from "../contract/room.ts";
import { byRule, type Recorder } from "../contract/record.ts";
import { newestId } from "../storage/sql.ts";
import { alertView, nameOf, type Alert, type AlertType, type Raised } from "./alert.ts";
import { AlertsLedger, type ClosedBy } from "./ledger.ts";
import { alertsVerbs } from "./verbs.ts";

export { alertView, nameOf, type Alert, type AlertType, type Raised } from "./alert.ts";
export { AlertsLedger } from "./ledger.ts";
export { alertActs } from "./verbs.ts";

/** The alerts that tenants hear of as events; the others are the operators' own. */
export type TenantAlertType = Exclude<
  AlertType,
  "alert.carrier" | "alert.circuit" | "alert.storage" | "alert.purge_failed" | "alert.token_used"
>;
type Below = {
  audit: { record: Recorder };
  webhooks: { emit: (type: TenantAlertType | "alert.closed", resource: string, data: unknown) => void };
};

/** Alerts that close in one run of the alarm. */
const ROWS_MAX = 100;

/** The room. */
export const alertsRoom = room({
  name: "alerts",
  migrations: [{ id: 1, up: (sql) => AlertsLedger.migrate(sql) }],
  open: ({ sql, ids, now, soon }: Ground, { audit: { record }, webhooks: { emit } }: Below) => {
    const alerts = new AlertsLedger(sql);
    const closed = (alert: Alert | null): void => {
      if (alert === null) return;
      const { id, type, count, closedBy } = alert;
      record(byRule("alerts"), { act: "alert.closed", subject: id, facts: { type, count, why: closedBy } });
      emit("alert.closed", alert.about, { alert: alertView(alert) });
    };
    return {
      verbs: alertsVerbs(alerts, now, record),
      steps: [
        {
          name: "alerts.quiet",
          rowsMax: ROWS_MAX,
          due: (at: number, limit: number) =>
            alerts.quiet(at, limit).map((id) => ({ id, run: () => closed(alerts.closeQuiet(id, "quiet", at)) })),
          nextAt: (_at: number, after: number) => alerts.nextAt(after),
        },
      ],
      purges: [{ name: "alerts", drop: (at: number, limit: number) => alerts.purge(at, limit) }],
      newestIds: () => [newestId(sql, "alerts")],
      openCount: (): number => alerts.openCount(),
      /** Something is wrong. Sends the event, unless the alert is open and somebody has taken it, or it is silenced. */
      raise: (raised: Raised & { type: TenantAlertType }): void => {
        const { alert, told } = alerts.raise(raised, () => ids.make("alr", now()), now());
        if (alert.closesAt !== null) soon(alert.closesAt);
        if (told) emit(raised.type, raised.about, { ...raised.facts, alert: alert.id });
      },
      /** The cause has ended. */
      close: (of: Pick<Raised, "type" | "about" | "part">, by: ClosedBy = "cause_ended"): void =>
        closed(alerts.close(nameOf(of), by, now())),
    };
  },
});
