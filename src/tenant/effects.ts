/**
 * What a tenant's transactions leave for the outside: jobs for the belt and endpoints to wake, gathered until it is durable.
 */
import { jobName, type Effects, type Dispatch } from "../rpc/effects.ts";

/** Gathers; `take` empties. */
export class EffectsGathered {
  readonly #wake = new Set<string>();
  readonly #jobs = new Map<string, Dispatch>();

  wake(endpoint: string): void {
    this.#wake.add(endpoint);
  }

  put(job: Omit<Dispatch, "ids">, id: string): void {
    const name = jobName(job);
    const known = this.#jobs.get(name);
    if (known === undefined) this.#jobs.set(name, { ...job, ids: [id] });
    else known.ids.push(id);
  }

  /** What has gathered since the last time. */
  take(): Effects {
    const effects: Effects = { dispatch: [...this.#jobs.values()], wake: [...this.#wake] };
    this.#jobs.clear();
    this.#wake.clear();
    return effects;
  }
}
