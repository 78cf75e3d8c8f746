/**
 * Joins in one queue message what requests of one tenant, answered within a few milliseconds, leave for the queues: a
 * queue operation costs as much as the rest of an answer, in money and in CPU time. Holds only opaque ids, after the
 * answer. Ids lost with this isolate are found by the tenant's alarm, like those that the queue loses.
 */
import type { Owner } from "../base/ids.ts";
import { jobName, type Effects } from "../rpc/effects.ts";

/** An id waits this long for others; far less than a carrier's own jitter. */
export const GATHER_MS = 5;
/**
 * After this a bundle is overdue, because the request that should have sent it was ended; the tenant's next request
 * sends it.
 */
export const OVERDUE_MS = 500;

export type GatherDeps = {
  send: (owner: Owner, effects: Effects) => Promise<void>;
  wait: (milliseconds: number) => Promise<void>;
  now: () => number;
};

type Bundle = { since: number; dispatch: Map<string, Effects["dispatch"][number]>; wake: Set<string> };

/** One isolate's bundles, one for each tenant with recent answers. */
export class Gather {
  readonly #deps: GatherDeps;
  readonly #bundles = new Map<string, Bundle>();

  constructor(deps: GatherDeps) {
    this.#deps = deps;
  }

  /**
   * Adds what one request leaves to the tenant's bundle. The request that begins a bundle waits and sends it; the
   * others only add. So no request awaits another request's promise, which the platform forbids. Throws when the queue
   * refuses.
   */
  async put(owner: Owner, effects: Effects): Promise<void> {
    const name = `${owner.jurisdiction} ${owner.code}`;
    const now = this.#deps.now();
    const known = this.#bundles.get(name);
    const bundle = known ?? { since: now, dispatch: new Map(), wake: new Set() };
    add(bundle, effects);
    if (known !== undefined && Math.abs(now - known.since) <= OVERDUE_MS) return;
    bundle.since = now;
    this.#bundles.set(name, bundle);
    await this.#deps.wait(GATHER_MS);
    if (this.#bundles.get(name) !== bundle) return; // a later request found it overdue and has sent it
    this.#bundles.delete(name);
    await this.#deps.send(owner, { dispatch: [...bundle.dispatch.values()], wake: [...bundle.wake] });
  }
}

function add(bundle: Bundle, effects: Effects): void {
  for (const { ids, ...job } of effects.dispatch) {
    const name = jobName(job);
    const entry = bundle.dispatch.get(name);
    if (entry === undefined) bundle.dispatch.set(name, { ...job, ids: [...ids] });
    else entry.ids.push(...ids);
  }
  for (const endpoint of effects.wake) bundle.wake.add(endpoint);
}
