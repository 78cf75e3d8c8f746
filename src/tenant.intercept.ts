/**
 * Asking the tenant's hook: outside any transaction, from the pinned object. Texts of one session are asked about one after the
 * other, so that their order stays; what a crash leaves waiting is found by the alarm.
 */
import { readClock } from "./base/clock.ts";
import { nameOfError } from "./base/log.ts";
import { askHook } from "./masking/intercept.ts";
import type { TenantHome } from "./tenant.home.ts";
import type { TenantParts } from "./wiring.ts";

/** Sessions in which a hook is being asked at this moment, and the end of the last question in each. */
const asking = new WeakMap<TenantHome, Map<string, Promise<void>>>();

/** Asks about the interactions that have begun to wait since the last time; answers when all are settled. Never throws. */
export async function runIntercepts(home: TenantHome, parts: TenantParts): Promise<void> {
  const chains = asking.get(home) ?? new Map<string, Promise<void>>();
  asking.set(home, chains);
  const ends = waiting(home, parts).map(({ id, session }) => {
    const end = (chains.get(session) ?? Promise.resolve()).then(() => askOne(home, parts, id));
    chains.set(session, end);
    return end.finally(() => {
      if (chains.get(session) === end) chains.delete(session);
    });
  });
  await Promise.all(ends);
}

function waiting(home: TenantHome, parts: TenantParts): { id: string; session: string }[] {
  try {
    return home.mind().lines.takeWaiting();
  } catch (error) {
    parts.log({ level: "error", what: nameOfError(error), code: "intercept_failed" }); // the rows wait; the alarm comes back
    return [];
  }
}

async function askOne(home: TenantHome, parts: TenantParts, id: string): Promise<void> {
  try {
    const mind = await home.open();
    if (mind === null || mind === "locked") return;
    const question = mind.lines.questionAbout(id);
    const deps = { fetchLike: parts.fetchLike, resolve: parts.resolve, policy: parts.urlPolicy, realNow: readClock };
    const said = question === null ? null : await askHook(deps, question);
    home.transaction((present) => present.lines.settleIntercept(id, said));
    const after = home.after();
    if (after.dispatch.length + after.wake.length > 0) await parts.outside(after).catch(() => undefined);
  } catch (error) {
    parts.log({ level: "error", what: nameOfError(error), code: "intercept_failed" }); // the row waits; the alarm comes back
  }
}
