/**
 * The tables of a courier's object, by numbered migrations. Each is applied once; see storage/migrations.ts.
 */
import type { Migrated } from "../../storage/migrations.ts";
import { addColumn } from "../../storage/sql.ts";
import { AccountWatch } from "./watch.ts";

/** Every migration. Each is idempotent, because a courier runs them outside any transaction. */
export const COURIER_MIGRATIONS: readonly Migrated[] = [
  {
    name: "courier",
    migrations: [
      {
        id: 1,
        up: [
          `CREATE TABLE IF NOT EXISTS account(
             id TEXT PRIMARY KEY, config TEXT NOT NULL, root INTEGER, secret BLOB, hold_until INTEGER NOT NULL
           ) STRICT, WITHOUT ROWID`,
          `CREATE TABLE IF NOT EXISTS directory(e164 TEXT PRIMARY KEY, tenant TEXT NOT NULL) STRICT, WITHOUT ROWID`,
        ],
      },
      { id: 2, up: (sql) => addColumn(sql, "account", "inbound_secret", "INTEGER NOT NULL DEFAULT 0") },
    ],
  },
  { name: "watch", migrations: [{ id: 1, up: (sql) => AccountWatch.migrate(sql) }] },
];
