/**
 * Ties the schema of an answer to the type of the value answered: changing only one of them does not compile. Types
 * only; nothing here runs.
 */
import type { z } from "zod";

/** The schema of an answer of type `F`: every value fits it, and no field of the value is missing from it. */
export type AnswerSchema<F, A> = z.ZodType<A> & Fits<F, A>;

/** In place of the schema where the answer has no body. */
export type NoAnswer<F> = [F] extends [null] ? null : never;

/** The status of a successful answer: 204 if, and only if, it has no body. */
export type StatusOf<F> = [F] extends [null] ? 204 : 200 | 201 | 202;

type Fits<F, A> = [F] extends [Shown<A>]
  ? [Unnamed<F, A>] extends [never]
    ? unknown
    : { "the schema does not name the field": Unnamed<F, A> }
  : { "the schema does not take the answer": F };

/** The type that the schema takes; `readonly` makes no difference to JSON. */
type Shown<A> = A extends object ? { readonly [K in keyof A]: Shown<A[K]> } : A;

/** Every field of the value, at any depth, that is missing from the schema's type. */
type Unnamed<F, A> = unknown extends A
  ? never
  : F extends readonly (infer Item)[]
    ? Unnamed<Item, A extends readonly (infer Named)[] ? Named : never>
    : F extends object
      ? { [K in keyof F & string]-?: K extends KeysOf<A> ? Unnamed<F[K], ValueAt<A, K>> : K }[keyof F & string]
      : never;

type KeysOf<A> = A extends unknown ? keyof A : never;
type ValueAt<A, K> = A extends unknown ? (K extends keyof A ? A[K] : never) : never;
