/**
 * The one wrapper around an object's SQLite: counts the rows written, which are the bill, and plants storage faults for the
 * fault tests. A production deployment with faults planted refuses to serve (src/wiring.ts).
 */
import { randomFraction } from "./random.ts";
import type { Sql, SqlCursor, SqlBinding, SqlRow } from "./sql.ts";

/** Rows written by this object since it woke. */
export type Meter = { rowsWritten: number };

/** `faults` is the share of writing statements that fail, such as "0.2"; absent in any real deployment. */
export function meteredSql(inner: Sql, faults: string | undefined): Sql & { meter: Meter } {
  const share = faults === undefined || faults === "" ? 0 : Number(faults);
  const meter: Meter = { rowsWritten: 0 };
  return {
    meter,
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row> {
      if (share > 0 && WRITES.test(query) && randomFraction() < share) throw new Error("planted storage fault");
      const cursor = inner.exec<Row>(query, ...bindings);
      meter.rowsWritten += cursor.rowsWritten;
      return cursor;
    },
  };
}

const WRITES = /^\s*(insert|update|delete)/i;
