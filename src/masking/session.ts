/**
 * A masked session: its states, when it ends, when its numbers rotate. Pure.
 */
import type { NumberKind } from "../sms/phone.ts";

/** `expired`: a limit on its time, idle time or messages was reached. `closed`: by a request, or with its relay address. */
export const SESSION_STATES = ["open", "expired", "closed"] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** What is done with contact details in a text, by which people could bypass masking. */
export const TREATMENTS = ["pass", "warn", "strip"] as const;
export type Treatment = (typeof TREATMENTS)[number];
export const SLIPS = ["numbers", "emails", "links", "spelled_digits"] as const;
export type Slip = (typeof SLIPS)[number];
export type ContentPolicy = Record<Slip, Treatment>;

export type SessionSettings = {
  /** Counted from the opening. */
  ttlMs: number | null;
  expiresAt: number | null;
  /** Counted from the last text. */
  idleMs: number | null;
  messagesMax: number | null;
  rotation: { everyMs: number | null; everyMessages: number | null; overlapMs: number };
  content: ContentPolicy;
  /** How long texts are kept after they were relayed; 0: not at all. */
  keepTextDays: number;
  tombstone: string | null;
};

export type Session = {
  id: string;
  state: SessionState;
  version: number;
  pool: string;
  /** The API key that opened it; what it relays counts under this key. */
  key: string;
  settings: SessionSettings;
  /** Texts relayed, in all and since the last rotation. */
  messages: number;
  sinceRotation: number;
  openedAt: number;
  lastAt: number;
  rotatedAt: number;
  endedAt: number | null;
  reason: string | null;
};

export type Participant = {
  id: string;
  session: string;
  /** Keyed name of the number, and what may be shown of it. */
  party: Uint8Array;
  token: string;
  subject: string;
  mask: string;
  country: string;
  kind: NumberKind;
  /** The virtual number it texts and is texted from. */
  number: string;
  proxy: string;
  name: Uint8Array | null;
  state: "active" | "left";
  /** Whether it texted STOP into this session. */
  stopped: boolean;
  joinedAt: number;
  leftAt: number | null;
};

export const PARTICIPANTS_MIN = 2;
export const PARTICIPANTS_MAX = 10;

/** When the session ends if there are no more texts; null if it has no such limit. */
export function endsAt({
  settings,
  openedAt,
  lastAt,
}: Pick<Session, "settings" | "openedAt" | "lastAt">): number | null {
  const { ttlMs, expiresAt, idleMs } = settings;
  const times = [ttlMs === null ? null : openedAt + ttlMs, expiresAt, idleMs === null ? null : lastAt + idleMs].filter(
    (at) => at !== null,
  );
  return times.length === 0 ? null : Math.min(...times);
}

/** The limit that an open session has reached, or null. */
export function isOver(session: Session, now: number): string | null {
  const { settings, openedAt, lastAt, messages } = session;
  if (settings.messagesMax !== null && messages >= settings.messagesMax) return "messages";
  if (settings.expiresAt !== null && now >= settings.expiresAt) return "expires_at";
  if (settings.ttlMs !== null && now >= openedAt + settings.ttlMs) return "ttl";
  return settings.idleMs !== null && now >= lastAt + settings.idleMs ? "idle" : null;
}

/** When the numbers rotate next by schedule; null without one. */
export function rotatesAt({ settings, rotatedAt }: Session): number | null {
  const { everyMs } = settings.rotation;
  return everyMs === null ? null : rotatedAt + everyMs;
}

/** Whether the numbers are due to rotate, by schedule or by messages. */
export function isToRotate(session: Session, now: number): boolean {
  const { everyMessages } = session.settings.rotation;
  const byCount = everyMessages !== null && session.sinceRotation >= everyMessages;
  return byCount || now >= (rotatesAt(session) ?? Infinity);
}

/** The next deadline of an open session; null without one. */
export function dueAt(session: Session): number | null {
  const times = [endsAt(session), rotatesAt(session)].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}
