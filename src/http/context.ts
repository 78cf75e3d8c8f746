/**
 * What a request carries from the frame to its door and back: its id, and what its log line will say.
 */
import type { Context } from "hono";

export type Bindings = {
  Bindings: Env;
  /** `site`: the origin under which readers find this service. */
  Variables: { requestId: string; site: string; tenant: string | null; route: string; code: string | null };
};
export type C = Context<Bindings>;
