/**
 * Calls the tenant's intercept hook, from the pinned object and outside any transaction. Calls for texts of one session
 * are sequential, so that their order is kept. The alarm finds texts that a crash left waiting.
 */
import { readClock } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { askHook } from "../masking/room.ts";
import { isEmpty } from "../rpc/effects.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/** One tenant's calls to its hook. */
export class Intercepts {
  readonly #host: TenantHost;
  readonly #parts: TenantParts;
  /** Sessions with a running call, and the end of the last call in each. */
  readonly #chains = new Map<string, Promise<void>>();

  constructor(host: TenantHost, parts: TenantParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Calls the hook for the interactions that wait since the last call; resolves when all are settled. Never throws. */
  async run(): Promise<void> {
    const chains = this.#chains;
    const ends = this.#waiting().map(({ id, session }) => {
      const end = (chains.get(session) ?? Promise.resolve()).then(() => this.#askOne(id));
      chains.set(session, end);
      return end.finally(() => {
        if (chains.get(session) === end) chains.delete(session);
      });
    });
    await Promise.all(ends);
  }

  #waiting(): { id: string; session: string }[] {
    try {
      return this.#host.rooms().room.masking.takeWaiting();
    } catch (error) {
      this.#failed(error);
      return [];
    }
  }

  async #askOne(id: string): Promise<void> {
    const { fetchLike, resolve, urlPolicy: policy } = this.#parts;
    try {
      const rooms = await this.#host.open();
      if (rooms === null || rooms === "locked") return;
      // In a transaction: that the hook reads this session is in the audit before it does.
      const question = this.#host.transaction((present) => present.room.masking.questionAbout(id));
      await this.#tellOutside();
      const said =
        question === null ? null : await askHook({ fetchLike, resolve, policy, realNow: readClock }, question);
      this.#host.transaction((present) => present.room.masking.settleIntercept(id, said));
      await this.#tellOutside();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Puts on the queues what the last transaction left. If that fails the rows are stored, and the alarm finds them. */
  async #tellOutside(): Promise<void> {
    const effects = this.#host.takeEffects();
    if (!isEmpty(effects)) await this.#parts.outside(effects).catch(() => undefined);
  }

  /** Logs the failure; the row still waits, and the alarm retries it. */
  #failed(error: unknown): void {
    this.#parts.log({ level: "error", what: nameOfError(error), code: "intercept_failed" });
  }
}
