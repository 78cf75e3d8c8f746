/**
 * What a room's store needs of D1: statements with bound values. The platform's `D1Database` fits it as it is.
 */
export type RecordDb = {
  prepare(query: string): {
    bind(...values: (string | number | null)[]): {
      run(): Promise<unknown>;
      all<Row>(): Promise<{ results: Row[] }>;
      first<Row>(): Promise<Row | null>;
    };
  };
};
