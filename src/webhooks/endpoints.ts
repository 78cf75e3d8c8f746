/**
 * The endpoints of one tenant. They are few, so all are cached once they were read.
 */
import { bytesOf, type Sql, type SqlBinding } from "../storage/sql.ts";

export type Endpoint = {
  id: string;
  url: string;
  events: string[];
  /** Sealed JSON of the live secrets, newest first, with their end times. */
  secrets: Uint8Array;
  state: "active" | "disabled";
  reason: string | null;
  cursor: string;
  slowUntil: number;
  createdAt: number;
};

type EndpointRow = {
  id: string;
  url: string;
  events: string;
  secrets: ArrayBuffer;
  state: string;
  reason: string | null;
  cursor: string;
  slow_until: number;
  created_at: number;
};

export type EndpointChange = Partial<Pick<Endpoint, "url" | "events" | "secrets" | "state" | "reason" | "slowUntil">>;

/** The table of endpoints. */
export class EndpointsTable {
  readonly #sql: Sql;
  #listed: Endpoint[] | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS endpoints(
      id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, secrets BLOB NOT NULL, state TEXT NOT NULL, reason TEXT,
      cursor TEXT NOT NULL, slow_until INTEGER NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  list(): Endpoint[] {
    this.#listed ??= this.#sql.exec<EndpointRow>(`SELECT * FROM endpoints ORDER BY id`).toArray().map(endpointOf);
    return this.#listed;
  }

  add(endpoint: Endpoint): void {
    this.#sql.exec(
      `INSERT INTO endpoints(id, url, events, secrets, state, reason, cursor, slow_until, created_at) VALUES(?,?,?,?,?,?,?,?,?)`,
      endpoint.id,
      endpoint.url,
      JSON.stringify(endpoint.events),
      endpoint.secrets,
      endpoint.state,
      endpoint.reason,
      endpoint.cursor,
      endpoint.slowUntil,
      endpoint.createdAt,
    );
    this.#listed = null;
  }

  change(id: string, change: EndpointChange): void {
    const sets: string[] = [];
    const values: SqlBinding[] = [];
    const add = (column: string, value: SqlBinding | undefined) => {
      if (value === undefined) return;
      sets.push(`${column} = ?`);
      values.push(value);
    };
    add("url", change.url);
    add("events", change.events === undefined ? undefined : JSON.stringify(change.events));
    add("secrets", change.secrets);
    add("state", change.state);
    add("reason", change.reason);
    add("slow_until", change.slowUntil);
    if (sets.length > 0) this.#sql.exec(`UPDATE endpoints SET ${sets.join(", ")} WHERE id = ?`, ...values, id);
    this.#listed = null;
  }

  remove(id: string): void {
    this.#sql.exec(`DELETE FROM endpoints WHERE id = ?`, id);
    this.#listed = null;
  }

  /** Moves the cursor: everything up to this event is settled. Updates the given and the cached endpoint. */
  moveCursor(endpoint: Endpoint, position: string): void {
    this.#sql.exec(`UPDATE endpoints SET cursor = ? WHERE id = ?`, position, endpoint.id);
    endpoint.cursor = position;
    const listed = this.#listed?.find((other) => other.id === endpoint.id);
    if (listed !== undefined) listed.cursor = position;
  }
}

function endpointOf(row: EndpointRow): Endpoint {
  return {
    id: row.id,
    url: row.url,
    events: JSON.parse(row.events) as string[],
    secrets: bytesOf(row.secrets),
    state: row.state === "active" ? "active" : "disabled",
    reason: row.reason,
    cursor: row.cursor,
    slowUntil: row.slow_until,
    createdAt: row.created_at,
  };
}
