/**
 * What a tenant is shown of a session: tokens, masks, virtual numbers, and the names it gave; events have no names.
 */
import { isoOf } from "../base/clock.ts";
import { maskNumbersIn, maskOf } from "../sms/phone.ts";
import { nameBefore } from "../sms/sms-text.ts";
import type { MaskingDeps, MaskingEvent } from "./deps.ts";
import { endsAt, type Participant, type Session } from "./session.ts";

const time = (at: number | null): string | null => (at === null ? null : isoOf(at));
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

/** A participant; `name` is null where names are not shown. */
export function participantView(one: Participant, name: string | null) {
  const { id, token, mask, country, kind, proxy, state, stopped } = one;
  return {
    id,
    to: { token, mask, country, kind },
    name,
    proxy: { number: proxy, mask: maskOf(proxy) },
    state,
    stopped,
    joined_at: isoOf(one.joinedAt),
    left_at: time(one.leftAt),
  };
}

/** A session with its people. */
export function sessionView(session: Session, people: readonly ReturnType<typeof participantView>[]) {
  const { id, state, reason, pool, settings, messages, version } = session;
  const { rotation, content, keepTextDays } = settings;
  return {
    id,
    state,
    reason,
    pool_id: pool,
    participants: people,
    messages,
    ttl_seconds: seconds(settings.ttlMs),
    idle_seconds: seconds(settings.idleMs),
    max_messages: settings.messagesMax,
    rotation: {
      every_seconds: seconds(rotation.everyMs),
      every_messages: rotation.everyMessages,
      overlap_seconds: rotation.overlapMs / 1_000,
    },
    content,
    keep_text_days: keepTextDays,
    opened_at: isoOf(session.openedAt),
    last_activity_at: isoOf(session.lastAt),
    expires_at: state === "open" ? time(endsAt(session)) : null,
    ended_at: time(session.endedAt),
    sequence: version,
  };
}
export type SessionView = ReturnType<typeof sessionView>;

/** The session as its tenant reads it: names opened, numbers in them masked. */
export function shownSession(deps: MaskingDeps, session: Session, people: readonly Participant[]): SessionView {
  return sessionView(
    session,
    people.map((one) => participantView(one, nameOf(deps, one))),
  );
}

/** The name that the tenant gave, as the prefix of a text; null without one, or when its person was erased. */
export function nameOf(deps: Pick<MaskingDeps, "vault">, one: Participant): string | null {
  const name = one.name === null ? null : deps.vault.openText(one.subject, one.id, "name", one.name);
  return name === null ? null : nameBefore(maskNumbersIn(name));
}

/** Emits an event about a session, without names. */
export function tellSession(
  deps: MaskingDeps,
  type: MaskingEvent,
  session: Session,
  people: readonly Participant[],
): void {
  deps.emit(type, session.id, { session: sessionView(session, people.map((one) => participantView(one, null))) }); // prettier-ignore
}
