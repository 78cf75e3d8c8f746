/**
 * Binds the schema of an answer to the value that is answered, so that one cannot change without the other. Types alone:
 * nothing here runs.
 */
import type { z } from "zod";

/** The schema of an answer of type `F`: every value fits it, and no field of the value is missing from it. */
export type AnswerSchema<F, A> = z.ZodType<A> & Fits<F, A>;

/** Stands for the schema where there is nothing to answer. */
export type NoAnswer<F> = [F] extends [null] ? null : never;

/** The status of a good answer: 204 where there is nothing to say, and only there. */
export type StatusOf<F> = [F] extends [null] ? 204 : 200 | 201 | 202;

type Fits<F, A> = [F] extends [Shown<A>]
  ? [Unnamed<F, A>] extends [never]
    ? unknown
    : { "the schema does not name the field": Unnamed<F, A> }
  : { "the schema does not take the answer": F };

/** What the schema takes; that a list must not be changed makes no difference to its JSON. */
type Shown<A> = A extends object ? { readonly [K in keyof A]: Shown<A[K]> } : A;

/** Every field of the value, at any depth, that the schema's type does not have. */
type Unnamed<F, A> = unknown extends A
  ? never
  : F extends readonly (infer Item)[]
    ? Unnamed<Item, A extends readonly (infer Named)[] ? Named : never>
    : F extends object
      ? { [K in keyof F & string]-?: K extends KeysOf<A> ? Unnamed<F[K], ValueAt<A, K>> : K }[keyof F & string]
      : never;

type KeysOf<A> = A extends unknown ? keyof A : never;
type ValueAt<A, K> = A extends unknown ? (K extends keyof A ? A[K] : never) : never;
