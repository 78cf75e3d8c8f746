/**
 * What requests of one tenant that are answered at nearly the same time leave for the queues, put there in one message: a
 * queue operation costs as much as the rest of an answer, on the bill and in processor time. Holds opaque ids only, for a few
 * milliseconds, and after the answer: what is lost with this isolate is found by the tenant's alarm, as whatever the queue loses.
 */
import type { Owner } from "../base/ids.ts";
import { jobName, type Effects } from "../rpc/effects.ts";

/** An id waits this long for others; a code is no later for it than a carrier's own jitter makes it. */
export const GATHER_MS = 5;
/** Whoever should have sent a bundle was ended before he could: the next request of the tenant sees to it. */
export const OVERDUE_MS = 500;

export type GatherDeps = {
  send: (owner: Owner, effects: Effects) => Promise<void>;
  wait: (milliseconds: number) => Promise<void>;
  now: () => number;
};

type Bundle = { since: number; dispatch: Map<string, Effects["dispatch"][number]>; wake: Set<string> };

/** One isolate's bundles, one for each tenant that has just been answered. */
export class Gather {
  readonly #deps: GatherDeps;
  readonly #bundles = new Map<string, Bundle>();

  constructor(deps: GatherDeps) {
    this.#deps = deps;
  }

  /**
   * Puts what one request leaves behind into the tenant's bundle. The request that begins a bundle waits and sends it, so
   * the platform lets it live until then; the others add and are done. No request waits for a promise of another's, which
   * the platform forbids. Throws when the queue refuses.
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
    if (this.#bundles.get(name) !== bundle) return; // another took it for overdue and has sent it
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
