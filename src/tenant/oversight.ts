/**
 * What a tenant's object is asked by operators who look after it: what it uses, and its failed background work.
 */
import type { Outcome } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import type { TenantPort } from "../rpc/tenant.ts";
import type { Rooms } from "./rooms.ts";

/** Behind the gate of a tenant that was created, in one transaction. */
type Operate = <T>(act: (room: Rooms) => Outcome<T>) => Promise<Outcome<T>>;

/** The calls of the port that are about looking after a tenant. */
export type OversightCalls = "usage" | "failedJobs" | "retryJob";

/** How many failed jobs of a tenant operators are shown. */
const JOBS_SHOWN_MAX = 100;

/** What operators see of one tenant, and try again. */
export class Oversight implements Pick<TenantPort, OversightCalls> {
  readonly #operate: Operate;
  readonly #bytes: () => number;

  constructor(operate: Operate, bytes: () => number) {
    this.#operate = operate;
    this.#bytes = bytes;
  }

  usage(): ReturnType<TenantPort["usage"]> {
    return this.#operate(({ risk, jobs, alerts }) => ({
      ok: { ...risk.used(this.#bytes()), quarantined_jobs: jobs.quarantined().length, open_alerts: alerts.openCount() },
    }));
  }

  failedJobs(): ReturnType<TenantPort["failedJobs"]> {
    return this.#operate(({ jobs }) => ({ ok: wholeList(jobs.list(JOBS_SHOWN_MAX)) }));
  }

  retryJob(operator: string, id: string): ReturnType<TenantPort["retryJob"]> {
    return this.#operate(({ jobs }) => jobs.retry({ type: "operator", id: operator }, id));
  }
}
