/**
 * The face of virtual numbers: which the tenant has, in which pools, and who uses them.
 */
import { DAY_MS } from "../base/clock.ts";
import { room, type Ground } from "../contract/room.ts";
import type { Recorder } from "../contract/record.ts";
import { NumbersLedger } from "./ledger.ts";
import type { NewNumber } from "./number.ts";
import { giveBack, numbersVerbs, releaseNumber, returnIdle, takeNumbers, type NumbersDeps } from "./verbs.ts";

type NumbersGround = Ground & {
  /** Whether the virtual number is a relay address's; no session may use it. */
  isLasting: NumbersDeps["isLasting"];
};
type Below = {
  audit: { record: Recorder };
  webhooks: { emit: (type: "number.released", resource: string, data: unknown) => void };
};

/** As long as the records of sessions. */
const HABITS_KEPT_DAYS = 396;
/** Numbers whose cool-off ends in one run of the alarm. */
const RELEASED_MAX = 200;

/** The room. */
export const numbersRoom = room({
  name: "numbers",
  migrations: [{ id: 1, up: (sql) => NumbersLedger.migrate(sql) }],
  open: ({ sql, ids, now, soon, isLasting }: NumbersGround, { audit: { record }, webhooks: { emit } }: Below) => {
    const numbers = new NumbersLedger(sql, soon);
    const deps: NumbersDeps = { numbers, now, newId: (prefix) => ids.make(prefix, now()), isLasting, record };
    return {
      verbs: numbersVerbs(deps),
      steps: [
        {
          name: "numbers.release",
          rowsMax: RELEASED_MAX,
          due: (at: number, limit: number) =>
            numbers.releasable(at, limit).map(({ id, read }) => ({
              id,
              run: () => releaseNumber({ numbers, record, emit }, read()),
            })),
          nextAt: (_at: number, after: number) => numbers.nextRelease(after),
        },
      ],
      purges: [
        { name: "pairs", drop: (at: number, limit: number) => numbers.purgePairs(at, limit) },
        {
          name: "habits",
          drop: (at: number, limit: number) => numbers.purgeHabits(at - HABITS_KEPT_DAYS * DAY_MS, limit),
        },
      ],
      ledger: numbers,
      takeNumbers: (given: readonly NewNumber[], pool: string | null = null): number => takeNumbers(deps, given, pool),
      giveBack: (named: readonly string[]): string[] => giveBack(deps, named),
      returnIdle: (): { gone: number; kept: string[] } => returnIdle(deps),
      hasPool: (id: string): boolean => numbers.pool(id) !== null,
      /** Whether any pool borrows from the operator's shared stock. */
      borrows: (): boolean => numbers.pools().some(({ lease }) => lease !== null),
      /** Takes the pools marked to borrow numbers since the last call, with what they ask for. */
      takeShort: (): { pool: string; many: number; country: string | null }[] =>
        numbers.lending.takeShort().flatMap((id) => {
          const lease = numbers.pool(id)?.lease ?? null;
          return lease === null ? [] : [{ pool: id, many: lease.block, country: lease.country }];
        }),
    };
  },
});
