/**
 * A verb: one thing a room can be asked, with the scope it needs. A verb knows no HTTP; it runs inside the tenant's object,
 * in one transaction, and answers with data. Every room's verbs are joined in one table, so that authentication, scopes,
 * repetition and audit stand in one place before all of them. The name of a verb carries the types of its input and output.
 */
import type { Outcome } from "../base/refusal.ts";

/** The recognised caller, as far as a room may care: the id of an API key, or of a person with the session they are in. */
export type Who = { id: string; session?: { id: string; freshUntil: number } | null };

export type Verb<Input, Output, S extends string = string> = {
  scope: S;
  run: (who: Who, input: Input) => Outcome<Output>;
};

/** What a verb answers with, and what leaves as the JSON of an answer. */
export type Answered = object | null;
export type VerbTable = Record<string, Verb<never, Answered>>;

type InputOf<V> = V extends { run: (who: Who, input: infer Input) => unknown } ? Input : never;
type OutputOf<V> = V extends { run: (who: Who, input: never) => Outcome<infer Output extends Answered> }
  ? Output
  : never;

/** What can be asked, by the verb's name: the type of its input and of its output. */
export type Questions = Record<string, { input: unknown; output: Answered }>;

/** The questions that a table of verbs answers. */
export type QuestionsOf<V extends VerbTable> = {
  [K in keyof V]: { input: InputOf<V[K]>; output: OutputOf<V[K]> };
};

/** The name of a verb. */
export type NameOf<Q> = keyof Q & string;

/**
 * Something that can be asked each of these verbs. `ask` is a method, so that whoever can be asked every room's verbs passes
 * for one who can be asked those of a single room: the compiler compares the inputs of methods in both directions.
 */
export type Asker<Q extends Questions> = {
  ask<K extends NameOf<Q>>(verb: K, input: Q[K]["input"]): Promise<Outcome<Q[K]["output"]>>;
};

/**
 * Declares a verb. Its scope stays in its type, so that the route that asks it can only name this one. A verb that takes
 * nothing is asked with null.
 */
export function verb<Output, S extends string, Input = null>(
  scope: S,
  run: (who: Who, input: Input) => Outcome<Output>,
): Verb<Input, Output, S> {
  return { scope, run };
}
