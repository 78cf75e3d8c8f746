/**
 * Alerts: the kinds there are, what to do about each, when one closes by itself, and when it is told. Pure.
 */
import { DAY_MS, HOUR_MS, isoOf } from "../base/clock.ts";

/**
 * How long an alert stays open when it is not raised again; null: until its cause has ended, which the room that raised it says.
 * Limits and wrong guesses are told at most once an hour, so two quiet hours mean that they are over. A carrier is asked once more
 * after an hour, because what its courier knows is lost when the object restarts.
 */
const KINDS = {
  "alert.limit": {
    quietMs: 2 * HOUR_MS,
    advice:
      "Look in the audit at what the key or the conversation did in this hour. If it is right, ask the operator for a higher limit; if not, revoke the key.",
  },
  "alert.quota": {
    quietMs: null,
    advice:
      "At 100 percent nothing that adds is accepted. Shorten what is kept, or ask the operator for a higher quota.",
  },
  "alert.verification_failures": {
    quietMs: 2 * HOUR_MS,
    advice:
      "More than half of the guesses of an hour were wrong: codes are being guessed, or a form is broken. Look at the verifications of this hour by country and service.",
  },
  "alert.job_quarantined": {
    quietMs: 30 * DAY_MS,
    advice: "Read the failed job, mend the cause, then retry it. It is not tried until somebody does.",
  },
  "alert.sign_in_reset": {
    quietMs: 7 * DAY_MS,
    advice:
      "An operator dropped the sign-in of the console. If you did not ask for it, speak to them; set it anew with a key.",
  },
  "alert.carrier": {
    quietMs: HOUR_MS,
    advice:
      "Compare the account's windows with the carrier's own status page. Move its weight by hand or hold it while the carrier mends it.",
  },
  "alert.circuit": {
    quietMs: HOUR_MS,
    advice:
      "The carrier answers nothing or refuses us. Test the account; texts with another account in their route go there.",
  },
  "alert.storage": {
    quietMs: 2 * DAY_MS,
    advice: "A store is 70 percent full. Lower retention, set quotas, or move tenants before it is full.",
  },
  "alert.purge_failed": {
    quietMs: 2 * DAY_MS,
    advice: "Data stays longer than promised. Read the night's log line purge_failed, mend the cause, and purge again.",
  },
  "alert.token_used": {
    quietMs: HOUR_MS,
    advice: "Somebody acts by the admin token though operators sign in. If nobody of you did, change the token now.",
  },
} as const satisfies Record<string, { quietMs: number | null; advice: string }>;

export type AlertType = keyof typeof KINDS;

const isType = (text: string): text is AlertType => Object.hasOwn(KINDS, text);

/** Whether alerts of such a type are known here. */
export const typeOf = (text: string): AlertType | null => (isType(text) ? text : null);

/** When an alert that was last raised at `at` closes by itself; null: not by time. */
export function closesAt(type: AlertType, at: number): number | null {
  const { quietMs } = KINDS[type];
  return quietMs === null ? null : at + quietMs;
}

/** What somebody should do about such an alert. */
export const adviceOn = (type: string): string => (isType(type) ? KINDS[type].advice : "Read what it says.");

export type AlertFacts = Record<string, unknown>;

/** What is wrong: of a type, about something, and where there may be several about one thing, which. */
export type Raised = { type: AlertType; about: string; part?: string; facts: AlertFacts };

/** One alert. The same alert raised again while it is open counts, and is no further one. */
export type Alert = {
  id: string;
  name: string;
  type: string;
  about: string;
  facts: AlertFacts;
  count: number;
  firstAt: number;
  lastAt: number;
  closesAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  silencedUntil: number | null;
  closedAt: number | null;
  closedBy: string | null;
};

/** The name under which an alert is the same. */
export const nameOf = ({ type, about, part = "" }: Pick<Raised, "type" | "about" | "part">): string =>
  `${type}|${about}|${part}`;

/** Whether an alert is sent now: the first time it is raised and each time after, until somebody has taken it or silenced it. */
export const isTold = ({ acknowledgedAt, silencedUntil }: Alert, now: number): boolean =>
  acknowledgedAt === null && (silencedUntil === null || silencedUntil <= now);

const time = (at: number | null): string | null => (at === null ? null : isoOf(at));

/** An alert as answers show it. */
export function alertView(alert: Alert) {
  return {
    id: alert.id,
    type: alert.type,
    about: alert.about,
    state: alert.closedAt === null ? ("open" as const) : ("closed" as const),
    count: alert.count,
    facts: alert.facts,
    what_to_do: adviceOn(alert.type),
    first_at: isoOf(alert.firstAt),
    last_at: isoOf(alert.lastAt),
    closes_at: time(alert.closesAt),
    acknowledged_at: time(alert.acknowledgedAt),
    acknowledged_by: alert.acknowledgedBy,
    silenced_until: time(alert.silencedUntil),
    closed_at: time(alert.closedAt),
    closed_by: alert.closedBy,
  };
}
export type AlertView = ReturnType<typeof alertView>;
