/**
 * A Durable Object's SQLite for tests in Node: the same interface over `node:sqlite`, in memory. For every ledger's tests.
 * It differs in one thing: `rowsWritten` counts rows changed, without the index entries that workerd counts as well.
 */
import { DatabaseSync } from "node:sqlite";
import type { Sql, SqlCursor, SqlValue } from "../../../src/storage/sql.ts";

export type NodeSql = Sql & {
  /** The database itself, to tamper with behind a ledger's back. */
  readonly db: DatabaseSync;
  /** As `ctx.storage.transactionSync`: what `act` wrote is undone when it throws, and the error goes on. */
  transactionSync<T>(act: () => T): T;
};

/** An empty database after the given statements. */
export function nodeSql(...schema: string[]): NodeSql {
  const db = new DatabaseSync(":memory:");
  for (const statement of schema) db.exec(statement);
  return {
    db,
    exec: <T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]) => run<T>(db, query, bindings),
    transactionSync: (act) => {
      db.exec("SAVEPOINT test");
      try {
        const value = act();
        db.exec("RELEASE test");
        return value;
      } catch (error) {
        db.exec("ROLLBACK TO test; RELEASE test");
        throw error;
      }
    },
  };
}

function run<T extends Record<string, SqlValue>>(db: DatabaseSync, query: string, bindings: SqlValue[]): SqlCursor<T> {
  const before = changes(db);
  const rows = statement(db, query)
    .all(...bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value)))
    .map((row) => plain<T>(row));
  const rowsWritten = changes(db) - before;
  return {
    rowsWritten,
    toArray: () => rows,
    one: () => {
      const [only] = rows;
      if (only === undefined || rows.length > 1) throw new Error(`expected exactly one row, got ${rows.length}`);
      return only;
    },
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}

/** Like the platform, runs all statements of a query and binds to the last: the ones before are run at once. */
function statement(db: DatabaseSync, query: string): ReturnType<DatabaseSync["prepare"]> {
  const statements = query.split(/;\s*(?=\S)/);
  for (const earlier of statements.slice(0, -1)) db.exec(earlier);
  return db.prepare(statements.at(-1) ?? query);
}

function changes(db: DatabaseSync): number {
  return Number(db.prepare("SELECT total_changes() AS n").get()?.["n"]);
}

/** Rows have no prototype and bytes come as Uint8Array; the platform's rows are plain and its bytes ArrayBuffers. */
function plain<T>(row: Record<string, unknown>): T {
  const entries = Object.entries(row).map(([column, value]) => [
    column,
    value instanceof Uint8Array ? Uint8Array.from(value).buffer : value,
  ]);
  return Object.fromEntries(entries) as T;
}
