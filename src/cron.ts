/**
 * The clock's door: once a night what has passed its time is purged. Each run
 * can be repeated; it walks the tenants of both jurisdictions a stretch at a time.
 */
import type { Jurisdiction } from "./base/ids.ts";
import { isRefused } from "./base/refusal.ts";
import { doorsOf, type Doors } from "./wiring.ts";

/** As in wrangler.toml; anything else does nothing, because a schedule nobody knows must not delete. */
const NIGHTLY = "17 3 * * *";

/** Runs what the schedule asks for. */
export async function runCron(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  await purgeAll(doorsOf(env), "cron");
}

/** Purges every tenant; answers what went, summed. Also behind `POST /admin/v1/purge`. */
export async function purgeAll(
  doors: Doors,
  operator: string,
): Promise<{ tenants: number; gone: Record<string, number> }> {
  const gone: Record<string, number> = {};
  let tenants = 0;
  const done = await Promise.allSettled(
    (["eu", "us"] as const).map(async (jurisdiction) => {
      for await (const report of walk(doors, jurisdiction, operator, "purge.run")) {
        tenants += 1;
        for (const [what, count] of Object.entries(report as Record<string, unknown>)) {
          if (typeof count === "number") gone[what] = (gone[what] ?? 0) + count;
        }
      }
    }),
  );
  doors.log({ level: "info", what: "purged", count: tenants });
  const failed = done.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason; // the other jurisdiction has been purged all the same
  return { tenants, gone };
}

/** Every result of a job that visits all tenants of a jurisdiction, stretch by stretch. */
export async function* walk(
  doors: Doors,
  jurisdiction: Jurisdiction,
  operator: string,
  verb: string,
): AsyncGenerator<unknown> {
  let after: string | null = "";
  while (after !== null) {
    const outcome = await doors.operator(jurisdiction).ask(operator, verb, { after }, null);
    if (isRefused(outcome)) return;
    const page = outcome.ok as { data: unknown[]; next: string | null };
    yield* page.data.filter((result) => result !== null);
    after = page.next;
  }
}
