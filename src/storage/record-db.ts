/**
 * What a room's store needs of D1: statements with bound values. The platform's `D1Database` has this type.
 */
export type RecordDb = {
  prepare(query: string): { bind(...values: (string | number | null)[]): RecordStatement };
  /** Runs the statements in one transaction. */
  batch(statements: RecordStatement[]): Promise<unknown>;
};

/** A statement with its values. */
export type RecordStatement = {
  run(): Promise<unknown>;
  all<Row>(): Promise<{ results: Row[] }>;
  first<Row>(): Promise<Row | null>;
};

/** A bound value is at most 2 MB on the platform; the local runtime takes more. */
export const BOUND_BYTES_MAX = 1_900_000;

/** The rows as JSON arrays, each small enough to be bound as one value. */
export function* jsonWrites(rows: Iterable<unknown>, rowsMax: number): Generator<string> {
  let texts: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && (texts.length === rowsMax || bytes + size > BOUND_BYTES_MAX)) {
      yield `[${texts.join(",")}]`;
      texts = [];
      bytes = 0;
    }
    texts.push(text);
    bytes += size;
  }
  if (texts.length > 0) yield `[${texts.join(",")}]`;
}

/**
 * Whether a record could not be written because of its content: our own code threw, or SQLite refused the values. Any
 * other error is the database's.
 */
export function isRowFault(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return true;
  return error instanceof Error && /\bSQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(error.message);
}
