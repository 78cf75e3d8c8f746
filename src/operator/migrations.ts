/**
 * The tables of the operators' object, by numbered migrations. Each is applied once; see storage/migrations.ts.
 */
import { TenantsLedger } from "../access/tenants.ts";
import { AUDIT_TABLE } from "../audit/ledger.ts";
import { AccountsLedger } from "../carriers/accounts.ts";
import { StockLedger } from "../numbers/stock.ts";
import { migrate, type Migrated } from "../storage/migrations.ts";
import type { Sql } from "../storage/sql.ts";
import { migrateOperatorsPeople } from "../access/room.ts";
import { AlertsLedger } from "../alerts/room.ts";
import { OnCallLedger } from "./on-call.ts";
import { OperatorRepeats } from "./idempotency.ts";

type Storage = { sql: Sql; transaction: <T>(act: () => T) => T };

/** Brings the tables up to date, in one transaction. `newId` gives ids to stock numbers from before they had one. */
export function migrateOperator({ sql, transaction }: Storage, newId: () => string): void {
  transaction(() => migrate(sql, migrationsOf(newId)));
}

function migrationsOf(newId: () => string): readonly Migrated[] {
  return [
    { name: "audit", migrations: [{ id: 1, up: [AUDIT_TABLE] }] },
    { name: "tenants", migrations: [{ id: 1, up: (sql) => TenantsLedger.migrate(sql) }] },
    { name: "accounts", migrations: [{ id: 1, up: (sql) => AccountsLedger.migrate(sql) }] },
    {
      name: "stock",
      migrations: [
        { id: 1, up: (sql) => StockLedger.migrate(sql) },
        { id: 2, up: (sql) => new StockLedger(sql).nameAll(newId) },
      ],
    },
    { name: "people", migrations: [{ id: 1, up: migrateOperatorsPeople }] },
    {
      name: "alerts",
      migrations: [
        { id: 1, up: (sql) => AlertsLedger.migrate(sql) },
        { id: 2, up: (sql) => OnCallLedger.migrate(sql) },
      ],
    },
    { name: "repeats", migrations: [{ id: 1, up: (sql) => OperatorRepeats.migrate(sql) }] },
  ];
}
