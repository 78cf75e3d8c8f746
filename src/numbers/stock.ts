/**
 * The operator's list of virtual numbers in one jurisdiction, with account and owner. One list, so that no dialable
 * number is ever given to two tenants.
 */
import { isoOf } from "../base/clock.ts";
import { parseNumber } from "../sms/phone.ts";
import { refuse, type FieldError, type Outcome } from "../base/refusal.ts";
import { addColumn, first, type Sql } from "../storage/sql.ts";
import { CAPABILITIES, type Capability, type NewNumber, type Price } from "./number.ts";

/**
 * `ordering`: ordered from the carrier. `unknown`: the answer was lost, so the number may be ours. `held`: ours.
 * `releasing`: taken from its tenant, and being released at the carrier.
 */
export type StockState = "held" | "ordering" | "unknown" | "releasing";
/** `tenant` has it now; null: shared stock that is not lent. A shared number is lent and returned. */
export type StockRow = NewNumber & {
  id: string;
  tenant: string | null;
  shared: boolean;
  state: StockState;
  createdAt: number;
};

/** A pool that runs low asks for a block. */
export type LeaseWish = { country: string | null; many: number };

/** A number as the operator writes it. */
export type ImportRow = {
  number: string;
  account: string;
  capabilities: Capability[];
  price: Price | null;
  tags: string[];
};

/** Rows in one import, bounded by the size of body and answer. */
export const IMPORT_MAX = 500;

type Row = {
  e164: string;
  tenant: string;
  account: string;
  country: string;
  kind: string;
  facts: string;
  created_at: number;
  id: string;
  state: string;
  shared: number;
};

/** The numbers of one jurisdiction. */
export class StockLedger {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS stock(
      e164 TEXT NOT NULL, tenant TEXT NOT NULL, account TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL,
      facts TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY(e164, tenant)
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS stock_tenant ON stock(tenant, e164)`);
    // Columns added with buying and lending.
    addColumn(sql, "stock", "id", "TEXT NOT NULL DEFAULT ''");
    addColumn(sql, "stock", "state", "TEXT NOT NULL DEFAULT 'held'");
    addColumn(sql, "stock", "shared", "INTEGER NOT NULL DEFAULT 0");
    sql.exec(`CREATE INDEX IF NOT EXISTS stock_id ON stock(id)`);
  }

  /** Gives ids to numbers from before they had one. */
  nameAll(newId: () => string): void {
    for (const { e164, tenant } of this.#sql.exec<Row>(`SELECT * FROM stock WHERE id = ''`).toArray())
      this.#sql.exec(`UPDATE stock SET id = ? WHERE e164 = ? AND tenant = ?`, newId(), e164, tenant);
  }

  /**
   * The rows of a number: one, but for the thousand drama numbers of the sandbox, which every sandbox tenant may have.
   */
  owners(e164: string): StockRow[] {
    return this.#sql.exec<Row>(`SELECT * FROM stock WHERE e164 = ? LIMIT 1000`, e164).toArray().map(rowOf);
  }

  get(e164: string, tenant: string | null): StockRow | null {
    const row = first<Row>(this.#sql, `SELECT * FROM stock WHERE e164 = ? AND tenant = ?`, e164, tenant ?? "");
    return row === null ? null : rowOf(row);
  }

  byId(id: string): StockRow | null {
    const row = first<Row>(this.#sql, `SELECT * FROM stock WHERE id = ? AND id != ''`, id);
    return row === null ? null : rowOf(row);
  }

  /** Adds a number; an existing one stays unchanged. */
  add({
    id,
    e164,
    tenant,
    account,
    country,
    kind,
    capabilities,
    price,
    tags,
    shared,
    state,
    createdAt,
  }: StockRow): void {
    this.#sql.exec(
      `INSERT INTO stock(e164, tenant, account, country, kind, facts, created_at, id, state, shared)
       VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
      e164,
      tenant ?? "",
      account,
      country,
      kind,
      JSON.stringify({ capabilities, price, tags }),
      createdAt,
      id,
      state,
      shared ? 1 : 0,
    );
  }

  setState(id: string, state: StockState): void {
    this.#sql.exec(`UPDATE stock SET state = ? WHERE id = ?`, state, id);
  }

  remove(id: string): void {
    this.#sql.exec(`DELETE FROM stock WHERE id = ?`, id);
  }

  /** Lends up to `many` free shared numbers of these accounts; answers them. */
  lend(tenant: string, accounts: readonly string[], country: string | null, many: number): StockRow[] {
    const free = this.#sql
      .exec<Row>(
        `SELECT * FROM stock WHERE tenant = '' AND shared = 1 AND state = 'held'
          AND account IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR country = ?2) ORDER BY e164 LIMIT ?3`,
        JSON.stringify(accounts),
        country,
        many,
      )
      .toArray();
    for (const { id } of free) this.#sql.exec(`UPDATE stock SET tenant = ? WHERE id = ?`, tenant, id);
    return free.map((row) => ({ ...rowOf(row), tenant }));
  }

  /** The shared numbers lent to a tenant. */
  lentTo(tenant: string): StockRow[] {
    const query = `SELECT * FROM stock WHERE tenant = ? AND shared = 1 AND state = 'held' ORDER BY e164 LIMIT 10000`;
    return this.#sql.exec<Row>(query, tenant).toArray().map(rowOf);
  }

  /** Takes back a number that was lent to this tenant. */
  takeBack(id: string): void {
    this.#sql.exec(`UPDATE stock SET tenant = '' WHERE id = ? AND shared = 1`, id);
  }

  /** In order of number, of one tenant or of all. By offset, because a cursor in a URL may not be a number. */
  list(tenant: string | null, offset: number, limit: number): StockRow[] {
    const query = `SELECT * FROM stock WHERE (?1 IS NULL OR tenant = ?1) ORDER BY e164, tenant LIMIT ?2 OFFSET ?3`;
    return this.#sql.exec<Row>(query, tenant, limit, offset).toArray().map(rowOf);
  }
}

function rowOf(row: Row): StockRow {
  const { e164, tenant, account, country, kind, id, state, shared, created_at: createdAt } = row;
  const facts = JSON.parse(row.facts) as Pick<NewNumber, "capabilities" | "price" | "tags">;
  const known = { kind: kind as NewNumber["kind"], state: state as StockState, shared: shared === 1 };
  return { id, e164, tenant: tenant === "" ? null : tenant, account, country, createdAt, ...facts, ...known };
}

/** A number of the list as operators see it. */
export function stockView({ e164, createdAt, ...row }: StockRow) {
  const { id, tenant, shared, state, account, country, kind, capabilities, price, tags } = row;
  const facts = { id, number: e164, tenant, shared, state, account, country, kind };
  return { ...facts, capabilities: [...capabilities], price, tags: [...tags], created_at: isoOf(createdAt) };
}
export type StockView = ReturnType<typeof stockView>;

/**
 * The rows as numbers, or errors for those that are not valid. A sandbox has drama numbers only, a live tenant none.
 */
export function readRows(rows: readonly ImportRow[], environment: "sandbox" | "live"): Outcome<NewNumber[]> {
  const errors: FieldError[] = [];
  const numbers: NewNumber[] = [];
  const seen = new Set<string>();
  for (const [at, row] of rows.entries()) {
    const wrong = (detail: string) => errors.push({ field: `numbers/${at}/number`, code: "invalid_number", detail });
    const parsed = parseNumber(row.number);
    if ("refused" in parsed) wrong(parsed.detail ?? "Write it in E.164.");
    else if (parsed.number.drama !== (environment === "sandbox"))
      wrong(
        environment === "sandbox" ? "A sandbox tenant has drama numbers only." : "Drama numbers are for sandboxes.",
      );
    else if (seen.has(parsed.number.e164)) wrong("The number is here twice.");
    else {
      const { e164, country, kind } = parsed.number;
      const { account, capabilities, price, tags } = row;
      seen.add(e164);
      numbers.push({ e164, country, kind, account, capabilities, price, tags });
    }
  }
  return errors.length === 0 ? { ok: numbers } : refuse("invalid_field", { errors: errors.slice(0, 20) });
}

const CSV_COLUMNS = ["number", "account", "capabilities", "price", "currency", "tags"];

/**
 * Rows from CSV: a header of column names (`number` and `account` are needed; `capabilities` and `tags` hold words separated by
 * spaces; `price` is in micro-units), then a line each. Fields hold no commas and no quotes.
 */
export function rowsOfCsv(csv: string): Outcome<ImportRow[]> {
  const lines = csv.split(/\r?\n/).filter((line) => line.trim() !== "");
  const header = (lines[0] ?? "").split(",").map((name) => name.trim().toLowerCase());
  const wrong = (field: string, detail: string) =>
    refuse("invalid_field", { errors: [{ field, code: "invalid_field", detail }] });
  if (header.some((name) => !CSV_COLUMNS.includes(name)) || !header.includes("number") || !header.includes("account"))
    return wrong("csv", `Begin with a line of column names among ${CSV_COLUMNS.join(", ")}.`);
  if (lines.length - 1 > IMPORT_MAX) return wrong("csv", `At most ${IMPORT_MAX} numbers in one call.`);
  const rows: ImportRow[] = [];
  for (const [at, line] of lines.slice(1).entries()) {
    const cells = line.split(",").map((cell) => cell.trim());
    const cell = (name: string): string => cells[header.indexOf(name)] ?? "";
    const words = (name: string) => cell(name).split(/\s+/).filter((word) => word !== ""); // prettier-ignore
    const capabilities = words("capabilities") as Capability[];
    const priced = cell("price") !== "";
    const sound =
      cells.length <= header.length &&
      !line.includes('"') &&
      capabilities.every((one) => CAPABILITIES.includes(one)) &&
      (!priced || (/^\d{1,12}$/.test(cell("price")) && /^[A-Z]{3}$/.test(cell("currency"))));
    if (!sound) return wrong("csv", `Line ${at + 2} cannot be read.`);
    rows.push({
      number: cell("number"),
      account: cell("account"),
      capabilities: capabilities.length === 0 ? ["sms"] : capabilities,
      price: priced ? { amount: Number(cell("price")), currency: cell("currency") } : null,
      tags: words("tags").slice(0, 20),
    });
  }
  return { ok: rows };
}
