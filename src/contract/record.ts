/**
 * How a room enters an act in the audit: who acted, the act, its subject. Every room is passed a recorder that writes
 * in the running transaction. There is no default recorder, so a forgotten argument does not compile instead of losing
 * an entry.
 */

/** Who acts: an API key, a person who signed in, an operator, the service itself, a carrier, a developer. */
export type Actor = { type: "key" | "person" | "operator" | "system" | "carrier" | "developer"; id: string };

/** In which role a person acts, and from which page of the console; stands in the entry of whatever they do. */
export type ActingAs = { role: string; page: string | null };

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

/** What the ids of people who sign in begin with. */
const PERSON = "per_";

/** Whether the caller of this id is a person who signed in, and not an API key. */
export const isPerson = (id: string): boolean => id.startsWith(PERSON);

/** A caller as the actor: the kind of its id says whether it is an API key or a person who signed in. */
export const byCaller = (id: string): Actor => ({ type: isPerson(id) ? "person" : "key", id });

/** The act that a caller of either kind does: `key.limit_reached` of a key, `person.limit_reached` of a person. */
export const callersAct = (id: string, done: string): string => `${byCaller(id).type}.${done}`;
