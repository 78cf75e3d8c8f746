/**
 * One text through a masked session: who sent it, what became of it, and each leg it left by. Never the text itself. Pure.
 */
import { isoOf } from "../base/clock.ts";

/** `pending`: stored, and the tenant's hook is asked. `relayed`: at least one leg was admitted. `vetoed`: none left. */
export const INTERACTION_STATES = ["pending", "relayed", "vetoed"] as const;
export type InteractionState = (typeof INTERACTION_STATES)[number];

/** The way to one person: the message that carries it, or why there is none. */
export type Leg = { participant: string; message: string | null; state: string };

export type Interaction = {
  id: string;
  session: string;
  /** The participant; null when the business spoke. */
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
