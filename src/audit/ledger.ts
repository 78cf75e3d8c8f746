/**
 * The audit log of one Durable Object, over its own SQLite: append, read, export, verify, and sign its head.
 * Used by the object that owns it, inside the same synchronous turn as the act it records, so both are stored or neither.
 * Never updates or deletes a row, and never signs a head that contradicts one signed before.
 */
import { changes, type Sql } from "../storage/sql.ts";
import { contradiction, findFork, follow, isFault, truncation, type Fault } from "./chain.ts";
import { GENESIS, leafHash, sealEntry, type AuditEntry, type Head, type NewEntry } from "./entry.ts";
import { signHead, type HeadSigner } from "./head.ts";

/**
 * The table, for the object's migrations. `seq` is the rowid, so an entry costs one written row and no index. The text is
 * stored as it was hashed; the hash beside it saves hashing on a cold start and shows damage to the very last entry.
 */
export const AUDIT_TABLE =
  "CREATE TABLE IF NOT EXISTS audit (seq INTEGER PRIMARY KEY CHECK (seq > 0), entry TEXT NOT NULL, hash TEXT NOT NULL) STRICT";

/** A page reads at most this many rows, however few match: a rare `act` must not block the object for a whole log. */
const SCAN_ROWS_MAX = 5_000;
const PAGE_ROWS_MAX = 500;
/** An export page stays well under the 32 MiB of one RPC answer. */
const EXPORT_CHARS_MAX = 1_048_576;

/** An entry with its own hash, which the entry after it carries as `prev`. */
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
  /** The head as last read or appended; null until the first use, since the table may not exist at construction. */
  #head: Head | null = null;

  /** Reads and writes nothing: an object that was never created on purpose has no table. */
  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /**
   * Appends one entry in exactly one written row and answers its place. The insert is conditional on the head we hold: when
   * a transaction around an earlier append was rolled back, the head is read again and the entry sealed behind the true one.
   * Throws only what `sealEntry` throws, and what SQLite throws when storage fails; nothing was appended then.
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
   * Entries in order of `seq`. `next` is the cursor of the following page, null at the end. A page may be short, even empty,
   * with a `next`: a filtered page stops after 5,000 rows looked at.
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
   * One page of the log as NDJSON: each line is an entry exactly as it was hashed. `next` is the `after` of the next page,
   * null when the range is done. Without `upTo` it runs to the head, which a signed head needs to be checked against.
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
   * Checks one slice of at most `limit` entries behind `from` (the beginning by default): form, order, chain and stored
   * hash. Answers the head it came to, to go on from, and whether that is the end; so a long log is checked turn by turn
   * without holding up the object.
   */
  verify(from: Head = GENESIS, limit = SCAN_ROWS_MAX): { ok: Head; done: boolean } | Fault {
    let head = from;
    const end = from.size + limit;
    // By count, not by number: a missing entry must show as a gap here, and not as an empty slice.
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
   * Whether the head may be signed: `{ok: head}`, or the fault. `signed` are heads signed before and remembered *outside*
   * this object's storage, since a restored backup forgets what was kept inside it. Refused: two remembered heads that
   * differ (a fork), one beyond our end (a roll-back), one whose entry is no longer ours (a rewrite), and anything wrong
   * between the newest of them and the end. What stands before that head is `verify`'s to check.
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

  /** The service's one way to sign a head: the signed note, or the fault for which it refuses. */
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

/** One stored row behind `before`: its place in the table and its stored hash must be those of its text. */
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
