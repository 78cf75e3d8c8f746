/**
 * The carrier's side of the sandbox, in the tenant's object: the texts on its handsets, sealed at rest, and the planned
 * receipts. A line is an opaque id for a drama number, so that no URL contains the number.
 */
import { DAY_MS, isoOf } from "../base/clock.ts";
import type { IdMaker } from "../base/ids.ts";
import { bytesOf, filtered, first, type Sql } from "../storage/sql.ts";
import type { HandsetDelivery, Report } from "../carriers/carrier.ts";
import { TENANT_SUBJECT, type VaultLedger } from "../vault/ledger.ts";

/** The texts kept; the oldest are deleted when there are more, or after a week. */
const TEXTS_MAX = 2_000;
export const TEXTS_KEPT_MS = 7 * DAY_MS;

export type HandsetText = {
  id: string;
  line: string;
  number: string;
  from: string | null;
  /** The virtual number that the person texted; null for a text they received. */
  to: string | null;
  direction: "received" | "sent";
  text: string;
  message_id: string | null;
  received_at: string;
};
/** `newest`: the last text of the line; null when all were deleted. */
export type HandsetLine = {
  line: string;
  number: string;
  texts: number;
  newest: { id: string; direction: HandsetText["direction"]; text: string; at: string } | null;
};

/** A receipt that the sandbox's carrier will send. */
export type PlannedReceipt = { id: string; account: string; report: Report };

/** The handsets of one sandbox tenant. */
export class SandboxLedger {
  readonly #sql: Sql;
  readonly #ids: IdMaker;
  readonly #vault: VaultLedger;
  readonly #soon: (at: number) => void;
  #texts = -1;
  /** No receipt is due before this; -Infinity while unknown. Saves a query in every settlement. */
  #nothingBefore = -Infinity;

  constructor(sql: Sql, ids: IdMaker, vault: VaultLedger, soon: (at: number) => void) {
    this.#soon = soon;
    this.#sql = sql;
    this.#ids = ids;
    this.#vault = vault;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS handset_lines(
      line TEXT PRIMARY KEY, number_index BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS handset_texts(
      id TEXT PRIMARY KEY, line TEXT NOT NULL, message TEXT NOT NULL, sealed BLOB NOT NULL, at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS sandbox_receipts(
      id TEXT PRIMARY KEY, due INTEGER NOT NULL, account TEXT NOT NULL, message TEXT NOT NULL, state TEXT NOT NULL, code TEXT
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS sandbox_receipts_due ON sandbox_receipts(due)`);
  }

  /** Stores a delivered text and plans its receipts. */
  receive(delivery: HandsetDelivery, now: number): void {
    if (delivery.shown) {
      const id = this.#ids.make("evt", now);
      const line = this.lineOf(delivery.to, now);
      const sealed = this.#seal(id, JSON.stringify({ from: delivery.from, text: delivery.text }));
      this.#sql.exec(
        `INSERT INTO handset_texts(id, line, message, sealed, at) VALUES(?,?,?,?,?)`,
        id,
        line,
        delivery.message,
        sealed,
        now,
      );
      this.#keepWithin();
    }
    for (const receipt of delivery.receipts) {
      this.#soon(now + receipt.afterMs);
      this.#nothingBefore = Math.min(this.#nothingBefore, now + receipt.afterMs);
      this.#sql.exec(
        `INSERT INTO sandbox_receipts(id, due, account, message, state, code) VALUES(?,?,?,?,?,?)`,
        this.#ids.make("evt", now),
        now + receipt.afterMs,
        delivery.account,
        delivery.message,
        receipt.state,
        receipt.code,
      );
    }
  }

  /** Stores a text that the person of a line sent, so that the handset shows both sides. */
  keepSent(line: string, to: string, text: string, now: number): void {
    const id = this.#ids.make("evt", now);
    const sealed = this.#seal(id, JSON.stringify({ from: null, to, text }));
    this.#sql.exec(
      `INSERT INTO handset_texts(id, line, message, sealed, at) VALUES(?,?,?,?,?)`,
      id,
      line,
      "",
      sealed,
      now,
    );
    this.#keepWithin();
  }

  /** The receipts that are due, oldest first. */
  dueReceipts(now: number, limit: number): PlannedReceipt[] {
    if (now < this.#nothingBefore) return [];
    const rows = this.#sql
      .exec<{ id: string; account: string; message: string; state: string; code: string | null }>(
        `SELECT id, account, message, state, code FROM sandbox_receipts WHERE due <= ? ORDER BY due, id LIMIT ?`,
        now,
        limit,
      )
      .toArray();
    if (rows.length === 0) this.#nothingBefore = this.nextReceiptAt(now) ?? Infinity;
    return rows.map(({ id, account, message, state, code }) => ({
      id,
      account,
      report: { message, state: stateOf(state), code, at: now },
    }));
  }

  /** Removes a receipt that was applied. */
  dropReceipt(id: string): void {
    this.#sql.exec(`DELETE FROM sandbox_receipts WHERE id = ?`, id);
  }

  /** When the next receipt after a time is due. */
  nextReceiptAt(after: number): number | null {
    const query = `SELECT min(due) AS due FROM sandbox_receipts WHERE due > ?`;
    return first<{ due: number | null }>(this.#sql, query, after)?.due ?? null;
  }

  /** The newest texts before an id, of one line or of all. */
  texts(filter: { line?: string; before?: string }, limit: number): HandsetText[] {
    const { where, values } = filtered<string>([
      ["t.line = ?", filter.line],
      ["t.id < ?", filter.before],
    ]);
    return this.#sql
      .exec<{ id: string; line: string; message: string; sealed: ArrayBuffer; at: number; number: ArrayBuffer }>(
        `SELECT t.*, l.sealed AS number FROM handset_texts t JOIN handset_lines l ON l.line = t.line
         WHERE ${where} ORDER BY t.id DESC LIMIT ?`,
        ...values,
        limit,
      )
      .toArray()
      .map((row) => {
        const { from, to, text } = this.#words(row.id, row.sealed);
        const number = this.#open(row.line, bytesOf(row.number));
        const direction = to === null ? "received" : "sent";
        const message = row.message === "" ? null : row.message;
        const shown = { id: row.id, line: row.line, number, from, to, direction, text } as const;
        return { ...shown, message_id: message, received_at: isoOf(row.at) };
      });
  }

  /** The lines, those first that were texted last. */
  lines(): HandsetLine[] {
    type Row = {
      line: string;
      number: ArrayBuffer;
      texts: number;
      newest: string | null;
      sealed: ArrayBuffer | null;
      at: number;
    };
    return this.#sql
      .exec<Row>(
        // With max() alone, SQLite takes the other columns from the row that has it.
        `SELECT l.line, l.sealed AS number, count(t.id) AS texts, max(t.id) AS newest, t.sealed, t.at
         FROM handset_lines l LEFT JOIN handset_texts t ON t.line = l.line GROUP BY l.line ORDER BY newest DESC LIMIT 1000`,
      )
      .toArray()
      .map(({ line, number, texts, newest, sealed, at }) => ({
        line,
        number: this.#open(line, bytesOf(number)),
        texts,
        newest: newest === null || sealed === null ? null : { ...this.#newest(newest, sealed), at: isoOf(at) },
      }));
  }

  #newest(id: string, sealed: ArrayBuffer): Pick<HandsetText, "id" | "direction" | "text"> {
    const { to, text } = this.#words(id, sealed);
    return { id, direction: to === null ? "received" : "sent", text };
  }

  /** The number of a line, or null. */
  numberOf(line: string): string | null {
    const row = first<{ sealed: ArrayBuffer }>(this.#sql, `SELECT sealed FROM handset_lines WHERE line = ?`, line);
    return row === null ? null : this.#open(line, bytesOf(row.sealed));
  }

  purge(now: number): number {
    const gone = this.#sql
      .exec(`DELETE FROM handset_texts WHERE at < ? RETURNING 1 AS gone`, now - TEXTS_KEPT_MS)
      .toArray().length;
    this.#texts = -1;
    return gone;
  }

  /** The line of a number; made when there is none yet. */
  lineOf(number: string, now: number): string {
    const index = this.#vault.keyedName("line", number);
    const known = first<{ line: string }>(this.#sql, `SELECT line FROM handset_lines WHERE number_index = ?`, index);
    if (known !== null) return known.line;
    const line = this.#ids.make("lin", now);
    this.#sql.exec(
      `INSERT INTO handset_lines(line, number_index, sealed) VALUES(?,?,?)`,
      line,
      index,
      this.#seal(line, number),
    );
    return line;
  }

  #keepWithin(): void {
    if (this.#texts < 0)
      this.#texts = first<{ n: number }>(this.#sql, `SELECT count(*) AS n FROM handset_texts`)?.n ?? 0;
    else this.#texts += 1;
    if (this.#texts <= TEXTS_MAX) return;
    this.#sql.exec(`DELETE FROM handset_texts WHERE id IN (SELECT id FROM handset_texts ORDER BY id LIMIT 100)`);
    this.#texts = -1;
  }

  /** What is sealed in a text. */
  #words(id: string, sealed: ArrayBuffer): { from: string | null; to: string | null; text: string } {
    const { from, to, text } = JSON.parse(this.#open(id, bytesOf(sealed))) as {
      from: string | null;
      to?: string;
      text: string;
    };
    return { from, to: to ?? null, text };
  }

  #seal(record: string, text: string): Uint8Array {
    const sealed = this.#vault.sealText(TENANT_SUBJECT, record, "handset", text);
    if (sealed === null) throw new Error("the tenant's own key is gone");
    return sealed;
  }

  #open(record: string, sealed: Uint8Array): string {
    return this.#vault.openText(TENANT_SUBJECT, record, "handset", sealed) ?? "";
  }
}

function stateOf(text: string): Report["state"] {
  return text === "delivered" || text === "sent" ? text : "undelivered";
}
