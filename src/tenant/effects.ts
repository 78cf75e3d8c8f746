/**
 * What a tenant's transactions leave to do outside (jobs for the queues, endpoints to wake), gathered until the
 * transaction is durable.
 */
import { jobName, type Effects, type Dispatch } from "../rpc/effects.ts";

/** The gathered effects; `take` returns and clears them. */
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

  /** Adds effects gathered elsewhere. */
  add({ dispatch, wake }: Effects): void {
    for (const { ids, ...job } of dispatch) for (const id of ids) this.put(job, id);
    for (const endpoint of wake) this.wake(endpoint);
  }

  /** The effects gathered since the last call. */
  take(): Effects {
    const effects: Effects = { dispatch: [...this.#jobs.values()], wake: [...this.#wake] };
    this.#jobs.clear();
    this.#wake.clear();
    return effects;
  }
}
