/**
 * What the overview says first: that all is well, or what to look at and what to do.
 */
import { Notice, Time } from "../look/parts.tsx";
import { count, durationOf, findingsOf, percentOf, shareOf } from "./judge.ts";
import type { Alert, Overview } from "./read.ts";

/** Alerts told here; the API tells all of them. */
const ROWS_MAX = 12;

/** One sentence, and what to do where it is not a good one. */
export function Verdict({ of: { now, before, alerts, period } }: { of: Overview }) {
  const findings = findingsOf(now, before);
  const isBad = findings.some(({ tone }) => tone === "bad");
  if (findings.length + alerts.length > 0)
    return (
      <Notice tone={isBad ? "bad" : "wait"}>
        <strong>Look at this.</strong>
        <ul class="plain todo">
          {findings.map(({ says, href }) => (
            <li>
              <a href={href}>{says}</a>
            </li>
          ))}
          {alerts.slice(0, ROWS_MAX).map((alert) => (
            <AlertLine of={alert} />
          ))}
        </ul>
      </Notice>
    );
  if (now.messages + now.codes === 0)
    return <Notice>Nothing was accepted in this time. No alert in the last day.</Notice>;
  const rate = shareOf(now.delivered, now.finished);
  return (
    <Notice tone="good">
      <strong>All is well.</strong>{" "}
      {rate === null
        ? `${count(now.onTheWay)} on their way`
        : `${percentOf(rate)} delivered, half of them within ${durationOf(now.p50)}`}
      {period === "hour" ? " in this hour." : `. No alert in the last day.`}
    </Notice>
  );
}

const ADVICE: Readonly<Record<string, { says: string; todo: string; href: string }>> = {
  "alert.limit": {
    says: "A limit was reached",
    todo: "See which in the audit; raise it or slow down.",
    href: "/console/audit",
  },
  "alert.quota": {
    says: "The storage quota fills",
    todo: "Ask your operator for more, or keep less.",
    href: "/console/audit",
  },
  "alert.verification_failures": {
    says: "Many codes are guessed wrong",
    todo: "Somebody may be guessing. Look at who fails.",
    href: "/console/verifications?state=failed",
  },
  "alert.job_quarantined": {
    says: "Background work was set aside",
    todo: "Retry it: POST /v1/failed-jobs/{id}/retry.",
    href: "/docs#tag/failed-jobs",
  },
  "alert.sign_in_reset": {
    says: "An operator reset the sign-in",
    todo: "Set it anew, if that was not you.",
    href: "/console/audit",
  },
};

function AlertLine({ of }: { of: Alert }) {
  const known = ADVICE[of.type] ?? { says: of.type, todo: "", href: "/console/audit" };
  return (
    <li>
      <a href={known.href}>{known.says}</a> <Time at={of.occurred_at} />. {known.todo}
    </li>
  );
}
