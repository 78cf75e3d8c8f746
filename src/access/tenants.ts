/**
 * The operators' list of tenants, in the jurisdiction's operator object. Only what a list needs; the rest of a tenant
 * is in its own object.
 */
import { isoOf } from "../base/clock.ts";
import { first, type Sql } from "../storage/sql.ts";
import type { Environment } from "./api-key.ts";

export type TenantRow = {
  id: string;
  name: string;
  environment: Environment;
  state: "active" | "suspended";
  createdAt: number;
};

type Row = { id: string; name: string; environment: string; state: string; created_at: number };

/** The tenants of one jurisdiction. */
export class TenantsLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS tenants(
      id TEXT PRIMARY KEY, name TEXT NOT NULL, environment TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add(tenant: TenantRow): void {
    const { id, name, environment, state, createdAt } = tenant;
    this.#sql.exec(`INSERT INTO tenants VALUES(?,?,?,?,?)`, id, name, environment, state, createdAt);
  }

  get(id: string): TenantRow | null {
    const row = first<Row>(this.#sql, `SELECT * FROM tenants WHERE id = ?`, id);
    return row === null ? null : tenantOf(row);
  }

  /** In order of id, after `after`; of those whose name contains `name`, in upper or lower case. */
  list(after: string, limit: number, name = ""): TenantRow[] {
    const query = `SELECT * FROM tenants WHERE id > ? AND (? = '' OR instr(lower(name), lower(?)) > 0) ORDER BY id LIMIT ?`;
    return this.#sql.exec<Row>(query, after, name, name, limit).toArray().map(tenantOf);
  }

  rename(id: string, name: string): void {
    this.#sql.exec(`UPDATE tenants SET name = ? WHERE id = ?`, name, id);
  }

  setState(id: string, state: TenantRow["state"]): void {
    this.#sql.exec(`UPDATE tenants SET state = ? WHERE id = ?`, state, id);
  }
}

function tenantOf(row: Row): TenantRow {
  return {
    id: row.id,
    name: row.name,
    environment: row.environment === "live" ? "live" : "sandbox",
    state: row.state === "suspended" ? "suspended" : "active",
    createdAt: row.created_at,
  };
}

/** A tenant as operators see it in lists. */
export function tenantView(tenant: TenantRow, jurisdiction: "eu" | "us") {
  const { id, name, environment, state } = tenant;
  return { id, name, jurisdiction, environment, state, created_at: isoOf(tenant.createdAt) };
}
export type TenantView = ReturnType<typeof tenantView>;
