/**
 * The types of events, and how an endpoint filters them. A type that is not here cannot be sent. Used where events are
 * written and where an endpoint is registered. Does not define what an event carries.
 */
import { z } from "zod";

/**
 * One type for each state of a message that has an event, in the order of `messages/`; and `message.unconfirmed` (it
 * ended without a receipt), which is no state.
 */
const MESSAGE_TYPES = [
  "message.scheduled", "message.held", "message.queued", "message.sending", "message.unknown", "message.sent",
  "message.delivered", "message.undelivered", "message.failed", "message.expired", "message.blocked", "message.canceled",
  "message.unconfirmed", "message.screened",
] as const; // prettier-ignore

/** The types for a verification. */
const VERIFICATION_TYPES = [
  "verification.created", "verification.sent", "verification.approved", "verification.failed", "verification.expired",
  "verification.locked", "verification.canceled",
] as const; // prettier-ignore

/** Every type of event. A type, once published, keeps its meaning. */
export const EVENT_TYPES = [
  ...MESSAGE_TYPES,
  ...VERIFICATION_TYPES,
  "consent.given",
  "consent.withdrawn",
  "session.opened",
  "session.expired",
  "session.closed",
  "session.rotated",
  "interaction.relayed",
  "interaction.vetoed",
  "interaction.out_of_session",
  "inbound.received",
  "inbound.media_dropped",
  "inbound.screened",
  "number.low",
  "number.cooling",
  "number.released",
  "carrier.degraded",
  "carrier.recovered",
  "budget.reached",
  "audit.head",
  "endpoint.disabled",
  "endpoint.test",
  "alert.limit",
  "alert.quota",
  "alert.verification_failures",
  "alert.job_quarantined",
  "alert.sign_in_reset",
  "alert.closed",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** The families that a filter may name; a later type of a family is included. */
export const EVENT_FAMILIES = [
  "message",
  "verification",
  "consent",
  "session",
  "interaction",
  "inbound",
  "number",
  "carrier",
  "budget",
  "audit",
  "endpoint",
  "alert",
] as const satisfies readonly Family[];

type Family = EventType extends `${infer F}.${string}` ? F : never;

/** One line of a filter: a type, a whole family, or everything. */
export type EventPattern = EventType | `${Family}.*` | "*";

const EVENT_PATTERNS: readonly EventPattern[] = [
  "*",
  ...EVENT_FAMILIES.map((family): EventPattern => `${family}.*`),
  ...EVENT_TYPES,
];

/** A filter has at least one line, because an endpoint without events is a mistake, and each line at most once. */
export const eventFilterSchema = z.array(z.enum(EVENT_PATTERNS)).min(1).max(EVENT_PATTERNS.length);

/**
 * True when a filter includes this type. Stored lines are compared as text, so that a type that no longer exists
 * matches nothing and does not break the endpoint.
 */
export function matches(filter: readonly string[], type: EventType): boolean {
  if (type === "endpoint.test") return false; // only to the endpoint that is tested
  const family = type.slice(0, type.indexOf("."));
  return filter.some((line) => line === "*" || line === type || line === `${family}.*`);
}
