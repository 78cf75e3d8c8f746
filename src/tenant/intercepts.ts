/**
 * Asking the tenant's hook: outside any transaction, from the pinned object. Texts of one session are asked about one after the
 * other, so that their order stays; what a crash leaves waiting is found by the alarm.
 */
import { readClock } from "../base/clock.ts";
import { nameOfError } from "../base/log.ts";
import { askHook } from "../masking/room.ts";
import { isEmpty } from "../rpc/effects.ts";
import type { TenantHost } from "./host.ts";
import type { TenantParts } from "./parts.ts";

/** One tenant's questions to its hook. */
export class Intercepts {
  readonly #host: TenantHost;
  readonly #parts: TenantParts;
  /** Sessions in which a hook is being asked at this moment, and the end of the last question in each. */
  readonly #chains = new Map<string, Promise<void>>();

  constructor(host: TenantHost, parts: TenantParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Asks about the interactions that have begun to wait since the last time; answers when all are settled. Never throws. */
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

  /** What the last transaction left for the queues. Where that fails the rows are stored, and the alarm finds them. */
  async #tellOutside(): Promise<void> {
    const effects = this.#host.takeEffects();
    if (!isEmpty(effects)) await this.#parts.outside(effects).catch(() => undefined);
  }

  /** The row waits; the alarm comes back to it. */
  #failed(error: unknown): void {
    this.#parts.log({ level: "error", what: nameOfError(error), code: "intercept_failed" });
  }
}
