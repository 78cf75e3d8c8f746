import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { csvOf } from "../../src/contract/csv.ts";
import {
  bucketOf,
  Cells,
  CELLS_MAX,
  DIMENSIONS,
  labelOf,
  LATENCY_ERROR,
  latencyOf,
  percentile,
  sumsOf,
  type Entry,
} from "../../src/stats/figures.ts";
import { Groups, GROUPS_MAX, spanOf, STEPS_MAX } from "../../src/stats/groups.ts";
import { shareOf } from "../support/stats/recount.ts";

const NOW = Date.UTC(2026, 10, 23, 12, 30);
const HOUR = 3_600_000;
const entry = (at: number, over: Partial<Record<(typeof DIMENSIONS)[number], string | null>> = {}): Entry => {
  const labels = {
    state: "delivered",
    reason: null,
    purpose: "service",
    carrier: "car_1",
    network: null,
    country: "GB",
    service: null,
    template: null,
    ...over,
  };
  const { count, segments, cost, latency } = sumsOf({
    kind: "messages",
    at,
    labels,
    segments: 2,
    cost: { amount: 7, currency: "GBP" },
    latencyMs: 1_000,
  });
  return ["messages", DIMENSIONS.map((dimension) => labels[dimension] ?? null), count, segments, cost, latency];
};

describe("a latency read from its bucket", () => {
  test("is at most a tenth off, up to a week", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800_000 }), (ms) => {
        expect(Math.abs(latencyOf(bucketOf(ms)) - ms)).toBeLessThanOrEqual(ms * LATENCY_ERROR + 0.5);
      }),
    );
  });

  test("gives percentiles a tenth off at most, however the figures were put together", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        (all, cut) => {
          const cells = [new Cells(), new Cells()];
          for (const [nth, latencyMs] of all.entries())
            cells[nth % 7 <= cut % 7 ? 0 : 1]?.add("messages", [], {
              count: 1,
              segments: 0,
              cost: {},
              latency: { [bucketOf(latencyMs)]: 1 },
            });
          const whole = Cells.read(JSON.stringify(withLabels(cells[0]?.entries() ?? [])));
          whole.addAll(withLabels(cells[1]?.entries() ?? []));
          const latency = whole.entries()[0]?.[5] ?? {};
          const sorted = all.toSorted((a, b) => a - b);
          for (const share of [0.5, 0.95, 0.99]) {
            const exact = shareOf(sorted, share) ?? 0;
            expect(Math.abs((percentile(latency, share) ?? 0) - exact)).toBeLessThanOrEqual(
              exact * LATENCY_ERROR + 0.5,
            );
          }
        },
      ),
    );
  });

  test("is nothing where there is none", () => expect(percentile({}, 0.5)).toBeNull());
});

const withLabels = (entries: readonly Entry[]): Entry[] =>
  entries.map(([kind, , ...sums]) => [kind, DIMENSIONS.map(() => null), ...sums]);

describe("the figures of an hour", () => {
  test("are bounded: what is beyond is counted with fewer labels, and nothing is lost", () => {
    const cells = new Cells();
    const all = 5 * CELLS_MAX;
    for (let nth = 0; nth < all; nth += 1)
      cells.addAll([entry(NOW, { reason: `code_${nth}`, country: `C${nth % 3}`, carrier: `car_${nth % 2_000}` })]);
    expect(cells.size).toBeLessThanOrEqual(2 * CELLS_MAX + 100);
    expect(cells.entries().reduce((sum, [, , count]) => sum + count, 0)).toBe(all);
    expect(cells.entries().filter(([, labels]) => labels[1] === "other").length).toBeGreaterThan(0);
    expect(JSON.stringify(cells.entries()).length).toBeLessThan(1_900_000);
  });

  test("have no label that does not read as a word", () => {
    expect([null, "30003", "http_429", "+447700900123", "a b", "x".repeat(65)].map(labelOf)).toEqual([
      null,
      "30003",
      "http_429",
      "other",
      "other",
      "other",
    ]);
  });
});

describe("a question", () => {
  const by = ["state"] as const;
  test.each([
    ["hour", NOW - HOUR * 400, NOW, "range_too_long"],
    ["day", NOW - 401 * 24 * HOUR, NOW, "range_too_long"],
    ["hour", NOW - 51 * 24 * HOUR, NOW - 50.5 * 24 * HOUR, "too_long_ago"],
    ["hour", NOW, NOW - 2 * HOUR, "invalid_range"],
  ] as const)("by %s from %i to %i is refused as %s", (step, from, to, code) => {
    expect(spanOf({ kind: "messages", step, by, from, to }, NOW)).toMatchObject({
      refused: "invalid_field",
      errors: [{ code }],
    });
  });

  test("spans whole hours and days, the newest unless it says otherwise", () => {
    const day = spanOf({ kind: "messages", step: "day", by }, NOW);
    expect(day).toEqual({ kind: "messages", step: "day", by, from: Date.UTC(2026, 9, 25), to: Date.UTC(2026, 10, 24) });
    const hour = spanOf({ kind: "messages", step: "hour", by, from: NOW - 1, to: NOW + 1 }, NOW);
    expect(hour).toMatchObject({ from: Date.UTC(2026, 10, 23, 12), to: Date.UTC(2026, 10, 23, 13) });
    expect(STEPS_MAX).toEqual({ hour: 336, day: 400 });
  });

  test("with too many rows is refused with what to do, not cut short", () => {
    const span = spanOf({ kind: "messages", step: "hour", by: ["reason"] }, NOW);
    if ("refused" in span) throw new Error("no span");
    const groups = new Groups(span);
    for (let nth = 0; nth <= GROUPS_MAX; nth += 1) groups.add(NOW, [entry(NOW, { reason: `code_${nth}` })]);
    expect(groups.rows()).toMatchObject({
      refused: "invalid_field",
      errors: [{ code: "too_many_rows", detail: /fewer/ }],
    });
  });
});

test("CSV has a column for each field, quotes what must be quoted, and holds nothing that a spreadsheet runs", () => {
  const cost = [{ amount: 38_000, currency: "GBP" }];
  const row = { at: "2026", by: { reason: '=A1+"x"', network: "-5" }, messages: 2, cost, latency: { p50_ms: 3 } };
  expect(csvOf({ data: [row, { ...row, by: { reason: null, network: "23415" }, cost: [], latency: null }] })).toBe(
    `at,by.reason,by.network,messages,cost,latency.p50_ms,latency\r\n2026,"'=A1+""x""",-5,2,38000 GBP,3,\r\n2026,,23415,2,,,\r\n`,
  );
  expect(csvOf({ data: [] })).toBe("");
});
