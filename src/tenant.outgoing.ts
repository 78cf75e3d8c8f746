/**
 * What a tenant's transactions leave for the outside: jobs for the belt and endpoints to wake, gathered until it is durable.
 */
import { jobName, type After, type Dispatch } from "./ports.ts";

/** Gathers; `take` empties. */
export class Outgoing {
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
  take(): After {
    const after: After = { dispatch: [...this.#jobs.values()], wake: [...this.#wake] };
    this.#jobs.clear();
    this.#wake.clear();
    return after;
  }
}
