/**
 * Once a night what has passed its time is purged, and full stores are told of. A run can be repeated.
 */
import { PURGE, SIZES } from "../operator/jobs.ts";
import { doorsOf } from "./wiring.ts";

/** As in wrangler.toml. Any other schedule does nothing: an unknown schedule must not delete. */
const NIGHTLY = "17 3 * * *";

/** Runs the job of a schedule. */
export async function runCron(cron: string, env: Env): Promise<void> {
  if (cron !== NIGHTLY) return;
  await PURGE.run({ id: "cron" }, doorsOf(env));
  await SIZES.run({ id: "cron" }, doorsOf(env));
}
