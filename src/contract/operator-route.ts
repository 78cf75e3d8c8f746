/**
 * A route of operators as data, as `base/route.ts` is for tenants: it names the verb of the operator object and where that
 * object is.
 */
import { z } from "zod";
import type { Jurisdiction } from "../base/ids.ts";
import type { UrlPolicy } from "../net/outside-url.ts";
import type { Outcome, Reason } from "../base/refusal.ts";
import type { Method } from "./route.ts";

type Parsed = { body: never; query: never; params: never };

/** One door of operators. `where` is a jurisdiction, or "both" for lists and jobs that walk every one. */
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
  /** Reasons beyond those that every route of operators may give. */
  refuses?: readonly Reason[];
  example?: unknown;
  ask: (parsed: Parsed, policy: UrlPolicy) => Outcome<{ where: Jurisdiction | "both"; input: unknown }>;
};

/** Whether the route takes an Idempotency-Key: those that create do. */
export const isRepeatable = ({ method, status }: OperatorRoute): boolean => method === "post" && status === 201;

const Nothing = z.strictObject({});
const tag = "Operators";
export const JURISDICTION = z.enum(["eu", "us"]);
/** The id in the path. */
export const IdParam = z.strictObject({ id: z.string().max(64) });

/** Declares a route; the compiler holds what is asked to what was parsed. */
export function door<
  B extends z.ZodType = typeof Nothing,
  Q extends z.ZodType = typeof Nothing,
  P extends z.ZodType = typeof Nothing,
>(
  spec: Omit<OperatorRoute, "tag" | "params" | "query" | "body" | "ask"> & {
    params?: P;
    query?: Q;
    body?: B;
    ask: (
      parsed: { body: z.output<B>; query: z.output<Q>; params: z.output<P> },
      policy: UrlPolicy,
    ) => Outcome<{ where: Jurisdiction | "both"; input: unknown }>;
  },
): OperatorRoute {
  return {
    ...spec,
    tag,
    params: spec.params ?? Nothing,
    query: spec.query ?? Nothing,
    body: spec.body ?? null,
    ask: spec.ask,
  };
}
