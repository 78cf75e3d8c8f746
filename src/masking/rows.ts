/**
 * Rows of the tables of masked sessions, converted to the types of the room.
 */
import { bytesOf } from "../storage/sql.ts";
import type { NumberKind } from "../sms/phone.ts";
import type { Interaction, Leg } from "./interaction.ts";
import type { Participant, Session, SessionSettings, SessionState } from "./session.ts";

export type SessionRow = {
  id: string;
  state: string;
  version: number;
  pool: string;
  key: string;
  settings: string;
  messages: number;
  since_rotation: number;
  opened_at: number;
  last_at: number;
  rotated_at: number;
  ended_at: number | null;
  reason: string | null;
};
export type ParticipantRow = {
  id: string;
  session: string;
  party: ArrayBuffer;
  facts: string;
  number: string;
  proxy: string;
  name: ArrayBuffer | null;
  state: string;
  stopped: number;
  joined_at: number;
  left_at: number | null;
};
export type InteractionRow = {
  id: string;
  session: string;
  sender: string | null;
  state: string;
  reason: string | null;
  legs: string;
  at: number;
};

/** What is stored of a participant's number beside its keyed name. */
export type Facts = Pick<Participant, "token" | "subject" | "mask" | "country" | "kind">;

/** The columns of an interaction without its text. */
export const INTERACTION = "id, session, sender, state, reason, legs, at";

/** A session from its row. */
export function sessionOf(row: SessionRow): Session {
  const { id, version, pool, key, messages, reason } = row;
  return {
    id,
    version,
    pool,
    key,
    messages,
    reason,
    state: row.state as SessionState,
    settings: JSON.parse(row.settings) as SessionSettings,
    sinceRotation: row.since_rotation,
    openedAt: row.opened_at,
    lastAt: row.last_at,
    rotatedAt: row.rotated_at,
    endedAt: row.ended_at,
  };
}

/** A participant from their row. */
export function participantOf(row: ParticipantRow): Participant {
  const facts = JSON.parse(row.facts) as Facts & { kind: NumberKind };
  const { id, session, number, proxy } = row;
  return {
    id,
    session,
    number,
    proxy,
    ...facts,
    party: bytesOf(row.party),
    name: row.name === null ? null : bytesOf(row.name),
    state: row.state === "left" ? "left" : "active",
    stopped: row.stopped === 1,
    joinedAt: row.joined_at,
    leftAt: row.left_at,
  };
}

/** An interaction from its row. */
export function interactionOf(row: InteractionRow): Interaction {
  const { id, session, sender, reason, at } = row;
  const state = row.state as Interaction["state"];
  return { id, session, sender, state, reason, at, legs: JSON.parse(row.legs) as Leg[] };
}
