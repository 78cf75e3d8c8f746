/**
 * Jobs that visit every tenant of both jurisdictions, a page of tenants at a time: the nightly purge, and jobs that
 * operators start. Each can be repeated.
 */
import type { Jurisdiction } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { isRefused, type Outcome } from "../base/refusal.ts";
import { wholeList } from "../contract/list.ts";
import { sizesView } from "./sizes.ts";
import type { JobName, Operating, OperatorPort, Size, Walk, Walked } from "../rpc/operator.ts";

/** What a job needs of the platform. */
export type JobDeps = {
  operator: (jurisdiction: Jurisdiction) => OperatorPort;
  rootVersions: readonly number[];
  log: Log;
};

/** A job: the verb that visits a page of one jurisdiction's tenants, and how the results are summed. */
type Job<Answer> = {
  verb: JobName;
  run: (operator: Operating, deps: JobDeps) => Promise<Answer>;
};

type Summing<Found, Sum, Answer> = {
  verb: JobName;
  /** Visits one page of tenants. */
  visit: (port: OperatorPort, operator: Operating, from: Walk) => Promise<Outcome<Walked<Found>>>;
  begin: (deps: JobDeps) => Sum;
  add: (sum: Sum, found: Found) => void;
  end: (sum: Sum, deps: JobDeps) => Answer;
};

/** Declares a job by its verb and how its results are summed. */
function job<Found, Sum, Answer>({ verb, visit, begin, add, end }: Summing<Found, Sum, Answer>): Job<Answer> {
  const run = async (operator: Operating, deps: JobDeps) => {
    const sum = begin(deps);
    const done = await Promise.allSettled(
      (["eu", "us"] as const).map(async (jurisdiction) => {
        const port = deps.operator(jurisdiction);
        for await (const found of walk((from) => visit(port, operator, from))) add(sum, found);
      }),
    );
    const answer = end(sum, deps);
    const failed = done.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason; // the other jurisdiction has been visited in any case
    return answer;
  };
  return { verb, run };
}

type Purge = { tenants: number; gone: Record<string, number>; failed: Record<string, number> };

/**
 * Purges every tenant; answers how many rows were deleted, by class, and in how many tenants a class could not be
 * purged.
 */
export const PURGE = job({
  verb: "purge.run",
  visit: (port, operator, from) => port.ask(operator, "purge.run", from, null),
  begin: (): Purge => ({ tenants: 0, gone: {}, failed: {} }),
  add: (sum, report) => {
    sum.tenants += 1;
    for (const [what, went] of Object.entries(report.gone)) sum.gone[what] = (sum.gone[what] ?? 0) + went;
    for (const what of report.failed) sum.failed[what] = (sum.failed[what] ?? 0) + 1;
  },
  end: (sum, { log }) => {
    log({ level: "info", what: "purged", count: sum.tenants });
    return sum;
  },
});

type Uses = Map<number, number>;
const noUses = ({ rootVersions }: JobDeps): Uses => new Map(rootVersions.map((version) => [version, 0]));
const count = (uses: Uses, roots: readonly number[]): void => {
  for (const root of roots) uses.set(root, (uses.get(root) ?? 0) + 1);
};

/** How many records need each root version. */
export const KEY_USES = job({
  verb: "keys.uses",
  visit: (port, operator, from) => port.ask(operator, "keys.uses", from, null),
  begin: noUses,
  add: count,
  end: (uses) => wholeList([...uses].sort(([a], [b]) => a - b).map(([version, used]) => ({ version, uses: used }))),
});

/** Wraps everything under the newest root key; answers how much is, and what still needs an older one. */
export const REWRAP = job({
  verb: "keys.rewrap",
  visit: (port, operator, from) => port.ask(operator, "keys.rewrap", from, null),
  begin: (deps) => ({ newest: Math.max(...deps.rootVersions), rewrapped: 0, uses: noUses(deps) }),
  add: (sum, roots) => {
    if (roots.includes(sum.newest)) sum.rewrapped += 1;
    count(sum.uses, roots);
  },
  end: ({ newest, rewrapped, uses }) => {
    const older = [...uses].filter(([version]) => version !== newest);
    return { rewrapped, remaining: older.reduce((sum, [, used]) => sum + used, 0) };
  },
});

/** How full the stores are; what is 70 percent full is in the log too, every night. */
export const SIZES = job({
  verb: "storage.sizes",
  visit: (port, operator, from) => port.ask(operator, "storage.sizes", from, null),
  begin: (): Size[] => [],
  add: (sum, found) => void sum.push(...found),
  end: (sum, { log }) => {
    const views = sizesView(sum);
    for (const { store, alert } of views) if (alert) log({ level: "error", what: store, code: "storage_alert" });
    return wholeList(views);
  },
});

/** Every result of a job that visits all tenants of a jurisdiction, stretch by stretch. */
async function* walk<Found>(visit: (from: Walk) => Promise<Outcome<Walked<Found>>>): AsyncGenerator<Found> {
  let after: string | null = "";
  while (after !== null) {
    const outcome: Outcome<Walked<Found>> = await visit({ after });
    if (isRefused(outcome)) return;
    for (const found of outcome.ok.data) if (found !== null) yield found;
    after = outcome.ok.next;
  }
}
