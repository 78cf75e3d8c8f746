/**
 * Jobs that visit every tenant of both jurisdictions, a page of tenants at a time: the night's purge, and what operators run
 * by hand. Each can be repeated.
 */
import type { Jurisdiction } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import type { OperatorPort } from "../rpc/operator.ts";

/** What a job needs of the platform. */
type JobDeps = {
  operator: (jurisdiction: Jurisdiction) => OperatorPort;
  rootVersions: readonly number[];
  log: Log;
};

/** Runs the job that a route names; answers what it did, summed over both jurisdictions. */
export async function runJob(verb: string, operator: string, deps: JobDeps): Promise<Outcome<unknown>> {
  if (verb === "purge.run") return { ok: await purgeAll(deps, operator) };
  const uses = new Map<number, number>(deps.rootVersions.map((version) => [version, 0]));
  const newest = Math.max(...deps.rootVersions);
  let rewrapped = 0;
  for (const jurisdiction of ["eu", "us"] as const) {
    for await (const roots of walk(deps, jurisdiction, operator, verb)) {
      if ((roots as number[]).includes(newest)) rewrapped += 1;
      for (const root of roots as number[]) uses.set(root, (uses.get(root) ?? 0) + 1);
    }
  }
  const remaining = [...uses].reduce((sum, [version, count]) => (version === newest ? sum : sum + count), 0);
  if (verb === "keys.rewrap") return { ok: { rewrapped, remaining } };
  return { ok: wholeList([...uses].sort(([a], [b]) => a - b).map(([version, count]) => ({ version, uses: count }))) };
}

/** Purges every tenant; answers what went, summed. Also behind `POST /admin/v1/purge`. */
export async function purgeAll(
  deps: JobDeps,
  operator: string,
): Promise<{ tenants: number; gone: Record<string, number> }> {
  const gone: Record<string, number> = {};
  let tenants = 0;
  const done = await Promise.allSettled(
    (["eu", "us"] as const).map(async (jurisdiction) => {
      for await (const report of walk(deps, jurisdiction, operator, "purge.run")) {
        tenants += 1;
        for (const [what, count] of Object.entries(report as Record<string, unknown>)) {
          if (typeof count === "number") gone[what] = (gone[what] ?? 0) + count;
        }
      }
    }),
  );
  deps.log({ level: "info", what: "purged", count: tenants });
  const failed = done.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason; // the other jurisdiction has been purged all the same
  return { tenants, gone };
}

/** Every result of a job that visits all tenants of a jurisdiction, stretch by stretch. */
async function* walk(
  deps: JobDeps,
  jurisdiction: Jurisdiction,
  operator: string,
  verb: string,
): AsyncGenerator<unknown> {
  let after: string | null = "";
  while (after !== null) {
    const outcome = await deps.operator(jurisdiction).ask(operator, verb, { after }, null);
    if (isRefused(outcome)) return;
    const page = outcome.ok as { data: unknown[]; next: string | null };
    yield* page.data.filter((result) => result !== null);
    after = page.next;
  }
}
