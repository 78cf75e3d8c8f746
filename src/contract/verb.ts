/**
 * A verb: one operation of a room, with the scope it needs. It runs inside the tenant's object, in one transaction,
 * answers with data and knows no HTTP. The verbs of all rooms are joined in one table, so that authentication, scopes,
 * repetition and audit are written once in front of them. A verb's name carries the types of its input and output.
 */
import type { Outcome } from "../base/refusal.ts";

/** What a room receives of the recognised caller: the id of an API key, or of a person with their session. */
export type Who = { id: string; session?: { id: string; freshUntil: number } | null };

export type Verb<Input, Output, S extends string = string> = {
  scope: S;
  /** Whether this question would add to what the tenant keeps; absent where none does. Then a full quota refuses it. */
  adds?: (input: Input) => boolean;
  run: (who: Who, input: Input) => Outcome<Output>;
};

/** What a verb answers, sent as JSON. */
export type Answered = object | null;
export type VerbTable = Record<string, Verb<never, Answered>>;

type InputOf<V> = V extends { run: (who: Who, input: infer Input) => unknown } ? Input : never;
type OutputOf<V> = V extends { run: (who: Who, input: never) => Outcome<infer Output extends Answered> }
  ? Output
  : never;

/** The types of input and output, by the verb's name. */
export type Questions = Record<string, { input: unknown; output: Answered }>;

/** The questions that a table of verbs answers. */
export type QuestionsOf<V extends VerbTable> = {
  [K in keyof V]: { input: InputOf<V[K]>; output: OutputOf<V[K]> };
};

/** The name of a verb. */
export type NameOf<Q> = keyof Q & string;

/**
 * Something that can be asked each of these verbs. `ask` is a method, so that an asker of every room's verbs is
 * assignable to an asker of one room's: TypeScript compares method parameters bivariantly.
 */
export type Asker<Q extends Questions> = {
  ask<K extends NameOf<Q>>(verb: K, input: Q[K]["input"]): Promise<Outcome<Q[K]["output"]>>;
};

/**
 * Declares a verb. Its scope is part of its type, so its route cannot name another. A verb without input is asked with
 * null.
 */
export function verb<Output, S extends string, Input = null>(
  scope: S,
  run: (who: Who, input: Input) => Outcome<Output>,
): Verb<Input, Output, S> {
  return { scope, run };
}

/** A verb that adds to what the tenant keeps, always or for some inputs: a full quota refuses it, and no other. */
export function adding<Output, S extends string, Input>(
  one: Verb<Input, Output, S>,
  adds: (input: Input) => boolean = () => true,
): Verb<Input, Output, S> {
  return { ...one, adds };
}
