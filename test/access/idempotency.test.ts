import { expect, test } from "vitest";
import { IdempotencyLedger, KEPT_MS } from "../../src/access/idempotency.ts";
import type { Sql } from "../../src/storage/sql.ts";
import { nodeSql } from "../support/rooms/node-sql.ts";

const NOON = Date.UTC(2026, 10, 23, 12);
const name = new Uint8Array(16).fill(7);
const body = new Uint8Array(32).fill(1);

test.each([0, 1, 999_999, 1_000_000, 1_000_001, 2_000_000, 4_500_000])(
  "an answer of %d bytes is given again whole, no value is larger than the platform takes, and its day forgets all of it", (size) => {
    const inner = nodeSql();
    const bound: number[] = [];
    const sql: Sql = {
      exec: (query, ...values) => {
        bound.push(...values.map((value) => (value instanceof Uint8Array ? value.length : 0)));
        return inner.exec(query, ...values);
      },
    };
    IdempotencyLedger.migrate(sql);
    const answer = Uint8Array.from({ length: size }, (_, at) => at % 251);
    const ledger = new IdempotencyLedger(sql);
    ledger.keep(name, body, answer, NOON);
    const kept = new IdempotencyLedger(sql).find(name, NOON + KEPT_MS - 1);
    expect(Buffer.compare(kept?.answer ?? new Uint8Array(1), answer)).toBe(0);
    expect(Buffer.compare(kept?.body ?? new Uint8Array(1), body)).toBe(0);
    expect(Math.max(...bound)).toBeLessThan(2_000_000);
    expect(ledger.find(name, NOON + KEPT_MS)).toBeNull();
    ledger.purge(NOON + 3 * KEPT_MS, 5_000);
    expect(inner.exec(`SELECT 1 FROM idempotency`).toArray()).toEqual([]);
  }); // prettier-ignore

test("of a key that is kept anew, after a clock that stepped back, no part of the former answer is given", () => {
  const sql = nodeSql();
  IdempotencyLedger.migrate(sql);
  const ledger = new IdempotencyLedger(sql);
  ledger.keep(name, body, new Uint8Array(2_500_000).fill(1), NOON);
  ledger.keep(name, body, new Uint8Array(1_000_000).fill(2), NOON + 1);
  expect(Buffer.compare(ledger.find(name, NOON + 2)?.answer ?? body, new Uint8Array(1_000_000).fill(2))).toBe(0);
});
