/**
 * A route as data: how a request is parsed, which verb it asks, what the answer looks like. The same schemas validate
 * requests and make the OpenAPI document, and law tests can check every route, because a route is only its row.
 */
import { z } from "zod";
import { isRefused, refuse, type Outcome, type Reason, type Refusal } from "../base/refusal.ts";
import type { RecordDb } from "../storage/record-db.ts";
import type { AnswerSchema, NoAnswer, StatusOf } from "./answer.ts";
import { parseWith } from "./parse.ts";
import type { ProblemView } from "./problem-view.ts";
import type { Answered, Asker, NameOf, Questions, QuestionsOf, VerbTable } from "./verb.ts";

export type Method = "get" | "post" | "patch" | "put" | "delete";

/** What a request carries, unread. The body is read last, and only by a route that has one. */
export type Raw = { query: Record<string, string>; params: Record<string, string>; body: () => Outcome<unknown> };

type Parsed<B, Q, P> = { body: B; query: Q; params: P };

/** The facts of a route, read by the OpenAPI document and the law tests. */
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
  /** Refusals beyond those that every route may give. */
  refuses: readonly Reason[];
  /** Takes an Idempotency-Key. `secret` names answer fields that a replay leaves out. */
  repeat: { secret?: readonly string[] } | null;
  /** Whether its list is answered as CSV to who asks for that (`accept: text/csv`, `format=csv`). */
  csv: boolean;
  example?: unknown;
};

/** What a route may use to complete an answer besides the verb's output. */
export type Help<Q extends Questions> = Asker<Q> & {
  records: RecordDb;
  tenant: string;
  /** A refusal inside an answer (a batch's), as a problem. */
  problemOf: (refusal: Refusal) => z.output<typeof ProblemView>;
};

/** A route over these verbs: its facts, how a request becomes a question, and how the verb's outcome becomes an answer. */
export type RouteOf<Q extends Questions, K extends NameOf<Q> = NameOf<Q>> = {
  [P in K]: Route & {
    verb: P;
    /** The question; called after the ids of the path are known to be the caller's own. */
    read: (raw: Raw) => Outcome<() => Outcome<Q[P]["input"]>>;
    /** The tenant's URL that must be judged before the verb is asked. */
    urlIn: (input: Q[P]["input"]) => string | null;
    finish: (
      outcome: Outcome<Q[P]["output"]>,
      input: Q[P]["input"],
      help: Help<Q>,
    ) => Outcome<Answered> | Promise<Outcome<Answered>>;
  };
}[K];

/** A route over one room's verbs. */
export type RouteOver<V extends VerbTable> = RouteOf<QuestionsOf<V>>;

/** What every row says. `B`, `Y` and `P` are what its body, query and path are parsed to. */
type Spec<Q extends Questions, K extends NameOf<Q>, S extends string, B, Y, P> = {
  method: Method;
  path: string;
  verb: K;
  scope: S;
  summary: string;
  detail?: string;
  tag: string;
  params?: z.ZodType<P>;
  query?: z.ZodType<Y>;
  body?: z.ZodType<B>;
  bodyBytesMax?: number;
  refuses?: readonly Reason[];
  repeat?: { secret?: readonly (keyof Q[K]["output"] & string)[] };
  csv?: true;
  example?: unknown;
  input: (parsed: Parsed<B, Y, P>) => Outcome<Q[K]["input"]>;
  /** The tenant's URL in the input. It is judged, with its name resolved, before the verb is asked. */
  urlIn?: (input: Q[K]["input"]) => string | undefined;
  /** Called when the object answers `not_found`: the row may be a record in D1 by now. */
  whenRecorded?: (input: Q[K]["input"], help: Help<Q>) => Promise<Outcome<Q[K]["output"]>>;
};

/** Completes the answer where the verb's output is not all of it: from the records, or with a second question. */
type Complete<Q extends Questions, K extends NameOf<Q>, F> = (
  output: Q[K]["output"],
  input: Q[K]["input"],
  help: Help<Q>,
) => Outcome<F> | Promise<Outcome<F>>;

/** A body is small unless its route says otherwise. */
export const BODY_BYTES_MAX = 64 * 1_024;

/** Takes no field at all. */
const Nothing: z.ZodType = z.strictObject({});
/**
 * In place of a schema that a row leaves out. The cast is needed because the compiler cannot tie a default value to a
 * type parameter's default.
 */
export const NOTHING = Nothing as z.ZodType<never>;

/**
 * Reads a request: query, path, body, in this order. `unknownId` is the refusal of a path that names no possible id.
 */
export function reader<B, Y, P>(
  schemas: { query: z.ZodType<Y>; params: z.ZodType<P>; body: z.ZodType<B> | null },
  unknownId: Reason,
): (raw: Raw) => Outcome<Parsed<B, Y, P>> {
  return (raw) => {
    const query = parseWith(schemas.query, raw.query);
    if (isRefused(query)) return query;
    const params = parseWith(schemas.params, raw.params);
    if (isRefused(params)) return refuse(unknownId);
    const given = schemas.body === null ? { ok: {} } : raw.body();
    if (isRefused(given)) return given;
    const body = parseWith(schemas.body ?? NOTHING, given.ok);
    return isRefused(body) ? body : { ok: { body: body.ok, query: query.ok, params: params.ok } };
  };
}

/**
 * Declares routes over one room's verbs. The compiler checks the input and the answer's schema against the verb's
 * types.
 */
export function routesOver<V extends VerbTable>() {
  type Q = QuestionsOf<V>;
  return <K extends NameOf<Q>, B = None, Y = None, P = None, A = never>(
    spec: Spec<Q, K, V[K]["scope"], B, Y, P> & {
      status: StatusOf<Q[K]["output"]>;
      answer: AnswerSchema<Q[K]["output"], A> | NoAnswer<Q[K]["output"]>;
    },
  ): RouteOf<Q, K> => rowOf<Q, K, B, Y, P>(spec, (output) => ({ ok: output }));
}

/**
 * As `routesOver`, for routes whose answer is more than the verb's output: the schema is checked against `complete`.
 */
export function completedRoutesOver<V extends VerbTable>() {
  type Q = QuestionsOf<V>;
  return <K extends NameOf<Q>, B = None, Y = None, P = None, A = never, F extends Answered = never>({
    complete,
    ...spec
  }: Spec<Q, K, V[K]["scope"], B, Y, P> & {
    status: 200 | 201 | 202;
    answer: AnswerSchema<F, A>;
    complete: Complete<Q, K, F>;
  }): RouteOf<Q, K> => rowOf<Q, K, B, Y, P>(spec, complete);
}

/** What `input` is given where a row has no schema: an object without fields. */
type None = Record<never, never>;

function rowOf<Q extends Questions, K extends NameOf<Q>, B, Y, P>(
  spec: Spec<Q, K, string, B, Y, P> & Pick<Route, "status" | "answer">,
  complete: Complete<Q, K, Answered>,
): RouteOf<Q, K> {
  const { input, urlIn, whenRecorded, ...facts } = spec;
  const schemas = { params: spec.params ?? NOTHING, query: spec.query ?? NOTHING, body: spec.body ?? null };
  const read = reader(schemas, spec.path.includes("{token}") ? "token_unknown" : "not_found");
  return {
    ...facts,
    ...schemas,
    bodyBytesMax: spec.bodyBytesMax ?? BODY_BYTES_MAX,
    refuses: spec.refuses ?? [],
    repeat: spec.repeat ?? null,
    csv: spec.csv ?? false,
    read: (raw: Raw) => {
      const parsed = read(raw);
      return isRefused(parsed) ? parsed : { ok: () => input(parsed.ok) };
    },
    urlIn: (asked: Q[K]["input"]) => urlIn?.(asked) ?? null,
    finish: (outcome: Outcome<Q[K]["output"]>, asked: Q[K]["input"], help: Help<Q>) => {
      if (!isRefused(outcome)) return complete(outcome.ok, asked, help);
      return outcome.refused === "not_found" && whenRecorded !== undefined ? whenRecorded(asked, help) : outcome;
    },
  };
}

/**
 * A route without an API key: its callers are authenticated in another way (a carrier by MAC and signature), or not at
 * all.
 */
export type OpenRoute = Pick<Route, "method" | "path" | "summary" | "detail" | "tag" | "refuses" | "example"> & {
  /** Its name in the document. */
  name: string;
  params: z.ZodType | null;
  headers: z.ZodType | null;
  body: z.ZodType | null;
  answer: z.ZodType;
  /** Answers, by status, that are neither the successful one nor a problem. */
  others?: Readonly<Record<number, { what: string; answer: z.ZodType | null }>>;
};
