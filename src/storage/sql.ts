/**
 * What a ledger needs of an object's SQLite: synchronous statements. The platform's `SqlStorage` has this type; tests
 * use Node's SQLite. Every ledger uses it, so rows are counted and storage faults planted in one place.
 */
export type SqlValue = string | number | null | ArrayBuffer;
export type SqlRow = Record<string, SqlValue>;
/** What may be bound; a view is stored as the bytes in its range. */
export type SqlBinding = SqlValue | Uint8Array;

export interface SqlCursor<Row> extends Iterable<Row> {
  toArray(): Row[];
  /** The only row; throws when there are none or several. */
  one(): Row;
  readonly rowsWritten: number;
}

export interface Sql {
  exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]): SqlCursor<Row>;
}

/** The first row, or null. */
export function first<Row extends SqlRow>(sql: Sql, query: string, ...bindings: SqlBinding[]): Row | null {
  return sql.exec<Row>(query, ...bindings).toArray()[0] ?? null;
}

/**
 * Whether a writing statement changed anything. `RETURNING` would tell too, but doubles the cost of the write, because
 * SQLite first gathers its rows in a temporary table.
 */
export function changes(sql: Sql, query: string, ...bindings: SqlBinding[]): boolean {
  return sql.exec(query, ...bindings).rowsWritten > 0;
}

/**
 * Compare-and-swap: writes the columns of a row, and the next version, if the row still has the version that was read.
 * Answers whether it did, so late and repeated steps change nothing. Names of table and columns never come from
 * callers.
 */
export function swap(
  sql: Sql,
  table: string,
  read: { id: string; version: number },
  columns: Readonly<Record<string, SqlBinding>>,
): boolean {
  const set = Object.keys(columns).map((name) => `${name} = ?`);
  return changes(
    sql,
    `UPDATE ${table} SET ${["version = ?", ...set].join(", ")} WHERE id = ? AND version = ?`,
    read.version + 1,
    ...Object.values(columns),
    read.id,
    read.version,
  );
}

/** The rows that still have the version that was read. Names of table and columns never come from callers. */
export function readUnchanged<Row extends SqlRow>(
  sql: Sql,
  table: string,
  columns: string,
  read: readonly { id: string; version: number }[],
): Row[] {
  const query = `SELECT ${columns} FROM ${table} WHERE (id, version) IN ${AS_READ}`;
  return sql.exec<Row>(query, asReadJson(read)).toArray();
}

/** Removes rows that still have the version that was read; a row that changed meanwhile stays. */
export function removeAsRead(sql: Sql, table: string, read: readonly { id: string; version: number }[]): void {
  sql.exec(`DELETE FROM ${table} WHERE (id, version) IN ${AS_READ}`, asReadJson(read));
}

const AS_READ = `(SELECT json_extract(value, '$.id'), json_extract(value, '$.version') FROM json_each(?))`;
const asReadJson = (read: readonly { id: string; version: number }[]): string =>
  JSON.stringify(read.map(({ id, version }) => ({ id, version })));

/**
 * The conditions of a list's filter as SQL and the values to bind; a condition with an undefined value is left out.
 * Only values come from callers, never SQL.
 */
export function filtered<V extends SqlBinding>(
  asked: readonly (readonly [condition: string, value: V | undefined])[],
): { where: string; values: V[] } {
  const given = asked.filter((each): each is readonly [string, V] => each[1] !== undefined);
  const where = ["true", ...given.map(([condition]) => condition)].join(" AND ");
  return { where, values: given.map(([, value]) => value) };
}

/** Adds a column where the table does not have it. The arguments never come from callers. */
export function addColumn(sql: Sql, table: string, name: string, definition: string): void {
  const known = first(sql, `SELECT 1 AS yes FROM pragma_table_info(?) WHERE name = ?`, table, name);
  if (known === null) sql.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${definition}`);
}

/** A BLOB as bytes: the platform answers with an ArrayBuffer, Node with a Uint8Array. */
export function bytesOf(value: SqlBinding | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(0);
}

/**
 * Whether the platform's storage failed, as opposed to our code: recognised by SQLite's codes, by the platform's flags
 * on an object that could not be reached (Durable Objects, "Error handling"), and by D1's name in the message.
 */
export function isStorageFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { retryable, overloaded, durableObjectReset } = error as Error & Record<string, unknown>;
  if (retryable === true || overloaded === true || durableObjectReset === true) return true;
  return /\bSQLITE_(FULL|IOERR|BUSY|LOCKED|NOMEM|CANTOPEN|INTERRUPT)|^D1_ERROR: (?!.*SQLITE_(CONSTRAINT|ERROR|MISMATCH))/.test(
    error.message,
  );
}

/** The greatest id of a table, or null where it is empty. The table's name never comes from callers. */
export function newestId(sql: Sql, table: string): string | null {
  return first<{ id: string | null }>(sql, `SELECT max(id) AS id FROM ${table}`)?.id ?? null;
}
