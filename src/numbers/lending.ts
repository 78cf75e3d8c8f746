/**
 * The tenant's side of numbers lent from the operator's shared stock: which pools are short, and which numbers are not
 * needed. Reads the table of virtual numbers, which NumbersLedger owns.
 */
import { first, type Sql } from "../storage/sql.ts";
import type { Pool, VirtualNumber } from "./number.ts";
import { numberOf, type NumberRow } from "./rows.ts";

/** The lent numbers of one tenant. */
export class Lending {
  readonly #sql: Sql;
  readonly #short = new Set<string>();

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Marks the pool to borrow numbers once this transaction is durable. */
  noteShort(pool: string): void {
    this.#short.add(pool);
  }

  /** Takes the pools marked since the last call. */
  takeShort(): string[] {
    const short = [...this.#short];
    this.#short.clear();
    return short;
  }

  /** How many of the pool's `available` numbers are free even for its busiest person. */
  spare(pool: Pool, available: number, now: number): number {
    if (pool.sharing === "exclusive") return available;
    const query = `SELECT max(met) AS most FROM (SELECT count(*) AS met FROM pairs p JOIN numbers n ON n.id = p.number
      WHERE (p.until IS NULL OR p.until > ?) AND n.pool = ? AND n.state = 'available' GROUP BY p.party)`;
    return available - (first<{ most: number | null }>(this.#sql, query, now, pool.id)?.most ?? 0);
  }

  /** Numbers that are in no session and no cool-off: of those named, or of all lent ones. */
  idle(now: number, named: readonly string[] | null): VirtualNumber[] {
    const query = `SELECT n.* FROM numbers n WHERE n.state IN ('available', 'retired')
      AND iif(?1 IS NULL, json_extract(n.facts, '$.lent') = 1, n.e164 IN (SELECT value FROM json_each(?1)))
      AND n.id NOT IN (SELECT number FROM pairs WHERE until IS NULL OR until > ?2) ORDER BY n.uses LIMIT 1000`;
    const names = named === null ? null : JSON.stringify(named);
    return this.#sql.exec<NumberRow>(query, names, now).toArray().map(numberOf);
  }

  /** The lent numbers of the tenant. */
  lent(): string[] {
    const query = `SELECT e164 FROM numbers WHERE json_extract(facts, '$.lent') = 1`;
    return this.#sql.exec<{ e164: string }>(query).toArray().map(({ e164 }) => e164); // prettier-ignore
  }

  /** Deletes a number that is no longer this tenant's. */
  drop(id: string): void {
    this.#sql.exec(`DELETE FROM numbers WHERE id = ?`, id);
  }
}
