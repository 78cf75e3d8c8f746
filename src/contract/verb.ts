/**
 * A verb: one thing a room can be asked, with the scope it needs. A verb knows no HTTP; it runs inside the tenant's object,
 * in one transaction, and answers with data. The root collects every room's verbs in one table, so that authentication,
 * scopes, repetition and audit stand in one place before all of them.
 */
import type { Outcome } from "../base/refusal.ts";

/** The recognised caller, as far as a room may care. */
export type Who = { keyId: string };

export type Verb<Input, Output, S extends string = string> = {
  scope: S;
  run: (who: Who, input: Input) => Outcome<Output>;
};
export type VerbTable = Record<string, Verb<never, unknown>>;

export type InputOf<V> = V extends Verb<infer Input, unknown> ? Input : never;
export type OutputOf<V> = V extends { run: (who: Who, input: never) => Outcome<infer Output> } ? Output : never;

/** Declares a verb. Its scope stays in its type, so that the route that asks it can only name this one. */
export function verb<Input, Output, S extends string>(
  scope: S,
  run: (who: Who, input: Input) => Outcome<Output>,
): Verb<Input, Output, S> {
  return { scope, run };
}
