/**
 * What can be asked about alerts: the list, that somebody has taken one, and silence until a time.
 */
import { DAY_MS } from "../base/clock.ts";
import { refuse, type Outcome } from "../base/refusal.ts";
import { readPage, type Page } from "../contract/list.ts";
import { byCaller, type Recorded } from "../contract/record.ts";
import type { Recorder } from "../contract/record.ts";
import { verb } from "../contract/verb.ts";
import { alertView, type Alert, type AlertView } from "./alert.ts";
import type { AlertsLedger } from "./ledger.ts";

/** The longest silence: whatever is silent for longer is no alert. */
const SILENCE_MS_MAX = 30 * DAY_MS;

export type AlertQuery = { state: "open" | "closed" | "all"; before?: string; limit: number };
export type Silence = { id: string; until: number | null };

type Deps = { alerts: AlertsLedger; now: () => number; enter: (who: string, entry: Recorded) => void };

/** What operators and tenants ask alike; `enter` writes the audit entry of whoever it is. */
export function alertActs({ alerts, now, enter }: Deps) {
  const openOf = (id: string): Outcome<Alert> => {
    const alert = alerts.get(id);
    if (alert === null) return refuse("not_found");
    return alert.closedAt === null
      ? { ok: alert }
      : refuse("state_conflict", { detail: "The alert is closed. It opens anew if it is raised again." });
  };
  return {
    list: ({ state, before, limit }: AlertQuery): Outcome<Page<AlertView>> => ({
      ok: readPage(limit, (rows) => alerts.list(state, before, rows), alertView),
    }),

    acknowledge: (who: string, id: string): Outcome<AlertView> => {
      const open = openOf(id);
      if ("refused" in open) return open;
      if (open.ok.acknowledgedAt === null)
        enter(who, { act: "alert.acknowledged", subject: id, facts: { type: open.ok.type } });
      return { ok: alertView(alerts.acknowledge(id, who, now())) };
    },

    silence: (who: string, { id, until }: Silence): Outcome<AlertView> => {
      const open = openOf(id);
      if ("refused" in open) return open;
      if (until !== null && (until <= now() || until > now() + SILENCE_MS_MAX)) {
        const detail = "Give a time from now on, within thirty days; null ends the silence.";
        return refuse("invalid_field", { errors: [{ field: "until", code: "invalid_field", detail }] });
      }
      const seconds = until === null ? 0 : Math.round((until - now()) / 1_000);
      enter(who, { act: "alert.silenced", subject: id, facts: { type: open.ok.type, seconds } });
      return { ok: alertView(alerts.silence(id, until)) };
    },
  };
}

/** A tenant's verbs. */
export function alertsVerbs(alerts: AlertsLedger, now: () => number, record: Recorder) {
  const acts = alertActs({ alerts, now, enter: (who, entry) => record(byCaller(who), entry) });
  return {
    "alerts.list": verb("alerts:read", (_who, input: AlertQuery) => acts.list(input)),
    "alerts.acknowledge": verb("alerts:write", (who, input: { id: string }) => acts.acknowledge(who.id, input.id)),
    "alerts.silence": verb("alerts:write", (who, input: Silence) => acts.silence(who.id, input)),
  };
}

export type AlertsVerbs = ReturnType<typeof alertsVerbs>;
