/**
 * The messages of one tenant while they live: the outbox. The row guarantees delivery; a queue message only carries its id.
 * Moves are compare-and-swap on the states that the table allows, so a late or repeated step changes nothing.
 *
 * Rows written are billed, so an ordinary message is in no index but its primary key: `due` stays NULL until the first sweep, and
 * only a message that has not ended by then enters the index of deadlines.
 */
import {
  bytesOf,
  changes,
  filtered,
  first,
  readUnchanged,
  removeAsRead,
  swap,
  type Sql,
  type SqlBinding,
} from "../storage/sql.ts";
import { ulidTime } from "../base/ids.ts";
import { mayEnter, type Attempt, type Facts, type Message, type Price, type State } from "./message.ts";
import { COLUMNS, messageOf, type Row } from "./row.ts";

/** What a move may change besides the state. */
export type Change = {
  account?: string | null;
  attempts?: Attempt[];
  lease?: number | null;
  due?: number | null;
  reason?: string | null;
  sentAt?: number;
  endedAt?: number;
  dropText?: boolean;
  /** The new price: another account's, or the one that the carrier reported. */
  price?: Price | null;
  /** When caps counted it again. */
  countedAt?: number;
  /** The network that a carrier named. */
  network?: string;
};

/** The age of a message at its first sweep: by then an ordinary one has been sent. */
export const FIRST_SWEEP_MS = 12_000;
/** Between sweeps of a message that waits to be claimed. */
export const SWEEP_AGAIN_MS = 15_000;

export type ListFilter = {
  state?: State;
  token?: string;
  reference?: Uint8Array;
  before?: string;
  from?: string;
  to?: string;
};

/** The live messages of one tenant. */
export class MessagesLedger {
  readonly #sql: Sql;
  readonly #idPrefix: string;
  readonly #soon: (at: number) => void;
  /** Every row before this id has a deadline, so the search for unswept rows starts here and does not walk over scheduled ones. */
  #passed = "";

  /**
   * `idPrefix`: the prefix of the tenant's message ids; the rest of an id sorts by time. `soon` is called with every deadline that is
   * set, so that the alarm is set without a query in every request.
   */
  constructor(sql: Sql, idPrefix: string, soon: (at: number) => void) {
    this.#sql = sql;
    this.#idPrefix = idPrefix;
    this.#soon = soon;
  }

  static migrate(sql: Sql): void {
    sql.exec(`CREATE TABLE IF NOT EXISTS messages(
      id TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL, purpose TEXT NOT NULL, token TEXT NOT NULL,
      subject TEXT NOT NULL, account TEXT, facts TEXT NOT NULL, attempts TEXT NOT NULL, lease INTEGER, due INTEGER,
      reason TEXT, sent_at INTEGER, ended_at INTEGER, reference BLOB, sealed BLOB
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE INDEX IF NOT EXISTS messages_due ON messages(due) WHERE due IS NOT NULL`);
    sql.exec(`CREATE TABLE IF NOT EXISTS notes(
      message TEXT PRIMARY KEY, subject TEXT NOT NULL, sealed BLOB NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    sql.exec(`CREATE TABLE IF NOT EXISTS conveyor(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`);
  }

  insert(message: Message, sealed: Uint8Array, reference: Uint8Array | null): void {
    this.#soon(message.due ?? message.facts.createdAt + FIRST_SWEEP_MS);
    this.#sql.exec(
      `INSERT INTO messages(${COLUMNS}, sealed) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      message.id,
      message.state,
      message.version,
      message.purpose,
      message.token,
      message.subject,
      message.account,
      JSON.stringify(message.facts),
      JSON.stringify(message.attempts),
      message.lease,
      message.due,
      message.reason,
      message.sentAt,
      message.endedAt,
      reference,
      sealed,
    );
  }

  get(id: string): Message | null {
    const row = first<Row>(this.#sql, `SELECT ${COLUMNS} FROM messages WHERE id = ?`, id);
    return row === null ? null : messageOf(row);
  }

  /** A message with its sealed text, null after the text was deleted. */
  getWhole(id: string): { message: Message; sealed: Uint8Array | null } | null {
    const row = first<Row & { sealed: ArrayBuffer | null }>(
      this.#sql,
      `SELECT ${COLUMNS}, sealed FROM messages WHERE id = ?`,
      id,
    );
    return row === null ? null : { message: messageOf(row), sealed: row.sealed === null ? null : bytesOf(row.sealed) };
  }

  /**
   * Moves a message to `to` if the table allows it and its version is the one that was read. Answers the moved message, or null if
   * nothing changed: the step was late or repeated, which is no error.
   */
  move(message: Message, to: State, change: Change = {}): Message | null {
    return mayEnter(message.state, to) ? this.#write(message, to, change) : null;
  }

  /** Changes a message without a change of state, if its version is the one that was read. */
  amend(message: Message, change: Change): Message | null {
    return this.#write(message, message.state, change);
  }

  #write(message: Message, to: State, change: Change): Message | null {
    const facts = factsAfter(message.facts, change);
    const next: Message = {
      ...message,
      state: to,
      version: message.version + 1,
      account: change.account === undefined ? message.account : change.account,
      facts,
      attempts: change.attempts ?? message.attempts,
      lease: change.lease === undefined ? message.lease : change.lease,
      due: change.due === undefined ? message.due : change.due,
      reason: change.reason === undefined ? message.reason : change.reason,
      sentAt: change.sentAt ?? message.sentAt,
      endedAt: change.endedAt ?? message.endedAt,
    };
    if (next.due !== null && next.due !== message.due) this.#soon(next.due);
    const changed = swap(this.#sql, "messages", message, {
      state: next.state,
      account: next.account,
      attempts: JSON.stringify(next.attempts),
      lease: next.lease,
      reason: next.reason,
      sent_at: next.sentAt,
      ended_at: next.endedAt,
      ...(next.due === message.due ? {} : { due: next.due }), // an unchanged `due` costs no index write
      ...(change.dropText === true ? { sealed: null } : {}),
      ...(facts === message.facts ? {} : { facts: JSON.stringify(facts) }),
    });
    return changed ? next : null;
  }

  /** Sets the next sweep without a change of state. */
  setDue(id: string, due: number): void {
    this.#soon(due);
    this.#sql.exec(`UPDATE messages SET due = ? WHERE id = ?`, due, id);
  }

  /** As `setDue`, for many. */
  putOff(ids: readonly string[], due: number): void {
    if (ids.length === 0) return;
    this.#soon(due);
    this.#sql.exec(
      `UPDATE messages SET due = ? WHERE id IN (SELECT value FROM json_each(?))`,
      due,
      JSON.stringify(ids),
    );
  }

  /** Up to `limit` messages that no sweep has seen, after the id `after`, admitted no later than `admittedBy`. */
  unseen(after: string, admittedBy: number, limit: number): Stored[] {
    const before = this.#idPrefix + ulidTime(admittedBy + 1);
    if (before < this.#passed) this.#passed = ""; // the clock stepped back, so new ids may be before it
    const rows = this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM messages WHERE id > ? AND id < ? AND due IS NULL ORDER BY id LIMIT ?`,
        this.#from(after),
        before,
        limit,
      )
      .toArray();
    if (rows.length === 0) this.#passed = before;
    return rows.map(storedOf);
  }

  /** Where the search for unswept messages begins: after the cursor, and after rows known to have deadlines. */
  #from(after: string): string {
    return after > this.#passed ? after : this.#passed;
  }

  /** Up to `limit` messages whose next sweep is due: codes first, also before older deadlines of others. */
  due(now: number, limit: number): Stored[] {
    const codes = this.#due("=", now, limit);
    return codes.length >= limit ? codes : [...codes, ...this.#due("<>", now, limit - codes.length)];
  }

  #due(otp: "=" | "<>", now: number, limit: number): Stored[] {
    const query = `SELECT ${COLUMNS} FROM messages
      WHERE due IS NOT NULL AND due <= ? AND purpose ${otp} 'otp' ORDER BY due LIMIT ?`;
    return this.#sql.exec<Row>(query, now, limit).toArray().map(storedOf);
  }

  /**
   * Up to `limit` codes that a sender could claim now: those that no sweep has seen, and those whose next sweep is due or near. Two
   * ranges of indexes, so that rows of sent codes are not read.
   */
  waitingCodes(now: number, limit: number): Message[] {
    return this.#sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM messages
         WHERE id > ? AND due IS NULL AND purpose = 'otp' AND lease IS NULL AND state IN ('queued', 'sending')
         UNION ALL SELECT ${COLUMNS} FROM messages WHERE due <= ? AND purpose = 'otp' AND state = 'queued' LIMIT ?`,
        this.sweptUpTo(),
        now + SWEEP_AGAIN_MS,
        limit,
      )
      .toArray()
      .map(messageOf);
  }

  /** The next deadline after `dueAfter`, and the oldest message without one. */
  nextSweep(after: string, dueAfter: number): { due: number | null; unseen: string | null } {
    const query = `SELECT min(due) AS due FROM messages WHERE due IS NOT NULL AND due > ?`;
    const due = first<{ due: number | null }>(this.#sql, query, dueAfter);
    const unseen = first<{ id: string }>(
      this.#sql, `SELECT id FROM messages WHERE id > ? AND due IS NULL ORDER BY id LIMIT 1`, this.#from(after),
    ); // prettier-ignore
    return { due: due?.due ?? null, unseen: unseen?.id ?? null };
  }

  /** The live rows of a list, newest first. */
  list(filter: ListFilter, limit: number): { message: Message; reference: Uint8Array | null }[] {
    const { where, values } = filtered<SqlBinding>([
      ["id < ?", filter.before],
      ["id >= ?", filter.from],
      ["id < ?", filter.to],
      ["state = ?", filter.state],
      ["token = ?", filter.token],
      ["reference = ?", filter.reference],
    ]);
    return this.#sql
      .exec<Row>(`SELECT ${COLUMNS} FROM messages WHERE ${where} ORDER BY id DESC LIMIT ?`, ...values, limit)
      .toArray()
      .map((row) => ({ message: messageOf(row), reference: row.reference === null ? null : bytesOf(row.reference) }));
  }

  /** The keyed name of the caller's reference, for the record. */
  referenceOf(id: string): Uint8Array | null {
    const row = first<{ reference: ArrayBuffer | null }>(this.#sql, `SELECT reference FROM messages WHERE id = ?`, id);
    return row === null || row.reference === null ? null : bytesOf(row.reference);
  }

  /** Of rows that were read, those that did not change since. */
  asRead(read: readonly Pick<Message, "id" | "version">[]): Message[] {
    return readUnchanged<Row>(this.#sql, "messages", COLUMNS, read).map(messageOf);
  }

  /** Removes messages whose present version is recorded; one that moved meanwhile stays, to be recorded again. */
  remove(recorded: readonly Pick<Message, "id" | "version">[], now: number): void {
    removeAsRead(this.#sql, "messages", recorded);
    const left = this.#sql
      .exec(
        `UPDATE messages SET due = ? WHERE id IN (SELECT value FROM json_each(?)) RETURNING id`,
        now,
        JSON.stringify(recorded.map(({ id }) => id)),
      )
      .toArray();
    if (left.length > 0) this.#soon(now);
  }

  /** The sandbox's clock was moved: moves leases with it, so that calls under way keep their remaining time. */
  clockMoved(milliseconds: number): void {
    this.#sql.exec(`UPDATE messages SET lease = lease + ? WHERE lease IS NOT NULL`, milliseconds);
  }

  /** Recorded messages that stay: sets their next sweep to when a receipt can no longer correct them. */
  keep(recorded: readonly { id: string; version: number; until: number }[]): void {
    for (const { id, version, until } of recorded) {
      const kept = changes(this.#sql, `UPDATE messages SET due = ? WHERE id = ? AND version = ?`, until, id, version);
      if (kept) this.#soon(until);
    }
  }

  putNote(message: string, subject: string, sealed: Uint8Array, until: number): void {
    this.#sql.exec(
      `INSERT INTO notes(message, subject, sealed, until) VALUES(?,?,?,?)`,
      message,
      subject,
      sealed,
      until,
    );
  }

  note(message: string): { subject: string; sealed: Uint8Array } | null {
    const row = first<{ subject: string; sealed: ArrayBuffer }>(
      this.#sql, `SELECT subject, sealed FROM notes WHERE message = ?`, message,
    ); // prettier-ignore
    return row === null ? null : { subject: row.subject, sealed: bytesOf(row.sealed) };
  }

  /** Drops expired notes; answers how many. */
  dropNotes(now: number, limit: number): number {
    return this.#sql
      .exec(`DELETE FROM notes WHERE message IN (SELECT message FROM notes WHERE until <= ? LIMIT ?) RETURNING 1 AS gone`, now, limit)
      .toArray().length; // prettier-ignore
  }

  /** The id up to which every message has had its first sweep. */
  sweptUpTo(): string {
    return first<{ value: string }>(this.#sql, `SELECT value FROM sweep WHERE name = 'up_to'`)?.value ?? "";
  }

  /**
   * Writes the cursor of first sweeps, and with it the open counts of the figures: one row for both, because both change with
   * every batch of records.
   */
  setSweptUpTo(id: string, figures: string): void {
    this.#sql.exec(`INSERT OR REPLACE INTO sweep(name, value, figures) VALUES('up_to', ?, ?)`, id, figures);
  }

  openFigures(): string {
    return first<{ figures: string }>(this.#sql, `SELECT figures FROM sweep WHERE name = 'up_to'`)?.figures ?? "";
  }

  /** Those accepted in a time, newest first. */
  between(from: number, to: number, limit: number): Message[] {
    const query = `SELECT ${COLUMNS} FROM messages WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?`;
    const [first, last] = [from, to].map((at) => this.#idPrefix + ulidTime(Math.max(0, at)));
    return this.#sql
      .exec<Row>(query, first ?? "", last ?? "", limit)
      .toArray()
      .map(messageOf);
  }

  /** The oldest id there is, or null. */
  oldestId(): string | null {
    return first<{ id: string | null }>(this.#sql, `SELECT min(id) AS id FROM messages`)?.id ?? null;
  }

  count(): number {
    return first<{ n: number }>(this.#sql, `SELECT count(*) AS n FROM messages`)?.n ?? 0;
  }
}

/** The facts after a change; the same object if it changes none. */
function factsAfter(facts: Facts, { price, countedAt, network = facts.network }: Change): Facts {
  if (price === undefined && countedAt === undefined && network === facts.network) return facts;
  return {
    ...facts,
    ...(price === undefined ? {} : { price }),
    ...(countedAt === undefined ? {} : { countedAt }),
    ...(network === undefined ? {} : { network }),
  };
}

/** A row found by the alarm, not parsed yet, so that a row that cannot be parsed delays no other. */
export type Stored = { id: string; read: () => Message };

const storedOf = (row: Row): Stored => ({ id: row.id, read: () => messageOf(row) });
