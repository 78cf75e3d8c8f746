/**
 * One text through a masked session: its sender, its state, and a leg for each message that carries it. Never the text itself. Pure.
 */
import { isoOf } from "../base/clock.ts";

/** `pending`: stored; the tenant's hook is being called. `relayed`: at least one leg was admitted. `vetoed`: none was. */
export const INTERACTION_STATES = ["pending", "relayed", "vetoed"] as const;
export type InteractionState = (typeof INTERACTION_STATES)[number];

/** One message to one person; without a message, `state` says why. */
export type Leg = { participant: string; message: string | null; state: string };

export type Interaction = {
  id: string;
  session: string;
  /** The participant; null for a text by the tenant. */
  sender: string | null;
  state: InteractionState;
  reason: string | null;
  legs: readonly Leg[];
  at: number;
};

/** An interaction as its tenant sees it; `text` only where the tenant keeps texts. */
export function interactionView(one: Interaction, text: string | null) {
  return {
    id: one.id,
    session_id: one.session,
    from: one.sender,
    state: one.state,
    reason: one.reason,
    legs: one.legs.map(({ participant, message, state }) => ({ participant, message_id: message, state })),
    ...(text === null ? {} : { text }),
    created_at: isoOf(one.at),
  };
}
export type InteractionView = ReturnType<typeof interactionView>;
