/**
 * Tenants side by side: what each uses of what it may use, and its failed background work.
 */
import type { TenantRow, TenantView } from "../access/tenants.ts";
import { nameOfError, type Log } from "../base/log.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { pageFrom, rowsFor } from "../contract/list.ts";
import type { Operating, OperatorVerbTable } from "../rpc/operator.ts";
import type { TenantPort, TenantUsage } from "../rpc/tenant.ts";

type Deps = {
  list: (after: string, limit: number, name: string) => TenantRow[];
  view: (tenant: TenantRow) => TenantView;
  port: (id: string) => TenantPort;
  withTenant: <T>(id: string, act: (tenant: TenantRow, port: TenantPort) => Promise<Outcome<T>>) => Promise<Outcome<T>>;
  enter: (operator: Operating, act: string, subject: string, facts: Record<string, string | number>) => void;
  log: Log;
};

/** The verbs of looking after tenants. */
export function oversightVerbs(
  deps: () => Deps,
): Pick<OperatorVerbTable, "usage.list" | "tenant_jobs.list" | "tenant_jobs.retry"> {
  return {
    "usage.list": async (_operator, { after, limit, name }) => {
      const { list, view, port, log } = deps();
      const { data: rows, next_cursor } = pageFrom(list(after, rowsFor(limit), name), limit);
      const usageOf = async ({ id }: TenantRow): Promise<TenantUsage | null> => {
        try {
          const usage = await port(id).usage();
          return isRefused(usage) ? null : usage.ok;
        } catch (error) {
          log({ level: "error", what: nameOfError(error), tenant: id, code: "usage_failed" });
          return null; // one tenant that does not answer hides no other
        }
      };
      const data = await Promise.all(rows.map(async (row) => ({ ...view(row), usage: await usageOf(row) })));
      return { ok: { data, next_cursor } };
    },

    "tenant_jobs.list": (_operator, { id }) => deps().withTenant(id, (_tenant, port) => port.failedJobs()),

    "tenant_jobs.retry": (operator, { id, job }) =>
      deps().withTenant(id, async (_tenant, port) => {
        const retried = await port.retryJob(operator.id, job);
        if (!isRefused(retried)) deps().enter(operator, "job.retried", id, { job });
        return retried;
      }),
  };
}
