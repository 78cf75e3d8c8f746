/**
 * The part of a Durable Object's synchronous SQLite that ledgers use. Ledgers take this and not the platform's class, so
 * that a test can hand them `node:sqlite` or a wrapper that fails on purpose. It adds nothing: `ctx.storage.sql` fits.
 */

export type SqlValue = ArrayBuffer | string | number | null;

/** The rows of one statement. It is read once; a writing statement has done its work before the cursor is returned. */
export interface SqlCursor<T> extends Iterable<T> {
  toArray(): T[];
  /** The only row; throws when there are none or several. */
  one(): T;
  readonly rowsWritten: number;
}

export interface Sql {
  /** Runs one statement with at most 100 bindings. The row type is a claim about the query, made where it is written. */
  exec<T extends Record<string, SqlValue>>(query: string, ...bindings: SqlValue[]): SqlCursor<T>;
}
