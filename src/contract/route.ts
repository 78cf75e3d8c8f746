/**
 * A route as data: how a request is parsed, which verb it asks, how the answer looks. The same schemas validate and make
 * the OpenAPI document, and a law can walk every route there is, because none is more than its row.
 */
import { z } from "zod";
import type { Outcome, Reason } from "../base/refusal.ts";
import type { InputOf, OutputOf, VerbTable } from "./verb.ts";

export type Method = "get" | "post" | "patch" | "put" | "delete";

type Parsed<B, Q, P> = { body: B; query: Q; params: P };

/** A route without its types: what the root mounts, and what the document is made of. */
export type Route = {
  method: Method;
  path: string;
  verb: string;
  /** The scope its verb needs. */
  scope: string;
  summary: string;
  detail?: string;
  tag: string;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | null;
  bodyBytesMax: number;
  status: 200 | 201 | 202 | 204;
  answer: z.ZodType | null;
  /** Reasons beyond those that every route may give. */
  refuses: readonly Reason[];
  /** Takes an Idempotency-Key. `secret` names answer fields that a replay leaves out. */
  repeat: { secret?: readonly string[] } | null;
  example?: unknown;
  input: (parsed: Parsed<never, never, never>) => Outcome<unknown>;
  /** Answers from the records where the object alone cannot. */
  finish: string | null;
};

/**
 * A route that knows its caller by something else than a credential (a carrier by MAC and signature), or asks nobody
 * who he is.
 */
export type OpenRoute = Pick<Route, "method" | "path" | "summary" | "detail" | "tag" | "refuses" | "example"> & {
  /** Its name in the document. */
  name: string;
  params: z.ZodType | null;
  headers: z.ZodType | null;
  body: z.ZodType | null;
  answer: z.ZodType;
  /** Answers that are neither the good one nor a problem, by status. */
  others?: Readonly<Record<number, { what: string; answer: z.ZodType | null }>>;
};

type Spec<
  V extends VerbTable,
  K extends keyof V & string,
  B extends z.ZodType,
  Q extends z.ZodType,
  P extends z.ZodType,
> = {
  method: Method;
  path: string;
  verb: K;
  scope: V[K]["scope"];
  summary: string;
  detail?: string;
  tag: string;
  params?: P;
  query?: Q;
  body?: B;
  bodyBytesMax?: number;
  status: Route["status"];
  answer?: z.ZodType;
  refuses?: readonly Reason[];
  repeat?: { secret?: readonly string[] };
  example?: unknown;
  finish?: string;
  input: (parsed: Parsed<z.output<B>, z.output<Q>, z.output<P>>) => Outcome<InputOf<V[K]>>;
};

/** A body is small unless its route says otherwise. */
export const BODY_BYTES_MAX = 64 * 1_024;

const Nothing = z.strictObject({});

/** Declares routes over one room's verbs; the compiler holds the input to what the verb takes. */
export function routesOver<V extends VerbTable>() {
  return <
    K extends keyof V & string,
    B extends z.ZodType = typeof Nothing,
    Q extends z.ZodType = typeof Nothing,
    P extends z.ZodType = typeof Nothing,
  >(
    spec: Spec<V, K, B, Q, P>,
  ): Route => ({
    ...spec,
    params: spec.params ?? Nothing,
    query: spec.query ?? Nothing,
    body: spec.body ?? null,
    bodyBytesMax: spec.bodyBytesMax ?? BODY_BYTES_MAX,
    answer: spec.answer ?? null,
    refuses: spec.refuses ?? [],
    repeat: spec.repeat ?? null,
    finish: spec.finish ?? null,
    input: spec.input,
  });
}

/** For the few places that need a verb's answer by name. */
export type AnswerOf<V extends VerbTable, K extends keyof V> = OutputOf<V[K]>;
