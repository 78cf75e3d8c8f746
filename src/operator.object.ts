/**
 * One jurisdiction's operator object. Reached only through doors that have recognised an operator, and by the clock.
 */
import { DurableObject } from "cloudflare:workers";
import { refuse, type Outcome } from "./base/refusal.ts";
import { OperatorMind } from "./operator.mind.ts";
import { operatorParts } from "./wiring.ts";

/** The operators' object. */
export class OperatorObject extends DurableObject<Env> {
  readonly #mind: OperatorMind;
  #migrated = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#mind = new OperatorMind(operatorParts(env, ctx));
  }

  async ask(operator: string, verb: string, input: unknown): Promise<Outcome<unknown>> {
    if (!this.#migrated) this.#mind.migrate();
    this.#migrated = true;
    if (!Object.hasOwn(this.#mind.verbs, verb)) return refuse("route_not_found");
    const run = this.#mind.verbs[verb as keyof OperatorMind["verbs"]] as (
      operator: string,
      input: unknown,
    ) => Promise<Outcome<unknown>>;
    return run(operator, input);
  }
}
