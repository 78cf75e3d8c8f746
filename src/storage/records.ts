/**
 * Records of what has ended, in D1: one row each, by id and version, so that a batch that comes twice changes nothing and a
 * newer version is never replaced by an older one. A room says what a row holds; how it is written, read, listed and purged
 * stands here.
 *
 * The primary key is (state, id), so a list by state is a range of the table without an index of its own, and a list of all states
 * is the merge of one range for each. An id begins with its tenant and goes on with its time, so a tenant's rows lie together, in
 * time's order, without a column for either. A record thus costs two rows: itself, and its entry in the index by token; a third
 * where a column has an index that only holds rows with a value.
 */
import { jsonWrites, type RecordDb } from "./record-db.ts";
import { filtered } from "./sql.ts";

/**
 * A statement takes at most 100 bound values and 100 KB of text, so this many rows at most are bound as one JSON value.
 */
export const RECORDS_PER_WRITE_MAX = 500;

/** Records are a tenant's history: a year and a month, until the room `governance` lets it be set. Nobody looks back at a sandbox's. */
export const RECORDS_KEPT_DAYS = { live: 396, sandbox: 7 } as const;

/** D1 joins at most five SELECTs in one compound. */
const COMPOUND_MAX = 4;

/** What a list may filter by beside the state. Each has an index `{table}_by_{column}` on (column, id). */
type Column = "reference" | "token";

/**
 * A table of records: the states that a record may have, and the columns that its lists filter by; where a list asks for both, the
 * index of the first is used.
 */
export type RecordTable<State extends string> = {
  name: string;
  states: readonly State[];
  columns: readonly Column[];
};

/**
 * One record: what its lists filter by, and the rest of it in the layout of its room. `token` stands without what all of the
 * tenant's tokens begin with; `reference` is the keyed name of the caller's own, where the table has the column.
 */
export type RecordRow<State extends string> = {
  id: string;
  version: number;
  state: State;
  token: string;
  reference?: string | null;
  record: string;
};

/** Which records a list asks for; `token` as the rows have it, `from` and `to` bound the ids, `before` is the cursor. */
export type RecordFilter = {
  state?: string;
  token?: string;
  reference?: string;
  before?: string;
  from?: string;
  to?: string;
};

const quoted = (states: readonly string[]): string => states.map((state) => `'${state}'`).join(", ");

/** Behind every id that begins with `stem`, which is what every id of one tenant begins with. */
const endOf = (stem: string): string => `${stem}~`;

/**
 * Writes records; a newer version replaces an older one, never the other way round, also where its state is another and with it
 * its place in the table.
 */
export async function writeRows<State extends string>(
  db: RecordDb,
  table: RecordTable<State>,
  rows: readonly RecordRow<State>[],
): Promise<void> {
  const { name, states } = table;
  const stray = rows.find(({ state }) => !states.includes(state));
  if (stray !== undefined)
    throw new RangeError(`a record of ${name} cannot be "${stray.state}": no list would show it`);
  const [insert, remove] = [db.prepare(insertInto(table)), db.prepare(removeOlder(table))];
  for (const json of jsonWrites(rows, RECORDS_PER_WRITE_MAX)) await db.batch([insert.bind(json), remove.bind(json)]);
}

function insertInto({ name, states, columns }: RecordTable<string>): string {
  const all = ["state", "id", "version", "record", ...columns];
  const changing = all.slice(2).map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${name}(${all.join(", ")})
    SELECT ${all.map((column) => `given.${column}`).join(", ")} FROM (
      SELECT ${all.map((column) => `json_extract(value, '$.${column}') AS ${column}`).join(", ")} FROM json_each(?)
    ) AS given
    WHERE NOT EXISTS (
      SELECT 1 FROM ${name} AS known
      WHERE known.state IN (${quoted(states)}) AND known.id = given.id AND known.version >= given.version
    )
    ON CONFLICT(state, id) DO UPDATE SET ${changing.join(", ")}`;
}

/** The same record under a state that it had before. */
function removeOlder({ name, states }: RecordTable<string>): string {
  return `DELETE FROM ${name} WHERE (state, id) IN (
    SELECT older.state, older.id FROM json_each(?) AS given
    CROSS JOIN ${name} AS older ON older.state IN (${quoted(states)}) AND older.id = json_extract(given.value, '$.id')
    WHERE older.version < json_extract(given.value, '$.version')
  )`;
}

/** One record of the tenant whose ids begin with `stem`, or null. */
export async function readRow<State extends string>(
  db: RecordDb,
  table: RecordTable<State>,
  stem: string,
  id: string,
): Promise<RecordRow<State> | null> {
  if (!id.startsWith(stem)) return null;
  const query = `SELECT ${shownOf(table)} FROM ${table.name} WHERE state IN (${quoted(table.states)}) AND id = ?`;
  return db.prepare(query).bind(id).first<RecordRow<State>>();
}

/** The records of a list, newest first, of the tenant whose ids begin with `stem`. */
export async function listRows<State extends string>(
  db: RecordDb,
  table: RecordTable<State>,
  stem: string,
  filter: RecordFilter,
  limit: number,
): Promise<RecordRow<State>[]> {
  const { query, values } = listQuery(table, stem, filter, limit);
  const answer = await db
    .prepare(query)
    .bind(...values)
    .all<RecordRow<State>>();
  return answer.results;
}

/** The query of a list; the tests ask SQLite how it would run it. */
export function listQuery<State extends string>(
  table: RecordTable<State>,
  stem: string,
  filter: RecordFilter,
  limit: number,
): { query: string; values: (string | number)[] } {
  const lowest = filter.from === undefined || filter.from < stem ? stem : filter.from;
  const end = [endOf(stem), filter.to ?? "~", filter.before ?? "~"].toSorted()[0] ?? stem;
  const indexed = table.columns.find((column) => filter[column] !== undefined);
  if (indexed === undefined) return { query: byState(table, filter.state), values: [lowest, end, limit] };
  const { where, values } = filtered<string>([
    ...table.columns.map((column) => [`${column} = ?`, filter[column]] as const),
    ["state = ?", filter.state],
    ["id >= ?", lowest],
    ["id < ?", end],
  ]);
  const from = `${table.name} INDEXED BY ${table.name}_by_${indexed}`; // else the state's range might be walked
  return {
    query: `SELECT ${shownOf(table)} FROM ${from} WHERE ${where} ORDER BY id DESC LIMIT ?`,
    values: [...values, limit],
  };
}

/** The rows of one state, or of all, as a merge of their ranges: each is read no further than the page asks. */
function byState(table: RecordTable<string>, state: string | undefined): string {
  const asked = state === undefined ? table.states : table.states.filter((each) => each === state);
  const ranges = asked.map(
    (each) => `SELECT ${shownOf(table)} FROM ${table.name} WHERE state = '${each}' AND id >= ?1 AND id < ?2`,
  );
  return merged(
    ranges.length === 0 ? [`SELECT ${shownOf(table)} FROM ${table.name} WHERE false AND id IN (?1, ?2)`] : ranges,
  );
}

function merged(ranges: readonly string[]): string {
  const newest = `ORDER BY id DESC LIMIT ?3`;
  if (ranges.length <= COMPOUND_MAX) return `${ranges.join(" UNION ALL ")} ${newest}`;
  const parts: string[] = [];
  for (let at = 0; at < ranges.length; at += COMPOUND_MAX)
    parts.push(`SELECT * FROM (${ranges.slice(at, at + COMPOUND_MAX).join(" UNION ALL ")} ${newest})`);
  return merged(parts);
}

const shownOf = ({ columns }: RecordTable<string>): string =>
  ["id", "version", "state", "record", ...columns].join(", ");

/** Deletes a tenant's records with ids before one, at most so many; answers how many went. */
export async function purgeRows(
  db: RecordDb,
  table: RecordTable<string>,
  stem: string,
  idBefore: string,
  limit: number,
): Promise<number> {
  const query = `DELETE FROM ${table.name} WHERE (state, id) IN
    (SELECT state, id FROM ${table.name} WHERE state IN (${quoted(table.states)}) AND id >= ? AND id < ? LIMIT ?)
    RETURNING id`;
  const before = idBefore < endOf(stem) ? idBefore : endOf(stem);
  return (await db.prepare(query).bind(stem, before, limit).all<{ id: string }>()).results.length;
}

/** How many records the tenant has. */
export async function countRows(db: RecordDb, table: RecordTable<string>, stem: string): Promise<number> {
  const query = `SELECT count(*) AS n FROM ${table.name} WHERE state IN (${quoted(table.states)}) AND id >= ? AND id < ?`;
  return (await db.prepare(query).bind(stem, endOf(stem)).first<{ n: number }>())?.n ?? 0;
}
