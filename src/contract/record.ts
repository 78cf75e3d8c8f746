/**
 * How a room enters an act in the audit: who acted, the act, its subject. Every room is passed a recorder that writes
 * in the running transaction. There is no default recorder, so a forgotten argument does not compile instead of losing
 * an entry.
 */

/** Who acts: an API key, an operator, the service itself, a carrier, a developer. */
export type Actor = { type: "key" | "operator" | "system" | "carrier" | "developer"; id: string };

/** One act. The subject's type in the audit is the first word of the act: `session.opened` is about a session. */
export type Recorded = {
  act: string;
  subject: string | null;
  reason?: string;
  facts?: Record<string, string | number | boolean | null | Record<string, number>>;
};

/** Writes an audit entry in the running transaction. */
export type Recorder = (actor: Actor, entry: Recorded) => void;

/** A rule of the service as the actor; `id` names the rule's room or its trigger, such as `alarm`. */
export const byRule = (id: string): Actor => ({ type: "system", id });

/** An API key as the actor. */
export const byKey = (id: string): Actor => ({ type: "key", id });
