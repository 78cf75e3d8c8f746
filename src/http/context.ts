/**
 * What a request carries between middleware and handler: its id, and the fields of its log line.
 */
import type { Context } from "hono";

export type Bindings = {
  Bindings: Env;
  /** `site`: the origin under which readers find this service. */
  Variables: { requestId: string; site: string; tenant: string | null; route: string; code: string | null };
};
export type C = Context<Bindings>;
