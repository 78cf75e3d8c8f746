/**
 * The face of figures: how many messages and verifications there were, and what became of them.
 */
import { room, type Ground, type RecordBatch, type Step } from "../contract/room.ts";
import type { RecordDb } from "../storage/record-db.ts";
import { countDays, DAYS_KEPT, purgeDays, writeDays } from "./days.ts";
import type { Counted } from "./figures.ts";
import { FiguresLedger, type Day } from "./ledger.ts";
import { statsVerbs, type Live } from "./verbs.ts";

type StatsGround = Ground & {
  environment: "live" | "sandbox";
  tenantId: string;
  /** The open counts as they were saved last. */
  openFigures: () => string;
  liveFigures: Live;
  /** When the oldest of what still lives was accepted; Infinity where nothing does. */
  oldestLive: () => number;
};

const DAYS_MAX = 50;

/** The room. */
export const statsRoom = room({
  name: "stats",
  migrations: [{ id: 1, up: (sql) => FiguresLedger.migrate(sql) }],
  open: ({ sql, now, soon, environment, tenantId, openFigures, liveFigures, oldestLive }: StatsGround) => {
    const figures = new FiguresLedger(sql, openFigures, soon);
    return {
      verbs: statsVerbs({ figures, live: liveFigures, now }),
      steps: [daysOf(figures, tenantId)],
      purges: [
        { name: "stats_hours", drop: (at: number, limit: number) => figures.purge(at, oldestLive(), limit) },
        {
          name: "stats_days",
          dropRecords: (db: RecordDb, tenant: string, at: number, limit: number) =>
            purgeDays(db, tenant, at, { keptDays: DAYS_KEPT[environment], limit }),
          countRecords: countDays,
        },
      ],
      /** Counts what leaves the object in this transaction; the answer must be saved in it. */
      count: (counted: readonly Counted[]): string => figures.count(counted, now()),
    };
  },
});

/** Days that are over, or changed since, are written to D1. */
function daysOf(figures: FiguresLedger, tenant: string): Step {
  let over: Day[] = [];
  const take = (): RecordBatch | null => {
    const days = over.map((day) => ({ ...day, entries: figures.day(day.day) }));
    over = [];
    if (days.length === 0) return null;
    return {
      rows: days.map(({ day, version }) => ({ id: String(day), version, until: null })),
      cursor: null,
      write: (db, ids) =>
        writeDays(
          db,
          tenant,
          days.filter(({ day }) => ids.includes(String(day))),
        ),
    };
  };
  return {
    name: "stats.days",
    rowsMax: DAYS_MAX,
    due: (now, limit) => {
      over = [];
      return figures.due(now, limit).map((day) => ({ id: String(day.day), run: () => void over.push(day) }));
    },
    nextAt: (_now, after) => figures.nextAt(after),
    putOff: (id, until) => figures.putOff(Number(id), until),
    recording: {
      name: "stats.records",
      take,
      settle: ({ written, left, again }) => {
        figures.written(written.map(({ id, version }) => ({ day: Number(id), version })));
        for (const { id } of left) figures.putOff(Number(id), again);
      },
    },
  };
}
