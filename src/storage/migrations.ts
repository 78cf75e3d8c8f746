/**
 * Numbered changes of an object's tables. Each is applied once, in order, and recorded in the object's table
 * `migrations`. An object older than that table already has what each room's migration 1 creates, so migration 1
 * changes nothing that exists.
 */
import { first, type Sql } from "./sql.ts";

/** One change. Once released it is never altered: a later change is a new migration, with the next number. */
export type Migration = { id: number; up: readonly string[] | ((sql: Sql) => void) };

/** Migrations of one name; each name has its own numbers. */
export type Migrated = { name: string; migrations: readonly Migration[] };

/**
 * Applies the migrations that are missing. The caller runs it in one transaction. When none is missing it reads twice
 * and writes nothing. Throws when a newer version has migrated the object, because its tables may differ from what this
 * code expects.
 */
export function migrate(sql: Sql, rooms: readonly Migrated[]): void {
  const applied = appliedIn(sql);
  for (const { name, migrations } of rooms) {
    const known = applied?.get(name) ?? 0;
    const newest = migrations.at(-1)?.id ?? 0;
    if (known > newest) throw new Error(`the tables of ${name} are from a newer version (${known}, here ${newest})`);
    for (const { id, up } of migrations) {
      if (id <= known) continue;
      if (typeof up === "function") up(sql);
      else for (const statement of up) sql.exec(statement);
      record(sql, name, id);
    }
  }
}

/** The newest migration of each name; null in an object without the table. */
function appliedIn(sql: Sql): Map<string, number> | null {
  if (first(sql, `SELECT 1 AS yes FROM sqlite_master WHERE name = 'migrations'`) === null) return null;
  const rows = sql.exec<{ name: string; id: number }>(`SELECT name, max(id) AS id FROM migrations GROUP BY name`);
  return new Map(rows.toArray().map(({ name, id }) => [name, id]));
}

function record(sql: Sql, name: string, id: number): void {
  sql.exec(`CREATE TABLE IF NOT EXISTS migrations(
    name TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY(name, id)
  ) STRICT, WITHOUT ROWID`);
  sql.exec(`INSERT INTO migrations(name, id) VALUES(?,?)`, name, id);
}
