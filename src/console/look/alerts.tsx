/**
 * Alerts as a page shows them, a tenant's and the operators' alike: what is wrong, what to do, and the acts.
 */
import type { z } from "zod";
import type { AlertView } from "../../alerts/schemas.ts";
import { Empty, Facts, Id, Notice, State, Time } from "./parts.tsx";

type Alert = z.output<typeof AlertView>;

const TITLES: Readonly<Record<string, string>> = {
  "alert.limit": "A limit was reached",
  "alert.quota": "The storage quota is nearly or wholly used",
  "alert.verification_failures": "Many wrong codes",
  "alert.job_quarantined": "Background work failed five times",
  "alert.sign_in_reset": "The sign-in was reset by an operator",
  "alert.carrier": "A carrier delivers worse than usual",
  "alert.circuit": "A carrier’s circuit is open",
  "alert.storage": "A store fills up",
  "alert.purge_failed": "The night’s purge did not finish",
  "alert.token_used": "The admin token is used beside the sign-in",
};

/** How long a silence may be chosen, in hours. */
const SILENCES = [1, 8, 24, 168] as const;

/** Alerts as cards; `mayAct` where the visitor may take and silence them. */
export function AlertCards({ of, path, mayAct }: { of: readonly Alert[]; path: string; mayAct: boolean }) {
  if (of.length === 0)
    return (
      <Empty icon="check" title="No alert is open">
        <p>What goes wrong stands here, once, with a count and what to do.</p>
      </Empty>
    );
  return (
    <ul class="plain cards">
      {of.map((alert) => (
        <li class="card">
          <AlertCard alert={alert} path={path} mayAct={mayAct} />
        </li>
      ))}
    </ul>
  );
}

function AlertCard({ alert, path, mayAct }: { alert: Alert; path: string; mayAct: boolean }) {
  const title = TITLES[alert.type] ?? alert.type;
  const open = alert.state === "open";
  return (
    <>
      <h2>{title}</h2>
      <p class="buttons tight">
        <State of={alert.state} tone={open ? "bad" : "good"} />
        {alert.acknowledged_at === null ? null : <State of="taken" tone="wait" />}
        {alert.silenced_until === null ? null : <State of="silenced" tone="wait" />}
      </p>
      {open ? <Notice tone="wait">{alert.what_to_do}</Notice> : null}
      <Facts
        of={[
          ["About", <Id of={alert.about} />],
          ["Raised", alert.count === 1 ? "once" : `${alert.count.toLocaleString("en-GB")} times`],
          ["First", <Time at={alert.first_at} />],
          ["Last", <Time at={alert.last_at} />],
          open
            ? ["Closes", alert.closes_at === null ? "when its cause has ended" : <Time at={alert.closes_at} />]
            : ["Closed", <Time at={alert.closed_at} />],
          alert.silenced_until === null ? null : ["Silenced until", <Time at={alert.silenced_until} />],
          alert.acknowledged_by === null ? null : ["Taken by", <Id of={alert.acknowledged_by} />],
          ...Object.entries(alert.facts).map(
            ([name, value]) =>
              [
                name.replaceAll("_", " "),
                <bdi class="small">{typeof value === "string" ? value : JSON.stringify(value)}</bdi>,
              ] as const,
          ),
        ]}
      />
      {open && mayAct ? <Acts alert={alert} path={path} title={title} /> : null}
    </>
  );
}

function Acts({
  alert: { id, acknowledged_at, silenced_until },
  path,
  title,
}: {
  alert: Alert;
  path: string;
  title: string;
}) {
  return (
    <form class="buttons gap" method="post" action={path}>
      <input type="hidden" name="id" value={id} />
      {acknowledged_at === null ? (
        <button name="do" value="take" type="submit" aria-label={`I take it: ${title}`}>
          I take it
        </button>
      ) : null}
      <select name="hours" class="slim" aria-label={`How long to silence: ${title}`}>
        {SILENCES.map((hours) => (
          <option value={hours}>
            {hours === 1 ? "for an hour" : hours < 168 ? `for ${hours} hours` : "for a week"}
          </option>
        ))}
      </select>
      <button class="quiet" name="do" value="silence" type="submit" aria-label={`Silence: ${title}`}>
        Silence
      </button>
      {silenced_until === null ? null : (
        <button class="quiet" name="do" value="sound" type="submit" aria-label={`End the silence: ${title}`}>
          End the silence
        </button>
      )}
    </form>
  );
}

/** What a form of these cards asks: the verb of alerts, the alert, and the body; null where it asks nothing. */
export function alertActOf(
  form: URLSearchParams,
  now: number,
): { verb: "alerts.acknowledge" | "alerts.silence"; id: string; body: { until: string | null } | undefined } | null {
  const id = form.get("id") ?? "";
  const hours = SILENCES.find((each) => String(each) === form.get("hours")) ?? 1;
  const until = new Date(now + hours * 3_600_000).toISOString();
  switch (form.get("do")) {
    case "take":
      return { verb: "alerts.acknowledge", id, body: undefined };
    case "silence":
      return { verb: "alerts.silence", id, body: { until } };
    case "sound":
      return { verb: "alerts.silence", id, body: { until: null } };
    default:
      return null;
  }
}
