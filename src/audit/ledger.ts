/**
 * The audit log of one Durable Object, over its own SQLite: append, read, export, verify, and sign its head. Used by
 * the object that owns it, in the transaction of the act that it records, so both are stored or neither. Never updates
 * or deletes a row, and never signs a head that contradicts an earlier one.
 */
import { changes, type Sql } from "../storage/sql.ts";
import { contradiction, findFork, follow, isFault, truncation, type Fault } from "./chain.ts";
import { GENESIS, leafHash, sealEntry, type AuditEntry, type Head, type NewEntry } from "./entry.ts";
import { signHead, type HeadSigner } from "./head.ts";

/**
 * The table, for the object's migrations. `seq` is the rowid, so an entry costs one written row and no index. The text
 * is stored as it was hashed; the stored hash saves hashing on a cold start and reveals damage to the last entry.
 */
export const AUDIT_TABLE =
  "CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY CHECK (seq > 0), entry TEXT NOT NULL, hash TEXT NOT NULL) STRICT";

/** A page reads at most this many rows, so that a filter that few rows match does not block the object. */
const SCAN_ROWS_MAX = 5_000;
const PAGE_ROWS_MAX = 500;
/** An export page stays well under the 32 MiB of one RPC answer. */
const EXPORT_CHARS_MAX = 1_048_576;

/** An entry with its own hash, which is the next entry's `prev`. */
export type AuditRecord = AuditEntry & { hash: string };

export type ListQuery = {
  /** The `next` of the page before; 0 or absent for the beginning. */
  after?: number;
  limit: number;
  /** Newest first; `after` is then the last one shown, and 0 or absent the newest. */
  newest?: boolean;
  act?: string;
  /** RFC 3339 in UTC with milliseconds, as entries have it; `from` is included, `to` is not. */
  from?: string;
  to?: string;
};

export type Appended = { id: string; seq: number; hash: string };

type Row = { seq: number; entry: string; hash: string };

/** The audit log of one object. */
export class AuditLedger {
  readonly #sql: Sql;
  /** The head as last read or appended; null until the first use, because the table may not exist before. */
  #head: Head | null = null;

  /** Reads and writes nothing, because the object of a tenant that was never created has no table. */
  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Appends one entry, in exactly one written row, and answers its place. The insert is conditional on the cached head:
   * if an earlier append was rolled back, the head is read again and the entry is sealed after the stored one. Throws
   * only what `sealEntry` throws, and SQLite's errors when storage fails; then nothing was appended.
   */
  append(entry: NewEntry, now: number, newId: () => string): Appended {
    const stamped = { ...entry, id: newId(), at: new Date(now).toISOString() };
    for (let attempt = 0; attempt < 2; attempt++) {
      const before = (this.#head ??= this.#storedHead());
      const seq = before.size + 1;
      const { text, hash } = sealEntry(before.hash, { ...stamped, seq });
      const stored = changes(
        this.#sql,
        `INSERT INTO audit (seq, entry, hash)
         SELECT ?1, ?2, ?3 WHERE (SELECT coalesce(max(seq), 0) FROM audit) = ?1 - 1`,
        seq,
        text,
        hash,
      );
      if (stored) {
        this.#head = { size: seq, hash };
        return { id: stamped.id, seq, hash };
      }
      this.#head = null;
    }
    throw new Error("the audit head moved within one synchronous turn");
  }

  /** Where the chain stands in storage now. */
  head(): Head {
    return (this.#head = this.#storedHead());
  }

  /**
   * Entries in order of `seq`. `next` is the cursor of the following page, null at the end. A page may be short, even
   * empty, and still have a `next`: a filtered page stops after reading 5,000 rows.
   */
  list(query: ListQuery): { data: AuditRecord[]; next: number | null } {
    const { newest = false, act = null, from = null, to = null } = query;
    const limit = Math.min(query.limit, PAGE_ROWS_MAX);
    const size = this.head().size;
    const after = newest ? (query.after ?? 0) || size + 1 : (query.after ?? 0);
    const end = newest ? after - SCAN_ROWS_MAX : after + SCAN_ROWS_MAX;
    const rows = this.#sql
      .exec<Row>(
        `SELECT seq, entry, hash FROM audit WHERE ${newest ? "seq < ?1 AND seq >= ?2" : "seq > ?1 AND seq <= ?2"}
           AND (?3 IS NULL OR json_extract(entry, '$.act') = ?3)
           AND (?4 IS NULL OR json_extract(entry, '$.at') >= ?4)
           AND (?5 IS NULL OR json_extract(entry, '$.at') < ?5)
         ORDER BY seq ${newest ? "DESC" : ""} LIMIT ?6`,
        after,
        end,
        act,
        from,
        to,
        limit,
      )
      .toArray();
    const data = rows.map((row) => ({ ...(JSON.parse(row.entry) as AuditEntry), hash: row.hash }));
    const scannedTo = rows.length === limit ? (rows.at(-1)?.seq ?? after) : end;
    return { data, next: newest ? (scannedTo > 1 ? scannedTo : null) : scannedTo < size ? scannedTo : null };
  }

  /**
   * One page of the log as NDJSON: each line is an entry exactly as it was hashed. `next` is the `after` of the next
   * page, null at the end of the range. Without `upTo` the range ends at the head, as checking a signed head requires.
   */
  export(range: { after?: number; upTo?: number } = {}): { ndjson: string; next: number | null } {
    const { after = 0 } = range;
    const end = Math.min(range.upTo ?? Infinity, this.head().size);
    let ndjson = "";
    let last = after;
    for (const row of this.#rowsAfter(after, PAGE_ROWS_MAX)) {
      if (row.seq > end) break;
      if (ndjson !== "" && ndjson.length + row.entry.length > EXPORT_CHARS_MAX) break;
      ndjson += row.entry + "\n";
      last = row.seq;
    }
    return { ndjson, next: last > after && last < end ? last : null };
  }

  /**
   * Checks at most `limit` entries after `from` (by default from the beginning): form, order, chain and stored hash.
   * Answers the head reached, to continue from, and whether it is the end, so that a long log is checked in slices
   * without blocking the object.
   */
  verify(from: Head = GENESIS, limit = SCAN_ROWS_MAX): { ok: Head; done: boolean } | Fault {
    let head = from;
    const end = from.size + limit;
    // By count, not by number, so that a missing entry is found as a gap.
    for (
      let rows = this.#rowsAfter(from.size, limit);
      rows.length > 0;
      rows = this.#rowsAfter(head.size, end - head.size)
    ) {
      for (const row of rows) {
        const step = followRow(head, row);
        if (isFault(step)) return step;
        head = step;
      }
    }
    return { ok: head, done: head.size >= this.head().size };
  }

  /**
   * Whether the head may be signed: `{ok: head}`, or the fault. `signed` are earlier signed heads, kept *outside* this
   * object's storage, because a restored backup loses what was stored inside. Refused: two of them that differ (a
   * fork), one beyond the end of the log (a roll-back), one whose entry has another hash (a rewrite), and any fault
   * between the newest of them and the end. `verify` checks the entries before it.
   */
  assertConsistent(signed: readonly Head[]): { ok: Head } | Fault {
    const fork = findFork(signed);
    if (fork !== null) return fork;
    const end = this.head();
    let newest = GENESIS;
    for (const head of signed) {
      if (head.size > end.size) return truncation(end.size, head);
      const fault = this.#contradicts(head);
      if (fault !== null) return fault;
      if (head.size > newest.size) newest = head;
    }
    const walked = this.verify(newest, Infinity);
    return isFault(walked) ? walked : { ok: walked.ok };
  }

  /** The only way to sign a head: the signed note, or the fault because of which it is refused. */
  signedHead(signer: HeadSigner, signed: readonly Head[]): { ok: string } | Fault {
    const consistent = this.assertConsistent(signed);
    return isFault(consistent) ? consistent : { ok: signHead(consistent.ok, signer) };
  }

  #contradicts(signed: Head): Fault | null {
    if (signed.size === 0) return null;
    const row = this.#sql.exec<{ entry: string }>("SELECT entry FROM audit WHERE seq = ?", signed.size).toArray()[0];
    if (row === undefined) return { fault: "gap", seq: signed.size, detail: `entry ${signed.size} is missing` };
    return contradiction({ size: signed.size, hash: leafHash(row.entry) }, signed);
  }

  /** At most one page of rows, and none for a limit of 0. */
  #rowsAfter(after: number, limit: number): Row[] {
    return this.#sql
      .exec<Row>(
        "SELECT seq, entry, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
        after,
        Math.min(limit, PAGE_ROWS_MAX),
      )
      .toArray();
  }

  #storedHead(): Head {
    const row = this.#sql
      .exec<{ seq: number; hash: string }>("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
      .toArray()[0];
    return row === undefined ? GENESIS : { size: row.seq, hash: row.hash };
  }
}

/** Checks one stored row after `before`: its place in the table and its stored hash must be those of its text. */
function followRow(before: Head, row: Row): Head | Fault {
  const seq = before.size + 1;
  if (row.seq !== seq)
    return { fault: "gap", seq, detail: `entry ${seq} is missing: the next one stored is ${row.seq}` };
  const step = follow(before, row.entry);
  if (isFault(step)) return step;
  if (step.head.hash !== row.hash)
    return { fault: "broken", seq, detail: "the stored hash is not the hash of the entry" };
  return step.head;
}
