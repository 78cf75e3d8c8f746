/**
 * The wrapper around an object's SQLite that counts the rows written, which are billed, and plants storage faults for
 * the fault tests. Used only when one of the two is configured; a production deployment with either refuses to serve
 * (src/worker/wiring.ts).
 */
import type { Meter } from "./meter.ts";
import { randomFraction } from "../base/random.ts";
import type { Sql, SqlCursor, SqlBinding, SqlRow } from "../storage/sql.ts";

/** `faults` is the share of writing statements that fail, such as "0.2"; absent in any real deployment. */
export function meteredSql(inner: Sql, faults: string | undefined, meter: Meter): Sql {
  const share = faults === undefined || faults === "" ? 0 : Number(faults);
  return {
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row> {
      if (share > 0 && WRITES.test(query) && randomFraction() < share)
        throw new Error("planted storage fault: SQLITE_IOERR");
      const cursor = inner.exec<Row>(query, ...bindings);
      meter.rowsWritten += cursor.rowsWritten;
      return cursor;
    },
  };
}

const WRITES = /^\s*(insert|update|delete)/i;
