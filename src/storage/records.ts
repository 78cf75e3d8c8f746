/**
 * Records in D1 of messages and verifications that have ended: one row each, by id and version. A batch written twice
 * changes nothing, and an older version never replaces a newer one. A room defines its rows; this file writes, reads,
 * lists and purges them.
 */
import { jsonWrites, type RecordDb } from "./record-db.ts";
import { filtered } from "./sql.ts";

/**
 * A statement takes at most 100 bound values and 100 KB of text, so this many rows at most are bound as one JSON value.
 */
export const RECORDS_PER_WRITE_MAX = 500;

/** A table of records and the columns, beside `id`, `tenant`, `version` and `record`, that its lists filter by. */
export type RecordTable<Column extends string> = { name: string; columns: readonly Column[] };

/** One record: what its lists filter by, and the whole of it as JSON. */
export type RecordRow<Column extends string> = { id: string; version: number; record: string } & Record<
  Column,
  string | null
>;

/** Which records a list asks for; `from` and `to` bound their ids, `before` is the cursor. */
export type RecordFilter<Column extends string> = { tenant: string; before?: string; from?: string; to?: string } & {
  [Name in Column]?: string;
};

/** Writes records; a newer version replaces an older one, never the reverse. */
export async function writeRows<Column extends string>(
  db: RecordDb,
  { name, columns }: RecordTable<Column>,
  tenant: string,
  rows: readonly RecordRow<Column>[],
): Promise<void> {
  const all = ["id", "version", "record", ...columns];
  const changing = all.filter((column) => column !== "id").map((column) => `${column} = excluded.${column}`);
  const statement = db.prepare(
    `INSERT INTO ${name}(tenant, ${all.join(", ")})
     SELECT ?, ${all.map((column) => `json_extract(value, '$.${column}')`).join(", ")} FROM json_each(?) WHERE true
     ON CONFLICT(id) DO UPDATE SET ${changing.join(", ")} WHERE excluded.version > ${name}.version`,
  );
  for (const json of jsonWrites(rows, RECORDS_PER_WRITE_MAX)) await statement.bind(tenant, json).run();
}

/** One record of the tenant, or null. */
export async function readRow<Column extends string>(
  db: RecordDb,
  { name }: RecordTable<Column>,
  tenant: string,
  id: string,
): Promise<string | null> {
  const query = `SELECT record FROM ${name} WHERE id = ? AND tenant = ?`;
  return (await db.prepare(query).bind(id, tenant).first<{ record: string }>())?.record ?? null;
}

/** The records of a list, newest first. */
export async function listRows<Column extends string>(
  db: RecordDb,
  { name, columns }: RecordTable<Column>,
  filter: RecordFilter<Column>,
  limit: number,
): Promise<string[]> {
  const { where, values } = filtered<string>([
    ["tenant = ?", filter.tenant],
    ...columns.map((column) => [`${column} = ?`, filter[column]] as const),
    ["id < ?", filter.before],
    ["id >= ?", filter.from],
    ["id < ?", filter.to],
  ]);
  const query = `SELECT record FROM ${name} WHERE ${where} ORDER BY id DESC LIMIT ?`;
  const { results } = await db
    .prepare(query)
    .bind(...values, limit)
    .all<{ record: string }>();
  return results.map(({ record }) => record);
}

/** Deletes up to `limit` records with ids before one, oldest first; answers how many. */
export async function purgeRows<Column extends string>(
  db: RecordDb,
  { name }: RecordTable<Column>,
  tenant: string,
  idBefore: string,
  limit: number,
): Promise<number> {
  const query = `DELETE FROM ${name} WHERE id IN
    (SELECT id FROM ${name} WHERE tenant = ? AND id < ? ORDER BY id LIMIT ?) RETURNING id`;
  return (await db.prepare(query).bind(tenant, idBefore, limit).all<{ id: string }>()).results.length;
}
