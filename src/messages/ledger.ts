/**
 * The messages of one tenant while they live: the outbox. The row is the promise; a queue message only carries its id.
 * Moves are compare-and-swap on the states that the table allows, so a late or repeated step changes nothing.
 *
 * Rows written are the bill, so an ordinary message touches no index but its primary key: `due` stays NULL until the first
 * sweep, and only a message that is still alive then enters the index of deadlines.
 */
import { bytesOf, changes, filtered, first, removeAsRead, swap, type Sql, type SqlBinding } from "../storage/sql.ts";
import { ulidTime } from "../base/ids.ts";
import type { Hold } from "../risk/budgets/budget.ts";
import { mayEnter, type Attempt, type Facts, type Message, type Price, type State } from "./message.ts";
import type { Purpose } from "../sms/purpose.ts";

type Row = {
  id: string;
  state: string;
  version: number;
  purpose: string;
  token: string;
  subject: string;
  account: string | null;
  facts: string;
  attempts: string;
  lease: number | null;
  due: number | null;
  reason: string | null;
  sent_at: number | null;
  ended_at: number | null;
  reference: ArrayBuffer | null;
};

const COLUMNS = `id, state, version, purpose, token, subject, account, facts, attempts, lease, due, reason, sent_at,
  ended_at, reference`;

/** What a move may change beside the state. */
export type Change = {
  account?: string | null;
  attempts?: Attempt[];
  lease?: number | null;
  due?: number | null;
  reason?: string | null;
  sentAt?: number;
  endedAt?: number;
  dropText?: boolean;
  /** What it costs now: of another account, or by the carrier's own word. */
  price?: Price | null;
  /** When the limits counted it anew. */
  countedAt?: number;
  /** Money that is held for it from now on. */
  hold?: Hold;
};

/** Hears of every message as it was and as it is, in the same transaction; null before it was there. */
type Moved = (before: Message | null, after: Message) => void;

/** The first sweep at a message: by then an ordinary one is with its carrier. */
export const FIRST_SWEEP_MS = 12_000;
/** A message that waits to be claimed is looked at again after this. */
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
  readonly #moved: Moved;
  /** Before this id every row has a deadline of its own: scheduled ones by the thousand are not walked over again. */
  #passed = "";

  /**
   * `idPrefix` is what every message id of the tenant begins with; the rest of an id sorts by time. `soon` hears of every
   * deadline that is set, so that the one alarm comes in time without a query for it in every request.
   */
  constructor(sql: Sql, idPrefix: string, soon: (at: number) => void, moved: Moved = () => undefined) {
    this.#sql = sql;
    this.#idPrefix = idPrefix;
    this.#soon = soon;
    this.#moved = moved;
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
    this.#moved(null, message);
  }

  get(id: string): Message | null {
    const row = first<Row>(this.#sql, `SELECT ${COLUMNS} FROM messages WHERE id = ?`, id);
    return row === null ? null : messageOf(row);
  }

  /** A message with its sealed text, which is null once it was dropped. */
  getWhole(id: string): { message: Message; sealed: Uint8Array | null } | null {
    const row = first<Row & { sealed: ArrayBuffer | null }>(
      this.#sql,
      `SELECT ${COLUMNS}, sealed FROM messages WHERE id = ?`,
      id,
    );
    return row === null ? null : { message: messageOf(row), sealed: row.sealed === null ? null : bytesOf(row.sealed) };
  }

  /**
   * Moves a message as it was read to `to`, if the table allows it and nobody moved it since. Answers the message as it is
   * now, or null when nothing was changed: late or repeated, which is not an error.
   */
  move(message: Message, to: State, change: Change = {}): Message | null {
    return mayEnter(message.state, to) ? this.#write(message, to, change) : null;
  }

  /** Changes what is known of a message without moving it, if nobody moved it since. */
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
      ...(next.due === message.due ? {} : { due: next.due }), // the index of deadlines is touched only when it must be
      ...(change.dropText === true ? { sealed: null } : {}),
      ...(facts === message.facts ? {} : { facts: JSON.stringify(facts) }),
    });
    if (changed) this.#moved(message, next);
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

  /** Scheduled messages that wait for this reason are looked at again now. */
  lookAgain(reason: string, now: number): void {
    const query = `UPDATE messages SET due = ? WHERE due > ? AND state = 'scheduled' AND reason = ?`;
    if (changes(this.#sql, query, now, now, reason)) this.#soon(now);
  }

  /** Up to `limit` messages never looked at, after the id `after`, admitted no later than `admittedBy`. */
  unseen(after: string, admittedBy: number, limit: number): Stored[] {
    const before = this.#idPrefix + ulidTime(admittedBy + 1);
    if (before < this.#passed) this.#passed = ""; // the clock stepped back, and ids may come in where none were
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

  /** Where the walk over unseen messages begins: behind the cursor, and behind what it found nothing in. */
  #from(after: string): string {
    return after > this.#passed ? after : this.#passed;
  }

  /** Up to `limit` messages whose next sweep has come: codes first, whatever else is due before them. */
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
   * Up to `limit` codes that a sender could claim now: those never looked at, and those whose next sweep has come or is near. Two
   * ranges of indexes, so that the rows of codes that are with their carrier are not read.
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

  /** The next sweep there is to come behind `dueAfter`, and the oldest message that none has been given yet. */
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

  /** The keyed name of the caller's reference, for the ledger of records. */
  referenceOf(id: string): Uint8Array | null {
    const row = first<{ reference: ArrayBuffer | null }>(this.#sql, `SELECT reference FROM messages WHERE id = ?`, id);
    return row === null || row.reference === null ? null : bytesOf(row.reference);
  }

  /** Removes messages that are recorded as they stand; one that moved meanwhile stays, to be recorded again. */
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

  /** A sandbox's clock was moved: calls under way keep the time they had. */
  clockMoved(milliseconds: number): void {
    this.#sql.exec(`UPDATE messages SET lease = lease + ? WHERE lease IS NOT NULL`, milliseconds);
  }

  /** Those that are recorded as they stand are looked at again when no receipt can correct them any more. */
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

  /** Drops notes whose time has passed; answers how many. */
  dropNotes(now: number, limit: number): number {
    return this.#sql
      .exec(`DELETE FROM notes WHERE message IN (SELECT message FROM notes WHERE until <= ? LIMIT ?) RETURNING 1 AS gone`, now, limit)
      .toArray().length; // prettier-ignore
  }

  /** The id up to which every message has been looked at once. */
  sweptUpTo(): string {
    return first<{ value: string }>(this.#sql, `SELECT value FROM sweep WHERE name = 'up_to'`)?.value ?? "";
  }

  setSweptUpTo(id: string): void {
    this.#sql.exec(`INSERT OR REPLACE INTO sweep(name, value) VALUES('up_to', ?)`, id);
  }

  count(): number {
    return first<{ n: number }>(this.#sql, `SELECT count(*) AS n FROM messages`)?.n ?? 0;
  }
}

/** What a change makes of the facts: the very same where it changes none of them. */
function factsAfter(facts: Facts, { price, countedAt, hold }: Change): Facts {
  if (price === undefined && countedAt === undefined && hold === undefined) return facts;
  return {
    ...facts,
    ...(price === undefined ? {} : { price }),
    ...(countedAt === undefined ? {} : { countedAt }),
    ...(hold === undefined ? {} : { hold }),
  };
}

/** A row as the alarm finds it: read by whoever does something about it, so that one that cannot be read holds up no other. */
export type Stored = { id: string; read: () => Message };

const storedOf = (row: Row): Stored => ({ id: row.id, read: () => messageOf(row) });

function messageOf(row: Row): Message {
  return {
    id: row.id,
    state: row.state as State,
    version: row.version,
    purpose: row.purpose as Purpose,
    token: row.token,
    subject: row.subject,
    account: row.account,
    facts: JSON.parse(row.facts) as Facts,
    attempts: JSON.parse(row.attempts) as Attempt[],
    lease: row.lease,
    due: row.due,
    reason: row.reason,
    sentAt: row.sent_at,
    endedAt: row.ended_at,
  };
}
