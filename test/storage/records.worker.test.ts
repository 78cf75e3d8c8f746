// What a record costs and what a list reads, by D1's own counts: rows and bytes on the platform are the bill.
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { isoOf } from "../../src/base/clock.ts";
import { ulidTime } from "../../src/base/ids.ts";
import { randomText } from "../../src/base/random.ts";
import type { MessageView, State } from "../../src/messages/message.ts";
import { RECORDED_STATES, rowOfMessage } from "../../src/messages/records/layout.ts";
import { MESSAGE_RECORDS } from "../../src/messages/records/store.ts";
import { listQuery, writeRows, type RecordFilter } from "../../src/storage/records.ts";
import { VERIFICATION_RECORDS } from "../../src/verify/store.ts";
import type { RecordDb } from "../../src/storage/record-db.ts";

const BYTES_MAX = 500;
const OWNER = "e12345678";
const STEM = `msg_${OWNER}0`;
const tokenTail = (n: number) => (people[n] ?? "").slice(-26);
const BEGAN = 1_796_000_000_000;
const ACCOUNT = `car_e000000000${"7".repeat(26)}`;
const people = Array.from({ length: 300 }, () => `tok_${OWNER}0${randomText(26)}`);

const db = env.DB_EU;
const idAt = (n: number) => `msg_${OWNER}0${ulidTime(BEGAN + n * 40)}${randomText(16)}`;

/** A message as a platform's carrier leaves it, with all that an ordinary one has. */
function view(n: number, over: Partial<MessageView> = {}): MessageView {
  const created = BEGAN + n * 40;
  const at = (after: number) => isoOf(created + after);
  return {
    id: idAt(n),
    batch_id: null,
    to: { token: people[n % people.length] ?? "", mask: "+44•••••••23", country: "GB", kind: "mobile" },
    from: "Northwind",
    purpose: "service",
    state: "delivered",
    reason: null,
    segments: 1,
    encoding: "gsm7",
    reference: null,
    metadata: null,
    schedule_at: null,
    expires_at: at(259_200_000),
    created_at: at(0),
    sent_at: at(834),
    ended_at: at(2_931),
    carrier: ACCOUNT,
    attempts: [
      {
        carrier: ACCOUNT,
        outcome: "accepted",
        at: at(31),
        latency_ms: 212,
        code: null,
        carrier_reference: `SM${randomText(32)}`,
      },
    ],
    route: null,
    price: { amount: 38_000, currency: "GBP" },
    sequence: 5,
    ...over,
  };
}

const write = (views: readonly MessageView[], reference: string | null = null) =>
  writeRows(
    db,
    MESSAGE_RECORDS,
    views.map((each) => rowOfMessage(each, reference)),
  );
const views = (count: number, over: (n: number) => Partial<MessageView> = () => ({})) =>
  Array.from({ length: count }, (_, n) => view(n, over(n)));

/** D1's own count of what a batch of writes wrote. */
async function written(act: (counted: RecordDb) => Promise<void>): Promise<number> {
  let rowsWritten = 0;
  await act({
    prepare: (query) => db.prepare(query),
    batch: async (statements) => {
      const answers = await db.batch(statements as D1PreparedStatement[]);
      for (const { meta } of answers) rowsWritten += meta.rows_written;
      return answers;
    },
  });
  return rowsWritten;
}

const sizeNow = async () => (await db.prepare("SELECT 1").all()).meta.size_after;

beforeEach(async () => void (await db.prepare("DELETE FROM messages").run()));

describe("a record is small", () => {
  test("two rows are written for a delivered message, two for one that failed, and three where it has a reference", async () => {
    const rows = (state: State, reference: string | null) =>
      written((counted) =>
        writeRows(
          counted,
          MESSAGE_RECORDS,
          views(100, () => ({ state })).map((each) => rowOfMessage(each, reference)),
        ),
      );
    expect([await rows("delivered", null), await rows("failed", null), await rows("sent", "r".repeat(22))]).toEqual([
      200, 200, 300,
    ]);
  });

  test.each<[string, Partial<MessageView>]>([
    ["an ordinary message", {}],
    ["one of a batch", { batch_id: `bat_${OWNER}0${"8".repeat(26)}` }],
    ["one chosen by a rule", { route: { rule: "codes", choose: "cheapest", passed_over: [] } }],
    ["one that failed", { state: "failed", reason: "carrier_declined" }],
  ])("%s takes at most 500 bytes, its indexes included", async (_name, over) => {
    const count = 4_000;
    await write(views(2_000, () => over));
    const before = await sizeNow();
    await write(views(count, () => over).map((each, n) => ({ ...each, id: idAt(2_000 + n) })));
    expect(((await sizeNow()) - before) / count).toBeLessThanOrEqual(BYTES_MAX);
  });
});

describe("a list reads what it shows, and no more", () => {
  const LIMIT = 21;
  const only: (keyof RecordFilter)[][] = [[], ["from", "to"], ["before"], ["from", "before"]];
  const filters = (state: State | undefined, token: boolean, reference: boolean) =>
    only.map((bounds) => {
      const filter: RecordFilter = {};
      if (state !== undefined) filter.state = state;
      if (token) filter.token = tokenTail(7);
      if (reference) filter.reference = "mine";
      if (bounds.includes("from")) filter.from = `msg_${OWNER}0${ulidTime(BEGAN + 1_000)}`;
      if (bounds.includes("to")) filter.to = `msg_${OWNER}0${ulidTime(BEGAN + 9_000_000)}`;
      if (bounds.includes("before")) filter.before = idAt(3_500);
      return filter;
    });
  const read = async (filter: RecordFilter) => {
    const { query, values } = listQuery(MESSAGE_RECORDS, STEM, filter, LIMIT);
    const { results, meta } = await db
      .prepare(query)
      .bind(...values)
      .all<{ id: string; state: string; token: string }>();
    return { results, rowsRead: meta.rows_read };
  };

  test.each([
    ["delivered among what was not", "sent", "delivered"],
    ["not delivered among what was", "delivered", "undelivered"],
    ["failed among what has no receipt", "sent", "failed"],
  ] as const)("one state: %s, one in 2,000", async (_name, usual, rare) => {
    await write(views(6_000, (n) => ({ state: n % 2_000 === 1 ? rare : usual })));
    for (const filter of filters(rare, false, false)) {
      const { results, rowsRead } = await read(filter);
      expect(results.every(({ state }) => state === rare)).toBe(true);
      expect(results.length).toBeGreaterThan(0);
      expect(rowsRead).toBeLessThanOrEqual(LIMIT);
    }
  });

  test("every state, newest first: no more than a page of each", async () => {
    await write(views(6_000, (n) => ({ state: RECORDED_STATES[n % RECORDED_STATES.length] ?? "sent" })));
    for (const filter of filters(undefined, false, false)) {
      const { results, rowsRead } = await read(filter);
      expect(results).toHaveLength(LIMIT);
      expect(results.map(({ id }) => id)).toEqual(
        results
          .map(({ id }) => id)
          .toSorted()
          .toReversed(),
      );
      expect(rowsRead).toBeLessThanOrEqual(LIMIT * RECORDED_STATES.length);
    }
  });

  test("a person's, in every state and in one: no more than the index has of that person", async () => {
    await write(views(6_000, (n) => ({ state: n % 2 === 0 ? "delivered" : "failed" })));
    const ofOne = 6_000 / people.length;
    for (const state of [undefined, "delivered", "failed", "expired"] as const) {
      for (const filter of filters(state, true, false))
        expect((await read(filter)).rowsRead).toBeLessThanOrEqual(2 * ofOne);
    }
    expect((await read({ token: tokenTail(7) })).results).toHaveLength(20);
    expect((await read({ token: tokenTail(7), state: "delivered" })).results).toHaveLength(0);
  });

  test("a reference's, whatever else is asked: no more than the index has of it", async () => {
    await write(views(6_000));
    await write([view(9_000, { state: "failed" }), view(9_001)], "mine");
    for (const state of [undefined, "delivered", "sent"] as const)
      for (const token of [false, true])
        for (const filter of filters(state, token, true)) expect((await read(filter)).rowsRead).toBeLessThanOrEqual(4);
    expect((await read({ reference: "mine" })).results).toHaveLength(2);
  });

  test("no list, of messages or of verifications, walks a table", async () => {
    for (const table of [MESSAGE_RECORDS, VERIFICATION_RECORDS])
      for (const state of [undefined, ...table.states])
        for (const token of [false, true])
          for (const reference of table.columns.includes("reference") ? [false, true] : [false])
            for (const bounds of only) {
              const filter: RecordFilter = {};
              for (const bound of bounds) filter[bound] = `${STEM}5`;
              if (state !== undefined) filter.state = state;
              if (token) filter.token = "x";
              if (reference) filter.reference = "x";
              const { query, values } = listQuery(table, STEM, filter, LIMIT);
              const plan = (
                await db
                  .prepare(`EXPLAIN QUERY PLAN ${query}`)
                  .bind(...values)
                  .all<{ detail: string }>()
              ).results;
              const steps = plan.map(({ detail }) => detail).filter((detail) => detail.includes(table.name));
              expect(steps.length).toBeGreaterThan(0);
              for (const step of steps)
                expect(step).toMatch(
                  /^SEARCH .*\((state=\? AND id>\? AND id<\?|token=\? AND id>\? AND id<\?|reference=\? AND id>\? AND id<\?)\)$/,
                );
            }
  });
});
