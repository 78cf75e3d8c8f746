/**
 * The operators' list of carrier accounts, in the jurisdiction's operator object: everything but the secret, which only the
 * account's courier has.
 */
import { isoOf } from "../base/clock.ts";
import { first, type Sql } from "../base/sql.ts";
import { AccountConfig } from "./courier.ts";

export type AccountRow = { config: AccountConfig; name: string; createdAt: number };

type Row = { id: string; name: string; config: string; created_at: number };

/** The carrier accounts of one jurisdiction, without their secrets. */
export class AccountsLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS accounts(
      id TEXT PRIMARY KEY, name TEXT NOT NULL, config TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  put({ config, name, createdAt }: AccountRow): void {
    this.#sql.exec(
      `INSERT INTO accounts VALUES(?,?,?,?) ON CONFLICT(id) DO UPDATE SET name = excluded.name, config = excluded.config`,
      config.id,
      name,
      JSON.stringify(config),
      createdAt,
    );
  }

  get(id: string): AccountRow | null {
    const row = first<Row>(this.#sql, `SELECT * FROM accounts WHERE id = ?`, id);
    return row === null ? null : accountOf(row);
  }

  list(): AccountRow[] {
    return this.#sql.exec<Row>(`SELECT * FROM accounts ORDER BY id LIMIT 1000`).toArray().map(accountOf);
  }
}

function accountOf(row: Row): AccountRow {
  return { config: AccountConfig.parse(JSON.parse(row.config)), name: row.name, createdAt: row.created_at };
}

/** An account as operators see it; the secret is never shown again. */
export function accountView({ config, name, createdAt }: AccountRow) {
  const { id, kind, mode, url, statusUrl, perSecond, price } = config;
  const created = isoOf(createdAt);
  return { id, name, kind, mode, url, status_url: statusUrl, per_second: perSecond, price, created_at: created };
}
