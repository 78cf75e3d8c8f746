/**
 * The platform's own counts, for the bench: rows, calls, queue messages, records, key store. Kept per isolate, which in
 * the local runtime is the whole service. Counts only if BENCH is set, because only then wiring.ts hands out counted
 * bindings; a production deployment with BENCH set refuses to serve.
 */

export type Meter = {
  requests: number;
  batches: number;
  rowsWritten: number;
  alarmsSet: number;
  objectCalls: number;
  queueMessages: number;
  recordRowsWritten: number;
  keyReads: number;
  keyWrites: number;
};

/** What was counted since the isolate began. */
export const meter: Meter = {
  requests: 0,
  batches: 0,
  rowsWritten: 0,
  alarmsSet: 0,
  objectCalls: 0,
  queueMessages: 0,
  recordRowsWritten: 0,
  keyReads: 0,
  keyWrites: 0,
};

type Method = (...args: unknown[]) => unknown;

/** A proxy of the object that passes every method call and its answer to `seen`. */
export function counted<T extends object>(
  target: T,
  seen: (method: string, args: unknown[], answer: unknown) => void,
): T {
  return new Proxy(target, {
    get(inner, name) {
      const member: unknown = Reflect.get(inner, name, inner);
      if (typeof member !== "function" || typeof name !== "string") return member;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(member as Method, inner, args); // `.apply` of a stub would be another remote call
        seen(name, args, answer);
        return answer;
      };
    },
  });
}

type Statement = { bind(...values: unknown[]): Statement; run(): Promise<unknown>; all(): Promise<unknown> };
type Database = { prepare(query: string): unknown; batch(statements: never[]): Promise<unknown> };

/** A database whose answers are asked for the rows they wrote. */
export function countedRecords<T extends Database>(db: T): T {
  const inner = new WeakMap<object, Statement>();
  const statementOf = (statement: Statement): unknown => {
    const shown = {
      bind: (...values: unknown[]) => statementOf(statement.bind(...values)),
      run: () => counting(statement.run()),
      all: () => counting(statement.all()),
      first: async () => ((await counting(statement.all())) as { results: unknown[] }).results[0] ?? null,
    };
    inner.set(shown, statement);
    return shown;
  };
  const batch = async (statements: object[]) => {
    const answers = await db.batch(statements.map((each) => inner.get(each)) as never[]);
    if (Array.isArray(answers)) for (const answer of answers) await counting(Promise.resolve(answer));
    return answers;
  };
  return { prepare: (query: string) => statementOf(db.prepare(query) as Statement), batch } as unknown as T;
}

async function counting(answer: Promise<unknown>): Promise<unknown> {
  const result = (await answer) as { meta?: { rows_written?: number } };
  meter.recordRowsWritten += result.meta?.rows_written ?? 0;
  return result;
}
