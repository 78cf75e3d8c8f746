/**
 * Once a night what has passed its time is purged, and full stores are told of. A run can be repeated.
 */
import { PURGE, SIZES } from "../operator/jobs.ts";
import { doorsOf } from "./wiring.ts";

/** As in wrangler.toml; anything else does nothing, because a schedule nobody knows must not delete. */
const NIGHTLY = "17 3 * * *";

/** Runs what the schedule asks for. */
export async function runCron(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  await PURGE.run("cron", doorsOf(env));
  await SIZES.run("cron", doorsOf(env));
}
