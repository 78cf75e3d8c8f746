/**
 * Numbered changes of an object's tables. Each is applied once, in order, and recorded in the object's table `migrations`. An
 * object from before that table has everything that each room's migration 1 creates, which is therefore written so that it
 * changes nothing where it is there.
 */
import { first, type Sql } from "./sql.ts";

/** One change. Once released it is never altered: what comes later is a migration of its own, with the next number. */
export type Migration = { id: number; up: readonly string[] | ((sql: Sql) => void) };

/** Whose migrations: numbers count for each name by itself. */
export type Migrated = { name: string; migrations: readonly Migration[] };

/**
 * Applies what was not applied yet. The caller runs it in one transaction. Where everything was, it costs two reads and writes
 * nothing. Throws when an object was migrated by a newer version than this one: its tables may not be what this code expects.
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

/** The newest migration of each name; null in an object that has no record of any. */
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
