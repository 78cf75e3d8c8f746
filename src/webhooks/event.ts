/**
 * The catalogue of what tenants are told, and how an endpoint chooses among it. A type that is not here cannot be sent.
 * Called where events are written, and where an endpoint is registered. It never says what an event carries.
 */
import { z } from "zod";

/**
 * The states of a message that are told, one type each, in the order of `messages/`; and that one ended without a receipt, which is no
 * state of its own.
 */
const MESSAGE_TYPES = [
  "message.scheduled", "message.held", "message.queued", "message.sending", "message.unknown", "message.sent",
  "message.delivered", "message.undelivered", "message.failed", "message.expired", "message.blocked", "message.canceled",
  "message.unconfirmed",
] as const; // prettier-ignore

/** What is told of a verification. */
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
  "number.low",
  "number.cooling",
  "number.released",
  "carrier.degraded",
  "carrier.recovered",
  "audit.head",
  "endpoint.disabled",
  "endpoint.test",
  "alert.limit",
  "alert.verification_failures",
  "alert.job_quarantined",
  "alert.sign_in_reset",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** The families a filter may name whole; a later type of a family reaches those who named it. */
export const EVENT_FAMILIES = [
  "message",
  "verification",
  "consent",
  "session",
  "interaction",
  "inbound",
  "number",
  "carrier",
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

/** A filter has at least one line, since an endpoint that hears nothing is a mistake, and at most one of each. */
export const eventFilterSchema = z.array(z.enum(EVENT_PATTERNS)).min(1).max(EVENT_PATTERNS.length);

/**
 * True when a filter lets this type through. Stored lines are read as text, so that one whose type is no longer sent
 * matches nothing instead of breaking the endpoint.
 */
export function matches(filter: readonly string[], type: EventType): boolean {
  if (type === "endpoint.test") return false; // only to the endpoint that is tested
  const family = type.slice(0, type.indexOf("."));
  return filter.some((line) => line === "*" || line === type || line === `${family}.*`);
}
