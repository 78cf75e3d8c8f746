import { beforeEach, expect, test } from "vitest";
import { migrate } from "../../src/storage/migrations.ts";
import type { Sql, SqlRow } from "../../src/storage/sql.ts";
import type { Counted } from "../../src/stats/figures.ts";
import { FiguresLedger, HOURS_KEPT_DAYS } from "../../src/stats/ledger.ts";
import { statsRoom } from "../../src/stats/room.ts";
import { nodeSql, type NodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = NOON / DAY - 0.5;

let sql: NodeSql;
let saved: string;
let rows: number;
let ledger: FiguresLedger;
const soon: number[] = [];

/** The database, with its rows counted. */
function metered(): Sql {
  return {
    exec: <Row extends SqlRow>(query: string, ...bindings: never[]) => {
      const cursor = sql.exec<Row>(query, ...bindings);
      rows += cursor.rowsWritten;
      return cursor;
    },
  };
}
const open = () =>
  (ledger = new FiguresLedger(
    metered(),
    () => saved,
    (at) => void soon.push(at),
  ));

beforeEach(() => {
  sql = nodeSql();
  migrate(sql, [statsRoom]);
  [saved, rows] = ["", 0];
  open();
});

const one = (at: number, reason: string | null = null): Counted => ({
  kind: "messages",
  at,
  labels: {
    state: "delivered",
    reason,
    purpose: "service",
    carrier: "car_1",
    network: null,
    country: "GB",
    service: null,
    template: null,
  },
  segments: 1,
  cost: null,
  latencyMs: 1_000,
});
/** Counts, and saves what is open, as the caller does. */
function count(now: number, ...counted: Counted[]): void {
  saved = ledger.count(counted, now);
}
const total = (from = TODAY - 400, to = TODAY + 400): number => {
  let sum = 0;
  for (let day = from; day < to; day += 1) for (const [, , each] of ledger.day(day)) sum += each;
  return sum;
};

test("a thousand messages an hour that leave one by one with a first sweep cost at most 0.01 rows each", () => {
  for (let nth = 0; nth < 5_000; nth += 1) {
    const at = NOON + nth * 3_600;
    count(at + 12_000, one(at, nth % 20 === 0 ? `code_${nth % 7}` : null)); // saved in the row of the cursor, which is written anyway
  }
  expect(rows / 5_000).toBeLessThanOrEqual(0.01);
  expect(total()).toBe(5_000);
});

test("a thousand an hour that leave at deadlines of their own, by the minute, cost at most 0.1 rows each", () => {
  let saves = 0;
  for (let minute = 0; minute < 300; minute += 1) {
    const at = NOON + minute * 60_000;
    count(at + 60_000, ...Array.from({ length: 17 }, (_, nth) => one(at - (nth % 4) * HOUR)));
    saves += 1; // a row of its own, where no first sweep writes the cursor's
  }
  expect((rows + saves) / (300 * 17)).toBeLessThanOrEqual(0.1);
  expect(total()).toBe(300 * 17);
});

test("a restart between any two counts loses none and doubles none", () => {
  for (let nth = 0; nth < 600; nth += 1) {
    count(NOON + nth * 60_000, one(NOON + nth * 60_000 - (nth % 5) * HOUR, nth % 11 === 0 ? `code_${nth}` : null));
    if (nth % 3 === 0) open();
    expect(total(TODAY - 2, TODAY + 2)).toBe(nth + 1);
  }
});

test("a day is due after its midnight and again when it changed; what D1 was given before a change does not settle it", () => {
  count(NOON, one(NOON));
  count(NOON + HOUR, one(NOON + HOUR)); // the hour is over: written
  expect(ledger.due(NOON + 12 * HOUR, 10)).toEqual([]);
  const [day] = ledger.due((TODAY + 1) * DAY + HOUR, 10);
  expect(day).toEqual({ day: TODAY, version: 1 });
  expect(soon).toContain((TODAY + 1) * DAY + HOUR);
  count(NOON + 2 * HOUR, one(NOON + 2 * HOUR));
  expect(ledger.notWritten(TODAY, TODAY + 1)).toEqual([TODAY]);
  count(NOON + 3 * HOUR); // that hour is over, too
  if (day !== undefined) ledger.written([day]);
  expect(ledger.due((TODAY + 1) * DAY + HOUR, 10)).toEqual([{ day: TODAY, version: 2 }]);
  expect(ledger.notWritten(TODAY, TODAY + 1)).toEqual([TODAY]);
  ledger.written([{ day: TODAY, version: 2 }]);
  expect(ledger.due((TODAY + 9) * DAY, 10)).toEqual([]);
  expect(ledger.nextAt(0)).toBeNull();
});

test("hours are purged when D1 has their day, nothing of it is open and nothing of it lives, and not before", () => {
  const later = NOON + (HOURS_KEPT_DAYS + 2) * DAY;
  const gone = (oldestLive: number, now = later) => ledger.purge(now, oldestLive, 100);
  count(NOON, one(NOON));
  count(NOON + HOUR, one(NOON));
  expect(gone(Infinity)).toBe(0); // D1 does not have it
  ledger.written(ledger.due(later, 10));
  expect(gone(NOON)).toBe(0); // something of the day lives
  expect(gone(Infinity, NOON + 49 * DAY)).toBe(0); // too early
  count(NOON + HOUR + 1, one(NOON + 1));
  expect(gone(Infinity)).toBe(0); // something of it is open
  count(NOON + 3 * HOUR);
  ledger.written(ledger.due(later, 10));
  expect(gone(Infinity)).toBe(1);
  expect(total()).toBe(0);
});
