/**
 * A route for operators as data, as route.ts is for tenants. It names a verb of the operator object and the object's
 * jurisdiction, or a job that visits every jurisdiction.
 */
import { z } from "zod";
import type { Jurisdiction } from "../base/ids.ts";
import { isRefused, type Outcome, type Reason } from "../base/refusal.ts";
import type { UrlPolicy } from "../net/outside-url.ts";
import type { AnswerSchema } from "./answer.ts";
import { NOTHING, reader, type Method, type Raw } from "./route.ts";
import type { Answered, NameOf, Questions, Who } from "./verb.ts";

/** The facts of an operators' route, read by the OpenAPI document and the law tests. */
export type OperatorRoute = {
  method: Method;
  path: string;
  verb: string;
  summary: string;
  detail?: string;
  tag: string;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | null;
  status: 200 | 201;
  answer: z.ZodType;
  /** Refusals beyond those that every operators' route may give. */
  refuses?: readonly Reason[];
  example?: unknown;
  /** Gives somebody access, or stops a tenant: a person must have signed in within the last ten minutes. */
  sensitive?: true;
};

/** A question, and the jurisdiction whose operator object is asked. */
export type Placed<Input> = { where: Jurisdiction; input: Input };

/** A route over these verbs: its facts, and how a request becomes a question. */
export type OperatorRouteOf<Q extends Questions, K extends NameOf<Q> = NameOf<Q>> = {
  [P in K]: OperatorRoute & {
    verb: P;
    job: null;
    read: (raw: Raw, policy: UrlPolicy) => Outcome<Placed<Q[P]["input"]>>;
  };
}[K];

/** A route that runs a job over every jurisdiction. It takes nothing from the request. */
export type JobRoute<Deps> = OperatorRoute & {
  job: (operator: Who & { role?: string; page?: string }, deps: Deps) => Promise<Answered>;
  read: (raw: Raw) => Outcome<unknown>;
};

/** Whether the route takes an Idempotency-Key: routes that create do. */
export const isRepeatable = ({ method, status }: OperatorRoute): boolean => method === "post" && status === 201;

/** Who acts by the admin token, as the audit names them. */
export const ADMIN_TOKEN = "local-admin";

const tag = "Operators";
export const JURISDICTION = z.enum(["eu", "us"]);
/** The id in the path. */
export const IdParam = z.strictObject({ id: z.string().max(64) });

type Facts<Verb, F, A> = Omit<OperatorRoute, "verb" | "tag" | "params" | "query" | "body" | "answer"> & {
  verb: Verb;
  answer: AnswerSchema<F, A>;
};
type None = Record<never, never>;

/**
 * Declares routes over these verbs. The compiler checks the question against the verb's input and the answer's schema
 * against its output.
 */
export function doorsOver<Q extends Questions>() {
  return <K extends NameOf<Q>, B = None, Y = None, P = None, A = never>({
    ask,
    ...spec
  }: Facts<K, Q[K]["output"], A> & {
    params?: z.ZodType<P>;
    query?: z.ZodType<Y>;
    body?: z.ZodType<B>;
    ask: (parsed: { body: B; query: Y; params: P }, policy: UrlPolicy) => Outcome<Placed<Q[K]["input"]>>;
  }): OperatorRouteOf<Q, K> => {
    const schemas = { params: spec.params ?? NOTHING, query: spec.query ?? NOTHING, body: spec.body ?? null };
    const read = reader(schemas, "not_found");
    return {
      ...spec,
      ...schemas,
      tag,
      job: null,
      read: (raw: Raw, policy: UrlPolicy) => {
        const parsed = read(raw);
        return isRefused(parsed) ? parsed : ask(parsed.ok, policy);
      },
    };
  };
}

/** Declares a route that runs a job. The compiler checks the answer's schema against the job's result. */
export function jobDoor<Deps, F extends Answered, A>(
  spec: Omit<Facts<string, F, A>, "verb"> & {
    job: { verb: string; run: (operator: Who & { role?: string; page?: string }, deps: Deps) => Promise<F> };
  },
): JobRoute<Deps> {
  const schemas = { params: NOTHING, query: NOTHING, body: null };
  const { verb, run } = spec.job;
  return { ...spec, ...schemas, tag, verb, job: run, read: reader(schemas, "not_found") };
}
